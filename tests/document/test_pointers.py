"""JSON pointers are written and read back (RFC 6901)."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from toolkit.document.pointers import plain_tokens, pointer_text, pointer_tokens


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))).map(tuple))
def test_tokens_come_back_from_the_fragment_of_a_uri(tokens: tuple[str, ...]) -> None:
    assert pointer_tokens(quote(pointer_text(tokens))) == plain_tokens(pointer_text(tokens)) == tokens


def test_the_escapes_of_the_standard() -> None:
    assert pointer_text(("a/b", "m~n", "~1", "")) == "/a~1b/m~0n/~01/"
    assert pointer_text(()) == "" and pointer_tokens("") == ()
