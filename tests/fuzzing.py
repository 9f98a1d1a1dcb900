"""Mutated inputs, and what must hold of each: as tests with a fixed seed, and by the hour.

    python -m tests.fuzzing --minutes 60 [--seed N] [KIND...]

A failure prints its kind, its seed and the input; `python -m tests.fuzzing --seed SEED --count 1 KIND` repeats it.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
from lxml import etree

from toolkit.errors import ContractToolkitError
from toolkit.exchange import Exchange, Headers, Request, Response, Unreadable
from toolkit.recordings.reading import read, write_line
from toolkit.schema.judge import compile_schema
from toolkit.secrets.masking import Secrets
from toolkit.verdict import Body
from toolkit.wire.json import read_json
from toolkit.xml.codec import XmlCodec

sys.path.insert(0, str(Path(__file__).parent))
from support.contracts import bundled

XML = b'<?xml version="1.0" encoding="UTF-8"?>\n<r xmlns:a="urn:a"><a k="v">x &amp; y</a><b>1</b><!-- c --><b><![CDATA[2]]></b><a:c/></r>'
XML_PIECES = [b"<", b">", b"/", b"&", b"&#0;", b"&#x41;", b"]]>", b"<!--", b"--", b"<?x?>", b"<!DOCTYPE r>", b'"', b"'", b"\0",
              b"\xc2\xa0", b"\xef\xbb\xbf", b"\xff", b"xmlns='u'", b"a:", b"<b>", b"</b>", b"\xc2\xb2", b" "]  # fmt: skip
XML_SCHEMA: dict[str, Any] = {
    "type": "object",
    "xml": {"name": "r"},
    "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "integer"}}},
}
JSON = b'{"a": [1, -2.5e3, "\\u00e9\\n", true, null], "b": {"c": {}, "d": []}, "e": "x"}'
JSON_PIECES = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\ud800", b"1e999", b"-0", b"01", b"NaN", b"\xff", b"\0", b"\n",
               b'"a":', b"123456789012345678901234567890", b"\xef\xbb\xbf", b"\\u0000", b"1.0"]  # fmt: skip
RECORDINGS = [
    b'{"log":{"version":"1.2","entries":[{"startedDateTime":"2026-01-01T00:00:00Z","time":1,"request":{"method":"GET","url":"http://h/x?a=1",'
    b'"headers":[{"name":"A","value":"b"}]},"response":{"status":200,"headers":[],"content":{"mimeType":"application/json","text":"{}"}}}]}}',
    b'{"request":{"method":"GET","url":"http://h/x","headers":[]},"response":{"status":200,"headers":[],"content":{}}}\n' * 2,
    b"interactions:\n- request:\n    method: GET\n    uri: http://h/x\n    headers: {A: [b]}\n  response:\n    status: {code: 200}\n"
    b"    headers: {}\n    body: {string: x}\n",
    b'{"mappings":[{"request":{"method":"GET","url":"/x"},"response":{"status":200,"jsonBody":{"a":1},"headers":{"A":"b"}}}]}',
    b'[{"scope":"http://h:80","method":"GET","path":"/x","status":200,"response":{"a":1},"rawHeaders":["A","b"]}]',
    b'{"info":{"name":"n","schema":"s"},"item":[{"name":"i","request":{"method":"GET","url":{"raw":"http://h/x"}},"response":'
    b'[{"code":200,"header":[{"key":"A","value":"b"}],"body":"{}"}]}]}',
]  # fmt: skip
RECORDING_PIECES = [
    *JSON_PIECES,
    b"null",
    b"[]",
    b"{}",
    b'"status":',
    b"-1",
    b"base64",
    b"&a",
    b"*a",
    b"!!python/object:x",
    b"gzip",
    b"- ",
]
SCHEMAS: list[Any] = [
    {"type": "object", "properties": {"a": {"type": "integer", "minimum": 0}}, "required": ["a"], "additionalProperties": False},
    {"type": "array", "items": {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]}, "uniqueItems": True},
    {"oneOf": [{"properties": {"k": {"const": 1}}}, {"properties": {"k": {"const": 2}}, "required": ["k"]}]},
    {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "patternProperties": {"^x": {"type": "boolean"}}},
]  # fmt: skip
WORDS: list[Any] = [
    None,
    True,
    0,
    1,
    -1,
    2.5,
    10**20,
    "",
    "a",
    "abc",
    [],
    {},
    [1, 1],
    {"a": 1},
    {"a": "x"},
    {"k": 2},
    {"x1": 3},
]
CANARY = "cAnArY0123456789"


class Wrong(AssertionError):
    """Something that must hold does not."""


def mutated(source: bytes, pieces: list[bytes], rng: random.Random) -> bytes:
    """A copy with up to six pieces put in, taken out, moved or repeated."""
    data = bytearray(source)
    for _ in range(rng.randint(1, 6)):
        at, length = rng.randint(0, len(data)), rng.choice([0, 0, 1, 2, 8, 40])
        piece = rng.choice([rng.choice(pieces), bytes(data[at : at + length]), bytes([rng.randrange(256)]), b""])
        to = rng.choice([at, rng.randint(0, len(data))])
        data[to : to + length] = piece * rng.choice([1, 1, 1, 2, 50])
    return bytes(data)


def check_xml(rng: random.Random) -> None:
    """A document is read if and only if libxml2 finds it well-formed and without document type."""
    data = mutated(XML, XML_PIECES, rng)
    body = _CODEC.read(data)
    syntax = [fault.rule for fault in body.faults if fault.rule in ("xml-syntax", "xml-forbidden", "body-undecodable")]
    if syntax and body.readable:
        raise Wrong(f"{syntax}, and yet a value: {data!r}")
    try:
        parsed = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
        sound = parsed.getroottree().docinfo.doctype == ""
    except etree.XMLSyntaxError:
        sound = False
    if not sound and not syntax and not _differs(data):
        raise Wrong(f"taken for well-formed: {data!r}")


_CODEC = XmlCodec.compile(XML_SCHEMA, "r")


def _differs(data: bytes) -> bool:
    """Where libxml2 refuses what XML 1.0 allows: relative namespace URIs, encodings that it lacks."""
    return b"xmlns" in data or b"encoding" not in data[:60] or b"version" not in data[:30]


def check_json(rng: random.Random) -> None:
    """A text is read if and only if Python's own reader reads it, as the same value."""
    data = mutated(JSON, JSON_PIECES, rng)
    body = read_json(data)
    try:
        expected = json.loads(data.removeprefix(b"\xef\xbb\xbf").decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        if body.readable and not body.faults:
            raise Wrong(f"taken for JSON: {data!r}") from None
        return
    if body.readable and not body.faults and not _same(body.value, expected):
        raise Wrong(f"read as {body.value!r}, not {expected!r}: {data!r}")
    if not body.readable and not _may_be_refused(body, expected):
        raise Wrong(f"refused ({body.faults[0].message}): {data!r}")


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other or (isinstance(other, float) and math.isinf(other))


def _may_be_refused(body: Body, value: Any) -> bool:
    """A repeated name, half of a UTF-16 pair, a number beyond a double: what readers differ in."""
    text = json.dumps(value)
    return body.faults[0].rule == "json-duplicate-name" or "\\ud" in text or "Infinity" in text


def check_recording(rng: random.Random) -> None:
    """Reading ends with records or one clear line, and what is written is read back."""
    data = mutated(rng.choice(RECORDINGS), RECORDING_PIECES, rng)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "r.json")
        path.write_bytes(data)
        try:
            records = list(read(path))
        except ContractToolkitError as error:
            if "\n" in str(error):
                raise Wrong(f"not one line: {error}: {data!r}") from None
            return
        exchanges = [one for one in records if isinstance(one, Exchange)]
        path.write_bytes(b"".join(map(write_line, exchanges)))
        again = list(read(path, "json-lines")) if exchanges else []
    if any(isinstance(one, Unreadable) for one in again) or len(again) != len(exchanges):
        raise Wrong(f"written, and not read back: {data!r}")


def check_secrets(rng: random.Random) -> None:
    """No mutation of a message brings out the password in it, as long as it stands behind its name."""
    body = mutated(b'{"x": [1], "password": "%s", "y": {"z": "w"}}' % CANARY.encode(), JSON_PIECES, rng)
    exchange = Exchange(Request("POST", "/", Headers((("Content-Type", "application/json"),)), body), Response(200))
    kept = Secrets().kept(exchange)
    if b'{"x": [1], "password": "' + CANARY.encode() in body and CANARY in repr(kept):
        raise Wrong(f"the secret is still there: {body!r}")


def check_schema(rng: random.Random) -> None:
    """A verdict is that of another engine, and every refusal is explained."""
    schema = _varied(json.loads(json.dumps(rng.choice(SCHEMAS))), rng)
    value = rng.choice(
        [rng.choice(WORDS), {rng.choice("abkx") + rng.choice(["", "1"]): rng.choice(WORDS) for _ in range(3)}]
    )
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
        judge = compile_schema(bundled(schema))
    except (ContractToolkitError, jsonschema.SchemaError):
        return
    expected = jsonschema.Draft202012Validator(schema).is_valid(value)
    if judge.is_valid(value) != expected or bool(expected) == bool(
        not judge.is_valid(value) and list(judge.errors(value))
    ):
        raise Wrong(f"{schema!r} of {value!r}: expected {expected}")


def _varied(schema: Any, rng: random.Random) -> Any:
    """A schema with one keyword or value exchanged."""
    keys = [key for key in schema if isinstance(schema, dict)]
    if not keys:
        return schema
    key = rng.choice(keys)
    if isinstance(schema[key], dict) and rng.random() < 0.7:
        return {**schema, key: _varied(schema[key], rng)}
    change = rng.choice(["drop", "bound", "type"])
    rest = {name: rule for name, rule in schema.items() if name != key}
    return {**rest, **({} if change == "drop" else {"minProperties": 1} if change == "bound" else {"type": "object"})}


CHECKS: dict[str, Callable[[random.Random], None]] = {
    "xml": check_xml,
    "json": check_json,
    "recordings": check_recording,
    "secrets": check_secrets,
    "schemas": check_schema,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=[*CHECKS], metavar="KIND", help=", ".join(CHECKS))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, help="inputs of each kind, instead of minutes")
    given = parser.parse_args()
    end, seed, failed = time.monotonic() + given.minutes * 60, given.seed, 0
    while time.monotonic() < end and (given.count is None or seed < given.seed + given.count):
        for kind in given.kinds:
            try:
                CHECKS[kind](random.Random(seed))
            except Exception as error:
                failed += 1
                print(f"{kind}, seed {seed}: {type(error).__name__}: {error}", flush=True)
        seed += 1
    print(f"{seed - given.seed:,} inputs of each kind ({', '.join(given.kinds)}), {failed} failures")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
