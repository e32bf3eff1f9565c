"""What a channel thinks of a page: its address for events, their kinds, the token's rights."""

import asyncio

from msgspec import Struct

from services.communities.queries import Community
from services.communities.secrets import SECRET_PLACE, page_of, row_of
from services.ports import CallbackServer, Page, PageOffice, Refused, Verdict
from services.privacy.errors import Unreadable
from services.privacy.sealing import Sealer

LOOKS = 3  # at an address that is being asked to confirm
LOOK_SECONDS = 1.0
SETUP_RIGHT = "manage"


class Finding(Struct, frozen=True, kw_only=True):
    """One page as its channel has it. `whole`: nothing is to be mended there.

    `refused`: the call that ended the inspection. `code`, `done`: what mending it came to.
    """

    community: Community
    page: Page
    status: str = "unknown"
    server: CallbackServer | None = None
    api_version: str | None = None
    whole: bool = False
    missing: tuple[str, ...] = ()
    refused: Verdict | None = None
    code: str | None = None
    done: tuple[str, ...] = ()

    @property
    def mendable(self) -> bool:
        """Whether the gateway can set the page up, as far as one can see."""
        return self.refused is None and SETUP_RIGHT not in self.missing

    @property
    def known(self) -> bool:
        """Whether the channel was told before that events come to us."""
        return self.server is not None or self.community.transport == "long_poll"

    @property
    def troubles(self) -> tuple[str, ...]:
        """What a person has to see to, as codes; empty when all is well."""
        found = tuple(f"no_right_{right}" for right in self.missing)
        if self.refused is not None:
            return (*found, self.refused.code)
        if self.whole or found:
            return found
        if self.community.transport == "callback" and self.status in {"wait", "failed"}:
            return ("not_confirmed",)
        return ("not_connected",)


class Inspector:
    """Looks at pages through their channel's settings; `url` is where events are to come."""

    def __init__(self, sealer: Sealer, office: PageOffice, url: str) -> None:
        """Take what opens tokens."""
        self._sealer = sealer
        self._office = office
        self._url = url

    async def look(self, community: Community, *, told: bool = False) -> Finding:
        """Look at one page; never raises for what the channel says.

        `told`: the channel has just been told the present secret.
        """
        try:
            page = page_of(self._sealer, community)
        except Unreadable:
            unread = Verdict(outcome="dead", code="token_unreadable")
            return Finding(
                community=community, page=Page(community.id, community.group_id, ""), refused=unread
            )
        found = Finding(community=community, page=page)
        try:
            missing = tuple(await self._office.missing_rights(page))
            if SETUP_RIGHT in missing:
                return Finding(community=community, page=page, missing=missing)
            if community.transport == "long_poll":
                return await self._look_at_long_poll(found, missing)
            return await self._look_at_server(found, missing, told=told)
        except Refused as error:
            return Finding(community=community, page=page, refused=error.verdict)

    async def look_patiently(self, community: Community) -> Finding:
        """Look at a page just set up, for some seconds while the channel asks the address."""
        found = await self.look(community, told=True)
        for _ in range(LOOKS):
            if found.status != "wait":
                break
            await asyncio.sleep(LOOK_SECONDS)
            found = await self.look(community, told=True)
        return found

    def secret(self, community: Community) -> str:
        """Return the present secret of the page's callbacks."""
        row = row_of(community.group_id)
        return self._sealer.open(SECRET_PLACE, row, community.secret).decode()

    async def _look_at_long_poll(self, found: Finding, missing: tuple[str, ...]) -> Finding:
        settings = await self._office.long_poll_settings(found.page)
        whole = settings.whole and settings.api_version == self._office.api_version
        return Finding(
            community=found.community,
            page=found.page,
            status="ok" if whole else "missing",
            api_version=settings.api_version,
            whole=whole,
            missing=missing,
        )

    async def _look_at_server(
        self, found: Finding, missing: tuple[str, ...], *, told: bool
    ) -> Finding:
        community, page = found.community, found.page
        ours = [each for each in await self._office.servers(page) if each.url == self._url]
        server = min(ours, key=lambda each: (each.status != "ok", each.id), default=None)
        if server is None:
            return Finding(community=community, page=page, status="missing", missing=missing)
        settings = await self._office.callback_settings(page, server.id)
        return Finding(
            community=community,
            page=page,
            status=server.status,
            server=server,
            api_version=settings.api_version,
            whole=(
                server.status == "ok"
                and settings.whole
                and settings.api_version == self._office.api_version
                and (told or self._knows_secret(community, server))
            ),
            missing=missing,
        )

    def _knows_secret(self, community: Community, server: CallbackServer) -> bool:
        """Tell whether the channel has the present secret, as far as it shows one."""
        return not community.rotating and server.secret in {"", self.secret(community)}
