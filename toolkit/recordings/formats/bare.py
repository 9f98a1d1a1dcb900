"""A bare body: a file that holds the JSON or XML of a response and nothing of HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.document.encodings import UTF_8_MARK
from toolkit.exchange import Exchange, Headers, Record, Response
from toolkit.recordings.recording import BareBody, Recording

_ENDINGS = {".json": "application/json", ".xml": "application/xml"}


def recognises(recording: Recording) -> bool:
    """Whether bare bodies are expected, and the file says by its ending what it is or the caller does."""
    return recording.bare is not None and (recording.bare.media_type or _by_ending(recording.name)) is not None


def _by_ending(name: str) -> str | None:
    return next((kind for ending, kind in _ENDINGS.items() if name.lower().removesuffix(".gz").endswith(ending)), None)


def read(recording: Recording) -> Iterator[Record]:
    """The one exchange: a response whose request is unknown."""
    vars(recording).pop("tree", None)  # by which it was recognised: beside the body's value it would be held twice
    given = recording.bare or BareBody()
    is_xml = recording.head.removeprefix(UTF_8_MARK).lstrip().startswith(b"<")
    media_type = given.media_type or _by_ending(recording.name) or _ENDINGS[".xml" if is_xml else ".json"]
    response = Response(given.status, Headers((("Content-Type", media_type),)), recording.data, partial=True)
    yield Exchange(None, response, recording.name, given.operation)
