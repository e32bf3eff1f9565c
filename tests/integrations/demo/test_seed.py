import re
from pathlib import Path

import pytest

from integrations.demo import seed
from integrations.demo.pages import TYPES

DEMO = Path(seed.__file__).parent


def test_routes_lead_to_departments_that_exist() -> None:
    """Every route names a department of the demo, and exactly one is the default."""
    known = {department["code"] for department in seed.REFERENCE["departments"]}
    assert {route["department"] for route in seed.REFERENCE["routes"]} <= known
    assert [d["code"] for d in seed.REFERENCE["departments"] if d["default"]] == ["reception"]


def test_pages_and_people_differ() -> None:
    """No two pages share an id or a token, no two people an id."""
    assert len({page.group_id for page in seed.PAGES}) == len(seed.PAGES)
    assert len({page.token for page in seed.PAGES}) == len(seed.PAGES)
    assert len({person.user_id for person in seed.RESIDENTS}) == len(seed.RESIDENTS)
    assert all(len(page.municipality) == 8 for page in seed.PAGES)


@pytest.mark.parametrize("folder", ["vk", "department"])
def test_pages_need_nothing_from_elsewhere(folder: str) -> None:
    """No address of another server and no inline script or style: closed networks have none."""
    files = sorted((DEMO / folder / "page").iterdir())
    assert {file.suffix for file in files} <= set(TYPES)
    for file in files:
        if file.suffix == ".jpg":
            continue
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"""["'(]https?://""", text), file.name
        assert "<style" not in text, file.name
        assert " style=" not in text, file.name
        assert all("src=" in tag for tag in text.split("<script")[1:]), file.name
