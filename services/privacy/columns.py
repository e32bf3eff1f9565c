"""Every column that holds sealed values: what its blobs are bound to, and how to walk its rows."""

from msgspec import Struct


class SealedColumn(Struct, frozen=True, kw_only=True):
    """A sealed column.

    `key` is the column that its rows are walked by, of the type `kind`, above `start`. `bound` is
    the SQL of the row that a blob is bound to, as text; `place` the column that it is bound to.
    """

    table: str
    column: str
    key: str
    kind: str
    start: str
    bound: str
    place: str

    @property
    def name(self) -> str:
        """The table and the column."""
        return f"{self.table}.{self.column}"


def _by_id(table: str, column: str = "personal", key: str = "id") -> SealedColumn:
    return SealedColumn(
        table=table,
        column=column,
        key=key,
        kind="uuid",
        start="00000000-0000-0000-0000-000000000000",
        bound=f"{key}::text",
        place=f"{table}.{column}",
    )


def _by_number(
    table: str, column: str, key: str, *, bound: str | None = None, place: str | None = None
) -> SealedColumn:
    return SealedColumn(
        table=table,
        column=column,
        key=key,
        kind="bigint",
        start="-1",
        bound=bound or f"{key}::text",
        place=place or f"{table}.{column}",
    )


_PAGE = "'vk:' || group_id"  # see services.communities.secrets
SEALED = (
    _by_number("communities", "token", "id", bound=_PAGE),
    _by_number("communities", "secret", "id", bound=_PAGE),
    _by_number("communities", "previous_secret", "id", bound=_PAGE, place="communities.secret"),
    _by_number("webhooks", "secret", "department_id"),
    _by_number("webhooks", "previous_secret", "department_id"),
    _by_number("backends", "secret", "department_id"),
    _by_number("monitor_administrators", "personal", "community_id"),
    _by_id("accounts", "user_sealed"),
    _by_id("children"),
    _by_id("dialogs"),
    _by_id("cases"),
    _by_id("case_events"),
    _by_id("identities", key="case_id"),
    _by_id("files"),
    _by_id("deliveries"),
    _by_id("idempotency", "answer"),
    SealedColumn(
        table="monitor_sessions",
        column="personal",
        key="hash",
        kind="bytea",
        start="\\x",
        bound="encode(hash, 'hex')",
        place="monitor_sessions.personal",
    ),
    SealedColumn(
        table="canary",
        column="sealed",
        key="one",
        kind="boolean",
        start="false",
        bound="'1'",
        place="canary.sealed",
    ),
)
"""A test holds this list against the columns of the database."""

NOT_SEALED = frozenset(
    {
        "keyring.wrapped",  # wrapped by the secret keys
        "api_keys.hash",
        "accounts.user_key",
        "cases.phone_key",
        "children.child_key",
        "enrolments.child_key",
        "appointments.patient_key",
        "idempotency.body_hash",
        "monitor_sessions.hash",
        "acts.fingerprint",
        "data_links.hash",
        "audit_chain.digest",
        "audit_chain.link",
    }
)
"""Columns of bytes that are hashes, keyed or of secrets made by chance."""
