"""Bodies that are a sequence of items, each checked by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.contracts import answer, get, loaded, operation
from support.growth import LINEAR, growth

from toolkit.exchange import LACKS, Exchange
from toolkit.structs import replace
from toolkit.validation.validator import Validator
from toolkit.wire.streams import items_of
from toolkit.wire.whole import whole_part

ITEM = {"type": "object", "required": ["i"], "properties": {"i": {"type": "integer"}}}
EVENT = {
    "type": "object",
    "required": ["event"],
    "properties": {
        "event": {"enum": ["a", "b"]},
        "data": {"type": "string", "maxLength": 9},
        "retry": {"type": "integer"},
    },
}
OBJECT_EVENT = {"type": "object", "properties": {"data": ITEM}}
LIST = {"type": "array", "items": ITEM, "maxItems": 2}


@pytest.mark.parametrize(
    ("media_type", "media", "body", "broken"),
    [
        ("application/x-ndjson", {"schema": ITEM}, b'{"i": 1}\n\n{"i": 2}\n', []),
        ("application/x-ndjson", {"schema": ITEM}, b'{"i": 1}\n{"i": "2"}', ["#/1/i (line 2)"]),
        ("application/jsonl", {"schema": LIST}, b'{"i": 1}\n{}\n', ["#/1 (line 2)"]),
        ("application/jsonl", {"schema": LIST}, b'{"i": 1}\n{"i": 1}\n{"i": 1}\n', ["#"]),
        ("application/jsonl", {"schema": LIST, "itemSchema": ITEM}, b'{"i": 1}\n{"i": 1}\n{"i": 1}\n', ["#"]),
        ("application/jsonl", {"schema": LIST, "itemSchema": ITEM}, b'{"i": 1}\n{}\n', ["#/1 (line 2)"]),
        ("application/jsonl", {"itemSchema": ITEM}, b'{"i": 1}\n{"i": 1}\n{\n{"i": null}', ["#/2 (line 3)", "#/3/i (line 4)"]),
        ("application/json-seq", {"schema": ITEM}, b'\x1e{"i": 1}\n\x1e{"i": 2}\n', []),
        ("application/json-seq", {"schema": ITEM}, b'\x1e{"i": 1}\n\x1e{}\n', ["#/1 (line 2)"]),
        ("application/json-seq", {"schema": ITEM}, b'{"i": 1}\n', ["#/0 (line 1)"]),
        ("application/geo+json-seq", {"schema": ITEM}, b'\x1e{"i": "x"}\n', ["#/0/i (line 1)"]),
        ("text/event-stream", {"itemSchema": EVENT}, b": hi\nevent: a\ndata: x\ndata: y\n\nevent: b\ndata:\nretry: 5\n\n", []),
        ("text/event-stream", {"itemSchema": EVENT}, b"event: a\ndata: x\n\nevent: c\ndata: x\n\n", ["#/1/event (line 4)"]),
        ("text/event-stream", {"schema": ITEM}, b'data: {"i": 1}\n\ndata: {"i": "x"}\r\n\r\ndata: [DONE]\n\n', ["#/1/i (line 3)"]),
        ("text/event-stream", {"itemSchema": OBJECT_EVENT}, b'data: {"i": 1}\n\ndata: {}\n\n', ["#/1/data (line 3)"]),
        ("text/event-stream", {"schema": ITEM}, b'data: {"i": 1}\n\ndata: {"i', []),  # cut off: no event
        ("text/event-stream", {"schema": {"type": "string"}}, b"data: x\n\n", []),
        ("text/event-stream", {}, b"anything", []),
    ],
)  # fmt: skip
def test_each_item_of_a_stream_is_judged_by_its_schema(
    tmp_path: Path, media_type: str, media: Any, body: bytes, broken: list[str]
) -> None:
    responses = {"200": {"description": "", "content": {media_type: media}}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}})
    found = Validator(contract).check(Exchange(get("/x"), answer(body, media_type))).violations
    assert [violation.at.removeprefix("response.body") for violation in found] == broken, json.dumps(
        [v.message for v in found]
    )


@pytest.mark.parametrize(
    ("media_type", "data", "whole"),
    [
        ("application/x-ndjson", b'{"i": 1}\n{"i"', b'{"i": 1}\n'),
        ("application/x-ndjson", b'{"i": 1}\n{"i": 2}', b'{"i": 1}\n{"i": 2}'), ("application/x-ndjson", b'{"i"', b""),
        ("application/jsonl", b"1\n20", b"1\n"), ("application/jsonl", b"1\n", b"1\n"), ("application/jsonl", b'"a"\n"b', b'"a"\n'),
        ("application/json-seq", b'\x1e{"i": 1}\n\x1e{"i', b'\x1e{"i": 1}\n'), ("application/json-seq", b"\x1e{\n", b""),
        ("text/event-stream", b"data: 1\n\ndata: 2", b"data: 1\n\n"),
        ("text/event-stream", b"data: 1\r\rdata", b"data: 1\r\r"), ("text/event-stream", b"data: {\r\ndata: ", b""),
    ],
)  # fmt: skip
def test_what_is_whole_of_a_stream_whose_end_is_lost(media_type: str, data: bytes, whole: bytes) -> None:
    assert whole_part("stream", media_type, data) == (whole, 1)


@pytest.mark.parametrize(
    ("media_type", "media", "body", "broken"),
    [
        ("application/x-ndjson", {"schema": ITEM}, b'{"i": 1}\n{"i', []),
        ("application/x-ndjson", {"schema": ITEM}, b'{"i": "x"}\n{"i', ["#/0/i (line 1)"]),
        ("application/x-ndjson", {"schema": ITEM}, b'{"i', []),
        ("application/jsonl", {"schema": {**LIST, "minItems": 9}}, b'{"i": 1}\n{', []),
        ("application/jsonl", {"schema": LIST}, b"{}\n{", ["#/0 (line 1)"]),
        ("text/event-stream", {"itemSchema": EVENT}, b"event: a\ndata: x\n\nevent: c\nda", []),
        ("text/event-stream", {"itemSchema": EVENT}, b"event: c\ndata: x\n\nda", ["#/0/event (line 1)"]),
        ("text/event-stream", {"schema": {"type": "string", "pattern": "z$"}}, b"data: x\n\nd", []),
    ],
)  # fmt: skip
def test_of_a_stream_whose_end_is_lost_the_whole_items_are_checked_and_the_rest_is_named(
    tmp_path: Path, media_type: str, media: Any, body: bytes, broken: list[str]
) -> None:
    responses = {"200": {"description": "", "content": {media_type: media}}}
    contract = loaded(tmp_path, {"/x": {"get": operation("x", responses=responses)}})
    response = replace(answer(body, media_type), fault=f"{LACKS}the end of the body")
    lost, *found = Validator(contract).check(Exchange(get("/x"), response)).violations
    is_read = media.get("schema", LIST)["type"] != "string"  # events have no text as a whole
    is_in_part = is_read and bool(whole_part("stream", media_type, body)[0])
    assert lost.rule == "body-unrecorded" and ("the rest" in lost.message) is is_in_part
    assert [violation.at.removeprefix("response.body") for violation in found] == broken


def test_separators_with_nothing_between_are_read_in_linear_time() -> None:
    assert (
        growth(lambda count: b"\x1e" * count, lambda data: list(items_of("application/json-seq", data)), 2_000) < LINEAR
    )
