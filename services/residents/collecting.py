"""Everything that is stored of one resident, opened for that resident (152-ФЗ, art. 14)."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from schemas.cases import Event, Person
from schemas.residents import MyCase, MyData, MyDraft, MyLook
from services.cases.identity import PLACE as IDENTITY_PLACE
from services.cases.reading import show_event
from services.cases.view_queries import CASE, EVENTS
from services.cases.viewing import show
from services.db.query import Connection
from services.departments.callers import Caller
from services.dialogs.talk import MENU, Talk
from services.files.listing import attachments_of
from services.house import House
from services.inbox.visits import ACCOUNT, DIALOG
from services.ports import Identity
from services.residents.children import children_of
from services.residents.data_queries import (
    CONSENT_HISTORY,
    DRAFTS,
    ERASE_ASKED_AT,
    IDENTITIES,
    LOOKS,
    OPERATOR_OF,
    OWN_CASES,
    SINCE,
    USER,
    OwnCase,
    kept_how_long,
)
from services.residents.data_words import terms_in_words, waits_for_the_end

DRAFT_OF_ANSWER = "on_approval"
EVERYTHING = Caller(key_id="", role="admin", department_id=None, operator_id=None, holder="")
"""A case is shown to its resident as to an admin: whole, with the state of the case itself."""


async def collect(connection: Connection, house: House, account_id: UUID) -> MyData:
    """Return all of it, in one transaction; raises NotFound for an account that is gone."""
    zone = house.zone
    own = tuple(await OWN_CASES.all(connection, account_id))
    waiting = waits_for_the_end(own, await ERASE_ASKED_AT.maybe(connection, account_id))
    user = await USER.one(connection, account_id)
    return MyData(
        operator=await OPERATOR_OF.one(connection, account_id),
        made_at=house.now().astimezone(zone),
        since=(await SINCE.one(connection, account_id)).astimezone(zone),
        vk_id=house.sealer.open_value(ACCOUNT, account_id, user, int),
        consents=tuple(
            replace(row, at=row.at.astimezone(zone))
            for row in await CONSENT_HISTORY.all(connection, account_id)
        ),
        cases=await _cases(connection, house, account_id, own),
        children=tuple(
            Person(child.name, child.birth_date.isoformat())
            for child in (await children_of(connection, house, account_id)).values()
        ),
        drafts=await _drafts(connection, house, account_id),
        looks=tuple(
            MyLook(at=look.at.astimezone(zone), who=look.who, why=look.why, number=look.number)
            for look in await LOOKS.all(connection, account_id, None)
        ),
        kept=(
            *terms_in_words(await kept_how_long(connection)),
            *([waiting] if waiting else []),
        ),
    )


async def _cases(
    connection: Connection, house: House, account_id: UUID, own: tuple[OwnCase, ...]
) -> tuple[MyCase, ...]:
    files = await attachments_of(connection, house, [case.id for case in own])
    identities = {
        row.case_id: {"provider": row.provider}
        | msgspec.to_builtins(
            house.sealer.open_value(IDENTITY_PLACE, row.case_id, row.personal, Identity)
        )
        for row in await IDENTITIES.all(connection, account_id)
    }
    found: list[MyCase] = []
    for case in own:
        row = await CASE.one(connection, case.id)
        events = await EVENTS.all(connection, case.id)
        found.append(
            MyCase(
                case=show(house, EVERYTHING, row, "open", files.get(case.id, ())),
                events=tuple(_event(show_event(house, each, opened=True)) for each in events),
                identity=identities.get(case.id),
                erased_at=case.erased_at,
            )
        )
    return tuple(found)


def _event(event: Event) -> Event:
    """Return an event as its resident sees it: without drafts of answers and names of staff."""
    words = None if event.target == DRAFT_OF_ANSWER else event.message
    return replace(event, message=words, actor=None)


async def _drafts(connection: Connection, house: House, account_id: UUID) -> tuple[MyDraft, ...]:
    found: list[MyDraft] = []
    for row in await DRAFTS.all(connection, account_id):
        talk = house.sealer.open_value(DIALOG, row.id, row.personal, Talk)
        for draft in (talk.draft, talk.put_by):
            answers: dict[str, Any] = {} if draft is None else draft.answers
            if draft is not None and draft.form != MENU and answers:
                found.append(MyDraft(form=draft.form, answers=answers, until=row.drafted_until))
    return tuple(found)
