"""Consent documents: one per operator, service and subject; a new text is a new version."""

import hashlib
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Struct

from schemas.forms import Service, Subject
from services.appeals.consent_text import PURPOSE as APPEAL_PURPOSE
from services.appeals.consent_text import appeal_consent
from services.clubs.consent_text import enrolment_consent
from services.communities.queries import ConsentDocument, Operator
from services.communities.writing_queries import (
    INSERT_DOCUMENT,
    NEWEST_DOCUMENT,
    OPERATOR_BY_ID,
)
from services.db.query import Connection
from services.doctors.consent_text import appointment_consent, reminders_consent
from services.errors import NotFound

PURPOSES: dict[Service, str] = {
    "appeal": APPEAL_PURPOSE,
    "enrolment": "Запись детей в кружки и секции",
    "appointment": "Запись на приём к врачу",
    "reminders": "Напоминания о записи",
}


class ConsentBody(Struct, frozen=True, kw_only=True):
    """A consent document as it is put; without a purpose the present one is kept."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    purpose: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | None = None


class ConsentShown(Struct, frozen=True, kw_only=True):
    """A consent document as it is shown; `sha256` is that of the text in UTF-8."""

    version: int
    purpose: str
    subject: str
    text: str
    sha256: str


async def current_document(
    connection: Connection, operator_id: int, service: Service, subject: Subject
) -> ConsentDocument:
    """Return the newest version, made from the default text if there is none yet.

    Two that ask at once get the same document. Raises NotFound where a service has no default
    text and the operator put none.
    """
    found = await NEWEST_DOCUMENT.maybe(connection, operator_id, service, subject)
    if found is not None:
        return found
    text = default_text(await OPERATOR_BY_ID.one(connection, operator_id), service, subject)
    if text is None:
        raise NotFound("This operator has put no consent document for that service yet.")
    key = (operator_id, service, subject)
    added = await _add(connection, key, 1, PURPOSES[service], text)
    return added or await NEWEST_DOCUMENT.one(connection, *key)


async def put_document(
    connection: Connection,
    operator_id: int,
    service: Service,
    subject: Subject,
    body: ConsentBody,
) -> ConsentDocument:
    """Make a new version if text or purpose changed; return the newest."""
    key = (operator_id, service, subject)
    while True:
        present = await NEWEST_DOCUMENT.maybe(connection, *key)
        purpose = body.purpose or (present.purpose if present else PURPOSES[service])
        if present is not None and (present.text, present.purpose) == (body.text, purpose):
            return present
        version = present.version + 1 if present else 1
        added = await _add(connection, key, version, purpose, body.text)
        if added is not None:
            return added


def default_text(operator: Operator, service: Service, subject: Subject) -> str | None:
    """Return the text that an operator starts with; None where there is none."""
    text = {
        ("appeal", "self"): appeal_consent,
        ("enrolment", "children"): enrolment_consent,
        ("appointment", "self"): appointment_consent,
        ("appointment", "children"): partial(appointment_consent, child=True),
        ("reminders", "self"): reminders_consent,
    }.get((service, subject))
    if text is None:
        return None
    return text(operator.title, operator.address, operator.phone, operator.email)


def shown(document: ConsentDocument) -> ConsentShown:
    """Return a document as the outside sees it."""
    return ConsentShown(
        version=document.version,
        purpose=document.purpose,
        subject=document.subject,
        text=document.text,
        sha256=document.sha256,
    )


async def _add(
    connection: Connection, key: tuple[int, str, str], version: int, purpose: str, text: str
) -> ConsentDocument | None:
    """Add a version; None when another was faster with that number."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return await INSERT_DOCUMENT.maybe(connection, *key, version, purpose, text, digest)
