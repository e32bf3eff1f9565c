"""gateway demo: the gateway, a worker and a stand-in for VK, started and stopped together.

Nothing heavy is imported here: the processes import what they need side by side.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import Namespace
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import dotenv
import msgspec
from msgspec import Struct

from gateway.settings import Settings, load
from services.errors import ServiceError

START_SECONDS = 90  # the first start makes a database; a slow disk takes its time
STOP_SECONDS = 20  # more than the gateway gives requests under way
POLL_SECONDS = 0.05
LAST_LINES = 15  # of a log, shown when its process ended by itself


class Child(Struct, frozen=True):
    """A running process, by the name its log has."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Stopped(ServiceError):
    """A part of the demo ended by itself."""

    code = "stopped"


def run(_args: Namespace) -> None:
    """Run the demo until Ctrl-C; raises ServiceError when a part of it does not start or ends."""
    settings = load(os.environ)
    if settings.mode == "production":
        raise ServiceError("There is no demo in production; set GATEWAY_MODE to local for it.")
    for port, name in ((settings.port, "GATEWAY_PORT"), (settings.demo_port, "GATEWAY_DEMO_PORT")):
        _check_port(settings.host, port, name)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with _told_to_stop() as told, _leash() as leash:
        demo = _Demo(settings, leash)
        try:
            demo.start(told)
            demo.watch(told)
        finally:
            print("\nStopping …", flush=True)
            demo.stop()


class _Demo:
    """The processes of the demo, in the order they were started."""

    def __init__(self, settings: Settings, leash: int) -> None:
        self._settings = settings
        self._leash = leash
        self._environ = _environment(settings)
        self._children: list[Child] = []

    def start(self, told: list[int]) -> None:
        """Start everything; returns when all of it answers, or when told to stop."""
        settings = self._settings
        gateway, stand_in = _url(settings, settings.port), _url(settings, settings.demo_port)
        print(f"Starting; logs are in {settings.data_dir}/*.log", flush=True)
        self._spawn("serve", "gateway", "serve")
        self._spawn("stand-in", "gateway.demo")
        self._wait(f"{gateway}/health/ready", told)
        # Not earlier: on two cores it would only hold up the other two.
        self._spawn("worker", "gateway", "worker")
        self._wait(f"{stand_in}/demo/about", told)
        self._wait(f"{gateway}/health/ready", told, whole=True)
        if not told:
            print(_welcome(settings, gateway, stand_in), flush=True)

    def watch(self, told: list[int]) -> None:
        """Return when told to stop; raises Stopped when a process ends by itself."""
        while not told:
            self._check()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop: first what takes events, then what sends, then what is sent to."""
        order = {"serve": 0, "worker": 1, "stand-in": 2}
        for child in sorted(self._children, key=lambda each: order[each.name]):
            child.process.terminate()
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                print(f"{child.name} does not stop and is killed.", file=sys.stderr)
                child.process.kill()
                child.process.wait()

    def _spawn(self, name: str, module: str, *arguments: str) -> None:
        log = self._settings.data_dir / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "gateway.leash", str(self._leash), module, *arguments],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[self._leash],
                # A group of its own: Ctrl-C at the terminal reaches us alone, who keep the order.
                process_group=0,
            )
        self._children.append(Child(name, process, log))

    def _check(self) -> None:
        for child in self._children:
            if child.process.poll() is not None:
                words = f"{child.name} has ended by itself; the end of {child.log}:"
                raise Stopped(f"{words}\n{_tail(child.log)}")

    def _wait(self, url: str, told: list[int], *, whole: bool = False) -> None:
        until = time.monotonic() + START_SECONDS
        while not told and not _answers(url, whole=whole):
            self._check()
            if time.monotonic() > until:
                raise Stopped(f"{url} does not answer after {START_SECONDS} seconds.")
            time.sleep(POLL_SECONDS)


def _answers(url: str, *, whole: bool) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - an address of ours
            return not whole or msgspec.json.decode(answer.read())["status"] == "ready"
    except (OSError, urllib.error.HTTPError, msgspec.DecodeError):
        return False


def _environment(settings: Settings) -> Mapping[str, str]:
    """Return the children's environment; VK is the stand-in unless another address was set."""
    given = {**dotenv.dotenv_values(".env"), **os.environ}
    standing_in = f"{_url(settings, settings.demo_port)}/method/"
    vk = given.get("GATEWAY_VK_API_URL") or standing_in
    return {**os.environ, "GATEWAY_VK_API_URL": vk, "PYTHONUNBUFFERED": "1"}


@contextmanager
def _told_to_stop() -> Generator[list[int], None, None]:
    """Gather the signals that tell us to stop; a second Ctrl-C waits for nobody."""
    told: list[int] = []

    def hear(number: int, _frame: Any) -> None:
        if told:
            os._exit(128 + number)  # the leash ends the others
        told.append(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _leash() -> Generator[int, None, None]:
    """Return the end of a pipe by which children notice that we are gone, see gateway.leash."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def _check_port(host: str, port: int, name: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise ServiceError(f"Port {port} cannot be used ({reason}); set {name}.") from None


def _url(settings: Settings, port: int) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"


def _tail(log: Path) -> str:
    with log.open(encoding="utf-8", errors="replace") as file:
        return "".join(_last(file)).rstrip()


def _last(file: IO[str]) -> list[str]:
    return file.readlines()[-LAST_LINES:]


def _welcome(settings: Settings, gateway: str, stand_in: str) -> str:
    kept = msgspec.json.decode((settings.data_dir / "demo.json").read_bytes())
    keys = "\n".join(f"  {code:<12} {held['key']}" for code, held in kept["departments"].items())
    return f"""
The gateway is ready.

  1. Open the chat       {stand_in}/
     Choose a resident and a page, press «Начать», then «Подать обращение».
  2. Open the department {stand_in}/department
     Claim the case and answer it; the answer appears in the chat.
  3. Open the monitor    {gateway}/admin
     Sign in with one of the keys below: everything at a glance, or a department's desk.

  API and its reference  {gateway}/schema
  Health, metrics        {gateway}/health/ready  {gateway}/metrics

Demo keys (Authorization: Bearer KEY):
  admin        {kept["admin"]}
{keys}

Ctrl-C stops everything; the data stays in {settings.data_dir}."""
