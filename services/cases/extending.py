"""Extension of the term of an answer: once, before it ends, the resident told.

59-ФЗ, art. 12, part 2: in exceptional cases, by thirty days at most.
"""

from schemas.cases import ExtendRequest
from services.cases import clockwork
from services.cases.applying import Entry, Moved, leading_due, soonest, write_events
from services.cases.clock_queries import CLOCKS, WRITE_CLOCKS, Clock
from services.cases.clock_table import ANSWER
from services.cases.clocks import EXTENDED, extension_rule
from services.cases.errors import ExtensionNotAllowed
from services.cases.holding import Held, acting
from services.cases.messages import needed
from services.cases.queries import EXTEND, HeldAssignment
from services.cases.telling import tell_departments, tell_resident
from services.cases.wording import extension
from services.db.query import Connection
from services.departments.callers import Caller
from services.house import House

AT_WORK = ("registered", "in_work", "on_approval", "needs_info")


async def extend(
    connection: Connection,
    house: House,
    caller: Caller,
    held: Held,
    wish: ExtendRequest,
    if_match: str | None,
) -> Moved:
    """Move the deadline of the caller's answer on by `wish.days` calendar days.

    `held` comes from `hold_for`.

    Raises, in this order:
        InvalidRequest: the department has no part in the case.
        PreconditionRequired, VersionConflict: `if_match` is not the version that the caller sees.
        ExtensionNotAllowed: it is a message, or over, or late, or was extended before.
        InvalidRequest: the message is missing.
    """
    row = acting(held, caller, wish.department)
    held.check_seen(if_match, caller, row, wish.department)
    clocks = await CLOCKS.all(connection, held.case.id)
    if row is None or row.state not in AT_WORK or held.case.legal_kind != "appeal_59fz":
        raise ExtensionNotAllowed
    clock = _running(house, row, clocks)
    message = needed(wish.message)
    later = clockwork.extended(clock, extension_rule(wish.days), house.zone)
    await WRITE_CLOCKS.run(connection, held.case.id, *clockwork.columns([later]))
    every = clockwork.merged(clocks, [later])
    due = leading_due(held, every, row.id)
    await EXTEND.run(
        connection,
        held.case.id,
        row.id,
        *((None, None, None) if due is None else (due.due_at, due.rule, due.calendar)),
        house.now(),
        *soonest(held, every, row.state, ()),
    )
    day = later.due_at.astimezone(house.zone).date()
    texts = extension(held.case.number, row.department_title, day, message)
    deliveries = await tell_resident(connection, house, held, texts, row.state)
    entry = Entry(
        type="extended",
        by=caller.by,
        rows=(row,),
        actor=caller.actor,
        message=message,
        delivery_id=deliveries[-1],
    )
    await write_events(connection, house, held, entry)
    others = tuple(each for each in held.active() if each.id != row.id)
    hand_offs = await tell_departments(connection, house, held, others, "case.updated")
    return Moved(
        state=held.case.state,
        community_id=held.case.community_id,
        deliveries=deliveries,
        hand_offs=hand_offs,
    )


def _running(house: House, row: HeldAssignment, clocks: list[Clock]) -> Clock:
    """Return the first term of the answer, while it runs; raises ExtensionNotAllowed."""
    for clock in clocks:
        ours = clock.assignment_id == row.id and clock.name == ANSWER and clock.ended_at is None
        if ours and not clock.rule.startswith(EXTENDED) and house.now() <= clock.due_at:
            return clock
    raise ExtensionNotAllowed
