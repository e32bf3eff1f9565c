"""Reference data from files."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from services.communities.communities import get_page
from services.db.query import Connection
from services.departments.categories import list_categories
from services.departments.departments import get_department, list_departments
from services.departments.importing import Imported, Importer, read_csv, read_json
from services.departments.routes import list_routes
from services.errors import InvalidRequest
from services.privacy.sealing import Sealer

KRAI = ZoneInfo("Asia/Vladivostok")
SEALER = Sealer({1: bytes(32)}, bytes(32))
DEPARTMENTS = [{"code": "roads", "title": "Дороги", "default": True}]


async def load(connection: Connection, parts: dict[str, Any], folder: Path = Path()) -> Imported:
    def beside(name: str) -> str:
        return (folder / name).read_text()

    entries = read_json(msgspec.json.encode(parts))
    return await Importer(connection, SEALER, KRAI, beside).run(entries)


def places(error: InvalidRequest) -> list[str]:
    return [each.field for each in error.errors]


async def test_parts_may_stand_in_any_order(connection: Any, tmp_path: Path) -> None:
    """Routes before departments, topics before categories: what is referred to comes first."""
    (tmp_path / "token").write_text("vk1.a.token\n")
    done = await load(
        connection,
        {
            "routes": [{"kind": "appeal", "category": "space.moon", "department": "roads"}],
            "categories": [
                {"code": "space.moon.dark", "title": "Тень", "parent": "space.moon"},
                {"code": "space.moon", "title": "Луна", "parent": "space"},
                {"code": "space", "title": "Космос", "department": "roads"},
            ],
            "communities": [
                {"group_id": 7, "title": "Город", "token_file": "token", "operator": "district"}
            ],
            "departments": DEPARTMENTS,
            "operators": [{"code": "district", "title": "Район"}],
        },
        tmp_path,
    )
    assert done.counts == {
        "operators": 1,
        "departments": 1,
        "categories": 3,
        "communities": 1,
        "routes": 1,
    }
    assert (await get_department(connection, "roads")).default
    assert (await get_page(connection, 7)).operator == "district"
    assert [row.code for row in await list_categories(connection)][-3:] == [
        "space",
        "space.moon",
        "space.moon.dark",
    ]


async def test_importing_again_changes_nothing(connection: Any) -> None:
    """What is known is updated, not doubled: routes have no code but their conditions."""
    route = {"kind": "appeal", "municipality": "08701000", "department": "roads"}
    parts = {"departments": DEPARTMENTS, "routes": [route]}
    await load(connection, parts)
    before = (await list_departments(connection), await list_routes(connection))
    await load(connection, parts)
    assert (await list_departments(connection), await list_routes(connection)) == before


async def test_what_the_file_does_not_say_stays(connection: Any) -> None:
    """An update of the title leaves the rest of a department alone."""
    await load(connection, {"departments": [{**DEPARTMENTS[0], "four_eyes": True}]})
    await load(connection, {"departments": [{"code": "roads", "title": "Новое имя"}]})
    shown = await get_department(connection, "roads")
    assert (shown.title, shown.default, shown.four_eyes) == ("Новое имя", True, True)


async def test_all_wrong_lines_are_named(connection: Any) -> None:
    """One run says everything: wrong fields, unknown names, a file that is not there."""
    with pytest.raises(InvalidRequest) as caught:
        await load(
            connection,
            {
                "departments": [{"code": "BAD", "title": ""}, {"code": "roads", "title": "Д"}],
                "categories": [{"code": "space", "title": "К", "parent": "nothing"}],
                "routes": [{"kind": "fax", "department": "roads"}],
                "communities": [{"group_id": 7, "title": "Г", "token_file": "missing"}],
            },
        )
    assert places(caught.value) == [
        "departments.0.code",
        "departments.0.title",
        "categories.0.parent",
        "communities.0.token_file",
        "routes.0.kind",
    ]


async def test_doctors_are_imported(connection: Any) -> None:
    """A clinic names its department, a practitioner the clinic."""
    clinic = {"code": "p1", "department": "roads", "title": "Поликлиника 1"}
    doctor = {"code": "d1", "clinic": "p1", "name": "Ким Ю. А.", "speciality": "Терапевт"}
    parts = {"departments": DEPARTMENTS, "clinics": [clinic], "practitioners": [doctor]}
    counts = {"departments": 1, "clinics": 1, "practitioners": 1}
    assert await load(connection, parts) == Imported(counts)
    with pytest.raises(InvalidRequest) as caught:
        await load(connection, {"practitioners": [doctor | {"clinic": "nothing"}]})
    assert places(caught.value) == ["practitioners.0.clinic"]


async def test_clubs_are_imported(connection: Any) -> None:
    """A programme names its department, a group its programme; what is wrong is named."""
    programme = {
        "code": "robots",
        "department": "roads",
        "title": "Робототехника",
        "direction": "техническое",
    }
    group = {
        "code": "robots-1",
        "programme": "robots",
        "title": "Группа 1",
        "capacity": 12,
        "waiting_capacity": 5,
        "age_from": 7,
        "age_to": 10,
        "age_on": "2026-09-01",
        "starts_on": "2026-09-01",
        "ends_on": "2027-05-31",
        "enrol_from": "2026-08-01",
        "enrol_until": "2026-10-01",
    }
    parts = {"departments": DEPARTMENTS, "programmes": [programme], "groups": [group]}
    assert (await load(connection, parts)).counts == {
        "departments": 1,
        "programmes": 1,
        "groups": 1,
    }
    wrong = group | {"programme": "nothing"}, group | {"enrol_from": "soon", "age_to": 3}
    with pytest.raises(InvalidRequest) as caught:
        await load(connection, {"groups": list(wrong)})
    assert places(caught.value) == ["groups.0.programme", "groups.1.enrol_from", "groups.1.age_to"]


def test_a_table_is_read_by_its_types() -> None:
    """The first column says what a line is; empty cells and lines are nothing."""
    table = (
        "type,code,title,default,parent,norm_days\r\n"
        "department,roads,Дороги,true,,\r\n"
        "\r\n"
        "category,space,Космос,,,10\r\n"
    )
    first, second = read_csv(b"\xef\xbb\xbf" + table.encode())
    assert (first.part, first.where) == ("departments", "line 2")
    assert first.record == {"code": "roads", "title": "Дороги", "default": "true"}
    assert (second.part, second.where) == ("categories", "line 4")


async def test_a_table_is_imported(connection: Any) -> None:
    """Numbers and flags of a table are texts; semicolons are what a Russian Excel writes."""
    table = "type;code;title;default;norm_days\ndepartment;roads;Дороги;true;\ncategory;a;А;;10\n"
    done = await Importer(connection, SEALER, KRAI, str).run(read_csv(table.encode()))
    assert done.counts == {"departments": 1, "categories": 1}
    assert (await get_department(connection, "roads")).default


@pytest.mark.parametrize(
    ("read", "body", "fields"),
    [
        (read_json, b"{", [""]),
        (read_json, b"[]", [""]),
        (read_json, b'{"departments": {}}', [""]),
        (read_json, b'{"pages": [], "departments": []}', ["pages"]),
        (read_csv, b"\xff\xfe", [""]),
        (read_csv, b"code,title\n", ["line 1"]),
        (read_csv, b"type,code\nfax,a\ndepartment,b,c\n", ["line 2.type", "line 3"]),
    ],
)
def test_what_is_no_such_file_is_said(read: Any, body: bytes, fields: list[str]) -> None:
    """A typing error in the file's shape is found before anything is looked up."""
    with pytest.raises(InvalidRequest) as caught:
        read(body)
    assert places(caught.value) == fields


async def test_what_is_wrong_with_a_page_is_named_where_it_stands(
    connection: Any, tmp_path: Path
) -> None:
    """Pages are put together, their faults told apart; among others of the file."""
    (tmp_path / "token").write_text("vk1.a.token\n")
    page = {"title": "Город", "token_file": "token"}
    with pytest.raises(InvalidRequest) as refused:
        await load(
            connection,
            {
                "departments": [{"code": "БЮРО", "title": "Т"}],
                "communities": [
                    {"group_id": 7, **page},
                    {"group_id": 8, **page, "operator": "nobody"},
                    {"group_id": 0, **page},
                ],
            },
            tmp_path,
        )
    assert places(refused.value) == [
        "departments.0.code",
        "communities.2.group_id",
        "communities.1.operator",
    ]
