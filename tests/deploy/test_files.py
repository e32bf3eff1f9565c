"""What cannot be started here is read: settings, container, compose file, units, proxy."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def settings_of(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_the_example_names_every_setting() -> None:
    """And no other; each has a comment above it."""
    named = {f"GATEWAY_{field.upper()}" for field in Settings.__struct_fields__}
    assert set(settings_of(DEPLOY / "env.example")) == named
    blocks = (DEPLOY / "env.example").read_text(encoding="utf-8").strip().split("\n\n")
    assert all(block.startswith("#") for block in blocks)


def test_the_example_keeps_no_secret() -> None:
    values = settings_of(DEPLOY / "env.example")
    assert values["GATEWAY_SECRET_KEYS"] == ""
    assert all("PASSWORD" in values[name] for name in ("GATEWAY_DATABASE_URL", "GATEWAY_REDIS_URL"))


def test_two_of_each_process_run_unprivileged() -> None:
    """Read-only, without capabilities, with time to finish; nothing else is open to the world."""
    services = compose()["services"]
    for name in ("serve", "worker"):
        service = services[name]
        assert service["deploy"]["replicas"] == 2
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["command"] == [name]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["migrate"]["command"] == ["migrate"]


def test_what_a_service_waits_for_is_there() -> None:
    services = compose()["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services, (name, other)
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], other


def test_images_are_pinned_and_the_containers_user_is_ordinary() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    images = [service["image"] for service in compose()["services"].values()]
    for image in [*bases, *(image for image in images if image != "gateway")]:
        assert re.search(r":[\w.-]*\d", image), image
    assert re.search(r"^USER \d{4,}$", text, re.MULTILINE)
    assert "--require-hashes" in text


def test_the_proxy_keeps_the_inside_inside() -> None:
    """What is not named is 404; figures are never passed on."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"location (?:= )?(\S+) \{(.*?)\n        \}", text, re.DOTALL))
    assert set(blocks) == {
        "/vk/callback", "/api/v1/", "/my-data/", "/health/live", "/admin", "/schema", "/",
    }  # fmt: skip
    assert "return 404" in blocks["/"]
    for path in ("/admin", "/schema"):
        assert "$inside = 0" in blocks[path]
    assert text.count("{") == text.count("}")


UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_are_understood(unit: Path, tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say but that the program is not installed here."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("systemd-analyze is not installed")
    assert tool is not None
    name = unit.name.replace("@.", "@1.")
    copy = tmp_path / name
    copy.write_text(
        unit.read_text(encoding="utf-8").replace("/opt/gateway/bin/gateway", "/bin/true")
    )
    done = subprocess.run(
        [tool, "verify", "--man=no", str(copy)], capture_output=True, encoding="utf-8", check=False
    )
    told = [line for line in done.stderr.splitlines() if name in line]
    assert told == []
