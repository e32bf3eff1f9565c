"""Reading what somebody sent, with every wrong field named."""

from typing import Annotated, Any, Literal, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from services.errors import InvalidRequest
from services.intake import Code, Municipality, check, check_code, read, read_query


class Inner(Struct, frozen=True, kw_only=True):
    code: Code
    number: int | None = None


class Outer(Struct, frozen=True, kw_only=True):
    title: Annotated[str, msgspec.Meta(min_length=1)]
    items: list[Inner] = []
    inner: Inner | None = None
    renamed: int = msgspec.field(name="from", default=0)


class Filters(Struct, frozen=True, kw_only=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    overdue: bool | None = None
    name: str | None = None


def wrong(value: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        check(Outer, value)
    return [error.field for error in caught.value.errors]


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ({}, ["title"]),
        ({"title": "", "from": "x"}, ["title", "from"]),
        (
            {"items": [{"code": "ok"}, {"code": "NO"}, {}]},
            ["title", "items.1.code", "items.2.code"],
        ),
        ({"title": "a", "inner": {"code": 1, "number": "x"}}, ["inner.code", "inner.number"]),
        ({"title": "a", "items": {}}, ["items"]),
        ([], [""]),
        ("text", [""]),
    ],
)
def test_every_wrong_field_is_named_by_its_path(value: Any, fields: list[str]) -> None:
    """Lists by number, structs by name, in the order of the fields."""
    assert wrong(value) == fields


def test_what_fits_is_read_and_what_is_unknown_is_left() -> None:
    """Fields of later versions do no harm."""
    body = b'{"title": "a", "items": [{"code": "x"}], "inner": null, "from": 3, "later": 1}'
    assert read(Outer, body) == Outer(title="a", items=[Inner(code="x")], renamed=3)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"null x"])
def test_what_is_no_json_is_one_error(body: bytes) -> None:
    """The body as a whole is wrong then."""
    with pytest.raises(InvalidRequest) as caught:
        read(Outer, body)
    assert [error.field for error in caught.value.errors] == [""]


def test_a_table_may_write_numbers_as_text() -> None:
    """Not strict, "5" is 5 and "true" is true."""
    inner = check(Inner, {"code": "x", "number": "5"}, strict=False)
    assert inner.number == 5
    with pytest.raises(InvalidRequest):
        check(Inner, {"code": "x", "number": "5"})


def test_filters_are_read_from_texts() -> None:
    """An empty filter is none; all wrong ones are named."""
    assert read_query(Filters, {"limit": "7", "overdue": "true", "name": "", "x": "1"}) == Filters(
        limit=7, overdue=True
    )
    with pytest.raises(InvalidRequest) as caught:
        read_query(Filters, {"limit": "0", "overdue": "perhaps"})
    assert [error.field for error in caught.value.errors] == ["limit", "overdue"]


def test_patterns_are_explained_in_words() -> None:
    """Nobody must read a regular expression."""
    for kind in (Code, Municipality):
        holder = msgspec.defstruct("Holder", [("value", cast("Any", kind))])
        with pytest.raises(InvalidRequest) as caught:
            check(holder, {"value": "?"})
        assert "regex" not in caught.value.errors[0].message
    with pytest.raises(InvalidRequest):
        check_code("Ж")


def test_what_was_sent_is_not_repeated() -> None:
    """It may be anybody's name: a wrong choice is explained by the right ones."""
    kinds: list[Any] = [Literal["spring", "autumn"], Literal["spring"] | None, int, Code]
    for kind in kinds:
        holder = msgspec.defstruct("Holder", [("value", kind)])
        with pytest.raises(InvalidRequest) as caught:
            check(holder, {"value": "Мария Петровна"})
        message = caught.value.errors[0].message
        assert "Мария" not in message
        assert ("spring" in message) == (kind in kinds[:2])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: (
        st.lists(each)
        | st.dictionaries(st.sampled_from(["title", "items", "inner", "code", "from"]), each)
    ),
)


@given(JSON)
def test_it_finds_an_error_exactly_where_msgspec_does(value: Any) -> None:
    """Whatever is sent is either read as msgspec reads it, or refused with some field."""
    try:
        expected = msgspec.convert(value, Outer)
    except msgspec.ValidationError:
        assert wrong(value)
    else:
        assert check(Outer, value) == expected


class Words(Struct, frozen=True, kw_only=True):
    title: str
    tags: list[str] = []
    templates: dict[str, str] = {}


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"title": "a\0b"}, "title"),
        ({"title": "a", "tags": ["b", "\0"]}, "tags.1"),
        ({"title": "a", "templates": {"answer": "\0"}}, "templates"),
        ({"title": "a", "templates": {"\0": "answer"}}, "templates"),
    ],
)
def test_a_text_with_a_nul_is_a_wrong_field(value: dict[str, object], field: str) -> None:
    """PostgreSQL can keep no U+0000: it is refused by name, wherever it stands."""
    with pytest.raises(InvalidRequest) as refused:
        read(Words, msgspec.json.encode(value))
    assert [error.field for error in refused.value.errors] == [field]


def test_a_nul_in_a_parameter_or_a_field_nobody_reads() -> None:
    """In a URL it is refused alike; where nothing is read, nothing is refused."""
    with pytest.raises(InvalidRequest):
        read_query(Words, {"title": "a\0b"})
    assert read(Words, msgspec.json.encode({"title": "a", "other": "\0"})).title == "a"
