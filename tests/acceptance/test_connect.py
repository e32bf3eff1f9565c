"""The page for departments: its lines work as they stand."""

import os
import re
import subprocess
from pathlib import Path

import httpx

from tests.acceptance.people import Resident
from tests.acceptance.town import DEPARTMENT, GROUP, Town

PAGE = Path(__file__).parents[2] / "deploy" / "connect.md"
ANSWERED = "Яму заделали 24 ноября."


async def test_every_line_of_the_page_works(town: Town, vk: httpx.AsyncClient) -> None:
    """One shell runs all of its blocks; the resident reads the answer."""
    resident = Resident(vk, GROUP, 5151)
    await resident.fill_in()
    await resident.press("Отправить")
    blocks = re.findall(
        r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert len(blocks) > 5
    environment = {
        **os.environ,
        "API": f"{town.url}/api/v1",
        "DEMO": town.vk_url,
        "CODE": DEPARTMENT,
        "KEY": town.keys["department"],
    }
    done = subprocess.run(
        ["/bin/bash", "-euxo", "pipefail", "-c", "\n".join(blocks)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert '"state":"done"' in done.stdout
    while ANSWERED not in (await resident.hear_message())["text"]:
        pass
