"""`gateway community connect` and `check`, as processes beside a gateway that serves."""

import asyncio
import base64
import os
import sys
from pathlib import Path

import pytest

from tests.gateway.vk.conftest import Vk

GROUP, OTHER = 801, 802


async def gateway(vk: Vk, folder: Path, *arguments: str) -> tuple[int, str, str]:
    settings = vk.parts.settings
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    keys = ",".join(base64.b64encode(key).decode() for key in settings.secret_keys)
    own = {
        "GATEWAY_DATABASE_URL": settings.database_url or "",
        "GATEWAY_REDIS_URL": settings.redis_url or "",
        "GATEWAY_VK_API_URL": settings.vk_api_url,
        "GATEWAY_PORT": str(settings.port),
        "GATEWAY_DATA_DIR": str(folder),
        "GATEWAY_SECRET_KEYS": keys,
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway",
        *arguments,
        cwd=folder,
        env=kept | own,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), error.decode()


@pytest.mark.usefixtures("served")
async def test_pages_are_connected_and_checked(vk: Vk, tmp_path: Path) -> None:
    """All are told of while it goes on; the code is not 0 while somebody is needed."""
    await vk.add_page(GROUP)
    await vk.add_page(OTHER, known=False)
    code, out, error = await gateway(vk, tmp_path, "community", "connect", "--all")
    assert code == 1
    assert out.splitlines()[1].split() == [str(GROUP), "Город", "ok", "added", "events", "-"]
    assert "token_invalid (1): The token is dead" in out
    assert "2 of 2 pages" in error
    assert error.splitlines()[-1] == "A person is needed at 1 of 2 pages."
    one = ("community", "check", "--group-id", str(GROUP))
    code, out, error = await gateway(vk, tmp_path, *one)
    assert (code, error) == (0, "")
    assert out.splitlines()[1].split() == [str(GROUP), "Город", "ok", "-", "-"]
    _, out, _ = await gateway(vk, tmp_path, "community", "list")
    assert [line.split()[-2:] for line in out.splitlines()[1:]] == [
        ["-", "ok"],
        ["unknown", "token_invalid"],
    ]
    assert "vk1.a" not in out
