"""`gateway worker`: arq jobs that send, hand off, fetch files, and look for what was missed."""

import asyncio
import contextlib
from typing import Any

import structlog
from arq import cron
from arq.worker import func

from gateway.chat import Chat, make_connector, open_chat
from gateway.following import following
from gateway.garbage import collect_less
from gateway.parts import HEARTBEAT, Parts, open_parts, open_queue
from gateway.settings import Settings
from integrations.json_rest.backend import JsonRestBackend
from integrations.mis.backend import MisBackend
from integrations.outbound.client import open_outbound
from integrations.pictures.remaking import ChildPictures
from integrations.queue.settings import WORKER_OPTIONS
from integrations.queue.worker import Worker
from integrations.vk.files import VkFiles
from integrations.webhooks.backend import WebhookBackend
from services.audit.chaining import chain_notes
from services.backends.polling import Backends
from services.backends.polling import poll as poll_due
from services.backends.reconciling import ask_daily
from services.backends.reconciling import reconcile as reconcile_asked
from services.cases.warning import warn_of_deadlines
from services.clubs.offering import sweep_clubs
from services.communities.connecting import Connector
from services.communities.counting import count_members
from services.communities.watching import watch_pages
from services.deliveries.handing import hand_off as hand_off_due
from services.deliveries.sending import drain
from services.deliveries.sweeping import sweep_deliveries
from services.doctors.agreeing import agree as agree_due
from services.doctors.clinic_system import ClinicSystem
from services.doctors.mirroring import mirror
from services.doctors.offering import sweep_slots
from services.doctors.reminding import remind
from services.files.discarding import discard_dropped, sweep_files
from services.files.fetching import FileDesk, fetch_files
from services.files.scanning import NoScanner
from services.monitor.folding import fold, note_page_events
from services.tidying import tidy_up

log = structlog.get_logger()

JOB_SECONDS = 15.0  # a job gives way after so long and rings again: no page keeps a worker
HAND_OFF_SECONDS = 10.0  # less, for its last calls may take 15 s, and a job has 30
HEARTBEAT_SECONDS = 15  # time to live of the key that /health/ready looks for
RECONCILE_SECONDS = 1500  # of all comparisons that wait; less than after which one is begun anew
FETCH_SECONDS = 120  # a job may end with a file that takes its 30 s, and 20 to be made anew
EVERY_SECOND = set(range(60))
WARN_SECOND, POLL_SECONDS, COMPARE_SECOND = 31, {5, 25, 45}, 13  # of every minute
AGREE_SECONDS, MIRROR_SECOND = set(range(0, 60, 2)), 37
WATCH_SECOND, COUNT_SECOND = 19, 43  # of every minute: a share of the pages each time
PAGES_SECONDS = 600  # of a run in which VK answers slowly; the next ones take other pages
FOLD_SECONDS = set(range(2, 60, 5))
CHAIN_SECONDS = set(range(4, 60, 5))
SILENCE_SECOND = 31
TIDY_MINUTE = 7  # of every hour: off the round minute at which everybody's jobs start


async def send(ctx: dict[Any, Any], community_id: str) -> None:
    """Send what waits for one page."""
    parts: Parts = ctx["parts"]
    chat: Chat = ctx["chat"]
    async with parts.pool.acquire() as connection:
        community = await parts.house.directory.page_by_id(connection, int(community_id))
    if community is None or community.paused is not None:
        return
    done = await drain(parts.pool, parts.house, chat.messenger, chat.pace, community, JOB_SECONDS)
    if not done:
        await parts.doorbell.ring("send", community_id)


async def hand_off(ctx: dict[Any, Any]) -> None:
    """Hand off what is due to departments' back ends."""
    parts: Parts = ctx["parts"]
    backends: Backends = ctx["backends"]
    if not await hand_off_due(parts.pool, parts.house, backends, HAND_OFF_SECONDS):
        await parts.doorbell.ring("hand_off")


async def agree(ctx: dict[Any, Any]) -> None:
    """Agree with clinics' own systems on what is booked, moved and cancelled."""
    parts: Parts = ctx["parts"]
    system: ClinicSystem = ctx["clinics"]
    if not await agree_due(parts.pool, parts.house, system, parts.doorbell, JOB_SECONDS):
        await parts.doorbell.ring("agree")


async def mirror_slots(ctx: dict[Any, Any]) -> None:
    """Copy the slots of clinics whose own system is the master of them."""
    parts: Parts = ctx["parts"]
    system: ClinicSystem = ctx["clinics"]
    if await mirror(parts.pool, parts.house, system):
        await parts.doorbell.ring("agree")


async def poll(ctx: dict[Any, Any]) -> None:
    """Ask described back ends what became of the cases that they took."""
    parts: Parts = ctx["parts"]
    backends: Backends = ctx["backends"]
    if not await poll_due(parts.pool, parts.house, backends, parts.doorbell, JOB_SECONDS):
        await parts.doorbell.ring("poll")


async def reconcile(ctx: dict[Any, Any]) -> None:
    """Compare with the back ends for which a comparison was asked."""
    parts: Parts = ctx["parts"]
    backends: Backends = ctx["backends"]
    await reconcile_asked(parts.pool, parts.house, backends, parts.doorbell)


async def compare(ctx: dict[Any, Any]) -> None:
    """Ask for a comparison with every back end once a day, and see that it is made."""
    parts: Parts = ctx["parts"]
    await ask_daily(parts.pool, parts.house)
    await parts.doorbell.ring("reconcile")


async def fetch(ctx: dict[Any, Any]) -> None:
    """Fetch the files that residents sent, and let those go that nobody wants any more."""
    parts: Parts = ctx["parts"]
    desk: FileDesk = ctx["desk"]
    await discard_dropped(parts.pool, desk.storage)
    if not await fetch_files(parts.pool, parts.house, desk, parts.doorbell, JOB_SECONDS):
        await parts.doorbell.ring("fetch")


async def sweep(ctx: dict[Any, Any]) -> None:
    """Ring for all that is due: whatever ring was lost, Valkey's whole memory included."""
    parts: Parts = ctx["parts"]
    await parts.valkey.set(HEARTBEAT, "1", ex=HEARTBEAT_SECONDS)
    await sweep_deliveries(parts.pool, parts.house, parts.doorbell)
    await sweep_files(parts.pool, parts.house, parts.doorbell)
    await sweep_clubs(parts.pool, parts.house, parts.doorbell)
    await sweep_slots(parts.pool, parts.house, parts.doorbell)


async def tidy(ctx: dict[Any, Any]) -> None:
    """Let go of what has expired: drafts, empty accounts, old ids; close what was answered."""
    parts: Parts = ctx["parts"]
    await tidy_up(parts.pool, parts.house)


async def warn(ctx: dict[Any, Any]) -> None:
    """Warn of deadlines that are near or have passed; remind of appointments."""
    parts: Parts = ctx["parts"]
    await warn_of_deadlines(parts.pool, parts.house, parts.doorbell)
    await remind(parts.pool, parts.house, parts.doorbell)


async def watch(ctx: dict[Any, Any]) -> None:
    """Look after some pages at VK, so that each has its turn once an hour."""
    parts: Parts = ctx["parts"]
    connector: Connector = ctx["connector"]
    await watch_pages(parts.pool, parts.house, connector)


async def count(ctx: dict[Any, Any]) -> None:
    """Count the members of some pages, so that each has its turn once a day."""
    parts: Parts = ctx["parts"]
    chat: Chat = ctx["chat"]
    await count_members(parts.pool, parts.house, chat.office)


async def fold_changes(ctx: dict[Any, Any]) -> None:
    """Fold what changed into the monitor's tables."""
    parts: Parts = ctx["parts"]
    await fold(parts.pool, parts.house)


async def chain(ctx: dict[Any, Any]) -> None:
    """Chain what was noted of reads and acts."""
    parts: Parts = ctx["parts"]
    await chain_notes(parts.pool, parts.house.sealer)


async def note_silence(ctx: dict[Any, Any]) -> None:
    """Note when pages last sent an event."""
    parts: Parts = ctx["parts"]
    await note_page_events(parts.pool, parts.house)


JOBS = (send, hand_off, agree, fetch, poll, reconcile)
TIMEOUTS = {"fetch": FETCH_SECONDS, "reconcile": RECONCILE_SECONDS}


async def run(settings: Settings) -> None:
    """Work until told to stop; then finish the jobs under way."""
    async with contextlib.AsyncExitStack() as stack:
        parts = await stack.enter_async_context(open_parts(settings))
        chat = await stack.enter_async_context(open_chat(parts))
        outbound = await stack.enter_async_context(
            open_outbound(settings.outbound_allow, parts.house.clock)
        )
        queue = open_queue(settings.redis_url or "")
        stack.push_async_callback(queue.aclose)
        worker = Worker(
            functions=[
                func(job, name=job.__name__, timeout=TIMEOUTS.get(job.__name__)) for job in JOBS
            ],
            cron_jobs=[
                cron(sweep, second=EVERY_SECOND, run_at_startup=True, unique=True, timeout=10),
                cron(fold_changes, second=FOLD_SECONDS, unique=True, timeout=60),
                cron(chain, second=CHAIN_SECONDS, unique=True, timeout=60),
                cron(note_silence, second=SILENCE_SECOND, unique=True, timeout=30),
                cron(tidy, minute=TIDY_MINUTE, second=0, unique=True, timeout=600),
                cron(poll, second=POLL_SECONDS, unique=True, timeout=60),
                cron(agree, second=AGREE_SECONDS, unique=True, timeout=60),
                cron(mirror_slots, second=MIRROR_SECOND, unique=True, timeout=300),
                cron(compare, second=COMPARE_SECOND, unique=True, timeout=60),
                cron(warn, second=WARN_SECOND, unique=True, timeout=600),
                cron(watch, second=WATCH_SECOND, unique=True, timeout=PAGES_SECONDS),
                cron(count, second=COUNT_SECOND, unique=True, timeout=PAGES_SECONDS),
            ],
            redis_pool=queue,
            ctx={
                "parts": parts,
                "chat": chat,
                "connector": make_connector(parts, chat),
                "backends": {
                    "webhook": WebhookBackend(outbound, parts.house.clock),
                    "json_rest": JsonRestBackend(outbound),
                },
                "clinics": MisBackend(outbound),
                "desk": FileDesk(
                    VkFiles(outbound, settings.vk_file_hosts, settings.vk_api_url),
                    ChildPictures(),
                    NoScanner(),
                    parts.storage,
                ),
            },
            handle_signals=True,
            **WORKER_OPTIONS,
        )
        await stack.enter_async_context(following(parts, chat))
        collect_less()
        log.info("worker_started")
        with contextlib.suppress(asyncio.CancelledError):
            await worker.async_run()
        await worker.close()
