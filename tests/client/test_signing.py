"""Signatures, with the vendor's own client library as the witness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, unquote

from aliyunsdkcore.auth.composer.rpc_signature_composer import get_signed_url
from hypothesis import given
from hypothesis import strategies as st

from toolkit.client.signing import SCHEMES, sign_aliyun_rpc, signature, string_to_sign
from toolkit.exchange import Headers, Request
from toolkit.wire.urlencoded import percent_encode

KEY_ID, SECRET = "testAccessKeyId", "testAccessKeySecret"
NOW = datetime(2017, 10, 10, 12, 2, 54, tzinfo=UTC)
NONCE = "8f8a035d-6496-4268-afd4-67c22837e38d"
FORM = Headers((("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = TEXT.filter(bool).map(lambda name: f"x{name}")


def signed_pairs(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.url.partition("?")[2], keep_blank_values=True))


def test_known_answer() -> None:
    request = Request(
        "GET", "/?Format=JSON&Action=GetVideoPlayAuth&Version=2017-03-21&VideoId=5aed81b74ba84920be578cdfe004af4b"
    )
    pairs = signed_pairs(sign_aliyun_rpc(request, KEY_ID, SECRET, NOW, NONCE))
    assert pairs["Signature"] == "Ibgh7y8Vp47LBuAsf5Xhi1SvDss="
    assert pairs["Timestamp"] == "2017-10-10T12:02:54Z"


@given(
    st.dictionaries(NAMES, TEXT, max_size=5), st.dictionaries(NAMES, TEXT, max_size=3), st.sampled_from(["GET", "POST"])
)
def test_agrees_with_the_official_client_library(query: dict[str, str], body: dict[str, str], method: str) -> None:
    url, official = get_signed_url(dict(query), KEY_ID, SECRET, "JSON", method, dict(body))
    sent = dict(parse_qsl(url.partition("?")[2], keep_blank_values=True)) | body
    assert string_to_sign(method, sent.items()) == official
    assert signature(SECRET, official) == sent["Signature"]


@given(
    st.lists(st.tuples(TEXT, TEXT), max_size=6).flatmap(lambda pairs: st.tuples(st.just(pairs), st.permutations(pairs)))
)
def test_order_of_parameters_means_nothing(pairs: tuple[list[tuple[str, str]], list[tuple[str, str]]]) -> None:
    assert string_to_sign("GET", pairs[0]) == string_to_sign("GET", pairs[1])


@given(TEXT)
def test_encoding_is_that_of_rfc_3986(text: str) -> None:
    encoded = percent_encode(text)
    assert unquote(encoded) == text
    for character in "".join(encoded.split("%")[:1] + [piece[2:] for piece in encoded.split("%")[1:]]):
        assert character.isascii() and (character.isalnum() or character in "-_.~")
    assert all(piece[:2] == piece[:2].upper() for piece in encoded.split("%")[1:])


def test_encoding_of_what_other_encoders_differ_on() -> None:
    assert percent_encode(" +*~/%é") == "%20%2B%2A~%2F%25%C3%A9"


def test_bytes_that_are_no_utf8_are_signed_as_they_are() -> None:
    request = sign_aliyun_rpc(Request("GET", "/?x=%FF"), KEY_ID, SECRET, NOW, NONCE)
    assert request.url.startswith("/?x=%FF&")


def test_every_part_of_the_request_counts() -> None:
    base = Request("POST", "/?A=1&B=2", FORM, b"C=3")
    others = [
        Request("GET", "/?A=1&B=2", FORM, b"C=3"),
        Request("POST", "/?A=1&B=3", FORM, b"C=3"),
        Request("POST", "/?A=1&B=2", FORM, b"C=4"),
        Request("POST", "/?A=1", FORM, b"C=3"),
    ]
    signatures = {
        signed_pairs(sign_aliyun_rpc(one, KEY_ID, SECRET, NOW, NONCE))["Signature"] for one in [base, *others]
    }
    assert len(signatures) == 5
    moved = Request("POST", "/?C=3", FORM, b"B=2&A=1")
    assert (
        signed_pairs(sign_aliyun_rpc(moved, KEY_ID, SECRET, NOW, NONCE))["Signature"]
        == signed_pairs(sign_aliyun_rpc(base, KEY_ID, SECRET, NOW, NONCE))["Signature"]
    )


def test_only_a_posted_form_counts_as_parameters() -> None:
    plain = Headers((("Content-Type", "text/plain"),))
    with_body = sign_aliyun_rpc(Request("POST", "/?A=1", plain, b"C=3"), KEY_ID, SECRET, NOW, NONCE)
    without = sign_aliyun_rpc(Request("POST", "/?A=1"), KEY_ID, SECRET, NOW, NONCE)
    assert with_body.url == without.url


def test_signing_again_replaces_and_leaves_the_rest_as_it_was() -> None:
    once = sign_aliyun_rpc(Request("GET", "http://h:1/?B=a+b&A=%7e&A=#x"), KEY_ID, SECRET, NOW, NONCE)
    assert once.url.startswith("http://h:1/?B=a+b&A=%7e&A=&AccessKeyId=")
    again = sign_aliyun_rpc(once, KEY_ID, SECRET, NOW, NONCE)
    assert again == once
    later = sign_aliyun_rpc(once, KEY_ID, SECRET, NOW + timedelta(seconds=1), NONCE)
    assert signed_pairs(later)["Signature"] != signed_pairs(once)["Signature"]
    assert later.url.count("Timestamp=") == 1


def test_times_of_other_zones_are_signed_in_utc() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=8)))
    assert sign_aliyun_rpc(Request("GET", "/"), KEY_ID, SECRET, elsewhere, NONCE) == SCHEMES["aliyun-rpc"](
        Request("GET", "/"), KEY_ID, SECRET, NOW, NONCE
    )
