"""A request as a command line of curl that a POSIX shell repeats byte for byte."""

from __future__ import annotations

import re
from shlex import quote

from toolkit.exchange import Request
from toolkit.secrets.masking import Secrets

_DOT_SEGMENT = re.compile(r"/\.{1,2}(?:/|$)")  # which curl removes (RFC 3986, section 5.2.4)
_GLOB = re.compile(r"[\[\]{}]")  # which curl expands


def curl(base: str, request: Request, secrets: Secrets, *, compressed: bool = False) -> str:
    """A command line that repeats a request to the service at `base`, without its signatures and secrets; with `compressed`, it
    accepts what the request accepted, too, where that may be what breaks the response."""
    shown = secrets.shown_request(request)
    url = secrets.shown_url(base.rstrip("/") + shown.url)
    before, options = _body(shown.body)
    has_dots = _DOT_SEGMENT.search(url.partition("?")[0])
    needed = {"--compressed": compressed, "--path-as-is": has_dots, "-g": _GLOB.search(url)}
    parts = ["curl", *_method(shown.method, shown.body is not None), *(option for option in needed if needed[option])]
    parts += [part for name, value in _fields(shown) for part in ("-H", quote(f"{name}: {value}" if value else name))]
    return before + " ".join([*parts, *options, quote(url)])


def _method(method: str, has_body: bool) -> list[str]:
    """`-X HEAD` waits for a body that never comes, and a body makes any other request a POST."""
    if method == "HEAD" and not has_body:
        return ["-I"]
    return ["-i"] if method == "GET" and not has_body else ["-i", "-X", quote(method)]


def _fields(request: Request) -> list[tuple[str, str]]:
    """The header fields. `NAME;` is how curl sends an empty one, and `NAME:` keeps it from inventing one for a body."""
    fields = [(name, value) if value else (f"{name};", "") for name, value in request.headers.pairs]
    invents = request.body is not None and request.headers.get("content-type") is None
    return [*fields, ("Content-Type:", "")] if invents else fields


def _body(body: bytes | None) -> tuple[str, list[str]]:
    """What stands before curl, and its options. An argument can hold no NUL, and a terminal not every byte."""
    if body is None:
        return "", []
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\x00"
    if text.isprintable():
        return "", ["--data-raw", quote(text)]
    return f"printf '{''.join(map(_escape, body))}' | ", ["--data-binary", "@-"]


def _escape(byte: int) -> str:
    """A byte in the format of printf (POSIX, XCU printf)."""
    if chr(byte) in "%\\":
        return chr(byte) * 2
    return chr(byte) if 0x20 <= byte < 0x7F and byte != ord("'") else f"\\{byte:03o}"
