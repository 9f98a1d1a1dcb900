"""Two versions of a small contract, written as what differs.

A pair has one of these properties, each with the old and the new version of a part (null where it is not there): `request` and
`response`, the schema of a body; `xml`, that of a response in JSON and in XML; `parameter`; `operation` and `document`, objects
that are merged into those of the base. `components` are the schemas of both, or a list of the old and the new ones.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.contract.model import Contract
from toolkit.document.yaml import parse_yaml
from toolkit.review.diff import Difference, compare
from toolkit.verdict import Violation

_RESPONSES = {"200": {"description": "Done"}}


def load_pairs(path: Path) -> Any:
    return parse_yaml(path.read_text("utf-8"))


def documents(pair: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both versions as whole contracts."""
    return _document(pair, 0), _document(pair, 1)


def _document(pair: Mapping[str, Any], side: int) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": "makeThing", "responses": dict(_RESPONSES)}
    for kind, write in _WRITERS.items():
        if kind in pair and pair[kind][side] is not None:
            write(operation, pair[kind][side])
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": str(side)},
        "paths": {"/things": {"post": operation}},
    }
    components = pair.get("components")
    if components:
        document["components"] = {"schemas": components[side] if isinstance(components, list) else components}
    if "document" in pair and pair["document"][side]:
        document = _merged(copy.deepcopy(document), pair["document"][side])
    return document


def _content(operation: dict[str, Any], types: tuple[str, ...], schema: Any) -> None:
    operation["responses"] = {"200": {"description": "Done", "content": {name: {"schema": schema} for name in types}}}


def _parameter(operation: dict[str, Any], value: Any) -> None:
    operation["parameters"] = value if isinstance(value, list) else [value]


_WRITERS: dict[str, Any] = {
    "request": lambda operation, schema: operation.update(
        requestBody={"content": {"application/json": {"schema": schema}}}
    ),
    "response": lambda operation, schema: _content(operation, ("application/json",), schema),
    "xml": lambda operation, schema: _content(operation, ("application/json", "application/xml"), schema),
    "parameter": _parameter,
    "operation": lambda operation, more: operation.update(more),
}


def _merged(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Merge Patch (RFC 7396)."""
    for name, value in other.items():
        if value is None:
            one.pop(name, None)
        else:
            one[name] = _merged(one.get(name) or {}, value) if isinstance(value, dict) else value
    return one


def difference(pair: Mapping[str, Any], folder: Path, **options: Any) -> Difference:
    contracts = []
    for name, document in zip(("old", "new"), documents(pair), strict=True):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(document, indent=1))
        contracts.append(Contract.load(path))
    return compare(contracts[0], contracts[1], ("old.json", "new.json"), **options)


def changes(pair: Mapping[str, Any], folder: Path, **options: Any) -> list[Violation]:
    """What is reported of a pair."""
    return [one for verdict in difference(pair, folder, **options).verdicts() for one in verdict.violations]
