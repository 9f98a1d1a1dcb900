"""Schemas: those that no value satisfies, members of an enum that are never valid, keywords without effect, discriminators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from toolkit.client.texts import FORMATS
from toolkit.document.files import Node, at
from toolkit.document.pointers import as_array, as_object, object_at
from toolkit.errors import ContractError
from toolkit.review.survey import Mistake, Site, Survey, likely, near
from toolkit.schema.bundle import Bundle, bundle, bundle_all, stated_types
from toolkit.schema.formats import AROUND
from toolkit.schema.judge import SchemaUnusable, compile_schema, shown
from toolkit.schema.languages import exclude, lengths
from toolkit.schema.patterns import Item, Piece, Repeated, compile_pattern, parsed
from toolkit.schema.possible import Examined, Impossible, examine, excluded
from toolkit.schema.shape import Shape, Shapes
from toolkit.structs import replace
from toolkit.wire.json import dump_json

_PARTS = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
"""Keywords whose schemas speak of the same value as the schema around them."""
_OF_TYPE = {
    "a string": ({"string"}, "minLength maxLength pattern contentEncoding contentMediaType"),
    "a number": ({"integer", "number"}, "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"),
    "an array": ({"array"}, "items prefixItems minItems maxItems uniqueItems contains minContains maxContains"),
    "an object": ({"object"}, "properties patternProperties additionalProperties required minProperties maxProperties propertyNames"),
}  # fmt: skip
_FORMATS = (
    "date date-time time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri uuid byte binary"
    " password regex json-pointer base64url"
)
_TEXTS, _NUMBERS = frozenset(_FORMATS.split()), {"int32": "integer", "float": "number", "double": "number"}
_KNOWN = _TEXTS | {"date-time-local", "time-local", "uri-template", "iri-reference"}
"""Formats of strings."""
_SIZES = ("int16", "int32", "int64", "uint16", "uint32", "uint64", "float", "double", "decimal", "decimal128")
"""Formats of numbers, by the registry of OpenAPI, which may be misspelt."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_ENCODED = "base64 base64url base32 base32hex base16 hex quoted-printable 7bit 8bit binary identity"
_ENCODINGS = frozenset(_ENCODED.split())
"""Encodings of strings: RFC 4648, and RFC 2045."""
_ASKING = ("required", "minItems", "minProperties", "minContains", "contains")
"""Of keywords that exclude each other those that ask for more than the others give."""
_SAYS_NOTHING: tuple[Any, ...] = (None, False, [], {})


def bundled(node: Node, survey: Survey, *without: str, request: bool = False) -> Bundle | None:
    """The schema at a node, some keywords left out, maybe as a part of a request; None where it cannot be read."""
    if without:
        node = replace(node, value={key: value for key, value in node.value.items() if key not in without})
    try:
        return bundle(node, survey.contract.request_dialect if request else survey.contract.dialect)
    except (ContractError, RecursionError, AttributeError, TypeError):
        return None


def whole_shape(found: Bundle) -> tuple[Shapes, Shape]:
    """The shape of the values of a schema, and what reads the shapes of its parts."""
    shapes = Shapes(found.schema)
    return shapes, shapes.of(found.schema)


def shape_at(node: Node, survey: Survey, *without: str) -> Shape:
    """The shape of the values of the schema at a node, some keywords left out; of one that cannot be read, that of any value."""
    found = bundled(node, survey, *without)
    return whole_shape(found)[1] if found else Shapes({}).of({})


def refused_of(found: Bundle, values: Iterable[Any]) -> Iterator[int]:
    """The positions of the values that are not valid; none where the schema cannot be used, which another rule says."""
    try:
        judge = compile_schema(found)
        yield from (at for at, value in enumerate(values) if not judge.is_valid(value))
    except ContractError:
        return


def _examined(survey: Survey) -> Examined:
    """All whole schemas, each with all that it refers to; what several have is met once."""
    whole = [site.node for site in survey.of("schema") if site.parent is None or site.parent.kind != "schema"]
    own = [node for node in whole if node.value.keys() != {"$ref"}]
    return examine(bundle_all(own, survey.contract.dialect)) if own else Examined([], [], [])


def faults(survey: Survey) -> list[SchemaUnusable]:
    return survey.once(_examined).faults


def without_value(survey: Survey) -> set[Any]:
    """The keys of schemas that no value satisfies."""
    return {one.node.key for one in survey.once(_examined).impossible}


def unexamined(survey: Survey) -> Iterator[Mistake]:
    """What of the question whether a schema has a value was not decided."""
    for node, reason in survey.once(_examined).left:
        yield Mistake(node, f"whether any value is valid was not decided: {reason}")


def impossible(survey: Survey) -> Iterator[Mistake]:
    for one in survey.once(_examined).impossible:
        if one.is_endless:
            message = "no value is valid: each would have to hold another one like it, without end"
            at = one.node.raw("required") or one.node
            yield Mistake(at, message, "require less, or allow null or an empty array")
            continue
        words = [word for word in one.keywords if word != "type"] or list(one.keywords)
        if one.is_local and {"enum", "const"} & set(words) and one.node.value.get("enum") != []:
            continue  # each member is a finding of its own
        shown_words = ", ".join(f"`{word}`" for word in words) or _parts(one, survey)
        exclude = "excludes every value" if len(words) == 1 else "exclude each other"
        telling = next((word for word in (*_ASKING, *words) if word in words), "")
        at = (one.node.raw(telling) if words and one.is_local else None) or _common(one)
        yield Mistake(at, f"no value is valid: {shown_words} {exclude}")
    met: set[Any] = set()
    for site in survey.of("schema"):
        pattern = site.node.value.get("pattern")
        if isinstance(pattern, str) and _wants_more(pattern):
            message = f"no value is valid: a string ends at the `$` of the pattern {shown(pattern)}, and more stands behind it"
            yield site.mistake(message, "leave out slashes and flags: they would be a part of the pattern", "pattern")
        elif isinstance(pattern, str) and site.whole.node.key not in met and (word := _excluded(site, pattern, survey)):
            met.add(site.whole.node.key)
            message = f"no string is valid: the pattern {shown(pattern)} and {word} exclude each other"
            yield site.mistake(message, "correct the one or the other", word.split()[0])
    for site in survey.of("media"):
        is_named = site.own in FORMS and site.node.value.keys().isdisjoint(("prefixEncoding", "itemEncoding"))
        types = stated_types(as_object(site.part("schema").value)) if is_named else ()
        if types and "object" not in types:
            message = f"no body is valid: a form is an object of fields, and the schema says {' or '.join(types)}"
            yield site.mistake(message, "write an object with a property for each field", "schema", "type")


def _wants_more(pattern: str) -> bool:
    """Whether each alternative of a pattern wants a character behind the end of the string; a line break there has a rule of its own."""
    try:
        options = parsed(pattern.rstrip("\n")).options
    except ValueError:  # which another rule says
        return False
    kinds = [list(map(_kind, option)) for option in options]
    return all("end" in one and "character" in one[one.index("end") :] for one in kinds)


def _kind(item: Item) -> str:
    """`character` also for what is repeated, or a group, that has one at least."""
    if isinstance(item, Repeated):
        return _kind(item.item) if item.by.least else ""
    if isinstance(item, Piece):
        return item.kind
    is_one = item.mark in ("(", "(?:") and all("character" in map(_kind, one) for one in item.options)
    return "character" if is_one else ""


def _excluded(site: Site, pattern: str, survey: Survey) -> str:
    """The keyword, with its value, that allows no string that the pattern matches; ''. All that a value meets there counts."""
    if site.whole is site and not site.node.value.keys() & {"minLength", "maxLength", "format", "allOf", "$ref"}:
        return ""
    shape = shape_at(site.whole.node, survey)
    (least, most), low, high = lengths(pattern), shape.each("minLength"), shape.each("maxLength")
    others = [one for one in shape.each("pattern") if isinstance(one, str) and one != pattern]
    excluded = [
        *(f"maxLength {one}" for one in high if isinstance(one, int) and least > one),
        *(f"minLength {one}" for one in low if isinstance(one, int) and most is not None and most < one),
        *(f"format {one}" for one in shape.each("format") if is_format_excluded(pattern, one)),
        *(f"pattern {shown(one)}" for one in others if exclude(pattern, one)),
    ]
    return next(iter(excluded), "")


def is_format_excluded(pattern: str, word: object) -> bool:
    """Whether no string of a format matches a pattern."""
    around = AROUND.get(str(word))
    return around is not None and not compile_pattern(pattern)(FORMATS[str(word)](0)) and exclude(pattern, around)


def _parts(one: Impossible, survey: Survey) -> str:
    """The parts of a schema by the places that they have in it, with the property about which they differ."""
    named = (f"`{'/'.join(part.tokens[len(one.node.tokens) :]) or part.tokens[-1]}`" for part in one.parts)
    found = bundled(one.node, survey)
    shape = shape_at(one.node, survey)
    asked = {name: [*shape.properties.get(name, ())] for name in shape.required}
    name = min(excluded(found, asked), default="") if found else ""
    return " and ".join(named) + (f", by what they say of {name!r}," if name else "")


def _common(one: Impossible) -> Node:
    """The keyword that all the parts stand in, else the schema itself."""
    steps = {part.tokens[len(one.node.tokens)] for part in one.parts if len(part.tokens) > len(one.node.tokens)}
    return (one.node.raw(steps.pop()) if len(steps) == 1 else None) or one.node


def unreachable(survey: Survey) -> Iterator[Mistake]:
    """Members of an enum, and a const, that the other keywords of their schema refuse."""
    for site in survey.of("schema"):
        values = site.values("enum", "const")
        rest = bundled(site.node, survey, "enum", "const") if values else None
        refused = [values[at] for at in refused_of(rest, (value for _, value in values))] if rest else []
        if not refused and values[1:] and site.whole is not site and (found := bundled(site.whole.node, survey)):
            beside = [values[at] for at in refused_of(found, (value for _, value in values))]
            refused, rest = (beside, found) if len(beside) < len(values) else ([], rest)
        if rest and len(refused) == len(values) > 1:
            yield site.mistake(f"no member of the enum is valid: {_why(rest, refused[0][1])}", "", "enum")
            continue
        for keys, value in refused if rest else ():
            yield site.mistake(f"{shown(value)} is never valid: {_why(rest, value)}", "", *keys)
        if "const" in site.node.value and values[1:] and site.node.value["const"] not in site.list("enum"):
            message = f"no value is valid: the constant {shown(site.node.value['const'])} is not one of the enum"
            yield site.mistake(message, "", "const")


def _why(found: Bundle | None, value: Any) -> str:
    return next(iter(compile_schema(found).errors(value))).message if found else ""


def without_effect(survey: Survey) -> Iterator[Mistake]:
    yield from _unknown_formats(survey)
    yield from _encodings(survey)
    for site in survey.of("schema"):
        seen: set[str] = set()
        for listing, index in ((one, number) for one in ("enum", "required") for number in range(len(site.list(one)))):
            value = site.list(listing)[index]
            written = listing + dump_json(value).decode()  # a copy: bytes of orjson's hold room for 1 kB or more
            if written in seen:
                message = f"`{listing}` has {shown(value)} twice, so another value may be meant"
                yield site.mistake(message, "remove it, or correct it", listing, index, mild=True)
            seen.add(written)
        if site.node.value.get("format") == "binary" and survey.used[site.node.key] == {"json"}:
            message = "bytes are no value of JSON, so `format: binary` says nothing"
            cure = "write `contentEncoding: base64`, or `format: byte` in 3.0"
            yield site.mistake(message, cure, "format", mild=True)
        types = _types_of(site, survey)
        if not types:
            continue
        for name, (own, words) in _OF_TYPE.items():
            for word in words.split() if not own & types else ():
                value = site.node.value.get(word)
                # meant for the objects in a list, it leaves them open
                is_meant = value not in _SAYS_NOTHING or (
                    word == "additionalProperties" and value is False and "array" in types
                )
                if is_meant and not (word == "required" and value is True):
                    message = f"`{word}` says nothing of {_typed(types)}: it is about {name}"
                    yield site.mistake(message, f"correct the type, or remove `{word}`", word)
        word = site.node.value.get("format")
        about = "string" if str(word) in _TEXTS else _NUMBERS.get(str(word), "")
        if about and not types & {about, about.replace("integer", "number")}:
            message = f"the format {word} says nothing of {_typed(types)}: it is about {_typed({about})}"
            yield site.mistake(message, "correct the type, or remove `format`", "format", mild=True)


def _types_of(site: Site, survey: Survey) -> set[str]:
    """The types of the values of a schema, by itself or by what stands beside it in `allOf` and `$ref`; none where it is open."""
    value, whole = site.node.value, site.whole
    if types := set(stated_types(value)):
        return types
    is_open = whole is site and not value.keys() & {"allOf", "$ref"}
    if is_open or value.keys() <= {"$ref", "description"}:
        return set()
    shape = shape_at(whole.node, survey)
    return set(shape.types) if shape.stated else set()


def _encodings(survey: Survey) -> Iterator[Mistake]:
    for site in (one for one in survey.of("media") if one.map("encoding") and one.map("schema")):
        shape = shape_at(site.part("schema"), survey)
        known = shape.properties if not shape.groups and not shape.patterns else {}
        for name in site.map("encoding") if known else ():
            if name not in known:
                message = f"no property is called {name!r}, so its encoding says nothing{near(name, known)}"
                yield site.mistake(message, "correct the name", "encoding", name)


def _unknown_formats(survey: Survey) -> Iterator[Mistake]:
    """Formats that are near a known one, each once: the first place, with the number of all; and encodings that are none."""
    found: dict[tuple[str, bool], list[Node]] = {}
    for site in survey.of("schema"):
        word, encoding = site.node.value.get("format"), site.node.value.get("contentEncoding")
        if isinstance(word, str) and (types := set(stated_types(site.node.value)) & {"string", "integer", "number"}):
            found.setdefault((word, "string" in types), []).append(site.part("format"))
        if isinstance(encoding, str) and encoding.lower() not in _ENCODINGS:
            message = f"the encoding {encoding!r} is unknown, so no string is checked by it{near(encoding, _ENCODINGS)}"
            yield site.mistake(message, "write for example base64 (RFC 4648)", "contentEncoding")
    for (word, is_text), nodes in found.items():
        meant = likely(word.lower(), _FORMATS.split() if is_text else _SIZES, 0.85 if is_text else 1)
        if word not in (*_KNOWN, *_SIZES, "int8", "uint8") and meant:
            times = f" ({len(nodes):,} times)" if len(nodes) > 1 else ""
            kind, is_variant = "string" if is_text else "number", word.rstrip("0123456789") == meant
            message = f"the format {word!r} is unknown, so no {kind} is checked by it{times}"
            yield Mistake(nodes[0], message, f"write `{meant}`", mild=is_variant)


def _typed(types: set[str]) -> str:
    words = sorted(types - {"null"}) or ["null"]
    return f"{'an' if words[0][:1] in ('a', 'i', 'o') else 'a'} {' or '.join(words)}"


def required_undeclared(survey: Survey) -> Iterator[Mistake]:
    known: dict[Any, set[str]] = {}
    for site in survey.of("schema"):
        own, required = site.map("properties"), {str(one) for one in site.list("required")}
        named = [(keys, name) for keys, name in _needed(site) if isinstance(name, str) and name not in own]
        if not named or (own and site.node.value.get("additionalProperties") is False):
            continue  # no value is valid, which is a rule of its own
        outer, under = site, [""]
        while is_part(outer) and outer.parent:
            under.append(outer.own)
            outer = outer.parent
        if outer.node.key not in known:
            known[outer.node.key] = _declared(outer.node)
        declared = known[outer.node.key] if "not" not in under else set()
        free = sorted(declared - required)
        for keys, name in named if declared else ():
            meant = likely(name, free)
            means = f"; did you mean {meant!r}?" if meant else ", so nothing is said of its value"
            if name not in declared and (meant or not is_part(site)):
                is_said = "required" if keys[0] == "required" else "named"
                message = f"{name!r} is {is_said}, and not among the properties{means}"
                yield site.mistake(message, "declare the property, or correct the name", *keys, mild=not meant)


def _declared(schema: Node) -> set[str]:
    """The names of properties that a schema and its parts declare; none where any name may be meant."""
    pending, met, names = [schema], set[Any](), set[str]()
    while pending:
        node = pending.pop()
        value = as_object(node.value)
        if node.key in met:
            continue
        if "patternProperties" in value:
            return set()
        met.add(node.key)
        names |= set(map(str, object_at(value, "properties")))
        for word, inner in node.children() if value.keys() & _PARTS else ():
            is_many = isinstance(inner.value, list) or word == "dependentSchemas"
            pending += ([one for _, one in inner.children()] if is_many else [inner]) if word in _PARTS else []
        try:
            pending += [node.refer(value[word]) for word in ("$ref", "$dynamicRef") if isinstance(value.get(word), str)]
        except ContractError:
            return set()
    return names


def _needed(site: Site) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The names of properties that a schema requires, or names where one depends on another, each with its place."""
    yield from ((("required", index), name) for index, name in enumerate(site.list("required")))
    for word in ("dependentRequired", "dependentSchemas"):
        for name, needed in site.map(word).items():
            yield (word, str(name)), name
            yield from (((word, str(name), index), one) for index, one in enumerate(as_array(needed)))


def is_part(site: Site) -> bool:
    """Whether a schema is a part of another one, which may declare what this one requires."""
    parent = site.parent
    if parent is None or parent.kind != "schema":
        return False
    return site.node.tokens[len(parent.node.tokens)] in _PARTS


def discriminators(survey: Survey) -> Iterator[Mistake]:
    for site in survey.of("discriminator"):
        name = site.node.value.get("propertyName")
        if isinstance(name, str) and site.parent:
            yield from _undeclared(site, site.parent, name, survey)
        default = {"": site.node.value["defaultMapping"]} if "defaultMapping" in site.node.value else {}
        listed = _alternatives(site.parent) if site.parent else set()
        for key, value in (*site.map("mapping").items(), *default.items()):
            where = ("mapping", str(key)) if key else ("defaultMapping",)
            target = _named(site.node, value, survey) if isinstance(value, str) else site.node
            if target is None:
                message = f"the mapping of {key!r} leads to nothing: {value!r}"
                yield site.mistake(message, "name a schema of the contract", *where)
            elif key and target is not site.node and (tags := _tags(target, name, survey)) and str(key) not in tags:
                message = f"{name!r} of {value!r} is never {str(key)!r}, so the mapping leads to no valid value"
                yield site.mistake(message, f"map {shown(tags[0])}, or correct the schema", *where)
            elif target is not site.node and listed and not _is_made_of(target, listed):
                message = f"{value!r} is none of the alternatives, so that no value is valid by the mapping"
                yield site.mistake(message, "add it to the alternatives, or remove the mapping", *where, mild=True)
        if isinstance(name, str) and site.parent:
            yield from _unnamed(site, site.parent, name, survey)


def _alternatives(owner: Site) -> set[Any]:
    """The keys of the alternatives of the owner of a discriminator; none where one leads nowhere, which another rule says."""
    every = [owner.part(word, index) for word in ("oneOf", "anyOf") for index in range(len(owner.list(word)))]
    try:
        return {one.follow().key for one in every}
    except ContractError:
        return set()


def _is_made_of(target: Node, listed: set[Any]) -> bool:
    """Whether a schema, or one that it is made of by `allOf`, is one of those listed."""
    try:
        return any(one.follow().key in listed for one in (target, *(one for _, one in target.each("allOf"))))
    except ContractError:  # which another rule says
        return True


def _tags(target: Node, name: Any, survey: Survey) -> list[Any]:
    """The values that a schema lists of the property of a discriminator; [] where it lists none."""
    found = bundled(target, survey) if isinstance(name, str) else None
    shapes, shape = whole_shape(found) if found else (None, None)
    return (shapes.of(*shape.properties.get(name, ())).constants() or []) if shapes and shape else []


def _unnamed(site: Site, owner: Site, name: str, survey: Survey) -> Iterator[Mistake]:
    """Alternatives whose own value of the property leads to another schema, or to none."""
    mapped = {_named(site.node, value, survey) for value in site.map("mapping").values() if isinstance(value, str)}
    known = {one.key for one in mapped if one}
    every = [as_object(one) for word in ("oneOf", "anyOf") for one in owner.list(word)]
    if any("$ref" not in one and one.get("type") != "null" for one in every):
        message = "alternatives without a `$ref` have no name for the property (OpenAPI, Discriminator Object)"
        yield site.mistake(message, "make each of them a component", "propertyName", mild=True)
    for option in (one for one in every if "$ref" in one):
        target = _named(site.node, str(option["$ref"]), survey)
        tags = _tags(target, name, survey) if target and target.key not in known else []
        if not {*tags}.isdisjoint(site.map("mapping")):
            continue  # the mapping leads elsewhere or to nothing, which is said
        own = target.tokens[-1] if target and target.tokens else ""
        if tags and own not in tags:
            message = f"{name!r} of {own} is {shown(tags[0])}, and without a mapping {own!r} alone leads to it"
            yield site.mistake(message, f"map {shown(tags[0])} to it", "propertyName", mild=True)
            return


def _undeclared(site: Site, owner: Site, name: str, survey: Survey) -> Iterator[Mistake]:
    words = [word for word in ("oneOf", "anyOf") if owner.list(word)]
    options = [owner.part(word, index) for word in words for index in range(len(owner.list(word)))] or [owner.node]
    every = [whole_shape(found) for one in options if (found := bundled(one, survey))]
    shapes = [shape for _, shape in every if "object" in shape.types]
    values = [known.of(*shape.properties[name]) for known, shape in every if name in shape.properties]
    base = shape_at(owner.node, survey, "oneOf", "anyOf")
    lacking = sum(name not in shape.properties for shape in shapes)
    if name in base.properties and (words or not lacking):
        return
    if lacking:
        some = f"{lacking} of {len(shapes)} alternatives do not declare it"
        which = some if lacking < len(shapes) else "no alternative declares it"
        which = which if words else "the schema does not declare it"
        message = f"the discriminator is the property {name!r}, and {which}"
        hint, is_some = "declare and require the property, or name another", 0 < lacking < len(shapes)
        yield site.mistake(message, hint, "propertyName", mild=is_some)
    elif any(value.stated and "string" not in value.types for value in values):
        message = f"the discriminator is the property {name!r}, which holds no strings, as the names of schemas are"
        yield site.mistake(message, "make it a string, or name another", "propertyName", mild=True)
    elif words and any(name not in shape.required for shape in shapes) and name not in base.required:
        message = f"the discriminator is the property {name!r}, and not every alternative requires it"
        yield site.mistake(message, "require it in each of them", "propertyName", mild=True)


def _named(node: Node, value: str, survey: Survey) -> Node | None:
    """The schema that a mapping names, by the name of a component or by a reference."""
    schemas = at(survey.contract.root, ("components", "schemas"))
    if schemas and (component := schemas.raw(value)):
        return component
    try:
        return node.refer(value)
    except ContractError:
        return None
