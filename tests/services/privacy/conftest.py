"""A database in which every sealed column holds a few values."""

from typing import Any
from uuid import uuid4

from msgspec import Struct

from services.backends.targets import CREDENTIAL, PREVIOUS_SECRET, SECRET
from services.cases.identity import PLACE as IDENTITY
from services.cases.personal import CASE_PLACE, EVENT_PLACE
from services.communities.secrets import SECRET_PLACE, TOKEN_PLACE, row_of
from services.deliveries.outbox import PLACE as DELIVERY
from services.files.personal import PERSONAL as FILE
from services.idempotency import PLACE as ANSWER
from services.inbox.visits import ACCOUNT, DIALOG
from services.monitor.administrators import PLACE as ADMINISTRATOR
from services.monitor.sessions import PLACE as SESSION
from services.privacy.sealing import Sealer
from services.residents.children import PLACE as CHILD

GROUP = 101
FILLERS = {
    "uuid": uuid4,
    "text": lambda: uuid4().hex,
    "bytea": lambda: uuid4().bytes,
    "boolean": lambda: False,
    "jsonb": lambda: "{}",
    "date": lambda: None,
}
CHOSEN: dict[str, dict[str, Any]] = {  # what checks and blobs ask for
    "cases": {"kind": "appeal"},
    "case_events": {"by": "gateway"},
    "deliveries": {"kind": "message", "state": "sent", "random_id": 1},
    "communities": {"group_id": GROUP},
}
COLUMNS = """SELECT attname::text AS name, format_type(atttypid, NULL) AS kind FROM pg_attribute
    WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
        AND attnotnull AND NOT atthasdef AND attidentity = ''"""


class Home(Struct, frozen=True):
    """What the code binds the blobs of a column to: a place, and the column with the row."""

    place: str
    row: str = "id"


HOMES = {
    "communities.token": Home(TOKEN_PLACE, "group_id"),
    "communities.secret": Home(SECRET_PLACE, "group_id"),
    "communities.previous_secret": Home(SECRET_PLACE, "group_id"),
    "webhooks.secret": Home(SECRET, "department_id"),
    "webhooks.previous_secret": Home(PREVIOUS_SECRET, "department_id"),
    "backends.secret": Home(CREDENTIAL, "department_id"),
    "monitor_administrators.personal": Home(ADMINISTRATOR, "community_id"),
    "monitor_sessions.personal": Home(SESSION, "hash"),
    "accounts.user_sealed": Home(ACCOUNT),
    "children.personal": Home(CHILD),
    "dialogs.personal": Home(DIALOG),
    "cases.personal": Home(CASE_PLACE),
    "case_events.personal": Home(EVENT_PLACE),
    "identities.personal": Home(IDENTITY, "case_id"),
    "files.personal": Home(FILE),
    "deliveries.personal": Home(DELIVERY),
    "idempotency.answer": Home(ANSWER),
}


async def fill(connection: Any, sealer: Sealer) -> None:
    """Put one row with all its blobs into every table of HOMES, whatever it refers to.

    Nothing is checked or set off by this transaction's changes any more.
    """
    await connection.execute("SET LOCAL session_replication_role = replica")
    for table in {name.partition(".")[0] for name in HOMES}:
        row = await _row(connection, table)
        for name, home in HOMES.items():
            owner, _, column = name.partition(".")
            if owner == table:
                row[column] = sealer.seal(home.place, bound(home, row), name.encode())
        names = ", ".join(row)
        marks = ", ".join(f"${number + 1}" for number in range(len(row)))
        await connection.execute(
            " ".join(("INSERT INTO", table, f"({names})", f"VALUES ({marks})")), *row.values()
        )


async def opened(connection: Any, sealer: Sealer) -> dict[str, list[str]]:
    """Open every blob of HOMES as the code does; return the values by column."""
    found: dict[str, list[str]] = {}
    for name, home in HOMES.items():
        table, _, column = name.partition(".")
        rows = await connection.fetch(f"TABLE {table}")  # its columns are read below
        found[name] = [
            sealer.open(home.place, bound(home, row), row[column]).decode()
            for row in rows
            if row[column] is not None
        ]
    return found


def bound(home: Home, row: Any) -> str:
    """Return the row that a blob is bound to, as the code writes it."""
    value = row[home.row]
    if isinstance(value, bytes):
        return value.hex()
    return row_of(value) if home.row == "group_id" else str(value)


async def _row(connection: Any, table: str) -> dict[str, Any]:
    chosen = CHOSEN.get(table, {})
    row: dict[str, Any] = {}
    for column in await connection.fetch(COLUMNS, table):
        if column["kind"].startswith("timestamp"):
            row[column["name"]] = await connection.fetchval("SELECT now()")
        elif column["kind"] in FILLERS:
            row[column["name"]] = FILLERS[column["kind"]]()
        else:
            row[column["name"]] = 1
    return row | chosen
