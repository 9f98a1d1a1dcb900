"""Bodies of two versions of an operation: that of the request, and those of responses, in every media type; of XML also what JSON
knows nothing of: names, attributes, wrappers and namespaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain, islice
from typing import Any

from toolkit.client.bodies import Content, body_values
from toolkit.contract.operation import Operation, ResponseSpec
from toolkit.document.files import Node
from toolkit.document.pointers import array_at, as_object, object_at
from toolkit.review.changes import Change, Pair, Wording, schema_changes, witnesses
from toolkit.review.forms import Sameness
from toolkit.review.inclusion import ASIDE, Comparison
from toolkit.review.messages import Side, Witness, contents
from toolkit.review.samples import made
from toolkit.schema.bundle import Bundle, bundle, definition_of, objects_in, reference_to
from toolkit.schema.messages import shown
from toolkit.schema.shape import Outline, outline_of
from toolkit.structs import replace
from toolkit.validation.readers import root_name
from toolkit.verdict import few
from toolkit.wire import media_type
from toolkit.xml.codec import XmlCodec

_MOST_VALUES, _MOST_OF_LARGE, _LARGE = 40, 4, 100_000  # values that are tried; those of so many characters


def xml_changes(
    comparison: Comparison, prove: Callable[[Any], Witness | None], named: tuple[str, str, Node]
) -> Iterator[Change]:
    """A change for values that both versions accept in JSON and one refuses, or reads otherwise, in XML. `named` are the rule, the place in
    the message, and the media type in the contract."""
    if any(gap.kind not in ASIDE for gap in comparison.gaps()):
        return  # the values differ already, and that is reported
    inner, outer = comparison.inner, comparison.outer
    same = Sameness(inner, outer, telling=frozenset({"xml"}))
    if root_name(inner) == root_name(outer) and same.holds(inner.schema, outer.schema):
        return
    rule, at, media = named
    codecs = [XmlCodec.compile(one.schema, root_name(one)) for one in (comparison.inner, comparison.outer)]
    understood = outline_of(outer.schema)
    first = made(inner, most=_MOST_OF_LARGE)
    for value in first if len(repr(first)) > _LARGE else made(inner, most=_MOST_VALUES):
        if _written(codecs[0], value) is None:
            continue  # it has a name that no XML has, say, so nobody sends it
        witness = prove(value) or _misread_xml(codecs, _known(value, understood))
        if witness:
            yield Change(rule, f"{at}: the same value is written otherwise in XML", media, at, witness)
            return


def _known(value: Any, outline: Outline) -> Any:
    """A value without the properties of which a schema says nothing, wherever its XML has them."""
    if isinstance(value, list):
        return [_known(one, item) for one, item in zip(value, outline.each_item(), strict=False)]
    if not isinstance(value, dict):
        return value
    said = {name: one for name, one in value.items() if outline.named(name) or outline.others}
    return {name: _known(one, outline.property_of(name)) for name, one in said.items()}


def _misread_xml(codecs: list[XmlCodec], value: Any) -> Witness | None:
    """A text that one version writes and the other reads as another value."""
    written, other_way = (_written(codec, value) for codec in codecs)
    if written is None or other_way in (None, written):
        return None
    one, other = codecs[0].read(written), codecs[1].read(written)
    if one.faults or one.value != value or (not other.faults and other.value == value):
        return None
    found = other.faults[0].message if other.faults else f"it is read as {shown(other.value)}"
    return Witness(f"{written.decode('utf-8', 'replace')} - stands for {shown(value)}, and {found}", kind="xml")


def _written(codec: XmlCodec, value: Any) -> bytes | None:
    try:
        return codec.encode(value)
    except (ValueError, TypeError, AttributeError, LookupError):
        return None


_REQUEST = {
    "required": "request-property-required",
    "undeclared": "request-property-removed",
    "ignored": "request-property-removed",
    "default": "default-changed",
    "withdrawn": "",
    "closed": "request-property-removed",
    "other": "request-body-narrowed",
}
_FIELDS = ("form", "multipart")
_READ = ("json", "xml", "form", "stream")  # kinds of media types whose values are read
_MOST_NAMED = 3  # values of a discriminator
_MOST_SENT = 40  # bodies that are tried for one encoding
_RESPONSE = {
    "required": "response-property-optional",
    "undeclared": "response-property-added",
    "enum": "response-enum-value-added",
    "withdrawn": "response-property-removed",
    "closed": "response-property-added",
    "added": "response-property-added",
    "ignored": "",
    "default": "",
    "other": "response-widened",
}
_Tags = dict[tuple[str, str], str]


def request_body_changes(pair: Pair) -> Iterator[Change]:
    old, new = pair.before.request_content, pair.after.request_content
    body = pair.after.node.get("requestBody") or pair.after.node
    if old and not new and pair.before.node.get("requestBody"):
        gone = pair.before.node.get("requestBody") or pair.before.node
        bodies = (body for kind in old for body in body_values(pair.before, kind))
        told = f"{pair.new.label} describes no body"
        witness = next((pair.accepted(told, body=body) for body in bodies), None)
        yield Change("request-body-removed", "the request takes no body any more", gone, "request.body", witness)
        return
    if pair.after.body_required and not pair.before.body_required:
        witness = pair.refused(body=(next(iter(new), "text/plain"), b""))
        how = "is required now" if old else "is new, and required"
        yield Change("request-body-required", f"the request's body {how}", body, "request.body", witness)
    for name, media in old.items():
        found = _counterpart(name, new)
        any_other = name.replace("*", "vnd.example")  # of a range, what only another range takes
        if found is not None:
            yield from _request_media(pair, (name, media), (found, new[found]))
        is_gone = found is None or media_type.best(any_other, new) is None or media_type.are_versions(name, found)
        if new and is_gone and found != name:
            bodies = ((any_other if found else kind, body) for kind, body in body_values(pair.before, name))
            witness = next((pair.refused(body=content) for content in bodies), None)
            message = f"the media type {name} is not taken any more"
            yield Change("request-media-type-removed", message, media, "request.header.Content-Type", witness)


def _counterpart(name: str, others: Mapping[str, Node]) -> str | None:
    """The same media type of the other version, though it be none such as `*`, or the one that fits best."""
    return name if name in others else media_type.best(media_type.concrete(name), others)


def _request_media(pair: Pair, old: tuple[str, Node], new: tuple[str, Node]) -> Iterator[Change]:
    kind = media_type.kind(old[0])
    before, after = _schemas(pair, kind, old[1], new[1], request=True)
    if before is None or after is None:
        return

    def prove(value: Any) -> Witness | None:
        written = [one for one in contents(pair.before, old[0], old[1], value, request=True) if one[1]]
        if written and (value or kind not in _FIELDS):
            return pair.refused(body=written[0])
        if kind in _FIELDS and value:
            return None
        # Nothing stands for it, such as an empty object in a form.
        why = f"conforms to the schema of {pair.old.label}, not to that of {pair.new.label}"
        return Witness(f"{shown(value)} - {why}")

    def mean(value: Any, meaning: str) -> Witness | None:
        written = next(contents(pair.before, old[0], old[1], value, request=True), None)
        return written and pair.accepted(meaning, body=written)

    comparison = pair.compared(before, after, texts=kind in _FIELDS)
    changes = list(schema_changes(comparison, Wording(_REQUEST, "request.body", prove, kind, mean), pair.shared))
    yield from changes
    yield from _tag_changes(pair, comparison, "request.body", new[1], told=bool(changes))
    if kind in _FIELDS and not changes:
        yield from _encoding_changes(pair, old, new[1], before)
    if kind == "xml":
        yield from xml_changes(comparison, prove, ("request-xml-changed", "request.body", new[1]))


def _tag_changes(pair: Pair, comparison: Comparison, at: str, media: Node, *, told: bool) -> Iterator[Change]:
    """Values by which a discriminator names another schema than before, or none: a body that both versions take (OpenAPI,
    Discriminator Object) is decoded as what it is not. `told`: something else is reported, of which the latter follows."""
    mine, its = (_tags(one, comparison.memory.tags) for one in (comparison.inner, comparison.outer))
    mapped = {name for name, _ in its}
    new, reader = (comparison.inner, pair.old) if comparison.response else (comparison.outer, pair.new)
    yield from _moved_tags(comparison, (mine, its), (at, media), reader)
    texts, misread, places = list[str](), list[str](), list[Node]()
    known = comparison.outer.schema.get("$defs", {})
    for key in (key for key in mine if key[0] in mapped):
        one, other = comparison.inner.schema.get("$defs", {}).get(mine[key]), known.get(its.get(key, key[1]))
        if other is not None and its.get(key, key[1]) == mine[key]:
            continue
        is_lost = other is None and not told and key not in its
        if one is not None and (is_lost or (other is not None and not comparison.same.holds(one, other))):
            there = "nothing" if is_lost else its.get(key, key[1])
            once, values = (id(one), id(other), *key), pair.shared.misread
            if once not in values:
                values[once] = _misread(comparison, key, mine[key], "" if is_lost else there)
            if is_lost and values[once] is None:
                continue  # nothing has that name
            was, now = (there, mine[key]) if comparison.response else (mine[key], there)
            texts.append(f"{key[0]} named {was} by {key[1]!r}, and names {now}")
            places.append(new.places.get(now, media))
            is_rare = is_lost and key[1] == mine[key]  # such names few send without a mapping
            if values[once] is not None and not is_rare:
                misread.append(f"{shown(values[once])} - {reader.label} decodes it as {there}")
    if texts:
        rule, what = ("discriminator-changed" if misread else "change-undecided"), few(texts, _MOST_NAMED)
        witness = Witness(misread[0]) if misread else None
        yield Change(rule, f"{at}: the discriminator {what}", places[0], at, witness, what)


def _moved_tags(
    comparison: Comparison, tags: tuple[_Tags, _Tags], place: tuple[str, Node], reader: Side
) -> Iterator[Change]:
    """A discriminator that is another property than before: what one of them names, the other does not."""
    mine, its = tags
    names = {name for name, _ in mine} - {name for name, _ in its}
    for name, tag in (key for key in mine if key[0] in names):
        moved = {other for (other, _), target in its.items() if target == mine[name, tag]} - {each for each, _ in mine}
        inner = comparison.inner.part([{"$ref": reference_to(mine[name, tag])}, _tagged(name, tag)])
        found = ((other, value) for other in sorted(moved) for value in made(inner))
        for other, value in ((o, v) for o, v in found if its.get((o, str(v.get(o)))) != mine[name, tag]):
            was, now = (other, name) if comparison.response else (name, other)
            what = f"the discriminator was {was} and is {now}"
            named = its.get((other, str(value.get(other))), "nothing")
            witness = Witness(f"{shown(value)} - {reader.label} decodes it as {named}")
            yield Change("discriminator-changed", f"{place[0]}: {what}", place[1], place[0], witness, what)
            return


def _tagged(name: str, text: str) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: {"const": text}}}


def _misread(comparison: Comparison, tag: tuple[str, str], mine: str, its: str) -> Any:
    """A value that is tagged for one schema, which it conforms to, and not to that of the reader; None where none is found."""
    name, text = tag
    inner = comparison.inner.part([{"$ref": reference_to(mine)}, _tagged(name, text)])
    if not its:
        return next(iter(made(inner, most=1)), None)
    outer = comparison.outer.part([{"$ref": reference_to(its)}])
    named = Comparison(inner, outer, True, comparison.response)
    gaps = (gap for gap in named.gaps() if gap.kind not in ASIDE)
    return next(chain.from_iterable(witnesses(named, gap) for gap in gaps), None)


def _tags(bundle: Bundle, known: dict[int, _Tags]) -> _Tags:
    """The schema that each value of each discriminator names, by the name of its property; each of the `$defs` is read once."""
    defs = bundle.schema.get("$defs", {})
    own = {bundle.called(reference_to(name)): name for name in defs}
    found = _tags_of({key: value for key, value in bundle.schema.items() if key != "$defs"}, bundle, own)
    for schema in defs.values():
        if id(schema) not in known:
            known[id(schema)] = _tags_of(schema, bundle, own)
        found |= known[id(schema)]
    return found


def _tags_of(schema: Any, bundle: Bundle, own: Mapping[str, str]) -> _Tags:
    """Those of a mapping, and the names of the alternatives that it does not name; `own` are the contract's names of definitions."""
    found: _Tags = {}
    for one, told in ((one, object_at(one, "discriminator")) for one in objects_in(schema) if "discriminator" in one):
        branches = [each for key in ("oneOf", "anyOf") for each in array_at(one, key)]
        named = {bundle.called(each["$ref"]): name for each in branches if (name := definition_of(each))}
        meant = {str(tag): bundle.called(target) for tag, target in object_at(told, "mapping").items()}
        mapping = {tag: named.get(name) or own.get(name, name) for tag, name in meant.items()}
        tags = {text: name for text, name in named.items() if name not in mapping.values()} | mapping
        found |= {(str(told.get("propertyName")), tag): target for tag, target in tags.items()}
    return found


def _schemas(
    pair: Pair, kind: str, old: Node, new: Node, *, request: bool = False
) -> tuple[Bundle | None, Bundle | None]:
    """The schemas of a body in both versions, or of each item of a stream. Where one version alone has none, it takes any value."""
    keyword = "itemSchema" if kind == "stream" and (old.raw("itemSchema") or new.raw("itemSchema")) else "schema"
    sides = (pair.before, old), (pair.after, new)
    found = [one.body_bundle(media, request=request, keyword=keyword) for one, media in sides]
    if kind in _READ and any(found):
        dialects = [one.request_dialect if request else one.dialect for one, _ in sides]
        every = zip(found, sides, dialects, strict=True)
        found = [one or bundle(replace(media, value={}), dialect) for one, (_, media), dialect in every]
    return found[0], found[1]


def _encoding_changes(pair: Pair, old: tuple[str, Node], new: Node, bundle: Bundle) -> Iterator[Change]:
    """Fields of a form that are written otherwise, or parts in fewer media types (OpenAPI, Encoding Object)."""
    name, media = old
    was, now = _encodings(media), _encodings(new)
    if all(_is_taken(was.get(field, _USUAL), now.get(field, _USUAL)) for field in {**was, **now}):
        return
    values = made(bundle, {"minProperties": 1, **bundle.schema})
    longer = [{k: one * 2 if isinstance(one, list) else one for k, one in value.items()} for value in values]
    tried = ((one, way) for one in [*longer, *values] for way in _ways(media))
    bodies = (body for one, way in tried for body in contents(pair.before, name, way, one, request=True))
    refused = (pair.refused(body=body) for body in islice(bodies, _MOST_SENT))
    witness = next(filter(None, refused), None) or _rewritten(pair, old, new, longer)
    message = "request.body: fields are written otherwise (`encoding`)"
    rule, place = ("request-body-narrowed" if witness else "change-undecided"), new.get("encoding") or new
    undecided = "" if witness else ", and no body was found that shows whether this breaks anybody"
    yield Change(rule, message + undecided, place, "request.body", witness, "encoding")


def _ways(media: Node) -> Iterator[Node]:
    """A form with what its encoding leaves open, then with one content type for one of its parts."""
    yield media
    stated = object_at(media.value, "encoding")
    for field, (kinds, *_) in _encodings(media).items():
        for kind in (kind for one in kinds for kind in (one, _rare(one))):
            encoding = {**stated, field: {**stated[field], "contentType": kind}}
            yield replace(media, value={**media.value, "encoding": encoding})


def _rewritten(pair: Pair, old: tuple[str, Node], new: Node, values: list[dict[str, Any]]) -> Witness | None:
    """A form that both take, and that the new version reads as another value, since it writes this one otherwise."""
    for value in values if media_type.kind(old[0]) == "form" else ():
        one = next(contents(pair.before, old[0], old[1], value, request=True), None)
        other = next(contents(pair.after, old[0], new, value, request=True), None)
        if one and other and one != other:
            sent, read = one[1].decode(), other[1].decode()
            return Witness(f"{sent} - sends {shown(value)}, which {pair.new.label} writes as {read}")
    return None


def _encodings(media: Node) -> dict[str, tuple[Any, ...]]:
    """Media types, required header fields, style and explode of each field that has an Encoding Object."""
    found = {}
    for field, how in ((field, how) for field, how in object_at(media.value, "encoding").items() if as_object(how)):
        style = how.get("style", "form")
        kinds = tuple(sorted(one.strip() for one in str(how.get("contentType") or "").split(",") if one.strip()))
        fields = object_at(how, "headers").items()
        needed = {str(key).lower() for key, one in fields if as_object(one).get("required") is True}
        found[str(field)] = (kinds, needed, style, how.get("explode", style == "form"))
    return found


_USUAL = ((), set[str](), "form", True)


def _is_taken(old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    is_typed = old[0] == new[0] or (bool(old[0]) and all(media_type.best(_rare(one), new[0]) for one in old[0]))
    return bool(old[2:] == new[2:] and new[1] <= old[1] and is_typed)


def _rare(documented: str) -> str:
    """A media type of a range that nobody names; one that is no range as it is."""
    return documented.replace("*/", "application/").replace("*", "vnd.example")


def response_body_changes(pair: Pair, old: ResponseSpec, new: ResponseSpec) -> Iterator[Change]:
    """`new` is a status of the new version, `old` what the old one said of it."""
    if new.content and not old.content:
        message = f"status {new.key} has a body, and had none"
        yield Change("response-body-added", message, new.node, f"response.{new.key}.body")
        return
    for name, media in old.content.items():
        kept = _counterpart(name, new.content)
        if kept is None or media_type.are_versions(name, kept):
            yield from _withdrawn(pair, (name, media), old, new)
    for name, media in new.content.items():
        known = _counterpart(name, old.content)
        if known is not None:
            yield from _response_media(pair, (old.content[known], old), (name, media, new))


def response_bodies(operation: Operation, name: str, media: Node, most: int) -> Iterator[Content]:
    bundle = operation.body_bundle(media)
    for value in made(bundle, most=most) if bundle else ():
        yield from contents(operation, name, media, value, request=False)


def _withdrawn(pair: Pair, gone: tuple[str, Node], old: ResponseSpec, new: ResponseSpec) -> Iterator[Change]:
    """A media type that clients ask for and do not get any more: a response in it proves it, the other way round."""
    name, media = gone
    found = (pair.backward.response_refused(old, one) for one in response_bodies(pair.before, name, media, 2))
    now = f"responds as {', '.join(new.content)}" if new.content else "describes no body"
    asked = f"a client of {pair.old.label} expects {name}, and {pair.new.label} {now}"
    witness = next(filter(None, found), None) or pair.accepted(asked)
    message = f"status {new.key} does not come as {name} any more"
    at = f"response.{new.key}.header.Content-Type"
    yield Change("response-media-type-removed", message, media, at, witness, name)


def _response_media(
    pair: Pair, before: tuple[Node, ResponseSpec], after: tuple[str, Node, ResponseSpec]
) -> Iterator[Change]:
    name, media, spec = after
    kind = media_type.kind(name)
    old, new = _schemas(pair, kind, before[0], media)
    if old is None or new is None:
        return
    prove = partial(pair.body_refused, spec, name, media)
    comparison = pair.compared(old, new, response=True)
    at = f"response.{spec.key}.body"
    changes = list(schema_changes(comparison, Wording(_RESPONSE, at, prove, kind), pair.shared))
    yield from changes
    yield from _tag_changes(pair, comparison, at, media, told=bool(changes))
    if kind == "xml":
        yield from xml_changes(comparison, prove, ("response-xml-changed", at, media))
