"""Insomnia exports: the routes of a mock server are responses; a workspace of requests holds none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.errors import RecordingError
from toolkit.exchange import Exchange, Headers, Record, Request, Response
from toolkit.recordings.coding import encode_text
from toolkit.recordings.recording import Recording, guard, pairs, property_of, with_type


def recognises(recording: Recording) -> bool:
    """Whether it is an export of Insomnia, format 4 or 5."""
    tree = recording.tree
    return isinstance(property_of(tree, "resources"), list) or ".insomnia.rest/" in str(property_of(tree, "type"))


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each mock route. Raises RecordingError where there is none."""
    tree, name = recording.tree, recording.name
    resources = [item for item in tree.get("resources") or [] if isinstance(item, dict)]
    servers = {item.get("_id"): str(item.get("url") or "") for item in resources if item.get("_type") == "mock"}
    routes = [
        (servers.get(item.get("parentId"), ""), item, f"{name}#/resources/{index}")
        for index, item in enumerate(tree.get("resources") or [])
        if property_of(item, "_type") == "mock_route"
    ]
    url = str(property_of(tree.get("server"), "url") or tree.get("url") or "")  # format 5 has one server a file
    routes += [(url, item, f"{name}#/routes/{index}") for index, item in enumerate(tree.get("routes") or [])]
    if not routes:
        raise RecordingError(f"{name}: an Insomnia export without responses; export them as HAR")
    for route in routes:
        yield guard(route, route[2], _exchange)


def _exchange(route: Any, source: str) -> Exchange:
    server, item, _ = route
    fields = pairs((field["name"], field.get("value")) for field in item.get("headers") or [])
    headers = with_type(Headers(fields), item.get("mimeType") or "")
    body = encode_text(str(item.get("body") or ""), str(item.get("mimeType") or ""))
    request = Request(item.get("method", "GET").upper(), server.rstrip("/") + "/" + item["name"].lstrip("/"))
    return Exchange(request, Response(int(item["statusCode"]), headers, body), source)
