"""A town: `gateway serve`, `gateway worker` and the stand-in for VK, each a process of its own."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from gateway import embedded
from gateway.embedded.place import settle
from tests.acceptance.processes import Process, environment, free_port
from tests.acceptance.waiting import soon

GROUP, SECOND_GROUP = 227001, 227002
TOKENS = {GROUP: "vk1.a.token-of-the-first-page", SECOND_GROUP: "vk1.a.token-of-the-second-page"}
SECRETS = {GROUP: "callback-secret-1", SECOND_GROUP: "callback-secret-2"}
CODE = "c0nf1rm"
DEPARTMENT = "roads"
COMMAND_SECONDS = 60


class Town:
    """Processes over one database. Without the servers' addresses they use embedded ones."""

    def __init__(
        self, folder: Path, database_url: str | None = None, redis_url: str | None = None
    ) -> None:
        self.folder = folder
        self.data_dir = folder / "var"
        self.port, self.vk_port = free_port(), free_port()
        self.url, self.vk_url = (f"http://127.0.0.1:{port}" for port in (self.port, self.vk_port))
        self.callback_url = self.url
        self.tokens, self.secrets = dict(TOKENS), dict(SECRETS)
        self.settings = {
            "GATEWAY_DATA_DIR": str(self.data_dir),
            "GATEWAY_PORT": str(self.port),
            "GATEWAY_VK_API_URL": f"{self.vk_url}/method/",
            "GATEWAY_DATABASE_URL": database_url or "",
            "GATEWAY_REDIS_URL": redis_url or "",
        }
        self.processes: list[Process] = []
        self.keys: dict[str, str] = {}

    # Processes

    def start(self, module: str, *arguments: str, **settings: str) -> Process:
        process = Process(module, arguments, {**self.settings, **settings}, self.folder)
        self.processes.append(process)
        return process

    def serve(self, port: int | None = None) -> Process:
        settings = {"GATEWAY_PORT": str(port)} if port else {}
        return self.start("gateway", "serve", **settings)

    def worker(self) -> Process:
        return self.start("gateway", "worker")

    def stand_in(self) -> Process:
        pages = [
            {"group_id": group, "token": token, "secret": self.secrets[group], "title": "Город"}
            for group, token in self.tokens.items()
        ]
        config = {"gateway_url": self.callback_url, "public_url": self.vk_url, "communities": pages}
        file = self.folder / "stand-in.json"
        file.write_text(json.dumps(config))
        return self.start("integrations.demo", str(file))

    def command(
        self, *arguments: str, text: str = "", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of `gateway` to its end, with `text` as its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            cwd=self.folder,
            env=environment({**self.settings, **settings}),
            input=text,
            capture_output=True,
            encoding="utf-8",
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def must(self, *arguments: str, text: str = "") -> str:
        """Run a command that has to succeed; return what it prints."""
        done = self.command(*arguments, text=text)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    # Life

    def settle_in(self) -> None:
        """Start everything, with two pages, one department and its keys; wait until ready."""
        self.serve()
        self.worker()
        self.stand_in()
        soon(lambda: self.health() is not None)
        self.must("department", "add", "--code", DEPARTMENT, "--title", "Управление дорог")
        for group, token in self.tokens.items():
            self._add_page(group, token)
        self.keys["department"] = self.issue("department", "--department", DEPARTMENT)
        self.keys["admin"] = self.issue("admin")
        self.ready()

    def _add_page(self, group: int, token: str) -> None:
        options = ("--secret", self.secrets[group], "--title", "Город", "--confirmation", CODE)
        self.must(
            "community", "add", "--group-id", str(group), "--token", "-", *options, text=token
        )

    def issue(self, role: str, *more: str) -> str:
        """Return a new API key."""
        return self.must("key", "issue", "--role", role, *more).splitlines()[-1]

    def health(self, url: str | None = None) -> str | None:
        """Return what /health/ready calls the gateway; None where nobody answers."""
        dead = [process.name for process in self.processes if process.failed]
        assert not dead, f"ended by itself: {dead}"
        with suppress(httpx.TransportError):
            return httpx.get(f"{url or self.url}/health/ready").json()["status"]
        return None

    def ready(self, url: str | None = None) -> None:
        """Wait until the gateway and the stand-in take calls and a worker has reported."""
        soon(lambda: self.health(url) == "ready")
        soon(self._stand_in_answers)

    def _stand_in_answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.vk_url}/demo/communities").status_code == 200
        return False

    def embedded(self) -> embedded.Embedded:
        """Return the addresses of the embedded servers; those that are down are started."""
        with embedded.joined(self.data_dir, database=True, queue=True) as found:
            return found

    def close(self) -> None:
        for process in reversed(self.processes):
            process.end()

    def logs(self) -> dict[str, str]:
        """Return what the processes said, by their names."""
        return {process.name: process.said() for process in self.processes}


def complains(done: subprocess.CompletedProcess[str], *words: str) -> bool:
    """Whether a command failed, saying these words and nothing that only programmers read."""
    failed = done.returncode != 0 and "Traceback" not in done.stderr
    return failed and all(word in done.stderr for word in words)


@contextmanager
def town_folder() -> Generator[Path]:
    """Make a folder that the embedded servers' account can reach; they are stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-town-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        data_dir = folder / "var"
        if (data_dir / "embedded").exists():
            embedded.stop_unused(data_dir)
            place = settle(data_dir)
            for path in (place.sockets, place.folder):
                shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
