"""The demo's data, and the stand-in for VK with the reference department as a process.

What was made once is kept: keys in `demo.json` of the data folder (0600), the rest in the
database, where whoever plays with the demo may change it.
"""

import asyncio
import hashlib
import os
import sys
import tempfile
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import msgspec
import uvicorn
from msgspec import Struct

from gateway.commands.session import Desk, open_desk, settled
from gateway.settings import Settings
from integrations.demo.__main__ import Server
from integrations.demo.app import create_app
from integrations.demo.config import DemoCommunity, DemoConfig, DemoDepartment
from integrations.demo.department import mis_routes
from integrations.demo.department.mis import CREDENTIAL
from integrations.demo.seed import (
    DEPARTMENTS,
    MIS,
    PAGES,
    PRACTITIONERS,
    REFERENCE,
    RESIDENTS,
    SLOT_DAYS,
    SLOT_TIMES,
)
from integrations.webhooks.signing import new_secret
from services.backends.describing import BackendBody, find_described, put_described
from services.communities.communities import NewPage, add_page
from services.db.ids import new_id
from services.departments.importing import Importer, read_json
from services.departments.keys import NewKey, authenticate, issue_key
from services.departments.ownership import department_by_code
from services.departments.queries import DELETE_WEBHOOK, WEBHOOK
from services.departments.webhooks import put_webhook
from services.doctors.slot_queries import PUT_SLOTS
from services.errors import ServiceError, Unauthorized

HOOK = "/department/hook"
HOLDER = "demo"


class Held(Struct, frozen=True):
    """What the demo keeps of one department."""

    key: str
    webhook_secret: str


class Kept(Struct, frozen=True):
    """What the demo keeps between its starts."""

    admin: str
    departments: dict[str, Held]


def kept_file(settings: Settings) -> Path:
    """Return where the demo keeps its keys."""
    return settings.data_dir / "demo.json"


def read_kept(settings: Settings) -> Kept | None:
    """Return what is kept, None before the first start."""
    try:
        return msgspec.json.decode(kept_file(settings).read_bytes(), type=Kept)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def main() -> None:
    """Fill the database at the first start, then serve until told to stop."""
    with settled() as settings:
        kept = asyncio.run(prepare(settings))
        app = create_app(_config(settings, kept))
        server = Server(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.demo_port,
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        server.run()


async def prepare(settings: Settings) -> Kept:
    """Return the demo's keys; at the first start on a database all its data is made."""
    kept = read_kept(settings)
    async with open_desk(settings) as desk:
        if kept is None or not await _holds(desk, kept):
            kept = await _fill(desk)
            _forget_conversations(settings)
        await _point_webhooks(desk, kept, _demo(settings) + HOOK)
        await _point_clinic(desk, _demo(settings))
        await _publish_slots(desk)
    _write(kept_file(settings), msgspec.json.encode(kept))
    return kept


def _forget_conversations(settings: Settings) -> None:
    """Drop what was said before a database that is gone: it would only puzzle."""
    memory = _memory(settings)
    if memory is not None:
        Path(memory).unlink(missing_ok=True)


async def _holds(desk: Desk, kept: Kept) -> bool:
    """Tell whether the kept keys belong to this database."""
    try:
        await authenticate(desk.connection, datetime.now(UTC), kept.admin)
    except Unauthorized:
        return False
    return True


async def _fill(desk: Desk) -> Kept:
    connection, now = desk.connection, datetime.now(UTC)
    entries = read_json(msgspec.json.encode(REFERENCE))
    await Importer(connection, desk.sealer, desk.zone, str).run(entries)
    for page in PAGES:
        new = NewPage(
            group_id=page.group_id,
            title=page.title,
            token=page.token,
            secret=page.secret,
            municipality=page.municipality,
        )
        await add_page(connection, desk.sealer, new)
    departments: dict[str, Held] = {}
    for code, _ in DEPARTMENTS:
        mine = NewKey(role="department", department=code, holder=HOLDER)
        departments[code] = Held(await issue_key(connection, now, mine), new_secret())
    admin = await issue_key(connection, now, NewKey(role="admin", holder=HOLDER))
    return Kept(admin, departments)


async def _publish_slots(desk: Desk) -> None:
    """Give the demo's doctors slots for the days to come; those that are there stay."""
    today = datetime.now(desk.zone).date()
    starts = [
        (row["code"], datetime.combine(today + timedelta(days=day), at, desk.zone))
        for row in PRACTITIONERS
        for day in range(1, SLOT_DAYS + 1)
        for at in map(time.fromisoformat, SLOT_TIMES)
    ]
    await PUT_SLOTS.all(
        desk.connection,
        [new_id() for _ in starts],
        [code for code, _ in starts],
        [start for _, start in starts],
        [start + timedelta(minutes=20) for _, start in starts],
        [datetime.now(UTC)] * len(starts),
    )


async def _point_webhooks(desk: Desk, kept: Kept, hook: str) -> None:
    """Let the departments' webhooks lead to the stand-in, which may listen elsewhere today."""
    for code, held in kept.departments.items():
        department = await department_by_code(desk.connection, code)
        if await find_described(desk.connection, department.id) is not None:
            continue  # somebody tries a back end that is described
        row = await WEBHOOK.maybe(desk.connection, department.id)
        if row is None or (row.url != hook and row.url.endswith(HOOK)):
            now = datetime.now(UTC)
            secret = held.webhook_secret
            await put_webhook(desk.connection, desk.sealer, now, department.id, hook, secret)


async def _point_clinic(desk: Desk, demo: str) -> None:
    """Let the clinic with a system of its own have it at the stand-in."""
    department = await department_by_code(desk.connection, MIS)
    known = await find_described(desk.connection, department.id)
    if known is None or known.url.endswith(mis_routes.PREFIX):
        body = BackendBody(type="mis", url=f"{demo}{mis_routes.PREFIX}", credential=CREDENTIAL)
        await put_described(desk.connection, desk.sealer, department.id, body)
        await DELETE_WEBHOOK.run(desk.connection, department.id)


def _config(settings: Settings, kept: Kept) -> DemoConfig:
    titles = dict(DEPARTMENTS)
    return DemoConfig(
        gateway_url=f"http://{_host(settings)}:{settings.port}",
        public_url=_demo(settings),
        memory_file=_memory(settings),
        communities=tuple(
            DemoCommunity(
                group_id=page.group_id, token=page.token, secret=page.secret, title=page.title
            )
            for page in PAGES
        ),
        departments=tuple(
            DemoDepartment(
                code=code, title=titles[code], key=held.key, webhook_secret=held.webhook_secret
            )
            for code, held in kept.departments.items()
        ),
        residents=RESIDENTS,
    )


def _host(settings: Settings) -> str:
    return f"[{settings.host}]" if ":" in settings.host else settings.host


def _demo(settings: Settings) -> str:
    return f"http://{_host(settings)}:{settings.demo_port}"


def _memory(settings: Settings) -> str | None:
    """Return where the stand-in keeps its conversations.

    Not in the data folder: what residents wrote at VK is VK's, and the gateway keeps none of it
    in the clear.
    """
    name = hashlib.sha256(str(settings.data_dir).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"gateway-demo-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    mine = folder.lstat().st_uid == os.getuid() and not folder.is_symlink()
    return str(folder / "conversations") if mine else None


def _write(path: Path, body: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(body)
    draft.replace(path)


if __name__ == "__main__":
    try:
        main()
    except ServiceError as error:
        sys.exit(error.message)
