"""Sessions that Charles exports as JSON (.chlsj): each record is that of a HAR, by other names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.exchange import Exchange, Record
from toolkit.recordings.formats.har_entry import exchange
from toolkit.recordings.recording import Recording, each, origin, property_of


def recognises(recording: Recording) -> bool:
    """Whether it is a list of exchanges whose header fields stand in a `header` of their own, beside the host."""
    tree = recording.tree
    first = tree[0] if isinstance(tree, list) and tree else None
    return property_of(first, "host") is not None and isinstance(property_of(first, "request"), dict)


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each entry."""
    return each(recording.tree, f"{recording.name}#", _exchange)


def _exchange(item: Any, source: str) -> Exchange:
    query = f"?{item['query']}" if item.get("query") else ""
    url = origin(item["scheme"], item["host"], item.get("actualPort")) + (item.get("path") or "") + query
    sent, received = item["request"], item.get("response") or {}
    body = _content(sent)
    request = {"method": item["method"], "url": url, "headers": _fields(sent), "bodySize": body["size"]}
    entry = {
        "request": request | ({"postData": body} if "text" in body else {}),
        "response": {"status": received.get("status"), "headers": _fields(received), "content": _content(received)},
        "time": (item.get("durations") or {}).get("total"),
        "startedDateTime": (item.get("times") or {}).get("start"),
    }
    return exchange(entry, source)


def _fields(side: Any) -> Any:
    return (side.get("header") or {}).get("headers")


def _content(side: Any) -> dict[str, Any]:
    """The content as a HAR has it; what is not text is in Base64."""
    body, size = side.get("body") or {}, (side.get("sizes") or {}).get("body")
    kept = {"text": body["text"]} if "text" in body else {}
    if "encoded" in body:
        kept = {"text": body["encoded"], "encoding": "base64"}
    elif size == 0:
        kept = {"text": ""}
    return {"mimeType": side.get("mimeType"), "size": None if kept else size} | kept
