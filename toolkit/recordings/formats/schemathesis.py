"""Schemathesis' event stream (`--report ndjson`); its VCR and HAR reports are read by `vcr` and `har`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.exchange import Exchange, Record, Request, Unreadable
from toolkit.recordings.coding import Undecodable, from_base64
from toolkit.recordings.formats.json_lines import MAX_LINE
from toolkit.recordings.recording import Recording, fields, guard, one_line, parse_json, property_of, response_of


def recognises(recording: Recording) -> bool:
    """Whether the stream begins with Schemathesis' first event."""
    return recording.head.startswith(b'{"Initialize":') and b'"schemathesis_version"' in recording.head


def read(recording: Recording) -> Iterator[Record]:
    """The exchanges of every scenario; a broken line is told with its place."""
    for number, line in enumerate(iter(lambda: recording.stream.readline(MAX_LINE), b""), 1):
        source = f"{recording.name}:{number}"
        try:
            event = parse_json(line) if b'"interactions"' in line else None
        except (ValueError, RecursionError) as error:
            yield Unreadable(source, f"the line is no JSON text: {one_line(error)}")
            continue
        recorder = property_of(property_of(event, "ScenarioFinished"), "recorder")
        for case, interaction in (property_of(recorder, "interactions") or {}).items():
            yield guard(interaction, f"{source}#{case}", _exchange)


def _exchange(item: Any, source: str) -> Exchange:
    sent, received = item["request"], item.get("response")
    body = _bytes(sent.get("body"))
    known = body if isinstance(body, bytes) else None
    request = Request(sent["method"], sent["uri"], fields(sent.get("headers")), known)
    if received is None:
        return Exchange(request, None, source)
    content = _bytes(received.get("content"))
    response = response_of(received["status_code"], fields(received.get("headers")), content)
    return Exchange(request, response, source, None, received.get("elapsed"))


def _bytes(recorded: Any) -> bytes | Undecodable | None:
    return None if recorded is None else from_base64(recorded["$base64"])
