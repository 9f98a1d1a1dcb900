"""A probe, and what its response breaks: expected is acceptance, a refusal as documented, or anything but a server error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from toolkit.client.client import Call, CheckedResponse, Client
from toolkit.conformance.laws.internals import body_text
from toolkit.contract.operation import Operation, Parameter
from toolkit.contract.promises import ErrorPromise, dig
from toolkit.contract.resources import json_value
from toolkit.document.files import Node
from toolkit.document.pointers import ABSENT, pointer_text
from toolkit.exchange import Key
from toolkit.schema.judge import shown
from toolkit.schema.messages import RULES as RULE_OF_KEYWORD
from toolkit.structs import Frozen, replace
from toolkit.verdict import ContractPlace, Violation

ITEM_TWICE = "an item twice"
Tokens = tuple[str, ...]


class Edit(Frozen, eq=False):
    """A new value at a place of a body; ABSENT takes the property away. `label` says what is special about it. `inner`, if given, is the
    one change within that value, which was made by the schema: its place is one in the whole. `made` says which of its alternatives the
    value was made as, '' where it has one form."""

    at: Tokens
    value: Any
    label: str
    rank: int
    inner: Edit | None = None
    made: str = ""

    @property
    def place(self) -> Tokens:
        """Where something is changed in the whole, as far as one change says it."""
        return self.inner.at if self.inner else self.at

    @property
    def name(self) -> str:
        return self.of("a body") if self.at or not isinstance(self.value, str) else self.of("the body")

    def of(self, whole: str) -> str:
        """What is changed in a whole, in words."""
        if self.inner:
            part = f"with another #{pointer_text(self.at)}" if self.at else "of"
            return self.inner.of(f"{whole} {part}{self.made}")
        if self.value is ABSENT:
            return f"{whole} without #{pointer_text(self.at)}"
        text = shown(self.value)
        place = f"with #{pointer_text(self.at)}=" if self.at else "" if isinstance(self.value, str) else "of "
        return f"{whole} {place}{text if len(text) <= 60 else '...'} [{self.label}]"


class Probe(Frozen):
    """A call, `what` it requests in words, and what is expected of its response: `accepted`, `refused` or `survived`.

    `place` is where the contract says so, `kind` the kind of fault in the call. Probes of a lower `rank` find more.
    `method`, if given, replaces that of the call. `location` is where the parameter stands; `where`, if given, is the place in
    the request; `edit` is what the probe changes in the plain body; `way` says how it is sent, such as `JSON, GET`.
    """

    what: str
    call: Call
    expected: str
    parameter: str = ""
    kind: str = ""
    place: str = ""
    rank: int = 1
    method: str = ""
    location: str = "query"
    where: str = ""
    edit: Edit | None = None
    way: str = ""

    @property
    def name(self) -> str:
        wish = "do no harm" if self.expected == "survived" else f"be {self.expected}"
        return f"{self.what} should {wish}{f' ({self.way})' if self.way else ''}"

    @property
    def key(self) -> Key:
        return self.location, self.parameter

    @property
    def at(self) -> str:
        """The place in the request, as the validator names it."""
        named = f"request.{self.location}.{self.parameter}" if self.parameter else "request"
        return self.where or ("request.method" if self.method else named)

    @property
    def value(self) -> str:
        """The value of the parameter in words, such as `51 [above maximum]`."""
        is_absent = self.what == f"a request without {self.parameter}"
        return "absent" if is_absent else self.what.removeprefix(f"{self.parameter}=")

    @property
    def trait(self) -> str:
        """What its value has in common with those of other places: of a wrong one the kind of fault, else its label."""
        if self.expected == "accepted":
            return self.what.rpartition("]")[0].rpartition("[")[2]
        keyword = ContractPlace.parse(self.place).pointer.rpartition("/")[2]
        return RULE_OF_KEYWORD.get(keyword, self.kind)


_PLACES = {"media-type": "request.header.Content-Type", "accept": "request.header.Accept"}  # by kind; else the body


def request_probe(
    client: Client, what: str, expected: str, kind: str, place: Node | None = None, **changes: Any
) -> Probe:
    """The probe of a plain call with another body, or another Accept; `place` is that of the body, unless given."""
    owner, where = place or body_place(client.operation), _PLACES.get(kind, "request.body")
    return Probe(what, client.call(**changes), expected, "", kind, owner.location, where=where)


def body_place(operation: Operation) -> Node:
    """Where the contract says what the body of a request is, or that there is none."""
    return operation.node.get("requestBody") or operation.node


def check_expected(client: Client, probe: Probe, response: CheckedResponse) -> Iterator[Violation]:
    """What is wrong with the response to a probe, beside what is wrong with it alone. An overloaded service is not to blame."""
    if response.status and response.status < 500 and not response.overloaded:
        check = _check_accepted if probe.expected == "accepted" else _check_refused
        is_open = probe.expected == "survived" and not shows_twice(probe, response.thing)
        for found in () if is_open else check(client, probe, response):
            alike = found.rule in ("refusal-status", "refusal-code")  # one handler of errors, whatever the fault
            yield replace(found, trait=outcome(client, response) if alike else probe.trait)


def outcome(client: Client, response: CheckedResponse) -> str:
    """The status and the error code of a response, such as `400 InvalidParameter`."""
    code = dig(response.value, client.facts.code) if client.facts.code else None
    return f"{response.status} {code or ''}".strip()


def _check_accepted(client: Client, probe: Probe, response: CheckedResponse) -> Iterator[Violation]:
    blamed = _BLAMED.get(probe.kind, (400, 422))
    is_refused = response.status >= 400 and (client.facts.errors or response.status in blamed)
    if is_refused and not client.broken(probe.call) and not _is_of_others(client, probe, response):
        message = f"{probe.what} conforms to the contract and is refused with {outcome(client, response)}"
        yield Violation("valid-request-refused", message, probe.at, probe.place)


def _is_of_others(client: Client, probe: Probe, response: CheckedResponse) -> bool:
    """Whether the refusal speaks of something else that has the value already, as 409 does, or, of a parameter, of what the probe leaves
    alone, with which it may not go: it names what stands in the path, and not as its URL, or another parameter, which it says that the
    value needs, or which alone it speaks of."""
    said = body_text(response.headers.content_type, response.body)
    if response.status in (400, 422) and _TAKEN.search(said):
        return True
    if not probe.parameter or probe.location == "path":
        return False
    told = {*_told_of(json_value(response.body))}
    items = [text for (location, _), text in probe.call.pairs if location == "path" and len(text) >= _SHORTEST_NAME]
    others = {one.name for one in client.operation.parameters} - {probe.parameter}
    needed = others if _NEEDING.search(said) else set()
    is_named = any(re.search(rf"(?<![\w/]){re.escape(text)}(?![\w/])", said) for text in (*items, *needed))
    is_of_another = probe.parameter not in said and not others.isdisjoint(told)
    return is_named or is_of_another


def _told_of(value: Any) -> Iterator[Any]:
    """What a refusal may speak of: names with something below them, and strings."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield key if isinstance(inner, dict | list) else inner
        yield from _told_of(inner)


def _check_refused(client: Client, probe: Probe, response: CheckedResponse) -> Iterator[Violation]:
    refusal = _documented_refusal(client, probe)
    method, in_body = client.operation.method, probe.at.startswith("request.body")
    if method == "OPTIONS" or (in_body and method in ("GET", "HEAD")):
        return  # nothing is done (RFC 9110, section 9.3.7), and a body has no meaning (9.3.1)
    if response.ok or (str(response.status) in client.operation.responses and response.status < 400):
        rule = "method-not-refused" if probe.method else "invalid-request-accepted"
        expected = f"{refusal.status or '4XX'} {' or '.join(refusal.codes)}".strip()
        message = f"{probe.what} is accepted with {response.status}, expected {expected}"
        yield Violation(rule, message, probe.at, probe.place)
        return
    if response.status < 400:
        return  # a redirection, to a page for signing in for instance
    is_unknown = _is_discriminator(client, probe) and response.status in (400, 404)
    if refusal.status and response.status != refusal.status and not is_unknown:
        rule = "method-not-refused" if probe.method else "refusal-status"
        message = f"{probe.what} is refused with {outcome(client, response)}, documented is {refusal.status}"
        yield Violation(rule, message, "response.status", probe.place)
    else:
        yield from _check_error(client, probe, response, refusal)
    if probe.method:
        yield from _check_allow(client, probe, response)


def _check_error(client: Client, probe: Probe, response: CheckedResponse, refusal: ErrorPromise) -> Iterator[Violation]:
    """The error code, and the parameter's name in the message, as documented."""
    facts = client.facts
    code = dig(response.value, facts.code) if facts.code else None
    message = dig(response.value, facts.message) if facts.message else None
    is_wrong = refusal.codes and code is not None and code not in refusal.codes
    if is_wrong and probe.kind not in _ANY_CODE and not _is_discriminator(client, probe):
        text = f"{probe.what} is refused with the code {code}, documented is {' or '.join(refusal.codes)}"
        at = f"response.body#{pointer_text(facts.code)}"
        yield Violation("refusal-code", text, at, probe.place)
    elif refusal.names_parameter and isinstance(message, str) and code in refusal.codes:
        # Where parameters contradict each other, any in the call will do
        is_relation = probe.kind == "parameters-inconsistent"
        names = list(dict.fromkeys(name for (_, name), _ in probe.call.pairs)) if is_relation else [probe.parameter]
        if not any(name in message for name in names):
            text = f"{probe.what} is refused with {shown(message)}, which does not name {' or '.join(names)}"
            at = f"response.body#{pointer_text(facts.message)}"
            yield Violation("refusal-message", text, at, probe.place)


def shows_twice(probe: Probe, thing: Any) -> bool:
    """Whether a thing has the item of an array twice that was sent so, and may not be: then it was not read as a set."""
    edit = probe.edit and (probe.edit.inner or probe.edit)
    return edit is not None and edit.label == ITEM_TWICE and dig(thing, edit.at) == edit.value


def _documented_refusal(client: Client, probe: Probe) -> ErrorPromise:
    if probe.method:
        return ErrorPromise((client.facts.other_methods or {}).get("status"), (), False)
    stated = (client.facts.refusal(kind, probe.parameter) for kind in (probe.kind, "parameter-invalid"))
    return next(filter(None, stated), ErrorPromise(None, (), False))


def _is_discriminator(client: Client, probe: Probe) -> bool:
    """Whether the parameter that names the operation is missing: then the operation is unknown, too."""
    return probe.kind == "parameter-missing" and any(p.key == probe.key for p in client.operation.discriminators)


def _check_allow(client: Client, probe: Probe, response: CheckedResponse) -> Iterator[Violation]:
    name = (client.facts.other_methods or {}).get("header")
    value = response.headers.get(str(name)) or ""
    allowed = {method.strip().upper() for method in value.split(",")}
    missing = [method for method in client.facts.methods if method not in allowed]
    if name and missing:
        text = f"{probe.method} is refused with {name}: {shown(value)}, without {', '.join(missing)}"
        hint = "list every method that is supported (RFC 9110, section 10.2.1)"
        yield Violation("method-not-refused", text, f"response.header.{name}", probe.place, hint)


def is_required_empty(parameter: Parameter, value: str | None) -> bool:
    """Whether a required parameter has an empty value, which a service may report as a missing one."""
    return parameter.required and value == "" and parameter.only_value is None


# Statuses by which a valid request is refused; others may come from a state, from missing rights or from data that do not exist.
_BLAMED = {"accept": (400, 406, 422), "media-type": (415,)}
_SHORTEST_NAME = 4  # characters: shorter ones stand in any text
_TAKEN = re.compile(r"\balready (?:exists?|taken|registered|(?:being )?used|in use)\b|\bduplicate\b", re.IGNORECASE)
_NEEDING = re.compile(r"\b(?:requires?|needs?|without|together|unless)\b", re.IGNORECASE)
_ANY_CODE = ("parameter-repeated", "parameters-inconsistent")  # other codes describe these as well
