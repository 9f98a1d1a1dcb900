"""What every reader of recordings is given, and what all share: the input, its tree, the guard on one record.

A reader is a pair of functions over a `Recording`: does its content look like this format, and the records in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import PurePath
from typing import Any, BinaryIO
from urllib.parse import quote

import orjson

from toolkit.document.encodings import MADE_BOUNDARY, UTF_8_MARK, boundary_of
from toolkit.document.names import too_many_parts
from toolkit.errors import RecordingError, failure_trace
from toolkit.exchange import Exchange, Headers, Record, Response, Unreadable
from toolkit.recordings.coding import Beyond, Limit, Undecodable, cut_off, from_base64, restore
from toolkit.structs import Frozen, field, replace

HEAD_BYTES = 1 << 16  # looked at to recognise a format
MAX_TREE = 128 << 20  # a format that cannot be streamed is read whole up to this size
MAX_YAML = 32 << 20
# A recording in YAML has one of these near its start; other text files of a folder are not parsed in vain
_YAML = re.compile(rb"interactions|request:|responses:|insomnia|openapi|swagger")
_LONG_INTEGER = re.compile(rb"[\s:\[,]-?[0-9]{19,4000}[\s,\]}]")
_YAML_TAGS = ("tag:yaml.org,2002:binary", "!binary")
OF_BRUNO = (
    "a collection of Bruno, which holds no responses; send its requests through `contract proxy URL --record FILE.har`"
)
_REFUSED = (
    (rb"nock\(", "code of nock; record with nock.recorder.rec({output_objects: true})"),
    (
        rb"\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x4d\x3c\xb2\xa1|\xa1\xb2\x3c\x4d|\x0a\x0d\x0d\x0a|\.pcap",
        "a capture of packets, which is not read; make a HAR of it by pcap2har, or record through a proxy such as mitmproxy",
    ),
    (
        rb"\xac\xed\x00\x05|\.chlsx?$",
        "a session of Charles, which is not read; export it by File, Export Session, as JSON (.chlsj) or HTTP Archive (.har)",
    ),
    (rb"\.proxyman", "a log of Proxyman, which is not read; export it by File, Export, as HAR"),
    (rb"meta \{\s+name:|\.bru$", OF_BRUNO),
)
"""How files begin or end in their name that hold traffic in a form that is not read, and how to come by one that is."""
CURE = "choose the format with --as, or name the operation of a bare body with --operation"
MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # a list in place of an object, ...


class Malformed(ValueError):
    """A record is not in the form of its format; the message says why in words."""


class BareBody(Frozen):
    """What a bare body does not say itself. If the media type is None, it follows from the file's ending. If the operation was `inferred`,
    files in archives are no bare bodies: they are parts of a recording."""

    operation: str | None = None
    status: int = 200
    media_type: str | None = None
    inferred: bool = False


class Recording(Frozen, eq=False, dict=True):
    """One input: its name as reports show it, its first bytes, and the stream at its start.

    `limit` counts what its bodies unpack to, beside what else is made of the same input; `is_input` says that it was not unpacked itself. `path` is
    set if the name is that of a plain file, whose lines can be found again by their offset. `beside(name)` is the content of a file that the
    recording names, or None; it never leaves the recording's own folders. `data` and `tree` use the stream up.
    """

    name: str
    head: bytes
    stream: BinaryIO
    beside: Callable[[str], bytes | None]
    path: str | None = None
    bare: BareBody | None = None
    limit: Limit = field(default_factory=Limit)
    is_input: bool = True

    @cached_property
    def data(self) -> bytes:
        """The whole content."""
        data = self.stream.read(MAX_TREE + 1)
        if len(data) > MAX_TREE:
            reason = f"no recording that can be streamed, and over {MAX_TREE >> 20} MB; split it"
            raise RecordingError(f"{self.name}: {reason}")
        return data

    @cached_property
    def tree(self) -> Any:
        """The value of the content as JSON or YAML."""
        name, data = self.name, self.data
        start = data[:HEAD_BYTES].lstrip(UTF_8_MARK + b" \t\r\n")
        json_like, yaml_like = start.startswith((b"{", b"[")), _is_yaml_like(data)
        marks = (start, data[:4], PurePath(name).suffix.lower().encode())
        if told := next((told for mark, told in _REFUSED if any(re.match(mark, one) for one in marks)), None):
            raise RecordingError(f"{name}: {told}")
        if not json_like and not yaml_like:
            raise RecordingError(f"{name}: no recording, its content is of none of the formats known; {CURE}")
        try:
            return parse_json(data, exact=True) if json_like else _yaml(data)
        except (ValueError, RecursionError) as error:
            with suppress(ValueError):
                if json_like and yaml_like:
                    return _yaml(data)  # YAML in flow style begins like JSON
            kind = "JSON" if json_like else "YAML"
            told = "nested too deeply" if isinstance(error, RecursionError) else one_line(error)
            raise RecordingError(f"{name}: no recording, and no {kind} either: {told}") from None


def nothing_beside(name: str) -> bytes | None:
    """For a recording that has no folder, such as standard input."""
    return None


def parse_json(data: bytes, exact: bool = False) -> Any:
    """The value of one JSON text, with or without a byte order mark. Integers beyond 64 bits become floats unless `exact`. Lenient where
    recorders break RFC 8259: lone surrogates, NaN and control characters in strings are read. Raises ValueError, also for more objects and
    arrays than can be held, or RecursionError for hostile nesting."""
    data = data.removeprefix(UTF_8_MARK)
    if many := too_many_parts(data):
        raise ValueError(f"{many}; split it")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        try:
            text = data.decode()
        except UnicodeDecodeError as wrong:
            where = f"byte 0x{data[wrong.start]:02X} at offset {wrong.start}"
            raise ValueError(f"not in UTF-8, as JSON has to be ({where}); save it in UTF-8") from None
        with suppress(ValueError):
            return json.loads(text, strict=False)
        raise error
    if exact and _LONG_INTEGER.search(data):
        with suppress(ValueError):
            return json.loads(data)
    return value


def json_text(value: Any) -> bytes:
    """A value as one line of JSON, also what orjson refuses: half of a UTF-16 pair, which browsers write, and 255 levels."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _is_yaml_like(data: bytes) -> bool:
    head = data[:HEAD_BYTES]
    plain = len(data) <= MAX_YAML and b"\0" not in data and not head.lstrip().startswith(b"<")
    return plain and _YAML.search(head) is not None


def _yaml(data: bytes) -> Any:
    from toolkit.document.yaml import parse_yaml

    text = data.removeprefix(UTF_8_MARK).decode()
    tree = parse_yaml(text, handlers=dict.fromkeys(_YAML_TAGS, lambda value: from_base64(str(value))))
    return _untag(tree) if "!" in text else tree


def _untag(node: Any) -> Any:
    """The tree without tags: a tag of Python or Ruby names a class, and nothing here makes objects from data."""
    if isinstance(node, dict):
        return {_untag(key): _untag(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_untag(item) for item in node]
    return _untag(node.value) if hasattr(node, "tag") else node


def each(items: Any, place: str, build: Callable[[Any, str], Exchange]) -> Iterator[Record]:
    """The exchange built from each item with its place; Unreadable for an item that is malformed."""
    for index, item in enumerate(items):
        yield guard(item, f"{place}/{index}", build)


def guard(item: Any, source: str, build: Callable[[Any, str], Exchange]) -> Record:
    """The exchange built from one item, or what is wrong with the item."""
    try:
        return _sound(build(item, source))
    except (Malformed, Beyond) as error:  # in words already; there may be a million of them
        return Unreadable(source, str(error))
    except MALFORMED as error:
        return Unreadable(source, failure_trace(error) or malformed(error))
    except Exception as error:
        return Unreadable(source, f"it could not be read ({failure_trace(error) or type(error).__name__})")


def _sound(exchange: Exchange) -> Exchange:
    """The exchange, if what formats copy has the types that it should have; a body that was cut off says so. Raises TypeError or Malformed."""
    sent, received, seconds = exchange.request, exchange.response, exchange.seconds
    is_named = sent is None or (isinstance(sent.method, str) and isinstance(sent.url, str))
    if not is_named or not isinstance(seconds, int | float | None):
        raise TypeError
    if received and received.status < 1:  # HAR has 0 for no response
        raise Malformed(f"{received.status} is no status of a response")
    if sent and not sent.fault and (fault := cut_off(sent.body, sent.headers)):
        sent = replace(sent, fault=fault)
    if received and not received.fault and (fault := cut_off(received.body, received.headers)):
        received = replace(received, fault=fault)
    return replace(exchange, request=sent, response=received)


def malformed(error: Exception) -> str:
    """Why something is not in the form of its format, in words: what Python says of it would tell a reader nothing."""
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        return f'the property "{error.args[0]}" is missing'
    if isinstance(error, Malformed):
        return one_line(error)
    return "not in the form of its format: a value is of another type than the format has there"


def one_line(error: object) -> str:
    """The message of an error, short and without line breaks."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def property_of(value: Any, name: str) -> Any:
    """A property of an object; None if the value is no object or has no such property."""
    return value.get(name) if isinstance(value, dict) else None


def pairs(items: Iterable[tuple[Any, Any]]) -> tuple[tuple[str, str], ...]:
    """Header fields from names with one value or a list of values, as most formats keep them."""
    return tuple(
        (as_text(name), as_text(value))
        for name, values in items
        for value in (values if isinstance(values, list) else (values,))
        if value is not None
    )


def fields(recorded: Any) -> Headers:
    """Header fields from an object with one value or several for each name, or from nothing."""
    return Headers(pairs((recorded or {}).items()))


def url_path(path: str) -> str:
    """A path that was recorded decoded, percent-encoded where it has to be (RFC 3986, section 3.3)."""
    return quote(path, safe="/%:@!$&'()*+,;=~")


def with_type(headers: Headers, media_type: str) -> Headers:
    """Header fields with the media type that is kept beside them, where they have none."""
    is_known = not media_type or headers.get("Content-Type") is not None
    return headers if is_known else Headers((*headers.pairs, ("Content-Type", media_type)))


def response_of(status: Any, headers: Headers, data: bytes | Undecodable | None, exact: bool = False) -> Response:
    """A response from its body as it was recorded, see `restored`; None is a body that was not."""
    body, fault = (None, None) if data is None else restore(data, headers, exact)
    return Response(int(status), headers, body, fault)


def multipart(parts: Iterable[tuple[str, str, str, str]], content_type: str) -> bytes:
    """A multipart/form-data body (RFC 7578) of which the parts were kept: name, value, file name and media type of each, or ""."""
    line = f"--{boundary_of(content_type) or MADE_BOUNDARY}"
    lines = []
    for name, value, file, media_type in parts:
        shown = "".join(
            f'; {word}="{escaped}"'
            for word, text in (("name", name), ("filename", file))
            if (escaped := _escaped(text))
        )
        kind = f"\r\nContent-Type: {' '.join(media_type.split())}" if media_type else ""
        lines.append(f"{line}\r\nContent-Disposition: form-data{shown}{kind}\r\n\r\n{value}\r\n")
    return ("".join(lines) + f"{line}--\r\n").encode("utf-8", "surrogatepass")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "")


def as_text(value: Any) -> str:
    """A string; bytes, which some formats have instead, are decoded."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def origin(scheme: str, host: str, port: int | str | None) -> str:
    """The beginning of a URL; a port that is the scheme's own is left out (RFC 9110, section 4.2.3)."""
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    standard = {"http": "80", "https": "443"}.get(scheme)
    return f"{scheme}://{host}" if not port or str(port) == standard else f"{scheme}://{host}:{port}"
