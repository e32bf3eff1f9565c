"""The embedded Valkey: rings the workers and counts calls; it may forget everything."""

import secrets
import socket
from pathlib import Path

import psutil
from msgspec import Struct

from gateway.embedded.errors import EmbeddedError
from gateway.embedded.place import Place
from gateway.embedded.processes import end, gone, process_of, wait_until
from gateway.kept import keep

ANSWER_SECONDS = 5
START_SECONDS = 20
STOP_SECONDS = 10


class Valkey(Struct, frozen=True):
    """The Valkey server of a data folder."""

    data_dir: Path
    place: Place

    def ensure(self) -> str:
        """Return the URL of the server, which is started unless it runs; raises EmbeddedError."""
        password = self._password()
        if not self._answers(password):
            if process := self._process():
                end(process)  # it runs and is deaf
            self._start(password)
        return f"unix://:{password}@{self._socket}"

    def stop(self) -> None:
        """Stop the server if it runs."""
        process = self._process()
        if self._socket.exists():
            self._ask(self._password(), "SHUTDOWN NOSAVE")
        if process is not None and not wait_until(lambda: gone(process), STOP_SECONDS):
            end(process)

    @property
    def _socket(self) -> Path:
        return self.place.sockets / "valkey.sock"

    @property
    def _pid_file(self) -> Path:
        return self.place.logs / "valkey.pid"  # not with the sockets: /tmp is swept at times

    def _password(self) -> str:
        return keep(self.data_dir / "valkey.password", lambda: secrets.token_hex(24))

    def _start(self, password: str) -> None:
        self._pid_file.unlink(missing_ok=True)  # Valkey goes on without one that it cannot write
        started = self.place.account.run(
            self.place.programs.valkey,
            "-",  # its settings come by standard input: a password on the command line is public
            "--unixsocket",
            self._socket,
            text=self._settings(password),
        )
        answers = started.returncode == 0 and wait_until(
            lambda: self._answers(password), START_SECONDS
        )
        if not answers:
            message = f"The embedded Valkey does not start; {self._log} says why."
            raise EmbeddedError(message)

    @property
    def _log(self) -> Path:
        return self.place.logs / "valkey.log"

    def _settings(self, password: str) -> str:
        return "\n".join(
            (
                "port 0",
                "unixsocketperm 700",
                f"requirepass {password}",
                "daemonize yes",
                "set-proc-title no",  # the command line tells whose server it is
                f'pidfile "{self._pid_file}"',
                f'logfile "{self._log}"',
                "loglevel warning",
                # PostgreSQL remembers; what is lost here is found by the sweep.
                'save ""',
                "appendonly no",
                "maxmemory 256mb",
                "maxmemory-policy noeviction",
                "",
            )
        )

    def _answers(self, password: str) -> bool:
        return "+PONG" in self._ask(password, "PING")

    def _ask(self, password: str, command: str) -> str:
        """Return what the server says to one command; nothing when it cannot be reached."""
        answer = bytearray()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(ANSWER_SECONDS)
                connection.connect(str(self._socket))
                connection.sendall(f"AUTH {password}\r\n{command}\r\nQUIT\r\n".encode())
                while part := connection.recv(4096):
                    answer += part
        except OSError:
            pass  # then what came before it counts
        return answer.decode(errors="replace")

    def _process(self) -> psutil.Process | None:
        return process_of(self._pid_file, str(self._socket), self.place.account.uid)
