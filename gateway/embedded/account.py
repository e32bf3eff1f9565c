"""The account that the embedded servers run as: our own, or an unprivileged one for root."""

import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

from msgspec import Struct

UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root, and initdb as an unnamed account
COMMAND_SECONDS = 120

Finished = subprocess.CompletedProcess[str]


class Account(Struct, frozen=True):
    """A user and a group of the operating system, by number."""

    uid: int
    gid: int

    def run(
        self, *command: str | Path, text: str = "", environ: dict[str, str] | None = None
    ) -> Finished:
        """Run a program as this account, in a session of its own, with `text` as its input.

        Nothing of our environment reaches it, for that may hold secrets. Raises OSError when
        the program or the change of account is not possible.
        """
        return subprocess.run(
            command,
            input=text,
            capture_output=True,
            check=False,
            cwd="/",
            encoding="utf-8",
            errors="replace",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | (environ or {}),
            start_new_session=True,
            timeout=COMMAND_SECONDS,
            umask=0o077,
            **self._identity(),
        )

    def can(self, script: str, *arguments: Path) -> bool:
        """Return whether a line of shell succeeds for this account."""
        return self.run("/bin/sh", "-c", script, "sh", *arguments).returncode == 0

    def private(self, folder: Path) -> Path:
        """Return a folder that is this account's alone, made if there is none."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.own(folder)
        return folder

    def own(self, path: Path) -> None:
        """Give a file or folder to this account."""
        if path.lstat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def _identity(self) -> dict[str, Any]:
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_for(*clusters: Path) -> Account:
    """Return the account to run servers as; for root the owner of the first cluster there is."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for cluster in clusters:
        if cluster.exists() and (found := cluster.stat()).st_uid != 0:
            return Account(found.st_uid, found.st_gid)
    nobody = pwd.getpwnam(UNPRIVILEGED)
    return Account(nobody.pw_uid, nobody.pw_gid)
