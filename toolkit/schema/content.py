"""Events whose data is JSON: the schema with `contentSchema` in the place of the string (OpenAPI 3.2, Server-Sent Event Streams)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from toolkit.schema.bundle import Bundle, followed


def with_data_read(bundle: Bundle) -> Bundle:
    """The bundle for events of which `data` is a value; the same bundle where no schema says what the data holds."""
    schema = _with_data_read(bundle.schema, bundle.schema)
    return replace(bundle, schema=schema) if schema != bundle.schema else bundle


def _with_data_read(part: Any, root: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_with_data_read(inner, root) for inner in part]
    if not isinstance(part, dict):
        return part
    read = {key: _with_data_read(inner, root) for key, inner in part.items()}
    named = read.get("properties")
    if not isinstance(named, dict):
        return read
    data = followed(named.get("data"), root)
    if "contentSchema" in data and "json" in str(data.get("contentMediaType", "json")):
        read["properties"] = {**named, "data": data["contentSchema"]}
    return read
