"""SQL that changes operators, communities and consent documents, and shows them to admins."""

from datetime import datetime

from msgspec import Struct

from services.communities.queries import ConsentDocument, Operator
from services.db.query import Query


class PageLine(Struct, frozen=True):
    """A community as admins see it: never its token or secret."""

    id: int
    group_id: int
    title: str
    municipality: str | None
    operator: str
    operator_id: int
    transport: str
    paused: str | None
    paused_at: datetime | None
    paused_by: str | None
    last_event_at: datetime | None
    created_at: datetime
    status: str | None
    troubles: list[str] | None
    api_version: str | None
    checked_at: datetime | None


class KnownPage(Struct, frozen=True):
    """What a community has that is to be kept where nothing new is given; the token is sealed."""

    id: int
    group_id: int
    operator_id: int
    token: bytes


_OPERATOR = """SELECT id, code, title, address, phone, email, appeal_system_url
    FROM operators"""
_PAGE = """SELECT page.id, page.group_id, page.title, page.municipality,
        operator.code AS operator, page.operator_id, page.transport, page.paused,
        page.paused_at, page.paused_by, page.last_event_at, page.created_at,
        state.status, state.troubles, state.api_version, state.checked_at
    FROM communities page JOIN operators operator ON operator.id = page.operator_id
    LEFT JOIN community_states state ON state.community_id = page.id
    WHERE page.channel = 'vk'"""

OPERATOR_BY_CODE = Query(Operator, _OPERATOR + " WHERE code = $1")
OPERATOR_BY_ID = Query(Operator, _OPERATOR + " WHERE id = $1")
PUT_OPERATOR = Query(
    Operator,
    """INSERT INTO operators (code, title, address, phone, email, appeal_system_url)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (code) DO UPDATE SET title = excluded.title, address = excluded.address,
        phone = excluded.phone, email = excluded.email,
        appeal_system_url = excluded.appeal_system_url, updated_at = now()
    RETURNING id, code, title, address, phone, email, appeal_system_url""",
)

# $1, $2: the page after which to go on; $3: how many. Null: from the beginning, all.
PAGES = Query(
    PageLine,
    _PAGE
    + """
        AND ($1::timestamptz IS NULL OR (page.created_at, page.id) > ($1, $2::integer))
    ORDER BY page.created_at, page.id LIMIT $3""",
)
PAGE_BY_GROUP = Query(PageLine, _PAGE + " AND page.group_id = $1")
KNOWN_PAGES = Query(
    KnownPage,
    """SELECT id, group_id, operator_id, token FROM communities
    WHERE channel = 'vk' AND group_id = ANY ($1::bigint[]) ORDER BY group_id FOR UPDATE""",
)
ANY_CALLBACK = Query(bool, "SELECT EXISTS (SELECT FROM communities WHERE transport = 'callback')")
PUT_PAGES = Query(
    type(None),
    """INSERT INTO communities AS page (group_id, operator_id, title, municipality, transport,
        token, secret, confirmation)
    SELECT new.group_id, new.operator_id, new.title, new.municipality,
        coalesce(new.transport, known.transport, 'callback'), new.token,
        coalesce(new.secret, known.secret), new.confirmation
    FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::bytea[],
        $7::bytea[], $8::text[]) AS new(group_id, operator_id, title, municipality,
        transport, token, secret, confirmation)
    LEFT JOIN communities known ON known.channel = 'vk' AND known.group_id = new.group_id
    ON CONFLICT (channel, group_id) DO UPDATE SET operator_id = excluded.operator_id,
        title = excluded.title, municipality = coalesce(excluded.municipality, page.municipality),
        transport = excluded.transport, token = excluded.token, secret = excluded.secret,
        confirmation = coalesce(excluded.confirmation, page.confirmation), updated_at = now()""",
)
PUT_PAGE = Query(
    type(None),
    """UPDATE communities SET title = $2, municipality = $3, operator_id = $4, transport = $5,
        paused = $6, paused_at = CASE WHEN $6::text IS NULL THEN NULL
            WHEN paused IS NULL THEN $7::timestamptz ELSE paused_at END,
        paused_by = CASE WHEN $6::text IS NULL THEN NULL
            WHEN paused = $6 THEN paused_by ELSE 'admin' END,
        updated_at = now()
    WHERE channel = 'vk' AND group_id = $1""",
)

NEWEST_DOCUMENT = Query(
    ConsentDocument,
    """SELECT id, operator_id, service, subject, version, purpose, text, sha256
    FROM consent_documents
    WHERE operator_id = $1 AND service = $2 AND subject = $3
    ORDER BY version DESC LIMIT 1""",
)
INSERT_DOCUMENT = Query(
    ConsentDocument,
    """INSERT INTO consent_documents (operator_id, service, subject, version, purpose, text,
        sha256)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (operator_id, service, subject, version) DO NOTHING
    RETURNING id, operator_id, service, subject, version, purpose, text, sha256""",
)
