"""Reading what somebody sent into a struct, naming every wrong field at once.

msgspec stops at the first error, which makes a person correct a request field by field; here
each field is converted by itself.
"""

import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from services.errors import FieldError, InvalidRequest

S = TypeVar("S", bound=Struct)

CODE_PATTERN = "^[a-z0-9][a-z0-9_.-]{0,63}$"
MUNICIPALITY_PATTERN = "^([0-9]{8}|[0-9]{11})$"

Code = Annotated[str, msgspec.Meta(pattern=CODE_PATTERN)]
"""A code of the contract: Latin small letters, digits, `_`, `.`, `-`; 64 characters at most."""
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Municipality = Annotated[str, msgspec.Meta(pattern=MUNICIPALITY_PATTERN)]
"""An OKTMO code."""

NUL_IN_WORDS = "A text may not hold the character U+0000."
"""PostgreSQL cannot keep it, in text or in jsonb."""

_LOST_PLUS = re.compile(r"^(\d{4}-\d\d-\d\dT[\d:.]+) (\d\d:?\d\d)$")
_IN_WORDS = {
    CODE_PATTERN: (
        "A code is made of small Latin letters, digits, `_`, `.` and `-`, at most 64, and begins "
        "with a letter or digit."
    ),
    MUNICIPALITY_PATTERN: "A municipality is an OKTMO code of 8 or 11 digits.",
}
"""What people read instead of a pattern."""


def check_code(code: str, field: str = "code") -> None:
    """Raise InvalidRequest unless `code` is one by the contract's rule."""
    if re.fullmatch(CODE_PATTERN, code) is None:
        words = (
            "Small Latin letters, digits, `_`, `.` and `-`, at most 64, first a letter or digit."
        )
        raise InvalidRequest(FieldError(field, words))


def read(kind: type[S], body: bytes) -> S:
    """Read a JSON body; raises InvalidRequest with all wrong fields (`items.0.code`).

    Fields that `kind` does not know are left unread.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidRequest(FieldError("", "Send a JSON object.")) from None
    return check(kind, value)


def check(kind: type[S], value: Any, *, strict: bool = True) -> S:
    """Read an already decoded JSON object; raises InvalidRequest with all wrong fields.

    Not strict, numbers and flags may be texts, as in a table.
    """
    errors = _errors(kind, value, "", strict=strict)
    if errors:
        raise InvalidRequest(*errors)
    return msgspec.convert(value, kind, strict=strict)


def read_query(kind: type[S], query: Mapping[str, str]) -> S:
    """Read the parameters of a URL; raises InvalidRequest with all wrong ones.

    Those that `kind` does not know are left unread; an empty one is as good as none.
    """
    given = {name: _with_offset(value) for name, value in query.items() if value != ""}
    errors: list[FieldError] = []
    for field in fields(kind):
        name = field.encode_name
        if name in given:
            errors += _converted(field.type, given[name], name, strict=False)
        elif field.required:
            errors.append(FieldError(name, "This parameter is required."))
    if errors:
        raise InvalidRequest(*errors)
    return msgspec.convert(given, kind, strict=False)


def _with_offset(value: str) -> str:
    """Put back the `+` of a moment's offset: in a URL that is not encoded it means a space."""
    return _LOST_PLUS.sub(r"\1+\2", value)


def _errors(kind: Any, value: Any, path: str, *, strict: bool) -> list[FieldError]:
    struct = _struct_in(kind)
    if struct is not None and isinstance(value, Mapping):
        found: list[FieldError] = []
        for field in fields(struct):
            found += _field_errors(field, value, path, strict=strict)
        return found or _converted(kind, value, path, strict=strict)
    items = _items_in(kind)
    if items is not None and isinstance(value, list):
        found = []
        for number, item in enumerate(value):
            found += _errors(items, item, _join(path, str(number)), strict=strict)
        return found or _converted(kind, value, path, strict=strict)
    return _converted(kind, value, path, strict=strict)


def _field_errors(
    field: FieldInfo, value: Mapping[str, Any], path: str, *, strict: bool
) -> list[FieldError]:
    where = _join(path, field.encode_name)
    if field.encode_name in value:
        return _errors(field.type, value[field.encode_name], where, strict=strict)
    return [FieldError(where, "This field is required.")] if field.required else []


def _converted(kind: Any, value: Any, path: str, *, strict: bool) -> list[FieldError]:
    if _struct_in(kind) is None and _holds_nul(value):
        return [FieldError(path, NUL_IN_WORDS)]
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        # "Expected `str`, got `int` - at `$.name`": the place is said by `path` already.
        text = str(error).partition(" - at `")[0]
        words = next((words for pattern, words in _IN_WORDS.items() if pattern in text), text)
        # "Invalid enum value 'x'" repeats what was sent, which may be anything.
        chosen = _choices_in(kind) if text.startswith("Invalid") else []
        return [FieldError(path, f"One of {', '.join(chosen)}." if chosen else words)]
    return []


def _holds_nul(value: Any) -> bool:
    """Tell whether a text, or one inside a list or an object, holds what cannot be stored."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(map(_holds_nul, value))


def _choices_in(kind: Any) -> list[str]:
    """Return the values to choose from, if `kind` is such a choice."""
    return [
        str(value)
        for each in _members(kind)
        if get_origin(each) is Literal
        for value in get_args(each)
    ]


def _members(kind: Any) -> list[Any]:
    """Return the types a value may have, `Annotated` and `None` taken away."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return [each for arg in get_args(kind) for each in _members(arg) if each is not type(None)]
    return [kind]


def _struct_in(kind: Any) -> type[Struct] | None:
    """Return the one struct that `kind` can be; None if there is none or a choice of several."""
    members = _members(kind)
    structs = [each for each in members if isinstance(each, type) and issubclass(each, Struct)]
    return structs[0] if len(structs) == 1 else None


def _items_in(kind: Any) -> Any | None:
    """Return the type of the items if `kind` is a list or an endless tuple."""
    for each in _members(kind):
        args = get_args(each)
        if get_origin(each) is list or (get_origin(each) is tuple and args[-1:] == (Ellipsis,)):
            return args[0]
    return None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
