"""What a look at one object, or at one and what is around it, shows to be a mistake: a table of rows, each of one rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Any

from toolkit.contract.objects import METHODS
from toolkit.contract.operation import IGNORED
from toolkit.contract.routing import PARAMETER
from toolkit.document.pointers import array_at, as_object, object_at
from toolkit.errors import ContractError
from toolkit.review.checks.schemas import is_format_excluded
from toolkit.review.survey import Mistake, Site, Survey, is_slip, near
from toolkit.schema.bundle import is_number, stated_types
from toolkit.schema.judge import shown
from toolkit.schema.messages import RANGES
from toolkit.structs import Frozen
from toolkit.validation.validator import NO_BODY
from toolkit.wire import media_type
from toolkit.wire.parameters import DEFAULT_STYLES
from toolkit.wire.parameters import STYLES as WIRE

Found = Any
"""What a row finds: a value for its words, or a list of keys with such a value each; '', None, [] or False for nothing."""
TOKEN = re.compile(media_type.TOKEN)
MEDIA_TYPE = re.compile(rf"{TOKEN.pattern}/{TOKEN.pattern}\s*(?:;.*)?", re.DOTALL)
STYLES = {
    where: sorted({style for place, style, _ in WIRE if place == where})
    for where in DEFAULT_STYLES
    if where != "querystring"
}
_HELD = {"deepObject": ("object",), **dict.fromkeys(("spaceDelimited", "pipeDelimited"), ("array", "object"))}
"""Styles that write values of these types alone."""
_BYTES = re.compile(
    r"(?:image|audio|video|font)/(?!.*xml).*|text/(?:plain|html)|application/(?:octet-stream|pdf|zip|gzip)"
)
_BARE_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[:/]|$)|localhost(?:[:/]|$)", re.IGNORECASE)
_ODD_SEGMENT = re.compile(r"/(?::[A-Za-z_]\w*|<[^/]*>)(?=/|$)|\s")  # of other routers: /:id, /<int:id>
BODILESS = tuple(map(str, NO_BODY))
_TRUE_OR_FALSE = ("additionalProperties", "unevaluatedProperties", "uniqueItems", "nullable", "readOnly", "writeOnly")
"""Keywords that are true or false, and no name that a property has whose schema is."""
_VERSION = re.compile(r"3\.[0-2](?:\.\d+.*)?", re.DOTALL)
_NAME, _SIGNS = re.compile(r"[a-zA-Z0-9._-]+"), "letters of A-Z and a-z, digits, and . - _ alone"
_SCHEMES = (
    "basic", "bearer", "digest", "dpop", "gnap", "hoba", "mutual", "negotiate", "oauth", "privatetoken", "scram-sha-1",
    "scram-sha-256", "vapid", "aws4-hmac-sha256",
)  # fmt: skip
"""The registry of RFC 9110, section 16.4.1, and what others use."""
_NEWER = "OpenAPI 3.0 does not have it, and readers that go by it pass it over"


class Row(Frozen):
    """A kind of mistake in objects of a kind, or of some. `{0}` in its words is what was found, `{1}` the object's own name. `at` is the key
    that it is told at, and `versions` are those of OpenAPI that have it; '' for the object, and for all."""

    rule: str
    kind: str
    at: str
    find: Callable[[Site, Mapping[str, Any]], Found]
    message: str
    hint: str
    mild: bool = False
    versions: str = ""


def of(rule: str, survey: Survey) -> Iterator[Mistake]:
    for row in ROWS:
        if row.rule == rule and (not row.versions or survey.version in row.versions.split()):
            for site in survey.of(*row.kind.split()):
                found = row.find(site, site.node.value)
                alone = [(*filter(None, [row.at]), found)] if found else []
                for *at, value in found if isinstance(found, list) else alone:
                    words = ("" if value is True else value), site.own
                    yield site.mistake(row.message.format(*words), row.hint.format(*words), *at, mild=row.mild)


def _schema(site: Site, word: str = "schema") -> dict[str, Any]:
    """The schema of an object, a reference followed; {} where there is none that can be read."""
    found = site.node.raw(word)
    return as_object(found.end.value if found else None)


def _misfit(site: Site, value: Mapping[str, Any]) -> Found:
    held, types = _HELD.get(str(value.get("style")), ()), set(stated_types(_schema(site)))
    return held and types and not types & {*held, "null"} and f"{value['style']} is for an {' or '.join(held)}"


def _undecided_if(site: Site, value: Mapping[str, Any]) -> Found:
    """The first property by whose value an `if` decides, and that may be missing."""
    if "if" not in value:
        return ""
    condition = as_object(value["if"])
    named = object_at(condition, "properties").items()
    tested = [name for name, one in named if as_object(one).keys() & {"const", "enum"}]
    required = [*site.list("required"), *array_at(condition, "required")]
    required += [name for one in site.around if one.kind == "schema" for name in one.list("required")]
    open_ones = (one for one in tested if one not in required)
    return condition.keys() <= {"properties", "required", "type"} and next(open_ones, "")


def _repeated_tags(site: Site) -> list[tuple[str | int, ...]]:
    names = [str(as_object(one).get("name", "")) for one in site.list("tags")]
    first = {name: at for at, name in reversed([*enumerate(names)])}
    return [("tags", at, "name", name) for at, name in enumerate(names) if name and first[name] < at]


def _key(site: Site) -> str:
    """The key of a path; '' of a Path Item elsewhere."""
    return site.own if site.parent and site.parent.kind == "paths" else ""


def _twice(site: Site, value: Mapping[str, Any]) -> Found:
    """Media types that are told apart by letters and spaces alone."""
    met: dict[str, str] = {}
    found = []
    for name in map(str, object_at(value, "content")):
        key = name.lower().replace(" ", "")
        found += [("content", name, met[key])] if key in met else []
        met.setdefault(key, name)
    return found


def _defaults(site: Site, value: Mapping[str, Any]) -> Found:
    """A part of an `allOf` with another default than one before it."""
    met = [value["default"]] if "default" in value else []
    for index in range(len(site.list("allOf"))):
        own = as_object(site.part("allOf", index).end.value)
        met += [own["default"]] if "default" in own else []
        if len(met) > 1 and met[-1] != met[0]:
            return [("allOf", index, f"{shown(met[0])} and {shown(met[-1])}")]
    return None


def _is_of_form(site: Site) -> bool:
    """Whether the body of an operation may be a form."""
    try:
        content = site.node.get("requestBody", "content")
    except ContractError:
        return True
    return any(media_type.kind(str(name)) == "form" for name in as_object(content.value if content else None))


def _server(site: Site, value: Mapping[str, Any]) -> str:
    url = value.get("url") if isinstance(value.get("url"), str) else ""
    scheme, has_host, rest = str(url).partition("://")
    if has_host and "{" not in scheme and scheme.lower() not in ("http", "https", "ws", "wss"):
        return f"{scheme}: is no scheme of HTTP"
    if str(url).count("{") != str(url).count("}"):
        return "its braces are not in pairs"
    if re.search(r"\s", str(url)):
        return "it has a blank, which no URL has"
    plain = re.sub(r"\{[^{}]*\}", "", rest)
    return "it has a query or a fragment, which no path can be appended to" if "?" in plain or "#" in plain else ""


def _is_bare_host(site: Site, value: Mapping[str, Any]) -> bool:
    url = str(value.get("url") or "")
    return "://" not in url and _BARE_HOST.match(url) is not None


def _other_dialect(word: str) -> Callable[[Site, Mapping[str, Any]], Found]:
    known = re.compile(r"https://(?:json-schema\.org/draft/2020-12/schema|spec\.openapis\.org/oas/3\..+)#?")
    return lambda site, value: isinstance(value.get(word), str) and not known.fullmatch(value[word]) and value[word]


_P, _K, _S = "parameter-without-effect", "keyword-without-effect", "server-unusable"
_REMOVE, _LEAVE = "remove it", "leave one of the two out"
_PARTNERS: tuple[tuple[str, str, str], ...] = (
    ("if", "then else", "3.1 3.2"),
    *((word, "if", "") for word in ("then", "else")),
    *((word, "contains", "") for word in ("minContains", "maxContains")),
    ("contentSchema", "contentMediaType", ""),
    *((f"exclusive{bound}", bound.lower(), "3.0") for bound in ("Minimum", "Maximum")),
)
"""Keywords that say nothing where none of the others stands beside them, in some versions."""
_EITHER = (
    *((kind, "example", "examples") for kind in ("media", "parameter", "header")),
    ("link", "operationRef", "operationId"),
    ("example", "value", "externalValue"),
    *(("example", "value", word) for word in ("dataValue", "serializedValue")),
    ("example", "serializedValue", "externalValue"),
    ("license", "identifier", "url"),
    *(("media", "encoding", word) for word in ("prefixEncoding", "itemEncoding")),
)
"""Fields of which an object has one at most."""


def _without(word: str, partners: str) -> Callable[[Site, Mapping[str, Any]], Found]:
    is_flag = word.startswith("exclusive")  # a number there is of a later version
    return lambda site, value: (
        (value.get(word) is True if is_flag else word in value) and not value.keys() & {*partners.split()}
    )


def _beyond_format(value: Mapping[str, Any], word: str) -> Found:
    bound, (least, most) = value.get(word), RANGES.get(str(value.get("format")), (-inf, inf))
    is_beyond = isinstance(bound, int | float) and (bound < least if word == "minimum" else bound > most)
    return is_beyond and value["format"]


def _both(one: str, other: str) -> Callable[[Site, Mapping[str, Any]], Found]:
    return lambda site, value: one in value and other in value


ROWS: tuple[Row, ...] = (
    *(
        Row(_K, "schema", word, _without(word, partners), f"`{word}` says nothing without " + " or ".join(f"`{one}`" for one in partners.split()),
            f"add what belongs to it, or remove `{word}`", versions=versions)
        for word, partners, versions in _PARTNERS
    ),
    *(
        Row(_K, kind, other, _both(one, other),
            f"`{one}` and `{other}` exclude each other, and some readers pass over the one, some over the other",
            _LEAVE, True)
        for kind, one, other in _EITHER
    ),
    Row(_K, "schema", "writeOnly", lambda site, value: value.get("readOnly") is True and value.get("writeOnly") is True,
        "a property that is readOnly and writeOnly may be neither sent nor received", _LEAVE),
    *(
        Row(_K, "schema", word, lambda site, value, word=word: _beyond_format(value, word),  # type: ignore[misc]
            f"`{word}` is beyond all values of the format {{0}}, so it says nothing",
            "write a bound within its range, or another format such as int64", True)
        for word in ("minimum", "maximum")
    ),
    Row(_K, "schema", "minContains", lambda site, value: value.get("minContains") == 0 and "maxContains" not in value and "contains" in value,
        "`contains` says nothing where none need be contained", "remove both, or say `minContains: 1`", True),
    Row(_K, "schema", "", lambda site, value: [("anyOf", index, True) for index, one in enumerate(array_at(value, "anyOf")) if one in ({}, True)],
        "the other alternatives say nothing: every value is valid by this one", "remove it, or the `anyOf`", True),
    Row(_K, "schema", "if", _undecided_if, "the `if` holds as well where {0!r} is missing, since it is not required there",
        "write `required: [{0}]` beside `properties` of the `if`", True),
    Row(_K, "schema", "nullable", lambda site, value: value.get("nullable") is True and not value.keys() & {"type", "$ref"},
        "`nullable` says nothing without a `type` beside it (OpenAPI 3.0.3), and some readers take null all the same",
        "write `type` beside it", True, "3.0"),
    Row(_K, "schema", "enum", lambda site, value: site.list("enum") and None not in site.list("enum") and ("null" in stated_types(value)
        or (value.get("nullable") is True and "type" in value and str(site.node.files.root.value["openapi"]).startswith("3.0"))),
        "null is one of the types, and none of the enum, so it is refused by the letter", "add null to the enum, or remove it from the types", True),
    Row("keyword-misplaced", "schema", "required", lambda site, value: isinstance(value.get("required"), bool),
        "`required` is a list of the names that an object must have; true or false says nothing",
        "list {1!r} in `required` of the object around it"),
    Row("keyword-misplaced", "schema", "", lambda site, value: [("properties", word, word, word) for word in _TRUE_OR_FALSE
        if isinstance(site.map("properties").get(word), bool)],
        "`{0}` stands among the properties, so it names one, and says nothing of the object", "move it out of `properties`", True),
    Row("keyword-version", "schema", "type", lambda site, value: isinstance(value.get("type"), list) or value.get("type") == "null",
        f"a list of types, and null: {_NEWER}", "write one type, and `nullable: true` for null", versions="3.0"),
    *(
        Row("keyword-version", "schema", "nullable", lambda site, value, said=said: value.get("nullable") is said,  # type: ignore[misc]
            f"`nullable` says nothing in OpenAPI 3.1{effect}", "add null to the list of types: `type: [string, 'null']`", not said, "3.1 3.2")
        for said, effect in ((True, ", so null is refused"), (False, ""))
    ),
    *(
        row for bound in ("minimum", "maximum") for word in [bound.replace("m", "exclusiveM", 1)] for row in (
            Row("keyword-version", "schema", word, lambda site, value, word=word: is_number(value.get(word)),  # type: ignore[misc]
                f"a number in `{word}`: {_NEWER}", f"write `{bound}` with the number, and `{word}: true`", versions="3.0"),
            Row("keyword-version", "schema", word, lambda site, value, word=word: isinstance(value.get(word), bool),  # type: ignore[misc]
                f"`{word}` is a number in OpenAPI 3.1; with true or false the schema cannot be read by the letter",
                f"give the bound itself in `{word}`", versions="3.1 3.2"),
        )
    ),
    Row("name-illegal", "document", "openapi", lambda site, value: isinstance(version := value.get("openapi"), str)
        and not _VERSION.fullmatch(version) and version,
        "{0!r} is no known version of OpenAPI, so it is read as the nearest one", "write for example 3.1.1", True),
    Row("name-illegal", "components", "", lambda site, value: [(group, str(name), str(name)) for group, held in value.items()
        if not str(group).startswith("x-") for name in as_object(held) if not _NAME.fullmatch(str(name))],
        "a component may not be called {0!r} (OpenAPI, Components Object)", f"write {_SIGNS}", True),
    Row("name-illegal", "scheme", "scheme", lambda site, value: value.get("type") == "http" and isinstance(name := value.get("scheme"), str)
        and name.lower() not in _SCHEMES and f"{name!r} is not registered{near(name, _SCHEMES)}",
        "the http scheme {0}", "write a registered one, such as bearer", True),
    Row("generator-trap", "schema", "pattern", lambda site, value: isinstance(value.get("pattern"), str)
        and (word := value.get("format")) in ("date-time", "date", "time") and not is_format_excluded(value["pattern"], word) and word,
        "typed clients write a {0} their own way, which the pattern may refuse",
        "drop the pattern or the format in the copy for generators", True),
    Row(_K, "response", "content", lambda site, value: site.own in BODILESS and site.map("content"),
        "a response with status {1} has no body (RFC 9110), so its content says nothing", "remove `content`, or correct the status", True),
    Row(_K, "response", "content", lambda site, value: site.map("content") and next((one.own for one in site.around
        if one.kind == "operation"), "") == "head" and ", ".join(value["content"]),
        "a response to HEAD has no body (RFC 9110), so its content says nothing", "remove `content`", True),
    Row(_K, "operation", "requestBody", lambda site, value: site.own in ("get", "head", "delete") and "requestBody" in value,
        "the body of a request by {1} is passed over (OpenAPI 3.0, Operation Object)", "use another method, or parameters", True, "3.0"),
    Row(_K, "media", "schema", lambda site, value: _BYTES.fullmatch(media_type.essence(site.own)) and {"object",
        "array"} >= {*(types := stated_types(_schema(site)))} and " or ".join(types),
        "a body of {1} is no JSON, and the schema says {0}", "write `format: binary`, or correct the media type", True),
    Row(_K, "media", "itemSchema", lambda site, value: "itemSchema" in value and media_type.kind(site.own) in ("json", "xml", "form"),
        "`itemSchema` says nothing of {1}: it is about sequences, such as application/jsonl", "write `schema`", True),
    Row(_K, "media", "encoding", lambda site, value: site.map("encoding") and media_type.kind(site.own) != "form"
        and not media_type.essence(site.own).startswith("multipart/"),
        "`encoding` says nothing of {1}: it is about forms and multipart", "remove it, or correct the media type"),
    Row(_K, "media", "", lambda site, value: [("encoding", str(name), "headers", True) for name, one in site.map("encoding").items()
        if media_type.kind(site.own) == "form" and object_at(one, "headers")],
        "a field of a form has no header fields (OpenAPI, Encoding Object): parts of multipart have", "remove them"),
    Row("media-type-unknown", "encoding", "contentType", lambda site, value: next((one for one in str(value.get("contentType",
        "a/b")).split(",") if not MEDIA_TYPE.fullmatch(one.strip())), ""),
        "{0!r} is no media type, so no part has it", "write type/subtype, such as application/json (RFC 9110, section 8.3.1)"),
    Row("media-type-unknown", "body response", "", _twice,
        "this is the media type {0!r} once more, of which readers take the one or the other", "keep one of them"),
    Row(_K, "schema", "", lambda site, value: [("enum", index, shown(one)) for index, one in enumerate(array_at(value, "enum"))
        if isinstance(one, str) and one != one.strip()],
        "{0} has a blank at its end, so the value without it is refused", "remove the blank", True),
    Row("schema-impossible", "schema", "maxItems", lambda site, value: isinstance(most := value.get("maxItems"), int)
        and most < len(array_at(value, "prefixItems")) and most + 1,
        "no array has item {0} of `prefixItems`, nor those behind it", "correct the one or the other", True),
    Row("example-invalid", "schema", "", _defaults, "the defaults of the parts are {0}, and it is not clear which one counts",
        "leave one of them", True),
    Row("promise-unusable", "operation", "", lambda site, value: [("x-laws", str(name), True) for name in site.map("x-laws")
        if name != "same-as" and "same-as" in value["x-laws"]],
        "what stands beside `same-as` is passed over", "remove it, or `same-as`"),
    Row("promise-unusable", "operation", "", lambda site, value: [("x-laws", "formats", True)]
        if "parameter" not in object_at(site.map("x-laws"), "formats") and "formats" in site.map("x-laws") else [],
        "no `parameter` is named that selects the format, so the formats are not asked for", "name it"),
    Row("promise-unusable", "operation", "x-form-or-query", lambda site, value: value.get("x-form-or-query") is True and not _is_of_form(site),
        "the operation takes no form, so `x-form-or-query` says nothing", "remove it, or describe the form", True),
    Row(_K, "tag", "parent", lambda site, value: "parent" in value and value["parent"] not in [as_object(one).get("name")
        for one in array_at(site.node.files.root.value, "tags")] and value["parent"],
        "no tag is called {0!r}", "correct the name", True),
    Row(_K, "scheme", "bearerFormat", lambda site, value: "bearerFormat" in value and value.get("type") == "http"
        and str(value.get("scheme")).lower() != "bearer" and value.get("scheme"),
        "`bearerFormat` says nothing of the scheme {0}", _REMOVE, True),
    # parameters
    *(
        Row(_P, "parameter", "style", lambda site, value, where=where, names=names: value.get("in") == where  # type: ignore[misc]
            and isinstance(value.get("style"), str) and value["style"] not in names and value["style"],
            f"a {where} parameter has no style {{0!r}}, so it is read by the default one", f"write {' or '.join(names)}")
        for where, names in STYLES.items()
    ),
    Row("path-parameter", "parameter", "required", lambda site, value: value.get("in") == "path" and value.get("required") is not True,
        "a parameter of the path is always required", "say `required: true`", True),
    Row(_P, "parameter", "style", _misfit, "the style {0} (OpenAPI, Style Examples), so it is not clear how it is written", "write style: form"),
    Row(_P, "parameter", "schema", lambda site, value: value.get("in") == "cookie" and value.get("style", "form") == "form"
        and value.get("explode") is not False and {"array", "object"} & {*stated_types(_schema(site))},
        "a cookie has no form that is exploded (OpenAPI, Style Examples), so it is not clear how it is written", "write `explode: false`", True),
    Row(_P, "parameter", "explode", lambda site, value: value.get("style") == "deepObject" and value.get("explode") is False,
        "the style deepObject has no form that is not exploded (OpenAPI, Style Examples)", _REMOVE, True),
    Row(_P, "parameter", "schema", lambda site, value: value.get("style") == "deepObject" and next((name for name, one
        in object_at(_schema(site), "properties").items() if {"array", "object"} & {*stated_types(as_object(one))}), ""),
        "deepObject writes no list or object within an object (OpenAPI, Style Values), so it is not clear how {0!r} is written",
        "describe it by `content`, as JSON", True),
    Row(_P, "parameter", "schema", lambda site, value: value.get("style") != "deepObject" and {"array",
        "object"} & {*stated_types(as_object(_schema(site).get("items")))},
        "no style writes lists of lists or of objects, so it is not clear how it is written", "describe it by `content`, as JSON", True),
    *(
        Row(_P, kind, word, lambda site, value, word=word: word in value and "content" in value and "schema" not in value,  # type: ignore[misc]
            f"`{word}` says nothing beside `content`, whose media type says how it is written", _REMOVE, True)
        for kind in ("parameter", "header") for word in ("style", "explode", "allowReserved")
    ),
    *(
        Row(_P, "parameter", word, lambda site, value, word=word, of=of: value.get(word) is True and value.get("in") in of and value["in"],  # type: ignore[misc]
            f"`{word}` says nothing of a {{0}} parameter: it is about the query", _REMOVE, True, versions)
        for word, of, versions in (("allowEmptyValue", ("path", "header", "cookie"), ""), ("allowReserved", ("header",), ""),
            ("allowReserved", ("path", "cookie"), "3.0 3.1"))
    ),
    Row(_P, "parameter", "schema", lambda site, value: "content" in value and "schema" in value,
        "a parameter with `content` is not checked by `schema`", "leave one of them out"),
    Row(_P, "parameter", "schema", lambda site, value: value.get("in") == "querystring" and "schema" in value and "content" not in value,
        "the whole query is described by `content` alone (OpenAPI 3.2, Parameter Object)",
        "write `content` with application/x-www-form-urlencoded"),
    Row(_P, "parameter", "content", lambda site, value: "schema" not in value and len(site.map("content")) > 1,
        "the content of a parameter has one media type (OpenAPI, Parameter Object), and by the others nothing is read",
        "leave the one in which it is sent"),
    Row(_P, "parameter", "", lambda site, value: not value.keys() & {"schema", "type"} and not value.get("content")
        and value.get("in") in STYLES and str(value.get("name")),
        "nothing is said of the values of {0!r}", "give the parameter a `schema`", True),
    Row(_P, "parameter", "", lambda site, value: [("schema", "default", True)] if value.get("required") is True
        and "default" in site.map("schema") and not _schema(site).get("const") else [],
        "the default of a required parameter says nothing, since it is always sent", "remove it, or `required`", True),
    Row(_P, "parameter", "name", lambda site, value: value.get("in") == "header" and ("header", str(value.get("name")).lower()) in IGNORED
        and value["name"],
        "a header parameter named {0} is passed over (OpenAPI, Parameter Object)", "describe it by `content` or `security`", True),
    Row(_P, "header", "", lambda site, value: site.own.lower() == "content-type" and site.parent and site.parent.kind in ("response", "encoding"),
        "a header field Content-Type is passed over (OpenAPI, Response and Encoding Object)", "describe it by `content` or `contentType`", True),
    Row("name-illegal", "header", "", lambda site, value: site.parent and site.parent.kind in ("response", "encoding")
        and not TOKEN.fullmatch(site.own),
        "{1!r} is no name of a header field (RFC 9110), so nobody can send it", "write letters, digits and -"),
    Row("name-illegal", "parameter scheme", "name", lambda site, value: value.get("in") in ("header", "cookie")
        and isinstance(value.get("name"), str) and value["name"] and not TOKEN.fullmatch(value["name"]) and value["name"],
        "{0!r} is no name of a header field or cookie (RFC 9110, RFC 6265), so nobody can send it", "write letters, digits and -"),
    Row("link-unusable", "link", "", lambda site, value: not any(isinstance(value.get(word), str) for word in ("operationId", "operationRef")),
        "the link names no operation", "give its operationId"),
    # paths, responses, servers, security
    Row("path-key", "path", "", lambda site, value: _key(site) and not _key(site).startswith("/"),
        "the path {1!r} has no slash at its start, so its operations are not known", "write /{1}"),
    Row("path-key", "path", "", lambda site, value: re.search("[{}]", PARAMETER.sub("", _key(site))),
        "the braces of the path {1!r} are not in pairs", "write each parameter as {{name}}"),
    Row("path-key", "path", "", lambda site, value: "#" not in _key(site) and (odd := _ODD_SEGMENT.search(_key(site))) and odd[0].strip("/"),
        "{0!r} in the path {1!r} stands for itself, and is no parameter", "write each parameter as {{name}}, and no spaces", True),
    Row("path-key", "path", "", lambda site, value: "//" in _key(site).partition("#")[0],
        "the path {1!r} has an empty segment, which clients and proxies may leave out", "write one slash", True),
    Row("path-key", "path", "", lambda site, value: "{}" in _key(site),
        "a parameter of the path {1!r} has no name", "write each parameter as {{name}}"),
    Row("path-key", "path", "", lambda site, value: "?" in _key(site) and "#" not in _key(site),
        "a path has no query, so that others do not know the operations of {1!r}", "describe what stands behind `?` as parameters", True),
    Row("path-key", "path", "", lambda site, value: _key(site).endswith("#"),
        "nothing stands behind the `#` of the path {1!r}", "remove it", True),
    Row("path-key", "path", "", lambda site, value: next((name for name, count in Counter(PARAMETER.findall(_key(site))).items()
        if count > 1), ""),
        "the path has the parameter {0!r} twice", "give each parameter a name of its own"),
    Row("status-unknown", "responses", "", lambda site, value: not [key for key in value if not str(key).startswith("x-")],
        "the operation has no response, so every response is undocumented", "describe one, or default"),
    Row("status-unknown", "operation", "", lambda site, value: not any(name == "responses" or is_slip(name, "responses")
        for name in value) and not any(one.kind == "callback" for one in site.around),
        "the operation has no `responses`, so every response is undocumented", "describe them"),
    Row("reference-siblings", "path", "", lambda site, value: [(name, value["$ref"]) for name in METHODS if name in value]
        if "$ref" in value else [],
        "`$ref` beside it leads to another Path Item, and readers take the one or the other", "move it to what is referred to"),
    Row("keyword-misplaced", "path", "", lambda site, value: [("additionalOperations", name, name.lower()) for name in map(str,
        site.map("additionalOperations")) if name.lower() in METHODS],
        "`additionalOperations` is for methods without a field of their own, and `{0}` is one", "move it to `{0}` of the path"),
    Row(_S, "server", "url", _server, "the URL of the server cannot be used: {0}", "correct it"),
    Row(_S, "server", "url", _is_bare_host, "a URL without a scheme is a path below the address of the contract",
        "write https:// before it, or a slash where a path is meant", True),
    *(
        Row("keyword-version", kind, word, _other_dialect(word), "OpenAPI reads schemas by JSON Schema 2020-12, and {0} is another dialect",
            "write the schemas by 2020-12, and remove it", True)
        for kind, word in (("document", "jsonSchemaDialect"), ("schema", "$schema"))
    ),
    Row("link-unusable", "callback", "", lambda site, value: [(str(key), str(key)) for key in value if re.search(r"\s", str(key))],
        "{0!r} is no URL and no expression, so the callback goes nowhere", "write for example {{$request.body#/url}}", True),
    Row("name-illegal", "link", "", lambda site, value: site.parent and site.parent.kind == "response"
        and not _NAME.fullmatch(site.own),
        "a link may not be called {1!r} (OpenAPI, Response Object)", f"write {_SIGNS}", True),
    Row("name-illegal", "document", "", lambda site, value: _repeated_tags(site), "another tag is called {0!r}, too", "keep one of them", True),
)  # fmt: skip
"""Rows of one rule that may find the same place stand in the order in which they count."""
