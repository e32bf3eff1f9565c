"""Fetches the photos and documents that residents send, from VK's own hosts alone."""

from collections.abc import Sequence
from http import HTTPStatus

from yarl import URL

from integrations.outbound.client import (
    Answer,
    OutboundClient,
    Refused,
    TooLarge,
    TryAgain,
)
from services.ports import Fetch

GONE = {401, 403, 404, 405, 410, 451}
"""Statuses of a file that its owner deleted or that nobody else may see."""


class VkFiles:
    """`services.ports.FileSource` over the client for foreign addresses."""

    def __init__(self, client: OutboundClient, hosts: Sequence[str], api_url: str) -> None:
        """Take the hosts that may be called (`*.` before one: it and all below it).

        Only the host of the API may be called without TLS, and only if the API is.
        """
        self._client = client
        self._hosts = tuple(hosts)
        api = URL(api_url)
        self._plain_host = api.host if api.scheme == "http" else None

    async def fetch(self, url: str, at_most: int) -> Fetch:
        """Fetch a file of at most so many bytes; redirects may not lead away from VK's hosts."""
        try:
            answer = await self._client.download(url, at_most, self.may_call)
        except TooLarge:
            return Fetch(outcome="refused", code="too_large")
        except Refused:
            return Fetch(outcome="refused", code="foreign")
        except TryAgain as error:
            return Fetch(outcome="retry", code=error.code)
        return _fetch(answer)

    def may_call(self, url: URL) -> bool:
        """Tell whether an address is one of VK's."""
        host = (url.host or "").lower().rstrip(".")
        if url.scheme != "https" and host != self._plain_host:
            return False
        return any(_fits(host, pattern) for pattern in self._hosts)


def _fits(host: str, pattern: str) -> bool:
    if not pattern.startswith("*."):
        return host == pattern
    return host == pattern[2:] or host.endswith(pattern[1:])


def _fetch(answer: Answer) -> Fetch:
    if answer.status == HTTPStatus.OK:
        return Fetch(outcome="fetched", content=answer.body)
    if answer.status in GONE:
        return Fetch(outcome="refused", code="gone")
    code = f"http_{answer.status}"
    return Fetch(outcome="retry", code=code, retry_after=answer.retry_after)
