"""Every statement of the services against the migrated database and the struct of its rows."""

import importlib
import pkgutil
import typing
from collections.abc import Iterator
from itertools import chain, combinations
from types import UnionType
from typing import Any

import msgspec
import pytest

import services
from services.cases.view_queries import FILTERS, page_query
from services.db.query import Query
from services.privacy.rotation_queries import LOCKED, PAGES, PUT
from services.retention.rules import RULES


def _modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(services.__path__, "services."):
        yield module.name


def _queries() -> dict[str, Query[Any]]:
    found = {
        f"{name}:{key}": value
        for name in _modules()
        for key, value in vars(importlib.import_module(name)).items()
        if isinstance(value, Query)
    }
    for kind in (PAGES, LOCKED, PUT):
        found |= {f"rotation:{query.sql}": query for query in kind.values()}
    for kind, rule in RULES.items():
        found |= {f"retention:{kind}:due": rule.due, f"retention:{kind}": rule.act}
    pairs = combinations(sorted(FILTERS), 2)
    for filters in chain([(), tuple(FILTERS)], pairs):
        for walk in ("department", "all"):
            for order in ("created_at", "updated_at"):
                if walk == "all" and "own_state" in filters:
                    continue
                found[f"page:{walk}:{order}:{filters}"] = page_query(walk, order, filters)
    return found


def _fits(name: str, kind: Any) -> bool:
    """Say whether a PostgreSQL type can be what the field says."""
    members = typing.get_args(kind) if isinstance(kind, UnionType) else (kind,)
    expected = {
        "uuid": {"UUID"},
        "timestamptz": {"datetime"},
        "text": {"str", "Literal"},
        "varchar": {"str"},
        "bytea": {"bytes"},
        "bool": {"bool"},
        "int2": {"int"},
        "int4": {"int"},
        "int8": {"int"},
        "oid": {"int"},
        "float4": {"float"},
        "float8": {"float"},
        "numeric": {"int", "float", "Decimal"},
    }.get(name)
    names = {getattr(typing.get_origin(each) or each, "__name__", str(each)) for each in members}
    return expected is None or bool(names & (expected | {"Any", "object"})) or "Literal" in names


async def test_every_statement_fits_its_rows(connection: Any) -> None:
    """It can be prepared, its columns are the struct's fields, of types that fit."""
    wrong: list[str] = []
    for name, query in _queries().items():
        try:
            async with connection.transaction():
                statement = await connection.prepare(query.sql)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this statement
            wrong.append(f"{name}: {error}")
            continue
        columns = {column.name: column.type.name for column in statement.get_attributes()}
        if issubclass(query.row, msgspec.Struct):
            fields = {each.encode_name: each for each in msgspec.structs.fields(query.row)}
            required = {key for key, each in fields.items() if each.required}
            if not required <= set(columns) <= set(fields):
                wrong.append(f"{name}: {sorted(columns)} are not {sorted(fields)}")
                continue
            wrong += [
                f"{name}.{key}: {kind} is not {fields[key].type}"
                for key, kind in columns.items()
                if not _fits(kind, fields[key].type)
            ]
        elif query.row is not type(None) and len(columns) != 1:
            wrong.append(f"{name}: one column, not {sorted(columns)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["services.cases.queries", "services.deliveries.queries"])
def test_statements_are_found(name: str) -> None:
    """The walk over the modules sees the well-known ones."""
    assert any(key.startswith(f"{name}:") for key in _queries())
