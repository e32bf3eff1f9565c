"""A small town to talk in: one operator, one page, two departments, three categories."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.dialogs import Capabilities
from services.communities.directory import Snapshot
from services.communities.queries import (
    Category,
    Community,
    ConsentDocument,
    Department,
    Operator,
)
from services.dialogs.world import World

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
OF_CHILDREN = ConsentDocument(8, 1, "enrolment", "children", 1, "Кружки", "О детях", "0" * 64)
OF_PATIENTS = ConsentDocument(9, 1, "appointment", "self", 1, "Врачи", "О себе", "0" * 64)
OF_REMINDERS = ConsentDocument(11, 1, "reminders", "self", 1, "Напоминания", "О них", "0" * 64)
OF_YOUNG_PATIENTS = ConsentDocument(
    10, 1, "appointment", "children", 1, "Врачи", "О ребёнке", "0" * 64
)
DOCUMENT = ConsentDocument(7, 1, "appeal", "self", 1, "Обращения", "Текст согласия", "0" * 64)


def category(code: str, title: str, parent: str | None = None) -> Category:
    return Category(code, parent, title, None, 30, "calendar")


CATEGORIES = (
    category("roads", "Ремонт дорог"),
    category("roads.holes", "Ямы на дороге", "roads"),
    category("roads.other", "Другое", "roads"),
    category("parks", "Благоустройство"),
    category("parks.trees", "Деревья", "parks"),
)
MANY = tuple(category(f"c{number}", f"Категория {number}") for number in range(20))


def snapshot(
    categories: tuple[Category, ...] = CATEGORIES, *, departments: bool = True
) -> Snapshot:
    known = Department(
        1, "roads", 1, "Управление дорог", is_default=True, moderation=False, four_eyes=False
    )
    parents = {row.parent for row in categories}
    return Snapshot(
        version=1,
        operators={1: Operator(1, "default", "Администрация", "", "8 4212 00-00-00", "", None)},
        departments={1: known} if departments else {},
        categories={row.code: row for row in categories},
        children={
            parent: tuple(row for row in categories if row.parent == parent) for parent in parents
        },
        routes=(),
        consents={
            (1, "appeal", "self"): DOCUMENT,
            (1, "enrolment", "children"): OF_CHILDREN,
            (1, "appointment", "self"): OF_PATIENTS,
            (1, "appointment", "children"): OF_YOUNG_PATIENTS,
            (1, "reminders", "self"): OF_REMINDERS,
        },
    )


def world_with(**changes: Any) -> World:
    """Return the world of one step; `changes` replace its fields."""
    community = Community(1, "vk", 5, 1, "Город", None, "callback", b"", b"", None, None)
    known: dict[str, Any] = {
        "snapshot": snapshot(),
        "community": community,
        "operator": snapshot().operators[1],
        "now": NOW,
        "zone": ZoneInfo("Asia/Vladivostok"),
        "capabilities": Capabilities(),
    }
    return World(**(known | changes))


@pytest.fixture
def make_world() -> Callable[..., World]:
    return world_with
