"""SQL of accounts and consents."""

from datetime import datetime

from msgspec import Struct

from services.db.query import Query


class GivenConsent(Struct, frozen=True):
    """A consent in force: which document, since when."""

    document_id: int
    service: str
    subject: str
    version: int
    purpose: str
    at: datetime
    text: str = ""


INSERT_CONSENT = Query(
    type(None),
    """INSERT INTO consents (id, account_id, document_id, action, event_id, at)
    VALUES ($1, $2, $3, $4, $5, $6)""",
)
CONSENTS_IN_FORCE = Query(
    GivenConsent,
    """SELECT last.document_id, d.service, d.subject, d.version, d.purpose, last.at,
        d.text
    FROM (SELECT DISTINCT ON (document_id) document_id, action, at FROM consents
        WHERE account_id = $1 ORDER BY document_id, at DESC, id DESC) AS last
    JOIN consent_documents d ON d.id = last.document_id
    WHERE last.action = 'given' ORDER BY last.at""",
)
