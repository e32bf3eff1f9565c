"""SQL of operators, communities and the directory."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from services.db.query import Query

LAST_GROUP = 2**53
"""No group id is larger: JSON keeps whole numbers up to here everywhere."""


class Operator(Struct, frozen=True):
    """The body that runs pages and answers for the personal data left on them."""

    id: int
    code: str
    title: str
    address: str
    phone: str
    email: str
    appeal_system_url: str | None


class Department(Struct, frozen=True):
    """The body that must act."""

    id: int
    code: str
    operator_id: int
    title: str
    is_default: bool
    moderation: bool
    four_eyes: bool


class Category(Struct, frozen=True):
    """A category (no parent) or a topic of it."""

    code: str
    parent: str | None
    title: str
    department_id: int | None
    norm_days: int | None
    norm_unit: Literal["calendar", "working"]


class Route(Struct, frozen=True):
    """One routing rule; what is None or empty fits everything."""

    id: int
    position: int
    kind: str
    category: str | None
    municipality: str | None
    community: int | None
    words: list[str] | None
    hours: dict[str, object] | None
    department_id: int


class ConsentDocument(Struct, frozen=True):
    """One version of the text that a resident agrees to."""

    id: int
    operator_id: int
    service: str
    subject: str
    version: int
    purpose: str
    text: str
    sha256: str


class Community(Struct, frozen=True):
    """One official page. Token and secrets are sealed; open them where they are needed.

    While the channel learns a new secret the previous one is good too, until `previous_until`
    (None: without end).
    """

    id: int
    channel: str
    group_id: int
    operator_id: int
    title: str
    municipality: str | None
    transport: str
    token: bytes
    secret: bytes
    confirmation: str | None
    paused: str | None
    previous_secret: bytes | None = None
    previous_until: datetime | None = None

    @property
    def rotating(self) -> bool:
        """Whether the channel is not known yet to have the present secret."""
        return self.previous_secret is not None and self.previous_until is None


_COMMUNITY = """SELECT id, channel, group_id, operator_id, title, municipality, transport, token,
    secret, confirmation, paused, previous_secret, previous_until FROM communities"""

REFERENCE_VERSION = Query(int, "SELECT version FROM reference_version")
OPERATORS = Query(
    Operator,
    "SELECT id, code, title, address, phone, email, appeal_system_url FROM operators ORDER BY id",
)
DEPARTMENTS = Query(
    Department,
    """SELECT id, code, operator_id, title, is_default, moderation, four_eyes
    FROM departments ORDER BY id""",
)
CATEGORIES = Query(
    Category,
    """SELECT code, parent, title, department_id, norm_days, norm_unit
    FROM categories ORDER BY position, code""",
)
ROUTES = Query(
    Route,
    """SELECT id, position, kind, category, municipality, community, words, hours, department_id
    FROM routes ORDER BY position, id""",
)
CONSENT_DOCUMENTS = Query(
    ConsentDocument,
    """SELECT DISTINCT ON (operator_id, service, subject)
        id, operator_id, service, subject, version, purpose, text, sha256
    FROM consent_documents ORDER BY operator_id, service, subject, version DESC""",
)
COMMUNITY_BY_GROUP = Query(Community, _COMMUNITY + " WHERE channel = $1 AND group_id = $2")
COMMUNITY_BY_ID = Query(Community, _COMMUNITY + " WHERE id = $1")
COMMUNITIES_BY_ID = Query(Community, _COMMUNITY + " WHERE id = ANY ($1::int[]) ORDER BY group_id")
COMMUNITIES = Query(Community, _COMMUNITY + " ORDER BY group_id")
COMMUNITY_IDS = Query(int, "SELECT id FROM communities WHERE channel = $1 ORDER BY group_id")
KEEP_CONFIRMATION = Query(type(None), "UPDATE communities SET confirmation = $2 WHERE id = $1")
