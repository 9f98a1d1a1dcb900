"""Recordings of HTTP traffic in every common format -> an iterator of exchanges, one held at a time.

A format is recognised by its content. A record that is broken or half-written is `Unreadable`, with its place, and reading goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from os import PathLike, fspath
from pathlib import Path
from typing import Any, BinaryIO

from toolkit.errors import RecordingError, failure_trace
from toolkit.exchange import Record, Unreadable
from toolkit.recordings.coding import Limit, counting
from toolkit.recordings.formats import bare, json_lines
from toolkit.recordings.formats.har import document as har_document
from toolkit.recordings.formats.har import write_har
from toolkit.recordings.formats.har_entry import write_line
from toolkit.recordings.formats.json_lines import resolve
from toolkit.recordings.opening import expand, open_path
from toolkit.recordings.recording import (
    CURE,
    MALFORMED,
    OF_BRUNO,
    BareBody,
    Recording,
    malformed,
    one_line,
    property_of,
)

__all__ = [
    "FORMATS", "BareBody", "RecordingError", "expand", "har_document", "is_splittable", "read", "read_file", "read_range",
    "read_stream_range", "resolve", "write_har", "write_line",
]  # fmt: skip

FORMATS = {
    "json-lines": "JSON lines of HAR entries",
    "schemathesis": "Schemathesis events (NDJSON)",
    "mitmproxy": "mitmproxy flows",
    "har": "HTTP Archive (HAR)",
    "raw": "HTTP messages of Burp (XML) or Fiddler (SAZ)",
    "warc": "WARC file",
    "pact": "Pact file",
    "vcr": "VCR cassette",
    "wiremock": "WireMock mappings",
    "mockserver": "MockServer expectations or log",
    "hoverfly": "Hoverfly simulation or journal",
    "responses": "recording of responses (Python)",
    "nock": "nock recording",
    "charles": "Charles session in JSON (.chlsj)",
    "postman": "Postman collection",
    "insomnia": "Insomnia export",
    "bare": "bare body",
}
"""Each is a module of the folder `formats`, which is loaded where it is asked whether it recognises a recording."""
# Names and beginnings that promise a recording
_ENDINGS = (".har", ".zhar", ".mitm", ".flow", ".flows", ".jsonl", ".ndjson")
# Without one of these names a JSON text is of none of the formats
_NAMES = re.compile(
    rb'"(?:log|requests?|response|httpRequest|brunoConfig|startedDateTime|absoluteUrl|(?:http_)?interactions|mappings|scope|item|collection|run'
    rb'|resources|Initialize|openapi|swagger|client_conn)"|\.insomnia\.rest|\\u00'
)
_BRUNO = {"name", "version", "items", "environments"}  # of an export of Bruno, which may lack `brunoConfig`
_BEGINNING = re.compile(rb'(?:^|\{\s*)"?(?:http_)?interactions"?\s*:', re.MULTILINE)


def read(path: str | PathLike[str], format: str | None = None, bare: BareBody | None = None) -> Iterator[Record]:
    """Yield the exchanges of a file, folder, glob, archive or standard input (`-`), and an Unreadable for each broken record.

    `format` is a name in FORMATS, for content that is not recognised by itself. `bare` says which responses bare bodies
    are; without it they are refused. Raises RecordingError, while iterating, where a file that is named itself is not a
    recording. In folders, globs and archives, files of other kinds are passed over, and broken recordings are Unreadable.
    """
    limit = Limit()
    for file, named in expand([fspath(path)]):
        yield from read_file(file, named, format, bare, limit=limit)


def read_file(
    path: str,
    named: bool,
    format: str | None = None,
    bare: BareBody | None = None,
    skipped: Callable[[str], None] = lambda reason: None,
    limit: Limit | None = None,
) -> Iterator[Record]:
    """The exchanges in one file that `expand` found; `named` says whether the caller named it itself. `skipped` is called with the reason
    for each file that is no recording and need not be one; `limit` counts what all files of one input unpack to."""
    if format is not None and format not in FORMATS:
        raise RecordingError(f"unknown format {format!r}; known are {', '.join(FORMATS)}")
    for recording in open_path(path, named, bare, limit or Limit()):
        if isinstance(recording, Unreadable):
            yield recording
        else:
            yield from _records(recording, format, named and recording.name == path, skipped)


def is_splittable(path: str, format: str | None = None) -> bool:
    """Whether the path is one plain file of JSON lines, which processes can share by `read_range`."""
    for name, named in expand([path]):
        if not named or path == "-":
            return False
        recording = next(open_path(name, named, None, Limit()), None)
        plain = isinstance(recording, Recording) and recording.path is not None
        return plain and (format == "json-lines" or (format is None and json_lines.recognises(recording)))  # type: ignore[arg-type]
    return False


def _records(recording: Recording, format: str | None, named: bool, skipped: Callable[[str], None]) -> Iterator[Record]:
    chosen = format
    try:
        chosen = chosen or _recognise(recording)
        yield from _counted(_module(chosen).read(recording), recording.limit, recording.is_input)
    except RecordingError as error:
        if named:
            raise
        promised = recording.name.lower().endswith(_ENDINGS) or _BEGINNING.search(recording.head)
        if chosen is not None or promised:
            yield Unreadable(recording.name, str(error).removeprefix(f"{recording.name}: "))
        else:
            skipped(str(error))
    except OSError as error:
        yield Unreadable(recording.name, f"damaged: {error}")
    except MALFORMED as error:
        if format and named:
            told = f"not in the form of {FORMATS[format]}; choose another by --as, or leave it out"
            raise RecordingError(f"{recording.name}: {told}") from None
        yield Unreadable(recording.name, malformed(error))
    except Exception as error:
        reason = failure_trace(error) or type(error).__name__
        yield Unreadable(recording.name, f"it could not be read to its end ({reason})")


def read_range(path: str, start: int, end: int, limit: Limit | None = None) -> Iterator[Record]:
    """The exchanges of the lines that begin at the offsets from `start` to before `end` in a plain file of JSON lines. Ranges that meet
    divide the file's lines: none is left out, none read twice."""
    try:
        with Path(path).open("rb", buffering=1 << 20) as stream:
            yield from read_stream_range(stream, path, start, end, limit)
    except OSError as error:
        yield Unreadable(f"{path}@{start}", f"damaged: {one_line(error)}")


def read_stream_range(
    stream: BinaryIO, name: str, start: int, end: int, limit: Limit | None = None
) -> Iterator[Record]:
    """As `read_range`, from a stream that can be positioned. Raises OSError."""
    return _counted(json_lines.read_range(stream, name, start, end), limit or Limit(), True)


def _counted(records: Iterable[Record], limit: Limit, is_input: bool) -> Iterator[Record]:
    """The records; what their bodies unpack to is counted by the limit."""
    reading, told = iter(records), (limit, is_input)
    while True:
        token = counting.set(told)
        try:
            record = next(reading, None)
        finally:
            counting.reset(token)
        if record is None:
            return
        yield record


def _module(format: str) -> Any:
    return import_module(f"toolkit.recordings.formats.{format.replace('-', '_')}")


def _recognise(recording: Recording) -> str:
    bare_body = "bare" if bare.recognises(recording) else None
    if not recording.head.strip():
        if bare_body and recording.data.strip():
            return bare_body
        begins = "begins with nothing but spaces" if recording.head else "empty"
        raise RecordingError(f"{recording.name}: {begins}; record some traffic first")
    is_json = recording.head.startswith((b"{", b"["))
    if bare_body and is_json and not (_NAMES.search(recording.head) or _NAMES.search(recording.data)):
        return bare_body  # which is read only once then; the stream is used up only where it is of no format that is streamed
    try:
        for format in FORMATS:
            if format != "bare" and _module(format).recognises(recording):
                return format
        found = _other_content(recording.tree, bare_body is not None)
    except RecordingError:  # neither JSON nor YAML: validating the body will say
        if bare_body is None:
            raise
        return bare_body
    if found or bare_body is None:
        raise RecordingError(f"{recording.name}: {found}")
    return bare_body


def _other_content(tree: Any, bare_body: bool) -> str | None:
    """What the file is instead of a recording; None where it can be a bare body, and one is expected."""
    if property_of(tree, "openapi") or property_of(tree, "swagger"):
        return "an OpenAPI document, not a recording; give it as --contract"
    first = tree[0] if isinstance(tree, list) and tree else None
    if property_of(first, "client_conn"):
        return "mitmproxy flows written out as JSON; save the flows themselves, or as HAR"
    if isinstance(tree, dict) and ("brunoConfig" in tree or (tree.keys() >= _BRUNO and tree["version"] == "1")):
        return OF_BRUNO
    if any("log" in value for value in tree.values() if isinstance(value, dict)) if isinstance(tree, dict) else False:
        return "a HAR document inside of another object; take the object with `log` out of it"
    if bare_body:
        return None
    shape = "a list" if isinstance(tree, list) else "a single value"
    if isinstance(tree, dict):
        shape = f"an object with {one_line(', '.join(map(str, list(tree)[:5]))) if tree else 'nothing in it'}"
    return f"no recording of a known format but {shape[:200]}; {CURE}"
