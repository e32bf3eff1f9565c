"""Reference data from a file: all or nothing, every wrong line named, nothing removed."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from services.clubs.catalogue import GroupBody, ProgrammeBody, put_group, put_programme
from services.communities.communities import NewPage, Transport, add_pages
from services.communities.operators import OperatorBody, put_operator
from services.db.query import Connection
from services.departments.categories import CategoryBody, put_category
from services.departments.departments import NewDepartment, add_department
from services.departments.queries import SET_DEPARTMENT
from services.departments.routes import RouteBody, add_route
from services.doctors.catalogue import (
    ClinicBody,
    PractitionerBody,
    put_clinic,
    put_practitioner,
)
from services.errors import FieldError, InvalidRequest
from services.intake import Code, Municipality, Title, check
from services.privacy.sealing import Sealer

PARTS = (
    "operators",
    "departments",
    "categories",
    "communities",
    "routes",
    "programmes",
    "groups",
    "clinics",
    "practitioners",
)
"""What is read, in this order: what is referred to comes first."""
_SINGULAR = {"categories": "category", "communities": "community"}
_BY_TYPE = {name: part for part in PARTS for name in (part, _SINGULAR.get(part, part[:-1]))}


class Entry(Struct, frozen=True):
    """One thing of a file: its part, where it stands, and its fields (texts, from a table)."""

    part: str
    where: str
    record: Mapping[str, Any]
    strict: bool


class Imported(Struct, frozen=True):
    """How many of each part were added or updated."""

    counts: dict[str, int]


class _Operator(OperatorBody, frozen=True, kw_only=True):
    code: Code


class _Department(NewDepartment, frozen=True, kw_only=True):
    moderation: bool | UnsetType = UNSET
    four_eyes: bool | UnsetType = UNSET


class _Category(CategoryBody, frozen=True, kw_only=True):
    code: Code


class _Community(Struct, frozen=True, kw_only=True):
    group_id: int
    title: Title
    token_file: str
    municipality: Municipality | None = None
    operator: Code | None = None
    transport: Transport | None = None


class _Programme(ProgrammeBody, frozen=True, kw_only=True):
    code: Code


class _Clinic(ClinicBody, frozen=True, kw_only=True):
    code: Code


class _Practitioner(PractitionerBody, frozen=True, kw_only=True):
    code: Code


class _Group(GroupBody, frozen=True, kw_only=True):
    code: Code


_KINDS: dict[str, type[Struct]] = {
    "operators": _Operator,
    "departments": _Department,
    "categories": _Category,
    "communities": _Community,
    "routes": RouteBody,
    "programmes": _Programme,
    "groups": _Group,
    "clinics": _Clinic,
    "practitioners": _Practitioner,
}


class Importer:
    """What an import needs besides its entries."""

    def __init__(
        self,
        connection: Connection,
        sealer: Sealer,
        zone: tzinfo,
        read_file: Callable[[str], str],
    ) -> None:
        """Take a connection in a transaction, the krai's zone, how a `token_file` is read.

        That raises OSError.
        """
        self._zone = zone
        self._connection = connection
        self._sealer = sealer
        self._read_file = read_file
        self._pages: list[tuple[str, NewPage]] = []

    async def run(self, entries: list[Entry]) -> Imported:
        """Add or update everything; raises InvalidRequest with all that is wrong.

        The caller rolls back then.
        """
        errors: list[FieldError] = []
        counts: dict[str, int] = {}
        for entry in _in_order(entries):
            try:
                item = check(_KINDS[entry.part], entry.record, strict=entry.strict)
                await self._put(item, entry.where)
                counts[entry.part] = counts.get(entry.part, 0) + 1
            except InvalidRequest as error:
                errors += [_at(entry.where, each) for each in error.errors]
        errors += await self._put_communities()
        if errors:
            raise InvalidRequest(*errors, message="Nothing was imported.")
        return Imported(counts)

    async def _put(self, item: Struct, where: str) -> None:
        match item:
            case _Operator():
                await put_operator(self._connection, item.code, item)
            case _Department():
                await self._put_department(item)
            case _Category():
                await put_category(self._connection, item.code, item)
            case _Community():
                self._pages.append((where, self._page(item)))
            case _Programme():
                await put_programme(self._connection, None, item.code, item)
            case _Group():
                await put_group(self._connection, self._zone, None, item.code, item)
            case _Clinic():
                await put_clinic(self._connection, None, item.code, item)
            case _Practitioner():
                await put_practitioner(self._connection, None, item.code, item)
            case RouteBody():
                await add_route(self._connection, item)
            case _:
                raise TypeError(type(item).__name__)

    async def _put_department(self, item: _Department) -> None:
        row = await add_department(self._connection, item)
        moderation = row.moderation if item.moderation is UNSET else item.moderation
        four_eyes = row.four_eyes if item.four_eyes is UNSET else item.four_eyes
        if (moderation, four_eyes) != (row.moderation, row.four_eyes):
            await SET_DEPARTMENT.run(self._connection, row.id, moderation, four_eyes, row.templates)

    def _page(self, item: _Community) -> NewPage:
        try:
            token = self._read_file(item.token_file).strip()
        except (OSError, UnicodeDecodeError):
            words = f"The file {item.token_file} cannot be read."
            raise InvalidRequest(FieldError("token_file", words)) from None
        page = {
            "group_id": item.group_id,
            "title": item.title,
            "token": token,
            "municipality": item.municipality,
            "operator": item.operator,
            "transport": item.transport,
        }
        return check(NewPage, page)

    async def _put_communities(self) -> list[FieldError]:
        """Put all pages of the file by few statements; return what is wrong with them."""
        try:
            await add_pages(self._connection, self._sealer, [page for _, page in self._pages])
        except InvalidRequest as error:
            found = [(*each.field.partition("."), each.message) for each in error.errors]
            return [
                _at(self._pages[int(number)][0], FieldError(field, message))
                for number, _, field, message in found
            ]
        return []


def read_json(body: bytes) -> list[Entry]:
    """Read a JSON file of parts; raises InvalidRequest for what is no such file."""
    try:
        parts = msgspec.json.decode(body, type=dict[str, list[dict[str, Any]]])
    except msgspec.ValidationError as error:
        words = f"The file is an object of parts, each a list of objects: {error}."
        raise InvalidRequest(FieldError("", words)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(FieldError("", f"The file is not JSON: {error}.")) from None
    unknown = [name for name in parts if name not in PARTS]
    if unknown:
        raise InvalidRequest(*[FieldError(name, "There is no such part.") for name in unknown])
    return [
        Entry(part, f"{part}.{number}", record, strict=True)
        for part, records in parts.items()
        for number, record in enumerate(records)
    ]


def read_csv(body: bytes) -> list[Entry]:
    """Read a table whose first column is `type`; raises InvalidRequest with all unknown types."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest(FieldError("", "The file is not in UTF-8.")) from None
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    if not rows.fieldnames or rows.fieldnames[0].strip() != "type":
        raise InvalidRequest(FieldError("line 1", "The first column is `type`."))
    entries: list[Entry] = []
    errors: list[FieldError] = []
    for row in rows:
        where = f"line {rows.line_num}"
        if None in row:
            errors.append(FieldError(where, "There are more cells than columns."))
            continue
        filled = {name.strip(): cell.strip() for name, cell in row.items() if cell and cell.strip()}
        if not filled:
            continue
        part = _BY_TYPE.get(filled.pop("type", ""))
        if part is None:
            errors.append(FieldError(f"{where}.type", "There is no such type."))
            continue
        entries.append(Entry(part, where, filled, strict=False))
    if errors:
        raise InvalidRequest(*errors)
    return entries


def _in_order(entries: list[Entry]) -> list[Entry]:
    """Put what is referred to before what refers to it; parents before their topics."""
    order = {part: number for number, part in enumerate(PARTS)}
    depths = _depths([entry.record for entry in entries if entry.part == "categories"])

    def place(entry: Entry) -> tuple[int, int]:
        code = entry.record.get("code")
        depth = depths.get(code, 0) if entry.part == "categories" and isinstance(code, str) else 0
        return order[entry.part], depth

    return sorted(entries, key=place)


def _depths(categories: list[Mapping[str, Any]]) -> dict[str, int]:
    parents = {str(row.get("code")): row.get("parent") for row in categories}
    depths: dict[str, int] = {}
    for code, parent in parents.items():
        depth, above = 0, parent
        while isinstance(above, str) and above in parents and depth < len(parents):
            depth, above = depth + 1, parents[above]
        depths[code] = depth
    return depths


def _at(where: str, error: FieldError) -> FieldError:
    return FieldError(f"{where}.{error.field}" if error.field else where, error.message)
