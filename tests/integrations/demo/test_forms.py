from urllib.parse import parse_qsl, urlencode

from hypothesis import given
from hypothesis import strategies as st

from integrations.demo.vk.forms import read_form


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.text(st.characters(exclude_categories=["Cs"])),
    )
)
def test_a_form_is_read_back(fields: dict[str, str]) -> None:
    """Whatever was put into a form comes out of it."""
    assert read_form(urlencode(fields).encode()) == fields


@given(st.text("ab%2BЯ+&=\\x0", max_size=20))
def test_a_broken_form_is_read_like_the_standard_library_does(text: str) -> None:
    """Escapes that escape nothing, backslashes and raw Cyrillic are no trouble."""
    assert read_form(text.encode()) == dict(parse_qsl(text, keep_blank_values=True))
