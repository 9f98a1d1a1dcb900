"""Queries and form bodies: one decoder for contracts, services and signatures, and its writer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contracts import FORM, get, loaded, operation

from toolkit.client.signing import sign_aliyun_rpc, signature, string_to_sign
from toolkit.contract.model import Match
from toolkit.services import calls
from toolkit.wire.urlencoded import build_query, form_pairs, parse_query

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_pairs_come_back_from_what_is_written(pairs: list[tuple[str, str]]) -> None:
    clean = [(n, v) for n, v in pairs if not any("\ud800" <= c <= "\udfff" for c in n + v)]
    assert parse_query(build_query(clean)) == clean


@given(st.lists(st.tuples(st.binary(min_size=1), st.binary())))
def test_any_bytes_come_back_as_surrogate_escapes(pairs: list[tuple[bytes, bytes]]) -> None:
    texts = [(n.decode("utf-8", "surrogateescape"), v.decode("utf-8", "surrogateescape")) for n, v in pairs]
    assert parse_query(build_query(texts), "surrogateescape") == texts


@pytest.mark.parametrize(
    ("text", "pairs"),
    [("", []), ("a", [("a", "")]), ("a=&&=b", [("a", ""), ("", "b")]), ("a=b=c", [("a", "b=c")]), ("a=%", [("a", "%")]),
    ("a+b=%2B+%FF%zz", [("a b", "+ \ufffd%zz")]), ("a;b=1", [("a;b", "1")]), ("a=\ud800", [("a", "\ufffd\ufffd\ufffd")])],
)  # fmt: skip
def test_what_is_odd_has_one_reading(text: str, pairs: list[tuple[str, str]]) -> None:
    assert parse_query(text) == pairs


@pytest.mark.parametrize(
    ("body", "value"),
    [(b"A=%C3%A9", "é"), (b"A=\xc3\xa9", "é"), (b"A=\xc3%A9", "é"), (b"A=%C3\xa9", "é"), (b"A=%FF", "\udcff"), (b"A=\xff", "\udcff"),
    (b"A=\xe9+%E9", "\udce9 \udce9")],
)  # fmt: skip
def test_bytes_are_decoded_alike_for_the_contract_the_service_and_the_signature(
    tmp_path: Path, body: bytes, value: str
) -> None:
    contract = loaded(tmp_path, {"/": {"post": operation("o")}})
    request = get("/", FORM, body=body, method="POST")
    match = contract.match(request)
    assert isinstance(match, Match)
    assert calls.read(request, NOW).parameters == (("A", value),)
    assert match.form == (("A", value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")),)
    signed = dict(parse_query(sign_aliyun_rpc(request, "id", "secret", NOW, "1").url.partition("?")[2]))
    own = [(name, text) for name, text in signed.items() if name != "Signature"]
    assert signed["Signature"] == signature("secret", string_to_sign("POST", [("A", value), *own]))


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_a_long_value_is_decoded_in_pieces_that_cut_no_escape(monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    monkeypatch.setattr("toolkit.wire.urlencoded._PIECE", 8)
    assert parse_query("a=" + "x" * cut + "%C3%A9+" * 50 + "%%2") == [("a", "x" * cut + "é " * 50 + "%%2")]


def test_a_body_that_is_no_form_has_no_fields() -> None:
    assert form_pairs(get("/", ("Content-Type", "text/plain"), body=b"a=1")) == form_pairs(get("/", FORM)) == []
