"""Who hears of a change: the resident in the chat, the back ends of other departments."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from schemas.dialogs import Button, Message
from services.cases.holding import Held
from services.cases.queries import HeldAssignment
from services.cases.transitions import KINDS, Kind
from services.cases.wording import how_to_open, in_pieces, notice, placed_notice
from services.db.query import Connection
from services.deliveries.outbox import NewMessage, write_hand_off, write_message
from services.house import House

OPEN, REOPEN, REPLY = "open", "reopen", "reply"
ACCEPT, DECLINE, CHOOSE, DISPUTE = "accept", "decline", "choose", "dispute"
COME, CANCEL = "come", "cancel"
NEXT_MOVES: dict[str, tuple[tuple[str, str], ...]] = {
    "answered": ((REOPEN, "Не решено"),),
    "needs_info": ((REPLY, "Ответить"),),
    "offered": ((ACCEPT, "Занять"), (DECLINE, "Отказаться")),
    "rebooking": ((CHOOSE, "Выбрать другое время"),),
    "no_show": ((DISPUTE, "Оспорить"),),
    "reminder": ((COME, "Приду"), (CANCEL, "Отменить")),
    "reminder_confirmed": ((CANCEL, "Отменить"),),
}
"""State, or what is told → the buttons, besides «Открыть», of what the resident can do next."""


class Stage(Struct, frozen=True, kw_only=True):
    """A move as the resident is told of it; `message`: the department's words.

    `besides`: what belongs to the new state, such as when and where an appointment is.
    """

    source: str | None
    target: str
    department: str | None = None
    message: str = ""
    reason: str | None = None
    due_at: datetime | None = None
    besides: str = ""


def stage_texts(house: House, held: Held, stage: Stage) -> tuple[str, ...]:
    """Return what the resident reads of a move, as texts to be sent in order; () for nothing."""
    number, kind = held.case.number, kind_of(held.case.kind)
    if kind != "appeal":
        until = None if stage.due_at is None else stage.due_at.astimezone(house.zone)
        return placed_notice(
            kind,
            stage.target,
            number,
            message="\n\n".join(part for part in (stage.besides, stage.message) if part),
            reason=stage.reason,
            until=until,
        )
    return notice(
        stage.source,
        stage.target,
        number,
        department=stage.department,
        message=stage.message,
        reason=stage.reason,
        due=None if stage.due_at is None else stage.due_at.astimezone(house.zone).date(),
    )


async def tell_resident(
    connection: Connection,
    house: House,
    held: Held,
    texts: Sequence[str],
    state: str,
    *,
    useful_until: datetime | None = None,
) -> tuple[UUID, ...]:
    """Put a notice about a case into the outbox; return the ids of its deliveries.

    The buttons of what can be done in `state` stand under the last text; a client that shows
    none is told where to open the case. Where the resident can't be written to, it waits for
    somebody to phone.
    """
    ids: list[UUID] = []
    if texts and not held.case.inline_buttons:
        texts = (*texts[:-1], *in_pieces(texts[-1], "", how_to_open(held.case.number)))
    now = house.now()  # one moment for all parts: by it they are found again when told by phone
    for text in texts:
        last = held.case.inline_buttons and text is texts[-1]
        rows = buttons(held.case.id, state) if last else ()
        new = NewMessage(
            account_id=held.case.account_id,
            community_id=held.case.community_id,
            case_id=held.case.id,
            message=Message(text, rows, inline=bool(rows)),
            type="notice",
            writable=held.case.writable,
            useful_until=useful_until,
        )
        ids += await write_message(connection, house.sealer, now, new)
    return tuple(ids)


async def tell_departments(
    connection: Connection,
    house: House,
    held: Held,
    rows: Iterable[HeldAssignment],
    kind: str,
    *,
    but: int | None = None,
) -> tuple[UUID, ...]:
    """Write a note of `kind` for each department's back end, but not for the one that calls.

    Returns the ids of the deliveries; departments without a webhook have none.
    """
    ids: list[UUID] = []
    for row in rows:
        if row.department_id == but:
            continue
        note = await write_hand_off(connection, house.now(), held.case.id, row.department_id, kind)
        ids += [] if note is None else [note]
    return tuple(ids)


def buttons(case_id: UUID, state: str) -> tuple[tuple[Button, ...], ...]:
    """Return the inline buttons of a notice about a case that is in `state`."""
    offered = NEXT_MOVES.get(state, ())
    return tuple(
        (Button(label, _payload(case_id, do), "secondary" if do == OPEN else "primary"),)
        for do, label in (*offered, (OPEN, "Открыть"))
    )


def kind_of(name: str) -> Kind:
    """Return a stored kind as the type that the tables are keyed by; raises ValueError."""
    return KINDS[KINDS.index(name)]  # pyright: ignore[reportArgumentType] - a str is looked up


def _payload(case_id: UUID, do: str) -> str:
    return msgspec.json.encode({"command": "case", "case": str(case_id), "do": do}).decode()
