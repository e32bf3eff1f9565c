"""Many residents who file appeals at the same time, and a department that answers them."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import httpx

from services.cases.number import find_number
from tests.acceptance.office import Desk, Json
from tests.acceptance.people import TEXT, Resident

ANSWER = "Ваш вопрос решён: двор расчищен."
ARRIVALS = 0.05  # seconds between two residents, on average
PATIENCE = 0.1  # seconds until the department looks again
SHORT_LEASE = 5  # seconds: a claim whose answer was lost is soon free again
OK = 200


class Rush:
    """Residents in a hurry; `chance` decides who comes when. `numbers`: what they were told."""

    def __init__(self, residents: Sequence[Resident], chance: random.Random) -> None:
        self.residents = residents
        self.numbers: list[str] = []
        latest = ARRIVALS * len(residents)
        self._pauses = [chance.uniform(0, latest) for _ in residents]
        self._struck_after = chance.randint(1, len(residents) // 2)
        self._middle = asyncio.Event()

    async def run(self) -> None:
        """Let everybody file an appeal and read its number."""
        await asyncio.gather(*map(self._file, self.residents, self._pauses))

    async def middle(self) -> None:
        """Wait until some have filed, while others are in the middle of it or have not begun."""
        await self._middle.wait()

    async def hear_answers(self) -> None:
        """Let everybody read the department's answer."""
        heard = await asyncio.gather(*(resident.hear() for resident in self.residents))
        assert all(ANSWER in text for text in heard), heard

    async def _file(self, resident: Resident, pause: float) -> None:
        await asyncio.sleep(pause)
        await resident.fill_in(f"{TEXT} Подъезд {resident.user_id}.")
        number = find_number(await resident.press("Отправить"))
        assert number is not None
        self.numbers.append(number)
        if len(self.numbers) >= self._struck_after:
            self._middle.set()


class Department:
    """Claims what there is and answers it, again and again where the gateway is in trouble."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.answered: set[str] = set()

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Work until the end."""
        task = asyncio.create_task(self._work())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _work(self) -> None:
        wish = {"limit": 5, "lease_seconds": SHORT_LEASE}
        while True:
            claimed = await self._insist(lambda: self.desk.post("/cases/claim", wish))
            for case in claimed["items"]:
                await self._answer(case)
            await asyncio.sleep(PATIENCE)

    async def _answer(self, case: Json) -> None:
        """Answer once: a try whose outcome is unknown is repeated under the same key."""
        path = f"/cases/{case['id']}/transitions"
        headers = {"If_Match": f'"{case["version"]}"', "Idempotency_Key": f"answer-{case['id']}"}
        wish = {"to": "answered", "message": ANSWER}
        answered = await self._insist(lambda: self.desk.post(path, wish, **headers))
        assert answered["state"] == "answered"
        self.answered.add(case["id"])

    async def _insist(self, call: Callable[[], Awaitable[httpx.Response]]) -> Json:
        """Call until the gateway takes it."""
        while True:
            with suppress(httpx.TransportError):
                answer = await call()
                if answer.status_code == OK:
                    return answer.json()
                assert answer.status_code >= 500, answer.text
            await asyncio.sleep(PATIENCE)


def check_conversation(messages: list[Json]) -> None:
    """Everything that the resident did was answered once, and the department's answer came once.

    VK drops a message whose `random_id` it knows, so what stands here is what the resident sees.
    """
    authors = [message["from"] for message in messages]
    steps = authors.count("resident")
    assert authors == ["resident", "community"] * steps + ["community"]
    told = [message["text"] for message in messages if message["from"] == "community"]
    assert ["Номер вашей заявки" in text for text in told] == [False] * (steps - 1) + [True, False]
    assert [ANSWER in text for text in told] == [False] * steps + [True]
