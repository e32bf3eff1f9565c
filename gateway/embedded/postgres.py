"""The embedded PostgreSQL: the gateway's memory."""

import secrets
import shlex
import shutil
from pathlib import Path

import psutil
from msgspec import Struct

from gateway.embedded.account import Finished
from gateway.embedded.errors import EmbeddedError
from gateway.embedded.place import CLUSTER, Place
from gateway.embedded.processes import end, first_number, process_of, wait_until
from gateway.kept import keep

ROLE = "gateway"
DATABASE = "gateway"
PORT = 5432  # only part of the socket's name: no port is opened
START_SECONDS = 60
STOP_SECONDS = 60
DRAIN_SECONDS = 20  # for what a killed server's own processes still hold in memory
READY, STARTING = 0, 1  # exit codes of pg_isready

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A few processes with small pools, on a machine that does other things too.
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    # Statements are short and cores are few: neither helpers nor compiling pay.
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "jit": "off",
    "update_process_title": "off",
    # What a statement holds is personal: the one who sent it is told its error, the log is not.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_duration_statement": "-1",
    "log_statement": "none",
}
# PostgreSQL's own locale: the same order and the same upper and lower case on every machine.
INITDB = (
    "--auth=scram-sha-256",
    "--pwfile=/dev/stdin",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
FLEETING = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


class Postgres(Struct, frozen=True):
    """The PostgreSQL server of a data folder; `durable=False` is for tests."""

    data_dir: Path
    place: Place
    durable: bool = True

    def ensure(self) -> str:
        """Return the URL of the database, whose server is started unless it runs.

        Raises EmbeddedError.
        """
        password = self._password()
        if not self.place.cluster.exists():
            self._create(password)
        if not wait_until(lambda: self._state() != STARTING, START_SECONDS):
            message = f"The embedded PostgreSQL is still recovering; {self._log} says more."
            raise EmbeddedError(message)
        if self._state() != READY:
            self._clear()
            self._start()
        return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={self.place.sockets}&port={PORT}"

    def stop(self) -> None:
        """Stop the server if it runs; whoever is still connected is cut off."""
        if self._process() is None:
            return
        stopped = self._control("stop", "-m", "fast", "-t", str(STOP_SECONDS))
        if stopped.returncode != 0 and (process := self._process()):
            end(process)  # what was committed is in the log and is read again at the next start

    def _password(self) -> str:
        file = self.data_dir / "postgres.password"
        if self.place.cluster.exists() and not file.exists():
            message = f"{file} is gone, and without it {self.place.cluster} cannot be opened."
            raise EmbeddedError(message)
        return keep(file, lambda: secrets.token_hex(24))

    def _create(self, password: str) -> None:
        """Make a cluster with the one role and the database; it appears whole or not at all."""
        draft = self.place.folder / f"{CLUSTER}.new"
        shutil.rmtree(draft, ignore_errors=True)
        account = self.place.account
        programs = self.place.programs.postgres
        command = [programs / "initdb", "-D", account.private(draft), "-U", ROLE, *INITDB]
        # The shell's own pipe is one that the account may open by name, as initdb does.
        piped = ("/bin/sh", "-c", 'cat | "$@"', "sh")
        made = account.run(
            *piped, *command, *([] if self.durable else ["--no-sync"]), text=password
        )
        if made.returncode == 0:
            single = (programs / "postgres", "--single", "-D", draft, "postgres")
            made = account.run(*single, text=f"CREATE DATABASE {DATABASE};\n")
        if made.returncode != 0 or "ERROR" in made.stderr:
            reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
            message = f"The embedded PostgreSQL cannot be set up: {reason}"
            raise EmbeddedError(message)
        draft.rename(self.place.cluster)

    def _start(self) -> None:
        settings = SETTINGS | ({} if self.durable else FLEETING)
        settings |= {"unix_socket_directories": str(self.place.sockets)}
        file = self.place.folder / "postgresql.conf"
        file.unlink(missing_ok=True)  # another account may have written it
        file.write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()))
        file.chmod(0o644)
        options = ("-t", str(START_SECONDS), "-o", f"-c config_file={shlex.quote(str(file))}")

        def started() -> bool:
            return self._control("start", "-l", str(self._log), *options).returncode == 0

        if not wait_until(started, DRAIN_SECONDS):
            message = f"The embedded PostgreSQL does not start; {self._log} says why."
            raise EmbeddedError(message)

    def _clear(self) -> None:
        """End a server that runs and does not answer; drop a pid that is somebody else's by now.

        A pid that is nobody's is left to PostgreSQL, which looks closer before it goes on.
        """
        if process := self._process():
            end(process)
        elif self._pid_file.exists() and psutil.pid_exists(first_number(self._pid_file)):
            self._pid_file.unlink()

    def _process(self) -> psutil.Process | None:
        if not self._pid_file.exists():
            return None
        # Its second line is the folder as the server knows it, should that have been moved since.
        folder = "".join(self._pid_file.read_text().split("\n")[1:2])
        return process_of(self._pid_file, folder, self.place.account.uid)

    def _state(self) -> int:
        options = ("-q", "-h", self.place.sockets, "-p", str(PORT), "-U", ROLE, "-d", DATABASE)
        program = self.place.programs.postgres / "pg_isready"
        return self.place.account.run(program, *options).returncode

    def _control(self, action: str, *options: str) -> Finished:
        program = self.place.programs.postgres / "pg_ctl"
        folder = self.place.cluster
        return self.place.account.run(program, action, "-s", "-w", "-D", folder, *options)

    @property
    def _pid_file(self) -> Path:
        return self.place.cluster / "postmaster.pid"

    @property
    def _log(self) -> Path:
        return self.place.logs / "postgres.log"
