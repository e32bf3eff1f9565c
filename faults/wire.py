"""A wire between two processes, which can be cut and slowed."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

CHUNK = 65_536
Place = Path | int
"""The path of a unix socket, or a port of loopback."""
Hear = Callable[[bytes], None]
Tap = tuple[Hear, Hear]
"""What listens to the one who connected, and to the other."""


def _deaf(_chunk: bytes) -> None:
    """Listen to nothing."""


class Wire:
    """Passes bytes on. `delay` is for each chunk, in seconds; `down` refuses whoever connects."""

    def __init__(self, target: Place, tap: Callable[[], Tap] = lambda: (_deaf, _deaf)) -> None:
        """Take where the wire leads, and what makes a listener for each connection."""
        self.target = target
        self._tap = tap
        self.delay = 0.0
        self.down = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None] | None] = set()

    def cut(self) -> None:
        """Break every connection at once, whatever is under way on it."""
        for end in list(self._ends):
            end.transport.abort()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        self._ends.add(writer)
        self._serving.add(task := asyncio.current_task())
        try:
            if not self.down:
                await self._join(reader, writer)
        finally:
            writer.transport.abort()
            self._ends.discard(writer)
            self._serving.discard(task)

    async def end(self) -> None:
        """Cut everything, and wait until nobody is served any more."""
        self.down = True
        while self._serving:
            self.cut()
            await asyncio.sleep(0.01)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # either end may go at any moment
            far_reader, far_writer = await _connect(self.target)
            self._ends.add(far_writer)
            try:
                near, far = self._tap()
                ways = self._copy(reader, far_writer, near), self._copy(far_reader, writer, far)
                await asyncio.gather(*ways)
            finally:
                far_writer.transport.abort()
                self._ends.discard(far_writer)

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hear: Hear
    ) -> None:
        while chunk := await reader.read(CHUNK):
            hear(chunk)
            await asyncio.sleep(self.delay)
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()


@asynccontextmanager
async def laid(wire: Wire, near: Place) -> AsyncGenerator[Wire]:
    """Listen at the near end until the block ends."""
    if isinstance(near, Path):
        server = await asyncio.start_unix_server(wire.pass_on, near)
    else:
        server = await asyncio.start_server(wire.pass_on, "127.0.0.1", near)
    try:
        yield wire
    finally:
        server.close()
        await wire.end()


async def _connect(place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(place, Path):
        return await asyncio.open_unix_connection(place)
    return await asyncio.open_connection("127.0.0.1", place)
