"""Values that stand for personal data and secrets, and the search for them in any disguise."""

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

CHUNK = 8 * 1024 * 1024
SHORTEST = 5  # bytes: a shorter needle would be found by chance


def disguises(value: str) -> set[bytes]:
    """Return how a value may stand in a file: plain, escaped, or in another encoding."""
    plain = value.encode()
    escaped = json.dumps(value)[1:-1]
    found = {
        plain,
        escaped.encode(),
        escaped.lower().encode(),
        json.dumps(escaped)[1:-1].encode(),
        repr(plain)[2:-1].encode(),  # as Valkey's MONITOR writes it
        quote(value).encode(),
        quote(value, safe="").lower().encode(),
        plain.hex().encode(),
        plain.hex().upper().encode(),
        value.encode("utf-16-le"),
        value.encode("utf-16-be"),
        value.encode("cp1251", errors="ignore"),
        *_base64(plain),
    }
    return {needle for needle in found if len(needle) >= SHORTEST}


def numbers(value: int) -> set[bytes]:
    """Return how a number may stand in a file besides its digits."""
    digits = str(value)
    packed = {value.to_bytes(8, order) for order in ("big", "little")}
    packed.add(b"\xce" + value.to_bytes(4, "big"))  # MessagePack
    return disguises(digits) | packed | {needle.hex().encode() for needle in packed}


def found_in(content: bytes, needles: Iterable[bytes]) -> list[bytes]:
    """Return which needles stand in some bytes."""
    return [needle for needle in needles if needle in content]


def found_in_files(
    folder: Path, needles: Iterable[bytes], but: Path | None = None
) -> list[tuple[str, bytes]]:
    """Return which needles stand in which files of a folder, names of files included.

    What is below the folder `but` is left out.
    """
    wanted = _shortest(needles)
    hits: list[tuple[str, bytes]] = []
    for path in sorted(folder.rglob("*")):
        if but is not None and path.is_relative_to(but):
            continue
        name = str(path.relative_to(folder))
        hits += [(name, needle) for needle in found_in(name.encode(), wanted)]
        if path.is_file():
            for part in _parts(path, max(map(len, wanted))):
                hits += [(name, needle) for needle in found_in(part, wanted)]
    return hits


def _parts(path: Path, overlap: int) -> Iterator[bytes]:
    """Read a file in parts that overlap, so that nothing is cut in two."""
    before = b""
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            yield before + part
            before = part[-overlap:]


def _shortest(needles: Iterable[bytes]) -> list[bytes]:
    """Leave out what stands only where a shorter one stands too."""
    kept: list[bytes] = []
    for needle in sorted(set(needles), key=len):
        if not found_in(needle, kept):
            kept.append(needle)
    return kept


def _base64(plain: bytes) -> Iterator[bytes]:
    """Return base64, wherever in a longer text the value begins; without the mixed edges."""
    for shift in range(3):
        encode = base64.b64encode(b"\0" * shift + plain)
        yield encode[4 if shift else 0 : -4]
        yield base64.urlsafe_b64encode(b"\0" * shift + plain)[4 if shift else 0 : -4]
