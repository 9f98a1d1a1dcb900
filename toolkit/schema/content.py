"""Events whose data is JSON: the schema with `contentSchema` in the place of the string (OpenAPI 3.2, Server-Sent Event Streams)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from toolkit.document.pointers import object_at, rewritten
from toolkit.schema.bundle import Bundle, followed


def with_data_read(bundle: Bundle) -> Bundle:
    """The bundle for events of which `data` is a value; the same bundle where no schema says what the data holds."""

    def read(part: dict[str, Any]) -> dict[str, Any]:
        data = followed(object_at(part, "properties").get("data"), bundle.schema)
        if "contentSchema" in data and "json" in str(data.get("contentMediaType", "json")):
            return {**part, "properties": {**part["properties"], "data": data["contentSchema"]}}
        return part

    schema = rewritten(bundle.schema, read)
    return replace(bundle, schema=schema) if schema != bundle.schema else bundle
