"""HTTP messages as they were on the wire (RFC 9112): the items of Burp's XML, and the pairs of files in an archive of Fiddler (.saz)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from toolkit.exchange import Exchange, Headers, Record, Request, Response
from toolkit.recordings.coding import Restored, from_base64, restore
from toolkit.recordings.recording import Malformed, Recording, each, guard, one_line

_BURP = re.compile(rb"<items\s+burpVersion")
_SENT = re.compile(rb"[A-Za-z-]{1,20} \S+ HTTP/\d")
_INTERIM = re.compile(r"HTTP/\S+ 1(?!01)\d\d")
END = re.compile(rb"\r?\n\r?\n")


def recognises(recording: Recording) -> bool:
    """Whether it is XML of Burp, or the file of a request in an archive of Fiddler, beside which there is that of the response."""
    is_xml = recording.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    is_sent = recording.name.endswith("_c.txt") and _SENT.match(recording.head)
    return bool(_BURP.search(recording.head) if is_xml else is_sent)


def read(recording: Recording) -> Iterator[Record]:
    """The exchange of each item, or of the two files."""
    if not recording.name.endswith("_c.txt"):
        return each(_items(recording), f"{recording.name}#/items", exchange)
    name = recording.name.replace("\\", "/").rpartition("/")[2].removesuffix("_c.txt") + "_s.txt"
    sides = {"request": recording.data, "response": recording.beside(name) or b""}
    return iter([guard(sides, recording.name, exchange)])


def _items(recording: Recording) -> Iterator[dict[str, Any]]:
    """What is within each item of Burp: bytes for a message, texts for all others. Raises Malformed for what is no such XML."""
    from pyexpat import ExpatError, ParserCreate  # which no other recording needs

    items: list[dict[str, Any]] = []
    path: list[bool] = []  # for each open element, whether its text is Base64
    pieces: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(attributes.get("base64") == "true")
        pieces.clear()
        if name == "item":
            items.append({})

    def end(name: str) -> None:
        is_base64 = path.pop()
        if len(path) == 2 and items:
            text = "".join(pieces)
            read = from_base64 if is_base64 else str.encode if name in ("request", "response") else str
            items[-1][name] = read(text)

    def refuse(*declared: Any) -> None:
        raise Malformed("the XML declares an entity, which Burp does not")

    parser = ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, pieces.append, end
    parser.EntityDeclHandler, parser.buffer_text = refuse, True
    try:
        parser.Parse(recording.data, True)
    except ExpatError as error:
        raise Malformed(f"not XML of Burp: {one_line(error)}") from None
    yield from items


def exchange(sides: dict[str, Any], source: str) -> Exchange:
    """The exchange of the bytes of its `request` and its `response`, by its `url` where that is known."""
    sent, headers, body = message(sides["request"])
    method, _, target = sent.rpartition(" ")[0].partition(" ")
    host = headers.get("Host")
    url = sides.get("url") or (f"http://{host}{target}" if host and target.startswith("/") else target)
    sent_body, fault = _kept(body, headers)
    request = Request(method, url, headers, sent_body, fault=fault)
    line, headers, body = message(sides.get("response") or b"")
    while body and _INTERIM.match(line):  # the final one comes behind it (RFC 9110, section 15.2)
        line, headers, body = message(body)
    status = line.partition(" ")[2][:3]
    return Exchange(request, Response(int(status), headers, *_kept(body, headers)) if line else None, source)


def _kept(body: bytes | None, headers: Headers) -> Restored:
    """The body without chunks and content codings; None for one that was not kept, of which there is only the length."""
    is_lost = not body and headers.get("Content-Length") not in (None, "0")
    return (None, None) if body is None or is_lost else restore(body, headers)


def message(data: bytes) -> tuple[str, Headers, bytes | None]:
    """The first line, the header fields and the body of a message; no body where it ends within the header fields."""
    end = END.search(data)
    head, body = (data[: end.start()], data[end.end() :]) if end else (data.rstrip(b"\r\n"), None)
    first, *lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    named = (line.partition(":") for line in lines)
    return first, Headers(tuple((name.strip(), value.strip()) for name, _, value in named)), body
