"""Copies of a contract for tools that cannot read the published one, each change named.

The published contract stays the source: a copy says less, and never anything else. `copy_for` gives the copy that a code
generator needs, by the table `TOOLS`, which was measured by generating, compiling and calling clients.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.operation import Operation
from toolkit.errors import ContractError, UsageError
from toolkit.export import changes
from toolkit.export.bundling import bundled_document
from toolkit.export.downgrade import as_30

VERSIONS = ("3.0",)
MEDIA = ("json", "xml")


@dataclass(frozen=True, slots=True)
class Changes:
    """What is changed in a copy. `media`: `json`, `xml` or "" for every media type; `version`: `3.0`, or "" for its own."""

    media: str = ""
    pin_format: bool = False
    inline_responses: bool = False
    inline_scalars: bool = False
    text_times: bool = False
    drop_conditions: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A document of OpenAPI, and a line for each change and each loss."""

    document: dict[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def content(self) -> bytes:
        """The document as JSON, which every reader of YAML reads alike, too."""
        try:
            text = json.dumps(self.document, ensure_ascii=False, indent=2, allow_nan=False)
        except ValueError:
            reason = "a number that is infinite, not a number or beyond a double, which JSON cannot say"
            raise ContractError(f"the contract has {reason}; write it as a finite number") from None
        return text.encode("utf-8", "backslashreplace") + b"\n"


_JSON = Changes(media="json", pin_format=True)
_TYPED_TIMES = replace(_JSON, text_times=True)
_INLINE = replace(_JSON, inline_responses=True)
TOOLS: dict[str, Changes] = {
    "openapi-python-client": _TYPED_TIMES,
    "datamodel-code-generator": _TYPED_TIMES,
    "clientele": replace(_TYPED_TIMES, inline_responses=True, inline_scalars=True),
    "pyopenapi-gen": _TYPED_TIMES,
    "aiopenapi3": _TYPED_TIMES,
    "openapi-typescript": _JSON,
    "openapi-fetch": _JSON,
    "@hey-api/openapi-ts": _JSON,
    "swagger-typescript-api": _INLINE,
    "openapi-zod-client": _TYPED_TIMES,
    "orval": _JSON,
    "oazapfts": _JSON,
    "typed-openapi": _JSON,
    "openapi-typescript-codegen": _JSON,
    "kubb": _JSON,
    "nswag": _TYPED_TIMES,
    "openapi-generator": _TYPED_TIMES,
    "openapi-generator-python": _TYPED_TIMES,
    "openapi-generator-typescript-fetch": _TYPED_TIMES,
    "openapi-generator-typescript-axios": _JSON,
    "openapi-generator-go": _TYPED_TIMES,
    "openapi-generator-java": _TYPED_TIMES,
    "openapi-generator-rust": _TYPED_TIMES,
    "openapi-generator-php": _TYPED_TIMES,
    "openapi-generator-ruby": _TYPED_TIMES,
    "openapi-generator-kotlin": _TYPED_TIMES,
    "openapi-generator-csharp": _TYPED_TIMES,
}
"""The changes that each generator needs."""


def changes_for(tool: str) -> Changes:
    """The changes that a generator needs; a version behind `@` is left out. Raises UsageError for one that nobody knows."""
    name = tool.lower()
    name = name[:1] + name[1:].partition("@")[0]
    if name not in TOOLS:
        near = get_close_matches(name, TOOLS, 3) or list(TOOLS)
        raise UsageError(
            f"no generator is known as {tool[:80]!r}; choose one of {', '.join(near)}, or name the changes"
        )
    return TOOLS[name]


def copy_for(contract: Contract, tool: str, takes: Callable[[Operation], bool] | None = None) -> Copy:
    """The copy of a contract that a generator needs; with `takes`, of those operations alone. Raises UsageError."""
    return make_copy(contract, changes_for(tool), takes)


def make_copy(contract: Contract, wanted: Changes, takes: Callable[[Operation], bool] | None = None) -> Copy:
    """The published document without references to other files, and changed as wanted. Raises ContractError."""
    try:
        document = bundled_document(contract, takes)
        notes: list[str] = []
        for change in _steps(wanted):
            document, found = change(document)
            notes += found
    except RecursionError:
        raise ContractError(f"{contract.name}: nested too deeply; flatten it") from None
    return Copy(document, tuple(notes))


def _steps(wanted: Changes) -> list[Callable[[dict[str, Any]], changes.Changed]]:
    media = wanted.media or "json"
    steps: list[tuple[bool, Callable[[dict[str, Any]], changes.Changed]]] = [
        (wanted.pin_format, lambda document: changes.pin_format(document, media)),
        (bool(wanted.media), lambda document: changes.one_media_type(document, media)),
        (wanted.inline_responses, changes.inline_responses),
        (wanted.inline_scalars, changes.inline_scalars),
        (wanted.text_times, changes.text_times),
        (wanted.drop_conditions, changes.drop_conditions),
        (bool(wanted.version), as_30),
    ]
    return [step for is_wanted, step in steps if is_wanted]
