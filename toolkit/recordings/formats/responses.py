"""Recordings of responses, the mock of Python's requests: YAML with the method and the URL of each request, and its response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.exchange import Exchange, Record, Request
from toolkit.recordings.coding import encode_text
from toolkit.recordings.recording import Recording, each, fields, property_of, response_of, with_type


def recognises(recording: Recording) -> bool:
    """Whether it is a list of responses that each have a URL."""
    listed = property_of(recording.tree, "responses")
    first = listed[0] if isinstance(listed, list) and listed else None
    return property_of(property_of(first, "response"), "url") is not None


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each response."""
    return each(recording.tree["responses"], f"{recording.name}#/responses", _exchange)


def _exchange(item: Any, source: str) -> Exchange:
    kept = item["response"]
    media_type, body = kept.get("content_type") or "", kept.get("body", "")
    headers = with_type(fields(kept.get("headers")), media_type)
    data = body if isinstance(body, bytes) else encode_text(str(body), media_type)
    return Exchange(Request(kept["method"].upper(), kept["url"]), response_of(kept["status"], headers, data), source)
