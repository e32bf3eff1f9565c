"""Consent documents over REST."""

from litestar import get, put
from litestar.params import FromPath, FromQuery, RawBody

from gateway.dependencies import Db, Who
from gateway.documentation import reads
from gateway.security import ADMINS, READERS
from services.communities.consents import (
    ConsentBody,
    ConsentShown,
    Service,
    Subject,
    current_document,
    put_document,
    shown,
)
from services.communities.operators import DEFAULT, operator_by_code, operator_id_for
from services.intake import read


@get("/consents/{service:str}", guards=[READERS])
async def show_consent(
    connection: Db,
    caller: Who,
    service: FromPath[Service],
    operator: FromQuery[str | None] = None,
    subject: FromQuery[Subject] = "self",
) -> ConsentShown:
    """Show the document that residents agree to at present."""
    operator_id = caller.operator_id
    if operator is not None or operator_id is None:
        operator_id = (await operator_by_code(connection, operator or DEFAULT)).id
    return shown(await current_document(connection, operator_id, service, subject))


@put("/consents/{service:str}", guards=[ADMINS], opt=reads(ConsentBody))
async def write_consent(
    connection: Db,
    caller: Who,
    service: FromPath[Service],
    body: RawBody,
    operator: FromQuery[str | None] = None,
    subject: FromQuery[Subject] = "self",
) -> ConsentShown:
    """Put a document; another text or purpose is a new version."""
    operator_id = await operator_id_for(connection, caller, operator)
    document = read(ConsentBody, body)
    return shown(await put_document(connection, operator_id, service, subject, document))


HANDLERS = [show_consent, write_consent]
