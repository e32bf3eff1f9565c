"""Comparisons with departments' back ends, as the monitor shows them: the newest of each."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.backends.reconciling import ReconciliationShown, ask_for, show_reconciliation
from services.db.query import Connection, Query
from services.departments.callers import Caller
from services.departments.ownership import check_operator
from services.departments.queries import DEPARTMENT_BY_CODE, DepartmentRow
from services.house import House


class ComparedRow(Struct, frozen=True, kw_only=True):
    """The newest comparison of a department; `left` differences are not repaired."""

    department_id: int
    state: str
    asked_at: datetime
    finished_at: datetime | None
    differences: int
    left: int


class NumberRow(Struct, frozen=True):
    """The number of a case."""

    id: UUID
    number: str


class Compared(Struct, frozen=True):
    """A department's newest comparison, if there is one, and the numbers of the cases in it."""

    department: DepartmentRow
    comparison: ReconciliationShown | None
    numbers: dict[UUID, str]


# $1: the operator; null: all.
NEWEST = Query(
    ComparedRow,
    """SELECT d.id AS department_id, r.state, r.asked_at, r.finished_at, i.differences, i.left
    FROM departments d CROSS JOIN LATERAL (
        SELECT id, state, asked_at, finished_at FROM reconciliations
        WHERE department_id = d.id ORDER BY asked_at DESC LIMIT 1) AS r
    CROSS JOIN LATERAL (
        SELECT count(*) AS differences, count(*) FILTER (WHERE NOT repaired) AS left
        FROM reconciliation_items WHERE reconciliation_id = r.id) AS i
    WHERE $1::integer IS NULL OR d.operator_id = $1""",
)
NEWEST_OF = Query(
    UUID,
    """SELECT id FROM reconciliations WHERE department_id = $1
    ORDER BY asked_at DESC LIMIT 1""",
)
NUMBERS = Query(NumberRow, "SELECT id, number FROM cases WHERE id = ANY ($1::uuid[])")


async def newest(connection: Connection, caller: Caller) -> dict[int, ComparedRow]:
    """Return the newest comparison of each department the caller oversees, by its id."""
    rows = await NEWEST.all(connection, caller.operator_id)
    return {row.department_id: row for row in rows}


async def compared(connection: Connection, house: House, caller: Caller, code: str) -> Compared:
    """Return a department's newest comparison with what differs; raises NotFound, Forbidden."""
    department = await _overseen(connection, caller, code)
    found = await NEWEST_OF.maybe(connection, department.id)
    if found is None:
        return Compared(department, None, {})
    shown = await show_reconciliation(connection, house, caller, found)
    cases = [each.case for each in shown.items if each.case is not None]
    numbers = {row.id: row.number for row in await NUMBERS.all(connection, cases)}
    return Compared(department, shown, numbers)


async def compare(connection: Connection, house: House, caller: Caller, code: str) -> None:
    """Ask for a comparison with a department's back end; raises NotFound, Forbidden."""
    await ask_for(connection, house, (await _overseen(connection, caller, code)).id)


async def _overseen(connection: Connection, caller: Caller, code: str) -> DepartmentRow:
    department = await DEPARTMENT_BY_CODE.one(connection, code)
    check_operator(caller, department.operator_id)
    return department
