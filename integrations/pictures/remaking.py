"""Runs the child that makes a picture anew: bounded in time, memory and what it may answer."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import structlog

from services.ports import Picture

CHILD = Path(__file__).with_name("child.py")
SECONDS = 20.0
GRACE = 2.0  # seconds to end after the answer
AT_ONCE = 2  # a picture of 40 megapixels takes a core for seconds and 0.5 GB
LARGEST = 32 * 1024 * 1024  # bytes of an answer; what grows beyond is given up
TOO_MANY_PIXELS = 3  # the child's exit status
TYPES = {b"J": "image/jpeg", b"P": "image/png", b"W": "image/webp"}
"""First byte of the child's answer → what follows it."""

log = structlog.get_logger()


class ChildPictures:
    """`services.ports.Pictures`: a process for each picture, which knows nothing of ours."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Take how long one picture may take."""
        self._seconds = seconds
        self._room = asyncio.Semaphore(AT_ONCE)

    async def remake(self, content: bytes, content_type: str) -> Picture:
        """Decode and encode a picture; whatever happens to the child, the picture is broken."""
        async with self._room:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-I", str(CHILD), content_type,
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd="/", env={},
            )  # fmt: skip
            answer = b""
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await _converse(child, content)
            except TimeoutError:
                log.info("picture_took_too_long")
            finally:
                status = await _end(child, finished=bool(answer))
        return _read(answer, status)


async def _converse(child: Process, content: bytes) -> bytes:
    """Give the child its picture and take the answer, at most LARGEST bytes of it."""
    if child.stdin is None or child.stdout is None:
        return b""
    writing = asyncio.create_task(_write(child.stdin, content))
    try:
        answer = bytearray()
        while chunk := await child.stdout.read(1024 * 1024):
            answer += chunk
            if len(answer) > LARGEST:
                return b""
        return bytes(answer)
    finally:
        writing.cancel()
        await asyncio.wait([writing])


async def _write(stdin: asyncio.StreamWriter, content: bytes) -> None:
    # A child that has seen enough does not read to the end.
    with contextlib.suppress(ConnectionError):
        stdin.write(content)
        await stdin.drain()
        stdin.close()


async def _end(child: Process, *, finished: bool) -> int:
    """Wait for the child, or kill it if it has not answered; return its exit status."""
    if not finished and child.stdout is not None and not child.stdout.at_eof():
        _kill(child)
        # Its end is not noticed before the pipe has been read to its own.
        while await child.stdout.read(1024 * 1024):
            pass
    try:
        async with asyncio.timeout(GRACE):
            return await child.wait()
    except TimeoutError:
        _kill(child)
        return await child.wait()


def _kill(child: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()


def _read(answer: bytes, status: int) -> Picture:
    content_type = TYPES.get(answer[:1])
    if status == 0 and content_type is not None and len(answer) > 1:
        return Picture(answer[1:], content_type)
    if status == TOO_MANY_PIXELS:
        return Picture(b"", "", "too_many_pixels")
    log.info("picture_not_remade", status=status)
    return Picture(b"", "", "broken")
