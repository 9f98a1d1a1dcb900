"""What must hold of one response alone, given what was requested. These rules check every response of a run."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from toolkit.client.bodies import sent_value
from toolkit.client.client import CheckedResponse, Client
from toolkit.conformance.laws.comparing import is_misordered
from toolkit.conformance.laws.faults import fault_of
from toolkit.conformance.laws.internals import find_internals, strings_of, without_echoes
from toolkit.conformance.laws.kept import kept
from toolkit.conformance.laws.meant import meant
from toolkit.contract.promises import Facts, dig
from toolkit.document.encodings import UTF_8_MARK
from toolkit.document.identifiers import objects
from toolkit.document.pointers import pointer_text, pointer_tokens
from toolkit.schema.judge import shown
from toolkit.schema.scalars import read_moment, read_number, write_moment
from toolkit.schema.shape import equal
from toolkit.structs import replace
from toolkit.validation.validator import CONTENT_RANGE
from toolkit.verdict import PERHAPS, Violation
from toolkit.wire import media_type
from toolkit.wire.parameters import write_scalar
from toolkit.xml.parse import declared_encoding

_SKEW = timedelta(seconds=5)  # by which the clocks of client and service may differ
_WIDE = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"<\0", "utf-16"), (b"\0<", "utf-16"))
# The entries of `x-laws` that state the laws; those over state follow from the methods of HTTP.
_STATED_BY = {
    "server-error": "errors", "internals-leaked": "errors", "law-parameter-order": "errors", "too-slow": "within",
    "answer-format": "formats", "law-formats-equal": "formats", "law-methods-equal": "methods", "answer-encoding": "encoding",
    "law-echo": "echo", "law-default": "echo", "law-fresh": "fresh", "law-not-after-now": "not-after-now", "law-window": "window",
    "law-page-length": "total", "law-past-end-empty": "total", "law-pages-complete": "total", "law-total-constant": "total",
    "law-identity-unique": "identity", "law-pages-disjoint": "identity", "law-item-consistent": "identity",
    "law-order": "order", "law-page-size-invariant": "order", "law-repeatable": "order",
    "law-filter-exact": "filters", "law-filters-and": "filters", "valid-request-refused": "",
    "law-unknown-ignored": "unknown-parameters",
}  # fmt: skip

ResponseRule = Callable[[Client, CheckedResponse], Iterator[Violation]]


def check_alone(client: Client, response: CheckedResponse, seen: dict[Any, str]) -> Iterator[Violation]:
    """Every violation in a response alone. `seen` maps the fresh values of earlier responses to their source, and grows."""
    is_fault = any(_server_error(client, response))  # which says more than that its status is not documented
    found = (one for one in response.violations if not (is_fault and one.rule == "status-undeclared"))
    yield from (_without_fields(one) if one.rule == "headers-unrecorded" else one for one in found)
    for rule in _RULES:
        yield from rule(client, response)
    if response.ok and response.items(client.facts) is not None and not _is_ambiguous(client, response):
        for rule in _PAGE_RULES:
            yield from rule(client, response)
    if not _is_ambiguous(client, response):
        yield from (broken_law(client, *wrong) for wrong in meant(client, response))
    yield from _fresh(client, response, seen)


def _without_fields(unrecorded: Violation) -> Violation:
    """What a recording may have left out, a live response lacks."""
    message = "the response has no header fields at all, and the contract requires some"
    return Violation("header-missing", message, unrecorded.at, unrecorded.contract)


def _range(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    """A 206 has as many bytes as its Content-Range says (RFC 9110, section 14.4), before they are decoded."""
    received, stated = response.exchange.response, response.headers.get("Content-Range") or ""
    is_whole = received and not (received.partial or received.fault or response.headers.get("Content-Encoding"))
    found = CONTENT_RANGE.fullmatch(stated) if is_whole and response.status == 206 else None
    expected, size = int(found[2]) - int(found[1]) + 1 if found else 0, len(response.body)
    if found and response.exchange.request and response.exchange.request.method == "GET" and size != expected:
        message, hint = f"{stated} are {expected:,} bytes, and the body has {size:,}", "send the bytes that it names"
        yield Violation(
            "header-invalid", message, "response.header.Content-Range", client.operation.node.location, hint
        )


def unrepeated(
    alone: Iterable[Violation], client: Client, response: CheckedResponse, others: Iterable[Violation]
) -> Iterator[Violation]:
    """What is wrong with a response alone, without what it repeats of a body that should have been refused: they have one cause."""
    is_taken = any(one.rule == "invalid-request-accepted" and one.at.startswith("request.body") for one in others)
    request = response.exchange.request
    value = sent_value(client.operation, request.headers.content_type, request.body) if request and is_taken else None
    sent = [one for _, one in objects(value)]
    for violation in alone:
        part, _, pointer = violation.at.partition("#")
        names = pointer_tokens(pointer) if part == "response.body" else ()
        while names and names[-1].isdecimal():
            names = names[:-1]
        if not any(names and names[-1] in one and equal(one[names[-1]], dig(response.value, names)) for one in sent):
            yield violation


def _is_ambiguous(client: Client, response: CheckedResponse) -> bool:
    """Whether a parameter that takes one value was sent several: which of them counts, nobody says."""
    counts = Counter(key for key, _ in {*response.call.pairs})
    repeated = [client.parameter(name, location) for (location, name), count in counts.items() if count > 1]
    return any(one is not None and "array" not in one.types for one in repeated)


def _place(client: Client, rule: str) -> str:
    """Where the contract states a law: the entry of `x-laws`, else the operation."""
    operation = client.operation.node
    laws = operation.get("x-laws") if rule in _STATED_BY else None
    return ((laws and laws.get(_STATED_BY[rule])) or laws or operation).location


def in_response(*tokens: str) -> str:
    """Where a value stands in the body of a response."""
    return f"response.body#{pointer_text(tokens)}"


def broken_law(client: Client, rule: str, message: str, at: str = "response.body", hint: str = "") -> Violation:
    """A violation of a law, at the place in the contract that states it."""
    return Violation(rule, message, at, _place(client, rule), hint, client.operation.name)


def _no_response(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    if response.failure and response.exchange.source and not _may_wait(client, response):
        yield Violation("no-answer", response.failure, "response", client.operation.node.location)


def _may_wait(client: Client, response: CheckedResponse) -> bool:
    """Whether it is left open that a request gets nothing in time, as one that waits for a lock: the contract neither wants it refused
    nor promises a time, and no plain request has success in time just then. It is noted."""
    exchange, plain = response.exchange, client.call()
    is_open = exchange.source in client.session.silent and exchange.blameless and client.facts.within is None
    if not is_open or (response.call != plain and 0 < client.ask(plain, fresh=True).status < 400):
        return False
    why = f"{response.failure}, which no contract forbids, so what was asked is not examined"
    client.session.note(client.operation.name, why)
    return True


def _server_error(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    if response.status < 500:
        return
    overload = (client.facts.errors or {}).get("overload") or {"status": 503}
    code = dig(response.value, client.facts.code) if client.facts.code else None
    if response.status != overload.get("status") or (code is not None and code != overload.get("code", code)):
        said = fault_of(response.exchange)
        message = f"status {response.status} reports a fault of the server{f': {said.text}' if said.text else ''}"
        known = f"{PERHAPS if said.is_mistake else ''}{response.status} {said.kind}"
        trait = known if said.kind else ""
        yield Violation("server-error", message, "response.status", _place(client, "server-error"), trait=trait)


def _internals(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    if response.status < 400:
        return
    message = dig(response.value, client.facts.message) if client.facts.message else None
    strings = strings_of(response.headers.content_type, response.body, names=True)[1]
    strings = [message] if isinstance(message, str) else strings
    text = without_echoes("\n".join(strings), response.exchange.request)
    keys = client.session.credentials
    if keys and len(keys.secret) > 5 and keys.secret in text:
        message = "the message shows the secret of the access key"
        yield broken_law(client, "internals-leaked", message, hint="never show a secret")
    for before, said in zip(["", *strings], strings, strict=False) if find_internals(text) else ():
        if found := find_internals(without_echoes(said, response.exchange.request)):
            message = f"the message shows internals: {shown(found)}"
            # What shows them in one property, in every operation, is one handler of errors.
            yield replace(broken_law(client, "internals-leaked", message), trait=f"in {before}" if before else "")
            return


def _time(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    limit, seconds = client.facts.within, response.exchange.seconds
    if limit is not None and seconds is not None and seconds > limit and response.exchange.request:
        again, _ = client.exchange(response.exchange.request)
        if again.seconds is not None and again.seconds > limit:
            message = f"the response took {min(seconds, again.seconds):.1f} s, twice; the contract allows {limit:g} s"
            yield broken_law(client, "too-slow", message, "response")


def _format(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    name, request = client.facts.format_parameter or "", response.exchange.request
    wanted = client.facts.media_types(client.operation, response.call.given(name))
    if not wanted or not response.body:
        return
    if request is None or request.method != response.call.channel.partition(" ")[0]:
        return  # for a method that the contract does not declare, a service need not read the query
    if response.kind not in {media_type.kind(name) for name in wanted}:
        value = response.call.get(name)
        requested = f"{name}={value}" if value is not None else f"no {name}"
        found = response.headers.content_type or "no Content-Type"
        message = f"{requested} requests {' or '.join(sorted(wanted))}, the response is {found}"
        yield broken_law(client, "answer-format", message, "response.header.Content-Type")


def _encoding(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    wanted = client.facts.encoding
    for encoding, at in _stated_encodings(response) if wanted and response.body else ():
        if encoding and encoding.lower().replace("-", "") != wanted.replace("-", ""):
            message = f"the response declares {encoding}; the contract promises {wanted.upper()}"
            yield broken_law(client, "answer-encoding", message, at)


def _stated_encodings(response: CheckedResponse) -> Iterator[tuple[str | None, str]]:
    """The encodings that a body declares, and where."""
    kind, body = response.kind, response.body
    yield media_type.charset(response.headers.content_type), "response.header.Content-Type"
    yield (declared_encoding(body) if kind == "xml" else None), "response.body"
    if body.startswith(UTF_8_MARK) and kind == "json":
        yield "UTF-8 by a byte order mark, which JSON must not have (RFC 8259, section 8.1)", "response.body"
    yield next((name for mark, name in _WIDE if body.startswith(mark)), None), "response.body"


def _echo(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    for name, where in (client.facts.echo or {}).items():
        parameter = client.parameter(name)
        value = response.given(client.key(name))
        effective = value if value is not None else parameter.schema.get("default") if parameter else None
        found = dig(response.value, where)
        if effective is not None and found is not None and not _is_echo(found, effective):
            sent = f"{name}={value}" if value is not None else f"no {name} (default {effective})"
            message, at = f"{sent} is echoed as {shown(found)}", in_response(*where)
            yield broken_law(client, "law-echo", message, at, "return the value that was used")


def _is_echo(found: Any, sent: Any) -> bool:
    """Whether a value is the one that was sent; a number may be written in another way (`-0`, `1.0`)."""
    text = write_scalar(sent)
    return text == write_scalar(found) or (not isinstance(found, bool | str) and read_number(text) == found)


def _page_length(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    facts, total = client.facts, response.total(client.facts)
    size, offset = effective_page(client, response)
    if total is None or size is None or offset is None:
        return
    count, expected = len(response.items(facts) or []), max(0, min(size, total - offset))
    page = f"page size {size}, offset {offset}, total {total}"
    if count != expected and not (expected == 0 and offset >= total):
        message = f"page has {count} items, expected {expected} ({page})"
        yield broken_law(client, "law-page-length", message, _results_at(facts))
    elif count != expected:
        message = f"page past the end has {count} items, expected none ({page})"
        yield broken_law(client, "law-past-end-empty", message, _results_at(facts), "return an empty page")


def effective_page(client: Client, response: CheckedResponse) -> tuple[int | None, int | None]:
    """The requested page size and the number of items before the page; None if the contract does not say."""
    pages = client.facts.pages
    if pages is None:
        return None, None
    size = _effective_number(client, response, pages.limit)
    if pages.offset:
        return size, _effective_number(client, response, pages.offset) or 0
    page = _effective_number(client, response, pages.page)
    return size, None if page is None or size is None else (page - 1) * size


def _effective_number(client: Client, response: CheckedResponse, name: str | None) -> int | None:
    parameter = client.parameter(name) if name else None
    if parameter is None:
        return None
    given = response.given(client.key(parameter.name))
    value = given if given is not None else parameter.schema.get("default")
    return int(value) if value is not None and str(value).isascii() and str(value).isdecimal() else None


def _results_at(facts: Facts, index: int | None = None) -> str:
    tokens = [*(facts.results or ()), *([] if index is None else [str(index)])]
    return "response.body" + (f"#/{'/'.join(tokens)}" if tokens else "")


def _order(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    facts = client.facts
    items = response.items(facts) or []
    for index, (before, after) in enumerate(itertools.pairwise(items)):
        if facts.order and is_misordered(facts, before, after):
            keys = ", ".join(sign + ".".join(where) for sign, where in facts.order)
            one, two = (shown([dig(item, where) for _, where in facts.order]) for item in (before, after))
            message = f"{one} comes before {two}, against the order {keys}"
            yield broken_law(client, "law-order", message, _results_at(facts, index + 1))
            return


def _identity(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    where = client.facts.identity
    seen: set[str] = set()
    for item in response.items(client.facts) or () if where else ():
        key = shown(dig(item, where or ()))
        if key in seen:
            message = f"item {key} is on the page twice"
            yield broken_law(client, "law-identity-unique", message, _results_at(client.facts))
            return
        seen.add(key)


def _filters(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    for rule in client.facts.filters:
        value = response.given(client.key(rule.parameter))
        for index, item in enumerate(response.items(client.facts) or ()):
            if value is not None and not rule.selects(value, item):
                found = shown(dig(item, rule.item))
                message = f"{rule.parameter}={value} returns an item with {'.'.join(rule.item)} {found}"
                yield broken_law(client, "law-filter-exact", message, _results_at(client.facts, index))
                break


def _moments(client: Client, response: CheckedResponse) -> Iterator[Violation]:
    facts = client.facts
    now, earliest = _clock(response)
    for index, item in enumerate(response.items(facts) or ()):
        for where in facts.not_after_now:
            moment = read_moment(dig(item, where))
            if moment and moment > now + _SKEW:
                message = f"{'.'.join(where)} {dig(item, where)} is in the future (now {write_moment(now)})"
                yield broken_law(client, "law-not-after-now", message, _results_at(facts, index))
                return
        if facts.window:
            where, last = facts.window
            moment = read_moment(dig(item, where))
            if moment and moment < earliest - last - _SKEW:
                message = f"item with {'.'.join(where)} {dig(item, where)}, expected none older than {last.days} days"
                yield broken_law(client, "law-window", message, _results_at(facts, index))
                return


def _clock(response: CheckedResponse) -> tuple[datetime, datetime]:
    """The latest and the earliest time that it may be, by our clock now and when the request was sent, and by the service's."""
    now = datetime.now(UTC)
    sent = now - timedelta(seconds=response.exchange.seconds or 0)
    header = response.headers.get("date")
    try:
        served = parsedate_to_datetime(header).astimezone(UTC) if header else now
    except (ValueError, TypeError):
        served = now
    return max(now, served), min(sent, served)


def _fresh(client: Client, response: CheckedResponse, seen: dict[Any, str]) -> Iterator[Violation]:
    for where in client.facts.fresh:
        value = dig(response.value, where)
        if isinstance(value, str):
            before = seen.setdefault((where, value), response.exchange.source)
            if before != response.exchange.source:
                message, at = f"{value} was already in the response to {before}", in_response(*where)
                yield broken_law(client, "law-fresh", message, at, "make a new value for each response")


_RULES: tuple[ResponseRule, ...] = (_no_response, _server_error, _internals, _time, _format, _encoding, _range, kept)
_PAGE_RULES: tuple[ResponseRule, ...] = (_echo, _page_length, _order, _identity, _filters, _moments)
