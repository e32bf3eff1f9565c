"""A resident rates the answer: one to five, once for each answer."""

from datetime import datetime
from uuid import UUID

from services.cases.applying import Entry, Moved, write_events
from services.cases.holding import hold
from services.cases.queries import RATE, TOUCH
from services.cases.telling import tell_departments
from services.db.query import Connection
from services.errors import TransitionNotAllowed
from services.house import House

MARKS = (1, 2, 3, 4, 5)
RATED_IN = ("answered", "closed")


def can_rate(state: str, answered_at: datetime | None, rated_at: datetime | None) -> bool:
    """Tell whether there is an answer that has not been rated yet."""
    if state not in RATED_IN or answered_at is None:
        return False
    return rated_at is None or rated_at < answered_at


async def rate(connection: Connection, house: House, case_id: UUID, mark: int) -> Moved:
    """Keep the mark of the newest answer; departments hear that the case changed.

    The caller makes sure that the case is this resident's. Raises NotFound, and
    TransitionNotAllowed where there is no answer to rate.
    """
    held = await hold(connection, case_id)
    if held.case.state not in RATED_IN:
        raise TransitionNotAllowed
    now = house.now()
    await RATE.run(connection, case_id, mark, now)
    await write_events(connection, house, held, Entry(type="rated", by="resident"))
    await TOUCH.run(connection, case_id, now, 0)
    hand_offs = await tell_departments(connection, house, held, held.active(), "case.updated")
    return Moved(state=held.case.state, hand_offs=hand_offs)
