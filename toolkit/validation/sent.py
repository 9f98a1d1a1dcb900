"""What of a request belongs to a parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from toolkit.contract.model import Match
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.routing import paired
from toolkit.document.pointers import grouped
from toolkit.exchange import Headers, Request
from toolkit.wire.parameters import Entry, keys_of
from toolkit.wire.urlencoded import Stems, raw_texts, stem, stems_of
from toolkit.wire.urlencoded import decode as decode_query

_ENCODED_SEPARATOR = re.compile("%2c|%3b|%3d", re.IGNORECASE)


def given_texts(match: Match, request: Request) -> dict[str, Callable[[Parameter], list[str]]]:
    """By location, what gives the strings of a parameter that stand in a request."""
    query = grouped((*match.query, *match.form) if match.operation.form_or_query else match.query)
    cookies = grouped(request.headers.cookies)
    return {
        "query": lambda one: query.get(one.name, []),
        "path": lambda one: [match.path[one.name]] if one.name in match.path else [],
        "header": lambda one: [", ".join(texts)] if (texts := request.headers.get_all(one.name)) else [],
        "cookie": lambda one: list(map(_decoding(one), cookies.get(one.name, ()))),
    }


def _decoding(cookie: Parameter) -> Callable[[str], str]:
    """What a cookie means (RFC 6265, section 4.2) by the style of its parameter: that of OpenAPI 3.2, `cookie`, knows no percent-encoding."""
    return str if cookie.serialization.style == "cookie" else unquote


def stems_sent(parameter: Parameter, match: Match, headers: Headers) -> Stems:
    """The pairs of a request where a parameter is whose properties are parameters themselves."""
    if parameter.location == "query":
        return match.stems
    decode = _decoding(parameter)
    return stems_of([(name, decode(value)) for name, value in headers.cookies])


def spread_entries(parameter: Parameter, operation: Operation, stems: Stems) -> Iterator[Entry]:
    """The pairs that are properties of an object: those that the schema names, and others if it describes them."""
    outline, own, here, taken = parameter.serialization.outline, parameter.name, parameter.location, set[str]()
    if parameter.serialization.style == "deepObject":
        pairs = (pair for pair in stems.get(stem(own), ()) if pair[0].startswith(own + "["))
        found = ((keys_of(key[len(own) :], below=True), value) for key, value in pairs)
        yield from ((keys, value) for keys, value in found if keys)
        return
    others = any(isinstance(schema, Mapping) for schema in outline.others)
    if others:
        taken = {one.name for one in operation.parameters if one.location == here} | operation.security_names
    every = others or outline.patterns or len(stems) < len(outline.properties)
    for one in stems if every else dict.fromkeys(map(stem, outline.properties)):
        for key, value in stems.get(one, ()):
            if outline.named(key) or (others and key not in taken):
                yield (key,), value


def still_encoded(
    parameter: Parameter, texts: list[str], match: Match, request: Request
) -> tuple[list[str], Callable[[str], str]]:
    """The texts of a list as they stand in the URL, to be decoded when they are split, where an encoded separator stands
    beside plain ones and so belongs to a value. Clients that encode every comma mean each as a separator."""
    path, _, query = request.url.partition("#")[0].partition("?")
    decode: Callable[[str], str] = decode_query
    if parameter.location == "query":
        raw = raw_texts(query, parameter.name)
    elif parameter.location == "cookie":
        decode, raw = unquote, [text for name, text in request.headers.cookies if name == parameter.name]
    else:
        segments = paired(match.operation.route.template, path)
        decode, raw = unquote, [text for template, text in segments if template == f"{{{parameter.name}}}"]
    mixed = len(raw) == 1 and _ENCODED_SEPARATOR.search(raw[0]) and re.search("[,;=]", raw[0])
    return (raw, decode) if mixed and [decode(raw[0])] == texts else (texts, str)
