"""Tells a department's back end that something happened: thin, signed webhooks."""

from http import HTTPStatus

from msgspec.json import encode

from integrations.outbound.client import Answer, OutboundClient, Refused, TryAgain
from integrations.webhooks.signing import sign
from services.ports import BackendTarget, Clock, HandOff, Holdings, Report, Verdict

A_DAY = 86_400.0
"""Seconds: a longer `Retry-After` would be another word for never."""

SENT = Verdict(outcome="sent")
CANNOT_SAY = Verdict(outcome="dead", code="cannot_say")
GONE = Verdict(outcome="dead", code="gone", scope="page")
BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class WebhookBackend:
    """`services.ports.Backend` for back ends that listen to webhooks."""

    def __init__(self, client: OutboundClient, clock: Clock) -> None:
        """Take the client for foreign addresses, and the clock that signatures are made by."""
        self._client = client
        self._clock = clock

    async def hand_off(self, target: BackendTarget, note: HandOff) -> Verdict:
        """Post the note; only an answer of 200 to 299 means that it was taken.

        410 ends this webhook (`gone`); 429 and 503 may say when to come again; everything else,
        silence too, is tried again.
        """
        now = self._clock.now()
        body = encode({"type": note.type, "timestamp": note.at, "data": note.data})
        timestamp = int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": note.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(note.id, timestamp, body, target.secrets),
        }
        try:
            return _verdict(await self._client.request("POST", target.url, body, headers))
        except TryAgain as error:
            return Verdict(outcome="retry", code=error.code)
        except Refused:
            # Tried again too: a name may lead to the wrong address for an hour.
            return Verdict(outcome="retry", code="address_refused")

    async def ask(self, target: BackendTarget, external_id: str) -> Report | Verdict:
        """Say that nobody can be asked: who listens to webhooks reports by itself."""
        _ = target, external_id
        return CANNOT_SAY

    async def holdings(self, target: BackendTarget) -> Holdings | Verdict:
        """Say that nobody can be asked."""
        _ = target
        return CANNOT_SAY


def _verdict(answer: Answer) -> Verdict:
    if 200 <= answer.status < 300:  # noqa: PLR2004 - the class of success, RFC 9110
        return SENT
    if answer.status == HTTPStatus.GONE:
        return GONE
    wait = answer.retry_after if answer.status in BUSY else None
    return Verdict(
        outcome="retry",
        code=f"http_{answer.status}",
        retry_after=None if wait is None else min(wait, A_DAY),
    )
