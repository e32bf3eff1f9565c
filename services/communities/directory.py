"""What a process keeps in memory of operators, departments, categories, routes and pages.

Everything here can be read again at any time: a change bumps `reference_version`, which every
process looks at once a second. Pages are read when first asked for and kept in a bounded cache,
so that memory does not grow with their number.
"""

from collections import OrderedDict

from msgspec import Struct

from services.communities.queries import (
    CATEGORIES,
    COMMUNITY_BY_GROUP,
    COMMUNITY_BY_ID,
    CONSENT_DOCUMENTS,
    DEPARTMENTS,
    LAST_GROUP,
    OPERATORS,
    REFERENCE_VERSION,
    ROUTES,
    Category,
    Community,
    ConsentDocument,
    Department,
    Operator,
    Route,
)
from services.db.query import Connection

PAGES_KEPT = 2048
REFRESH_SECONDS = 1.0  # what a command changes is in force everywhere within two


class Snapshot(Struct, frozen=True):
    """One consistent view of the reference data."""

    version: int
    operators: dict[int, Operator]
    departments: dict[int, Department]
    categories: dict[str, Category]
    children: dict[str | None, tuple[Category, ...]]  # by parent; None: the top categories
    routes: tuple[Route, ...]
    consents: dict[tuple[int, str, str], ConsentDocument]  # by (operator, service, subject)

    def default_department(self, operator_id: int) -> Department | None:
        """Return the operator's default department, else the first one added, else None."""
        own = [row for row in self.departments.values() if row.operator_id == operator_id]
        return next((row for row in own if row.is_default), own[0] if own else None)


NOTHING = Snapshot(0, {}, {}, {}, {}, (), {})


class Directory:
    """The present snapshot and the pages asked for lately."""

    def __init__(self) -> None:
        """Start empty; `refresh` fills it."""
        self.snapshot = NOTHING
        self._pages: OrderedDict[tuple[str, int], Community | None] = OrderedDict()
        self._groups: dict[int, tuple[str, int]] = {}

    async def refresh(self, connection: Connection) -> bool:
        """Read everything again if it changed since; return whether it had."""
        version = await REFERENCE_VERSION.one(connection)
        if version == self.snapshot.version:
            return False
        self.snapshot = await read_snapshot(connection, version)
        self._pages.clear()
        self._groups.clear()
        return True

    def kept(self, channel: str, group_id: int) -> Community | None:
        """Return a page that is in memory, without asking the database."""
        return self._pages.get((channel, group_id))

    def kept_by_id(self, community_id: int) -> Community | None:
        """Return a page by our id that is in memory, without asking the database."""
        key = self._groups.get(community_id)
        return None if key is None else self._pages.get(key)

    async def page(self, connection: Connection, channel: str, group_id: int) -> Community | None:
        """Return the page with VK's (or another channel's) own id, or None."""
        if not 0 < group_id <= LAST_GROUP:
            return None
        key = (channel, group_id)
        if key in self._pages:
            self._pages.move_to_end(key)
            return self._pages[key]
        return self._keep(key, await COMMUNITY_BY_GROUP.maybe(connection, channel, group_id))

    async def page_by_id(self, connection: Connection, community_id: int) -> Community | None:
        """Return the page with our id, or None."""
        key = self._groups.get(community_id)
        if key is not None and key in self._pages:
            return self._pages[key]
        row = await COMMUNITY_BY_ID.maybe(connection, community_id)
        return None if row is None else self._keep((row.channel, row.group_id), row)

    def _keep(self, key: tuple[str, int], row: Community | None) -> Community | None:
        self._pages[key] = row
        if row is not None:
            self._groups[row.id] = key
        while len(self._pages) > PAGES_KEPT:
            _, oldest = self._pages.popitem(last=False)
            if oldest is not None:
                self._groups.pop(oldest.id, None)
        return row


async def read_snapshot(connection: Connection, version: int) -> Snapshot:
    """Read the whole reference data (some hundred small rows)."""
    categories = await CATEGORIES.all(connection)
    parents = {row.parent for row in categories}
    return Snapshot(
        version=version,
        operators={row.id: row for row in await OPERATORS.all(connection)},
        departments={row.id: row for row in await DEPARTMENTS.all(connection)},
        categories={row.code: row for row in categories},
        children={
            parent: tuple(row for row in categories if row.parent == parent) for parent in parents
        },
        routes=tuple(await ROUTES.all(connection)),
        consents={
            (row.operator_id, row.service, row.subject): row
            for row in await CONSENT_DOCUMENTS.all(connection)
        },
    )
