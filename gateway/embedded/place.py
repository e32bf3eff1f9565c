"""Where the embedded servers of a data folder live."""

import hashlib
import os
import re
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

from gateway.embedded.account import Account, account_for
from gateway.embedded.errors import EmbeddedError
from gateway.embedded.programs import Programs, copied, installed

NOTE = "embedded"  # the file in the data folder that names the place, then the sockets' folder
CLUSTER = "postgres"
OUTSIDE = Path("/var/lib/gateway")
SHORT = "/tmp"  # noqa: S108 - a folder with a random name and mode 0700 is made in it
SOCKET_BYTES = 107 if sys.platform == "linux" else 103  # the kernel's limit, less the final NUL
LONGEST_SOCKET = ".s.PGSQL.5432"
# For these neither URLs nor PostgreSQL's settings need quoting.
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")


class Place(Struct, frozen=True, kw_only=True):
    """The folder of the data, the sockets' folder, the programs, and the account to run them."""

    folder: Path
    sockets: Path
    programs: Programs
    account: Account

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data."""
        return self.folder / CLUSTER

    @property
    def logs(self) -> Path:
        """What the servers say."""
        return self.folder / "logs"


def settle(data_dir: Path) -> Place:
    """Return the place of a data folder, settled once and written down in its file `embedded`.

    It is the data folder itself, unless the gateway runs as root and an unprivileged account
    cannot reach that: then a folder below /var/lib/gateway. No permission is ever widened.
    Raises EmbeddedError.
    """
    try:
        noted = _noted(data_dir)
        account = account_for(*(folder / CLUSTER for folder in (data_dir, *noted[:1])))
        folder = _folder(data_dir, noted, account)
        place = Place(
            folder=folder,
            sockets=_sockets(folder, noted, account),
            programs=_programs(folder, account),
            account=account,
        )
        account.private(place.sockets)
        account.private(place.logs)
        _note(data_dir, place)
    except OSError as error:
        message = f"The embedded servers cannot live under {data_dir}: {error}."
        raise EmbeddedError(message) from error
    return place


def settled(data_dir: Path) -> bool:
    """Return whether the data folder has a place already."""
    return (data_dir / NOTE).exists()


def _noted(data_dir: Path) -> list[Path]:
    note = data_dir / NOTE
    return [Path(line) for line in note.read_text().splitlines()] if note.exists() else []


def _note(data_dir: Path, place: Place) -> None:
    lines = [place.folder]
    if place.sockets.parent != place.folder:
        lines.append(place.sockets)
    if lines != _noted(data_dir):
        (data_dir / NOTE).write_text("".join(f"{line}\n" for line in lines))


def _folder(data_dir: Path, noted: list[Path], account: Account) -> Path:
    if (data_dir / CLUSTER).exists():
        return data_dir  # also where a checkout was moved and the note is of the old path
    if noted and noted[0].parent == OUTSIDE and noted[0].exists():
        return noted[0]
    if account.can('cd "$1"', data_dir):
        return data_dir
    return _outside(data_dir)


def _outside(data_dir: Path) -> Path:
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    # A data folder that was deleted leaves a place behind whose passwords went with it.
    names = (name, *(f"{name}-{number}" for number in range(2, 1000)))
    folder = next(path for path in map(OUTSIDE.joinpath, names) if not path.exists())
    for made in (OUTSIDE, folder):
        if not made.exists():
            made.mkdir(parents=True)
            made.chmod(0o755)  # mkdir's own mode is cut by the umask
    return folder


def _sockets(folder: Path, noted: list[Path], account: Account) -> Path:
    inside = folder / "run"
    longest = os.fsencode(inside / LONGEST_SOCKET)
    if len(longest) <= SOCKET_BYTES and _PLAIN.fullmatch(str(inside)):
        return inside
    for sockets in noted[1:]:
        ours = sockets.is_dir() and not sockets.is_symlink()
        if ours and sockets.stat().st_uid == account.uid:
            return sockets
    made = Path(tempfile.mkdtemp(prefix="gateway-", dir=SHORT))
    account.own(made)
    return made


def _programs(folder: Path, account: Account) -> Programs:
    programs = installed()
    if _runs(programs, account):
        return programs
    programs = copied(programs, folder)
    if not _runs(programs, account):
        message = f"The account {account.uid} can run no program in {folder}."
        raise EmbeddedError(message)
    return programs


def _runs(programs: Programs, account: Account) -> bool:
    # initdb needs the wheel's libraries; the servers alone do not.
    return account.uid == os.geteuid() or account.can(
        '"$1" -V && "$2" -v', programs.postgres / "initdb", programs.valkey
    )
