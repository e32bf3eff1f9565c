"""The commands of `gateway`, typed as a user types them, beside a `serve` that keeps running."""

import json
import re

import httpx
import pytest

from tests.acceptance.events import body, post, said
from tests.acceptance.office import Desk
from tests.acceptance.people import Resident
from tests.acceptance.town import Town, complains
from tests.acceptance.waiting import eventually

NEW_PAGE = 227_700
NEW_TOKEN = "vk1.a.token-of-a-new-page"
KEY = re.compile(r"gw_([^_\s]+)_\S+")
IN_FORCE = 20.0  # seconds; two are promised, the rest is for a machine that is busy


def table(text: str) -> list[list[str]]:
    """Return the cells of a listing."""
    return [re.split(r"\s{2,}", line) for line in text.splitlines()]


@pytest.fixture
def admin(town: Town, gateway: httpx.AsyncClient) -> Desk:
    return Desk(gateway, town.keys["admin"])


# Operators, departments, pages


def test_operators_are_added_and_updated(town: Town) -> None:
    """`default` is there from the start; a known code is updated, a wrong one is named."""
    for title in ("Город", "Город Хабаровск"):
        town.must("operator", "add", "--code", "city", "--title", title)
    shown = table(town.must("operator", "list"))
    assert shown[0] == ["code", "title"]
    assert [row for row in shown if row[0] == "city"] == [["city", "Город Хабаровск"]]
    assert "default" in {row[0] for row in shown}
    assert complains(town.command("operator", "add", "--code", "Город!", "--title", "Г"), "code")


async def test_a_new_department_is_let_in(town: Town, gateway: httpx.AsyncClient) -> None:
    """A key of a new department works in the running gateway; unknown operators are named."""
    add = ("department", "add", "--code", "parks", "--title", "Парки")
    town.must(*add, "--operator", "default")
    assert ["parks", "Парки", "default"] in [
        row[:3] for row in table(town.must("department", "list"))
    ]
    key = town.issue("department", "--department", "parks", "--holder", "Пётр")
    assert await eventually(lambda: answers(gateway, key, 200), IN_FORCE)
    assert complains(town.command(*add, "--operator", "nobody"), "operator")


@pytest.mark.parametrize("way", ["file", "input"])
async def test_a_page_takes_events_as_soon_as_it_is_added(
    town: Town, gateway: httpx.AsyncClient, vk: httpx.AsyncClient, way: str
) -> None:
    """Tokens and secrets come from a file or standard input; a missing secret is made, and told."""
    group = NEW_PAGE + len(way)
    token = f"{NEW_TOKEN}-{way}"
    page = {"group_id": group, "token": token, "title": "Район"}
    await vk.post("/demo/communities", json=page)
    secrets = {"token": town.folder / "token", "secret": town.folder / "secret"}
    secrets["token"].write_text(f"{token}\n")
    secrets["secret"].write_text("chosen-secret\n")
    given = f"@{secrets['token']}" if way == "file" else "-"
    add = ("community", "add", "--group-id", str(group), "--title", "Район", "--token", given)

    made = town.must(*add, text=token).split()[-1]
    resident = Resident(vk, group, 100)
    await resident.act("allow")
    first = body("message_new", said(100, "меню"), group_id=group, secret=made)
    assert await eventually(lambda: is_taken(gateway, first), IN_FORCE)
    assert "Район" in await resident.hear()

    town.must(*add, "--secret", f"@{secrets['secret']}", text=token)
    second = body("message_new", said(100, "меню"), group_id=group, secret="chosen-secret")
    assert await eventually(lambda: is_taken(gateway, second), IN_FORCE)
    assert (await post(gateway, first)).status_code == 403  # the secret before is worth nothing
    shown = town.must("community", "list")
    assert [str(group), "Район"] in [row[:2] for row in table(shown)]
    assert not [word for word in (token, made, "chosen-secret") if word in shown]


def test_a_page_that_cannot_be_added_is_explained(town: Town) -> None:
    """A file that is not there, two secrets from one input, an empty token, a wrong OKTMO."""
    add = ("community", "add", "--group-id", "1", "--title", "Район", "--token")
    assert complains(town.command(*add, "@no-such-file"), "no-such-file")
    assert complains(town.command(*add, "-", "--secret", "-"), "standard input")
    assert complains(town.command(*add, "-"), "token")
    wrong = town.command(*add, "", "--municipality", "Хабаровск")
    assert complains(wrong, "token", "municipality")
    assert "1" not in {row[0] for row in table(town.must("community", "list"))}


# Keys


async def test_a_key_is_shown_once_and_revoked(town: Town, gateway: httpx.AsyncClient) -> None:
    """It stands alone on the last line; `list` shows its id, which `revoke` takes."""
    key = town.issue("viewer", "--holder", "Дежурный")
    found = KEY.fullmatch(key)
    assert found is not None
    assert await eventually(lambda: answers(gateway, key, 200), IN_FORCE)
    shown = town.must("key", "list")
    assert key.rpartition("_")[2] not in shown
    row = next(row for row in table(shown) if row[0] == found[1])
    assert row[1] == "viewer"
    assert "Дежурный" in row
    town.must("key", "revoke", found[1])
    assert await eventually(lambda: answers(gateway, key, 401), IN_FORCE)
    assert complains(town.command("key", "revoke", "unknown"))


def test_a_key_of_nobody_is_refused(town: Town) -> None:
    """A department's key names a department that there is; other roles have none."""
    issue = ("key", "issue", "--role")
    assert complains(town.command(*issue, "department"), "department")
    assert complains(town.command(*issue, "department", "--department", "nobody"), "department")
    assert complains(town.command(*issue, "admin", "--department", "roads"), "department")
    assert complains(town.command(*issue, "king"), "king")


# Import


async def test_reference_data_comes_from_json(town: Town, admin: Desk) -> None:
    """Counts are printed, the same file again changes nothing, routes and norms are in force."""
    (town.folder / "page.token").write_text(f"{NEW_TOKEN}-import\n")
    file = town.folder / "data.json"
    content = {
        "operators": [{"code": "region", "title": "Край"}],
        "departments": [{"code": "lights", "title": "Горсвет", "default": False}],
        "categories": [
            {"code": "improvement.benches", "title": "Лавочки", "parent": "improvement"}
        ],
        "routes": [{"kind": "appeal", "category": "improvement.benches", "department": "lights"}],
        "communities": [{"group_id": 227_800, "title": "Край", "token_file": "page.token"}],
    }
    file.write_text(json.dumps(content))
    printed = town.must("import", str(file))
    assert [line.split() for line in printed.splitlines()] == [
        [f"{part}:", "1"]
        for part in ("operators", "departments", "categories", "communities", "routes")
    ]
    assert town.must("import", str(file)) == printed
    question = {"kind": "appeal", "category": "improvement.benches", "text": "Сломана лавочка"}

    async def is_routed() -> bool:
        answer = await admin.post("/routes/try", question)
        return answer.status_code == 200 and answer.json()["department"] == "lights"

    assert await eventually(is_routed, IN_FORCE)
    routes = (await admin.get("/routes")).json()["items"]
    assert len([route for route in routes if route["department"] == "lights"]) == 1


async def test_reference_data_comes_from_a_table(town: Town, admin: Desk) -> None:
    """The first column is `type`; an empty cell is no value."""
    file = town.folder / "data.csv"
    file.write_text(
        "type,code,title,parent,norm_days,norm_unit,kind,category,department\n"
        "department,trees,Зелёное хозяйство,,,,,,\n"
        "category,improvement.stumps,Пни,improvement,12,working,,,trees\n"
        "route,,,,,,appeal,improvement.trees,trees\n"
    )
    town.must("import", str(file))

    async def is_known() -> bool:
        items = (await admin.get("/categories")).json()["items"]
        found = [item for item in items if item["code"] == "improvement.stumps"]
        return bool(found) and (found[0]["norm_days"], found[0]["department"]) == (12, "trees")

    assert await eventually(is_known, IN_FORCE)


WRONG = {
    "lines of a table": (
        "data.csv",
        "type,code,title\ndepartment,Новый отдел,Отдел\nplanet,mars,Марс\ndepartment,ok,Отдел\n",
        ("line 3",),
    ),
    "cells of a table": (
        "data.csv",
        "type,code,title\ndepartment,ok,Отдел\ndepartment,Отдел,Отдел\ndepartment,empty,\n",
        ("line 3.code", "line 4.title"),
    ),
    "fields": (
        "data.json",
        """{"departments": [{"code": "ok", "title": "Отдел"}, {"code": "Не код"}],
        "routes": [{"kind": "appeal", "department": "nobody"}]}""",
        ("departments.1.code", "departments.1.title", "routes.0"),
    ),
    "parts": ("data.json", '{"planets": []}', ("planets",)),
    "no JSON": ("data.json", "{", ("JSON",)),
    "no file": ("missing.json", None, ("missing.json",)),
}


@pytest.mark.parametrize(("name", "content", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_in_a_file_is_named(
    town: Town, name: str, content: str | None, words: tuple[str, ...]
) -> None:
    """All wrong lines at once, and nothing of the file is taken over."""
    file = town.folder / name
    if content is not None:
        file.write_text(content)
    assert complains(town.command("import", str(file)), *words)
    assert "ok" not in {row[0] for row in table(town.must("department", "list"))}


async def answers(gateway: httpx.AsyncClient, key: str, status: int) -> bool:
    headers = {"Authorization": f"Bearer {key}"}
    return (await gateway.get("/api/v1/cases", headers=headers)).status_code == status


async def is_taken(gateway: httpx.AsyncClient, event: bytes) -> bool:
    return (await post(gateway, event)).text == "ok"
