"""Taking a case in hand: locked until the transaction ends, seen through the caller's key."""

from uuid import UUID

from msgspec import Struct

from services.cases.errors import AssignmentEnded
from services.cases.queries import HELD_ASSIGNMENTS, HOLD_CASE, HeldAssignment, HeldCase
from services.cases.transitions import ENDED
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import (
    FieldError,
    Forbidden,
    InvalidRequest,
    NotFound,
    PreconditionRequired,
    VersionConflict,
)

MODERATED = ("submitted", "review")
"""The states in which a moderator may act."""


class Held(Struct, frozen=True, kw_only=True):
    """A locked case with its assignments, in the order in which they were made."""

    case: HeldCase
    assignments: tuple[HeldAssignment, ...]

    def of(self, department_id: int | None) -> HeldAssignment | None:
        """Return a department's assignment, or None."""
        return next((row for row in self.assignments if row.department_id == department_id), None)

    def named(self, code: str) -> HeldAssignment:
        """Return the assignment of the department `code`; raises InvalidRequest."""
        for row in self.assignments:
            if row.department_code == code:
                return row
        raise InvalidRequest(FieldError("department", "this department has no part in the case"))

    def lead(self) -> HeldAssignment | None:
        """Return the assignment of the department that leads; None for a case without any."""
        return self.of(self.case.department_id) or next(iter(self.assignments), None)

    def active(self) -> tuple[HeldAssignment, ...]:
        """Return the assignments that are not over."""
        return tuple(row for row in self.assignments if row.state not in ENDED)

    def check_seen(
        self, if_match: str | None, caller: Caller, row: HeldAssignment | None, named: str | None
    ) -> None:
        """Compare `If-Match` with the version that the caller sees.

        That is the one of `row`, the assignment acted on, for its department and for an admin who
        has `named` it; for all others the case's. Raises PreconditionRequired, VersionConflict.
        """
        own = row is not None and (caller.role == "department" or named is not None)
        check_version(if_match, row.version if own and row is not None else self.case.version)


async def hold(connection: Connection, case_id: UUID) -> Held:
    """Lock a case for whoever may act in it; raises NotFound."""
    case = await HOLD_CASE.one(connection, case_id)
    return Held(case=case, assignments=tuple(await HELD_ASSIGNMENTS.all(connection, case_id)))


async def hold_for(connection: Connection, caller: Caller, case_id: UUID) -> Held:
    """Lock a case that `caller` is going to change.

    Raises:
        NotFound: it is another department's or operator's, or there is none.
        Forbidden: the key only reads, or moderates and the case is past that.
    """
    held = await hold(connection, case_id)
    if caller.role == "department":
        if held.of(caller.department_id) is None:
            raise NotFound
        return held
    if caller.operator_id not in {None, held.case.operator_id}:
        raise NotFound
    if caller.role == "viewer":
        raise Forbidden
    if caller.role == "moderator" and held.case.state not in MODERATED:
        raise Forbidden
    return held


def acting(held: Held, caller: Caller, department: str | None = None) -> HeldAssignment | None:
    """Return the assignment on which `caller` acts; None for a case that has none.

    A department acts on its own; an admin on the one of the `department` he names, else on the
    lead's. Raises InvalidRequest where that department has no part in the case.
    """
    if caller.role == "department":
        own = held.of(caller.department_id)
        if own is None or department not in {None, own.department_code}:
            wrong = FieldError("department", "only an admin acts for another department")
            raise InvalidRequest(wrong)
        return own
    return held.lead() if department is None else held.named(department)


def still_acting(held: Held, caller: Caller) -> None:
    """Raise AssignmentEnded where the caller's department has handed the case on."""
    own = held.of(caller.department_id) if caller.role == "department" else None
    if own is not None and own.state == "forwarded":
        raise AssignmentEnded


def check_version(if_match: str | None, version: int) -> None:
    """Compare the header `If-Match` with the version, in quotes.

    Raises:
        PreconditionRequired: there is no such header.
        VersionConflict: it says anything else.
    """
    if if_match is None:
        raise PreconditionRequired
    if if_match.strip() != f'"{version}"':
        raise VersionConflict
