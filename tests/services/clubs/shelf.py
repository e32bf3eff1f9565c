"""What the form of an enrolment would have read: groups and children, without a database."""

from datetime import UTC, date, datetime
from typing import Any

from services.clubs.choosing import Shelf
from services.clubs.queries import GroupRow
from services.residents.children import Child

PETYA = "0199c0de-0000-7000-8000-00000000000a"


def group(code: str, **changes: Any) -> GroupRow:
    known: dict[str, Any] = {
        "id": 1 + sum(code.encode()),
        "code": code,
        "programme_id": 1,
        "programme": "robots",
        "programme_title": "Робототехника",
        "direction": "техническое",
        "address": "ул. Ленина, 1",
        "municipality": None,
        "department_id": 1,
        "department": "club",
        "operator_id": 1,
        "title": f"Группа {code}",
        "capacity": 10,
        "places": 10,
        "taken": 3,
        "offered": 0,
        "waiting": 0,
        "waiting_capacity": 5,
        "age_from": 7,
        "age_to": 12,
        "age_on": date(2026, 9, 1),
        "starts_on": date(2026, 9, 1),
        "ends_on": date(2027, 5, 31),
        "schedule": "Пн, ср 17:00",
        "enrol_from": datetime(2026, 1, 1, tzinfo=UTC),
        "enrol_until": datetime(2027, 5, 1, tzinfo=UTC),
        "entrance_test": False,
        "priorities": [{"code": "many", "title": "Многодетные", "rank": 1}],
        "offer_minutes": 2880,
        "closed_at": None,
        "active": True,
    }
    return GroupRow(**(known | changes))


def shelf(*groups: GroupRow) -> Shelf:
    rows = groups or (group("a"), group("full", taken=10), group("old", age_from=15, age_to=17))
    return Shelf({row.code: row for row in rows}, {PETYA: Child("Иванов Пётр", date(2016, 3, 12))})
