"""No page of the monitor reads a table that grows with the cases from end to end."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

from services import monitor
from services.cases.view_queries import CASE, EVENTS, READS, page_query
from services.db.query import Query

GROWING = {"cases", "assignments", "case_events", "deliveries", "reads", "accounts", "inbox"}
OPEN = ("kind", "state", "category", "community", "municipality", "tag", "since", "until")


def _queries() -> Iterator[Any]:
    for module in pkgutil.walk_packages(monitor.__path__, "services.monitor."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Query):
                yield pytest.param(value, id=f"{module.name.rpartition('.')[2]}.{name}")
    for name, query in (("case", CASE), ("events", EVENTS), ("reads", READS)):
        yield pytest.param(query, id=name)
    for walk in ("all", "department"):
        for filters in ((), *((each,) for each in OPEN)):
            for more in ((), ("before",)):
                query = page_query(walk, "created_at", (*filters, *more), newest=True)
                yield pytest.param(query, id=f"{walk}{filters}{more}")


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _nodes(each)


@pytest.mark.parametrize("query", list(_queries()))
async def test_an_index_leads_to_the_rows(connection: Any, query: Query[Any]) -> None:
    """Where reading it all is forbidden, another way is found for every growing table."""
    await connection.execute("SET LOCAL enable_seqscan = off")
    await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    count = len((await connection.prepare(query.sql)).get_parameters())
    await connection.execute(f"PREPARE probe AS {query.sql}")
    given = f"({', '.join(['NULL'] * count)})" if count else ""
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE probe{given}")
    await connection.execute("DEALLOCATE probe")
    tree = json.loads(plan) if isinstance(plan, str) else plan
    read = {
        node.get("Relation Name")
        for node in _nodes(tree[0]["Plan"])
        if node["Node Type"] == "Seq Scan"
    }
    assert not read & GROWING
