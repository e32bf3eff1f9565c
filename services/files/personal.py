"""What is personal of a file: sealed in `files.personal`, nowhere else."""

from msgspec import Struct

PERSONAL = "files.personal"


class FilePersonal(Struct, frozen=True, kw_only=True):
    """What a file is called; until it is fetched its address, afterwards the key of its content."""

    name: str
    url: str | None = None
    key: bytes = b""


def blob_name(place: str, attempts: int) -> str:
    """Return the name of a file's content in the storage.

    Each try has a name of its own: one that was thought lost and comes late overwrites nothing.
    """
    return f"{place}x{attempts}"
