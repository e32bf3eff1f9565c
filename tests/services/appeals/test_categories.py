"""What a migrated database holds of categories."""

import re
from collections import Counter
from typing import Any

LONGEST_TITLE = 40  # characters on a VK button
TOP = (
    "Благоустройство",
    "ЖКХ",
    "Здравоохранение",
    "Культура",
    "Лесное хозяйство",
    "Образование",
    "Предпринимательство и экономика",
    "Ремонт дорог",
    "Связь и ТВ",
    "Сельское хозяйство",
    "Социальное обслуживание и защита",
    "Строительство",
    "Транспорт",
    "Физкультура и спорт",
    "Экология",
)


async def test_the_fifteen_categories_with_topics(connection: Any) -> None:
    """The top categories of ПОС are there, each with four to eight topics besides «Другое»."""
    rows = await connection.fetch("SELECT code, parent, title FROM categories ORDER BY position")
    assert sorted(row["title"] for row in rows if row["parent"] is None) == sorted(TOP)
    topics = Counter(row["parent"] for row in rows if row["parent"] is not None)
    assert len(topics) == len(TOP)
    assert all(4 <= number <= 9 for number in topics.values())
    for code in topics:
        own = [row["title"] for row in rows if row["parent"] == code]
        assert own[-1] == "Другое"
        assert len(set(own)) == len(own)


async def test_codes_and_titles_fit_the_contract_and_a_button(connection: Any) -> None:
    """Codes are the contract's; titles fit a button without being cut."""
    for row in await connection.fetch("SELECT code, title FROM categories"):
        assert re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", row["code"])
        assert len(row["title"]) <= LONGEST_TITLE


async def test_norms_are_at_most_thirty_days(connection: Any) -> None:
    """Fast-track topics wait 3 to 10 working days, the others have no norm of their own."""
    norms = await connection.fetch("SELECT DISTINCT norm_days, norm_unit FROM categories")
    assert all(
        (row["norm_days"] is None and row["norm_unit"] == "calendar")
        or (3 <= row["norm_days"] <= 10 and row["norm_unit"] == "working")
        for row in norms
    )
