"""Paths, operations and their parameters, statuses and media types: what routes no request, or describes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import product
from typing import Any
from urllib.parse import urlsplit

from toolkit.contract.objects import METHODS
from toolkit.contract.operation import listed_parameters
from toolkit.contract.routing import PARAMETER
from toolkit.document.files import Node
from toolkit.document.pointers import object_at
from toolkit.review.checks.rows import MEDIA_TYPE
from toolkit.review.checks.schemas import FORMS
from toolkit.review.survey import Mistake, Site, Survey
from toolkit.wire.media_type import essence, kind
from toolkit.wire.urlencoded import split_url

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX|xx)|default")
_TEXTS = ("text/plain", "text/html", "text/csv")
_COMMON = ("application/json", "application/xml", *FORMS, *_TEXTS, "application/octet-stream")


def _paths(survey: Survey) -> Iterator[tuple[str, Site]]:
    """The keys of `paths`, each with its Path Item."""
    return ((site.own, site) for site in survey.of("path") if site.parent and site.parent.kind == "paths")


def operations(site: Site) -> Iterator[tuple[str, Node]]:
    """The methods of a Path Item, each with its Operation Object."""
    for method in METHODS:
        node = site.node.end.raw(method)
        if node is not None and isinstance(node.value, dict):
            yield method, node


def parameters_of_paths(survey: Survey) -> Iterator[Mistake]:
    for key, site in _paths(survey):
        needed, named = set(PARAMETER.findall(key.partition("#")[0].partition("?")[0])), set(PARAMETER.findall(key))
        item = site.node.end
        shared = {**dict(_declared(site.node)), **dict(_declared(item))}
        own = {method: dict(_declared(node)) for method, node in operations(site)}
        for method, node in operations(site):
            missing = needed - {""} - own[method].keys() - shared.keys()
            unused = (own[method].keys() | shared.keys()) - named
            # Where as many are unused they are misspelt, which is said below
            for name in sorted(missing) if len(missing) != len(unused) else ():
                others = (at for owner in (node, item) for _, one, at in listed_parameters(owner) if one == name)
                message = f"the parameter {name!r} of the path is not declared, so its values are not checked"
                yield Mistake(next(others, node), message, "declare it with `in: path`, or correct the name")
        for name, at in [*shared.items(), *(pair for one in own.values() for pair in one.items())]:
            if name not in named:
                message = f"the path {key} has no {{{name}}}, so the parameter is never sent"
                yield Mistake(at, message, "correct the name, or the path")


def _declared(owner: Node) -> Iterator[tuple[str, Node]]:
    """The path parameters that a Path Item or an operation lists, each with the place where it is listed."""
    return ((name, entry) for location, name, entry in listed_parameters(owner) if location == "path")


def ambiguous(survey: Survey) -> Iterator[Mistake]:
    """Paths that the same requests fit: those that differ in the names of parameters alone, and those of which neither is more concrete."""
    seen: dict[str, Site] = {}
    crossing: dict[tuple[Any, ...], str] = {}
    for key, site in _paths(survey):
        if "#" in key or "?" in key:
            continue
        shape = PARAMETER.sub("{}", key)
        first = seen.setdefault(shape, site)
        if first is not site:
            same = {method for method, _ in operations(first)} & {method for method, _ in operations(site)}
            message = f"{key} and {first.own} are the same path, but for the names of parameters"
            yield site.mistake(message, "make one of them, with all the methods", mild=not same)
            continue
        other = next((crossing[mirror] for *_, mirror in _crossings(shape) if mirror in crossing), "")
        if other:
            message = f"{key} and {other} fit the same requests, and neither is more concrete"
            yield site.mistake(message, "give one of them another segment", mild=True)
        crossing |= {own: key for own, _ in _crossings(shape)}


def _crossings(shape: str) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """For each literal segment and each parameter of a path: what it is but for these two, and what a path would be that has
    a parameter and a literal segment there instead."""
    segments = shape.split("/")
    literals = [at for at, one in enumerate(segments) if one not in ("", "{}")]
    parameters = [at for at, one in enumerate(segments) if one == "{}"]
    for literal, parameter in product(literals, parameters):
        rest = tuple("*" if place in (literal, parameter) else one for place, one in enumerate(segments))
        yield (rest, literal, parameter), (rest, parameter, literal)


def duplicate_ids(survey: Survey) -> Iterator[Mistake]:
    seen: dict[str, str] = {}
    for site in survey.of("operation"):
        name = site.node.value.get("operationId")
        if isinstance(name, str) and name:
            where = " ".join(reversed(site.node.tokens[-2:]))
            if name in seen:
                message = f"the operationId {name!r} is that of {seen[name]} too, so --operation, links and reports mean the first"
                yield site.mistake(message, "", "operationId")
            seen.setdefault(name, where)


def duplicate_parameters(survey: Survey) -> Iterator[Mistake]:
    for site in survey.of("path", "operation"):
        seen, places = set[tuple[str, str]](), set[str]()
        for location, name, entry in listed_parameters(site.node):
            key = (location, name.lower() if location == "header" else name)
            if key in seen:
                message = f"the {location} parameter {name!r} is declared twice, and only the last one counts"
                yield Mistake(entry, message)
            seen.add(key)
            places.add(location)
            if {"query", "querystring"} <= places and location in ("query", "querystring"):
                message = "a parameter that is the whole query (`in: querystring`) stands beside no other of the query"
                yield Mistake(entry, message, "describe all of them by the one, or by the others")


def statuses(survey: Survey) -> Iterator[Mistake]:
    for site in survey.of("responses"):
        keys = [str(key) for key in site.node.value if not str(key).startswith("x-")]
        for key in keys:
            if not _STATUS.fullmatch(key):
                message = f"{key!r} is no status code, so no response is checked by it"
                yield site.mistake(message, "write a code such as 404, a range such as 4XX, or default", key)
            elif key.endswith("xx"):
                message = f"a range is written with XX (OpenAPI, Patterned Fields), so that others pass over {key!r}"
                yield site.mistake(message, f"write {key.upper()}", key, mild=True)


def media_types(survey: Survey) -> Iterator[Mistake]:
    for site in survey.of("media"):
        if site.parent and site.node.tokens[-2] == "content" and not MEDIA_TYPE.fullmatch(site.own):
            message = f"{site.own!r} is no media type, so no body is checked by it"
            yield site.mistake(message, "write type/subtype, such as application/json (RFC 9110, section 8.3.1)")
        elif near := _near_type(site.own):
            yield site.mistake(f"{site.own!r} is no known media type, so such bodies are not read", f"write {near}")


def _near_type(name: str) -> str:
    """A media type that one which is read as none of those known here may stand for; '' for none."""
    own = essence(name)
    if kind(own) != "other" or own in _COMMON or own.removeprefix("application/json").isalnum():
        return ""
    swapped = [one for one in _COMMON if sorted(one) == sorted(own)]
    return next(iter(swapped or get_close_matches(own, _COMMON, 1, 0.93)), "")


def servers(survey: Survey) -> Iterator[Mistake]:
    for site in survey.of("server"):
        url = site.node.value.get("url")
        if not isinstance(url, str):
            continue  # which another check says
        known, named = site.map("variables"), dict.fromkeys(PARAMETER.findall(url))
        for name in (name for name in known if name not in named):
            message = f"the URL has no {{{name}}}, so the variable says nothing"
            yield site.mistake(message, "remove it", "variables", str(name), mild=True)
        try:
            _ = urlsplit(PARAMETER.sub("1", url)).port
        except ValueError as error:
            yield site.mistake(f"the URL {url!r} cannot be read: {error}", "correct it", "url")
        base = "" if "{" in url else split_url(url).path.rstrip("/")
        repeated = [key for key, _ in _paths(survey)] if base else []
        if repeated and all(key.startswith(f"{base}/") for key in repeated):
            message = f"every path begins with {base}, too, which stands twice in each URL"
            yield site.mistake(message, "leave it out of the one or of the others", "url", mild=True)
        for name in named:
            declared = object_at(known, name)
            default, options = declared.get("default"), declared.get("enum")
            if name not in known:
                message = f"the variable {name!r} of the server's URL is not declared"
                yield site.mistake(message, "declare it under `variables` with a `default`", "url")
            elif default is not None and isinstance(options, list) and default not in options:
                message = f"the default {default!r} of the variable {name!r} is not among its enum"
                yield site.mistake(message, "correct the default, or add it to the enum", "variables", name, "default")
