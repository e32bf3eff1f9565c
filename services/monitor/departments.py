"""How departments do: their queues, what is late, whether their back ends can be reached."""

from collections import Counter
from datetime import date, datetime

from msgspec import Struct

from services.cases.transitions import AT_REST
from services.db.query import Connection, Query
from services.departments.callers import Caller
from services.house import House
from services.monitor.comparing import ComparedRow, newest
from services.monitor.figures import Figures, Happened, figures
from services.monitor.standing_queries import DEPARTMENT_FACTS, DEPARTMENT_STANDING


class BackEndRow(Struct, frozen=True, kw_only=True):
    """A department with how its back end stands and since when its oldest work waits."""

    id: int
    code: str
    title: str
    operator: str
    oldest: datetime | None
    webhook: bool
    described: bool
    disabled: bool
    dead: int
    retrying: int


class DepartmentLine(Struct, frozen=True, kw_only=True):
    """A department on the monitor's table."""

    back_end: BackEndRow
    open: int
    overdue: int
    period: Figures
    compared: ComparedRow | None

    @property
    def troubled(self) -> bool:
        """Whether somebody should look here first."""
        differs = self.compared is not None and (
            self.compared.left > 0 or self.compared.state == "failed"
        )
        return bool(self.overdue or self.back_end.dead or self.back_end.disabled or differs)


# $1: the operator; null: all. Each count walks an index of what is open or lost.
BACK_ENDS = Query(
    BackEndRow,
    """SELECT d.id, d.code, d.title, o.title AS operator,
        (SELECT a.created_at FROM assignments a WHERE a.department_id = d.id AND a.workable
            ORDER BY a.created_at LIMIT 1) AS oldest,
        w.department_id IS NOT NULL AS webhook,
        b.department_id IS NOT NULL AS described,
        w.disabled_at IS NOT NULL AS disabled,
        (SELECT count(*) FROM deliveries m WHERE m.department_id = d.id
            AND m.kind = 'hand_off' AND m.state = 'dead') AS dead,
        (SELECT count(*) FROM deliveries m WHERE m.department_id = d.id
            AND m.kind = 'hand_off' AND m.state IN ('waiting', 'leased')
            AND m.attempts > 0) AS retrying
    FROM departments d JOIN operators o ON o.id = d.operator_id
    LEFT JOIN webhooks w ON w.department_id = d.id
    LEFT JOIN backends b ON b.department_id = d.id
    WHERE $1::integer IS NULL OR d.operator_id = $1
    ORDER BY d.title, d.id""",
)


async def departments(
    connection: Connection, house: House, caller: Caller, first: date, last: date
) -> list[DepartmentLine]:
    """Return all departments the caller oversees, the troubled ones first."""
    now = house.now()
    still, late = Counter[int](), Counter[int]()
    for row in await DEPARTMENT_STANDING.all(connection, None):
        if row.state not in AT_REST:
            still[row.department_id] += row.n
        if row.due_at is not None and row.due_at < now:
            late[row.department_id] += row.n
    happened: dict[int, list[Happened]] = {}
    zone = str(house.zone)
    for fact in await DEPARTMENT_FACTS.all(connection, zone, first, last):
        happened.setdefault(fact.department_id, []).append((fact.measure, fact.bucket, fact.n))
    comparisons = await newest(connection, caller)
    lines = [
        DepartmentLine(
            back_end=row,
            open=still[row.id],
            overdue=late[row.id],
            period=figures(happened.get(row.id, ())),
            compared=comparisons.get(row.id),
        )
        for row in await BACK_ENDS.all(connection, caller.operator_id)
    ]
    return sorted(lines, key=lambda line: (not line.troubled, -line.overdue))
