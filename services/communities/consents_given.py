"""Consents that were given on paper or by phone: checked, and kept with the case they allow."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Struct

from schemas.forms import Service, Subject
from services.communities.consents import current_document
from services.db.query import Connection, Query
from services.departments.callers import Caller
from services.errors import FieldError, InvalidRequest
from services.house import House


class ConsentGiven(Struct, frozen=True):
    """The consent that was given: to which version of the text, and when."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    given_at: datetime


DOCUMENT = Query(
    int,
    """SELECT id FROM consent_documents
    WHERE operator_id = $1 AND service = $2 AND subject = $3 AND version = $4""",
)
NOTE = Query(
    type(None),
    """INSERT INTO consents_noted (case_id, document_id, given_at, noted_by, actor, noted_at)
    VALUES ($1, $2, $3, $4, $5, $6)""",
)


async def agreed(
    connection: Connection,
    house: House,
    text: tuple[int, Service, Subject],
    given: ConsentGiven,
) -> int:
    """Return the document that was agreed to; `text`: whose it is, for what, about whom.

    152-ФЗ, art. 9, part 3: whoever processes must be able to prove the consent. Raises
    InvalidRequest for a version that never was, or a moment that cannot be.
    """
    errors: list[FieldError] = []
    if given.given_at.tzinfo is None:
        errors.append(FieldError("consent.given_at", "Give the time with its offset."))
    elif given.given_at > house.now():
        errors.append(FieldError("consent.given_at", "It is in the future."))
    await current_document(connection, *text)  # makes the first version where there is none
    document = await DOCUMENT.maybe(connection, *text, given.version)
    if document is None:
        words = f"There is no such version; GET /consents/{text[1]} shows the present one."
        errors.append(FieldError("consent.version", words))
    if errors or document is None:
        raise InvalidRequest(*errors)
    return document


async def note_agreed(
    connection: Connection,
    house: House,
    caller: Caller,
    case_id: UUID,
    document_id: int,
    given: ConsentGiven,
) -> None:
    """Keep who noted which consent for a case."""
    await NOTE.run(
        connection, case_id, document_id, given.given_at, caller.who, caller.actor, house.now()
    )
