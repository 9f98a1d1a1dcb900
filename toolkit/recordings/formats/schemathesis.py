"""Schemathesis' event stream (`--report ndjson`); its VCR and HAR reports are read by `vcr` and `har`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.exchange import Exchange, Record, Request, Unreadable
from toolkit.recordings.coding import Fault, from_base64
from toolkit.recordings.formats.json_lines import MAX_LINE
from toolkit.recordings.recording import Recording, answer, fields, guarded, member, one_line, parse_json


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
        interactions = member(member(member(event, "ScenarioFinished"), "recorder"), "interactions") or {}
        for case, interaction in interactions.items():
            yield guarded(interaction, f"{source}#{case}", _exchange)


def _exchange(item: Any, source: str) -> Exchange:
    asked, answered = item["request"], item.get("response")
    body = _bytes(asked.get("body"))
    known = body if isinstance(body, bytes) else None
    request = Request(asked["method"], asked["uri"], fields(asked.get("headers")), known)
    if answered is None:
        return Exchange(request, None, source)
    content = _bytes(answered.get("content"))
    response = answer(answered["status_code"], fields(answered.get("headers")), content)
    return Exchange(request, response, source, None, answered.get("elapsed"))


def _bytes(recorded: Any) -> bytes | Fault | None:
    return None if recorded is None else from_base64(recorded["$base64"])
