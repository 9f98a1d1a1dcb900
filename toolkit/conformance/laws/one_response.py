"""What must hold of one answer by itself, given what was asked: these rules are checked on every answer of a run."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from operator import eq, ge, le
from typing import Any

from toolkit.client.client import Answer, Client
from toolkit.contract.promises import Facts, Filter, dig
from toolkit.schema.judge import shown
from toolkit.schema.moments import read_moment, write_moment
from toolkit.schema.scalars import read_number
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.wire.parameters import write_scalar
from toolkit.xml.parse import declared_encoding

_SKEW = timedelta(seconds=5)  # by which the clocks of client and service may differ
_INTERNALS = re.compile(
    r"Traceback \(most recent|\bFile \"|\.(?:py|java|go|rb|php|js|ts|cs|c|cpp|rs)(?::\d+|\", line|\(\d+\)|\b.{0,12}\bline \d)"
    r"|\bat [\w$.]+\([\w.]+:\d+\)|(?:^|[\s'\"=(:])/(?:usr|home|var|etc|opt|srv|root|tmp|app|lib|work|mnt|proc|data)/"
    r"|[A-Za-z]:\\\\?\w|\bsqlite|\b(?:mysql|postgres|psycopg|oracle|jdbc|mongo)"
    r"|\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bUPDATE\b.+\bSET\b|\bDELETE FROM\b|no such (?:table|column)"
    r"|\b\w+(?:Error|Exception)\b(?:\(|:)|\bstack ?trace\b|\bErrno\b|\bnull pointer\b|\bpanic:|\bgoroutine\b|\bsegfault"
    r"|0x[0-9a-f]{6,}",
    re.IGNORECASE,
)

_MARK = b"\xef\xbb\xbf"
_WIDE = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"<\0", "utf-16"), (b"\0<", "utf-16"))

Check = Callable[[Client, Answer], Iterator[Violation]]


def check_answer(client: Client, answer: Answer, seen: dict[Any, str]) -> Iterator[Violation]:
    """Every violation in an answer by itself. `seen` holds the fresh values of the answers before it."""
    yield from answer.violations
    for check in CHECKS:
        yield from check(client, answer)
    if answer.ok and answer.items(client.facts) is not None:
        for page_check in PAGE_CHECKS:
            yield from page_check(client, answer)
    yield from _fresh(client, answer, seen)


def _fact_place(client: Client, name: str) -> str:
    laws = client.operation.node.get("x-laws")
    node = laws.get(name) if laws else None
    return (node or laws or client.operation.node).location


def law(client: Client, rule: str, fact: str, message: str, at: str = "response.body", hint: str = "") -> Violation:
    """A violation of a law, told at the fact of the contract that states it."""
    return Violation(rule, message, at, _fact_place(client, fact), hint or "see the fact named in the contract")


def _no_answer(client: Client, answer: Answer) -> Iterator[Violation]:
    if answer.no_answer:
        yield Violation(
            "no-answer", answer.no_answer, "response", client.operation.node.location, "answer every request with HTTP"
        )


def _server_error(client: Client, answer: Answer) -> Iterator[Violation]:
    if answer.status < 500:
        return
    overload = (client.facts.errors or {}).get("overload") or {"status": 503}
    code = dig(answer.value, client.facts.code) if client.facts.code else None
    if answer.status != overload.get("status") or (code is not None and code != overload.get("code", code)):
        message = f"status {answer.status} answers what a client sent"
        yield Violation(
            "server-error",
            message,
            "response.status",
            _fact_place(client, "errors"),
            "find the cause in the service's log",
        )


def _internals(client: Client, answer: Answer) -> Iterator[Violation]:
    if answer.status < 400:
        return
    response = answer.exchange.response
    text = dig(answer.value, client.facts.message) if client.facts.message else None
    text = text if isinstance(text, str) else (response.body or b"").decode("utf-8", "replace") if response else ""
    sent = {value for _, value in answer.call.pairs if len(value) > 3}
    for value in sent:
        text = text.replace(value, "")
    keys = client.session.credentials
    if keys and len(keys.secret) > 5 and keys.secret in text:
        yield law(
            client, "internals-leaked", "errors", "the message shows the secret of the access key", hint="never show it"
        )
    match = _INTERNALS.search(text[:20000])
    if match:
        message = f"the message shows internals: {shown(text[max(0, match.start() - 30) : match.end() + 60])}"
        yield law(
            client, "internals-leaked", "errors", message, hint="answer with a message for the client, and log the rest"
        )


def _time(client: Client, answer: Answer) -> Iterator[Violation]:
    limit, seconds = client.facts.within, answer.exchange.seconds
    if limit is not None and seconds is not None and seconds > limit and answer.exchange.request:
        again, _ = client.session.exchange(answer.exchange.request)
        if again.seconds is not None and again.seconds > limit:
            message = f"the answer took {min(seconds, again.seconds):.1f} s, twice; the contract allows {limit:g} s"
            yield law(
                client, "too-slow", "within", message, "response", "find what is slow, an index that lacks for instance"
            )


def _format(client: Client, answer: Answer) -> Iterator[Violation]:
    wanted = asked_format(client, answer)
    response, request = answer.exchange.response, answer.exchange.request
    if not wanted or response is None or not response.body:
        return
    if request is None or request.method != answer.call.channel.partition(" ")[0]:
        return  # a method that the contract does not know need not read the query
    content_type = response.headers.get("content-type") or ""
    kinds = {media_type.kind(name) for name in wanted}
    if media_type.kind(content_type) not in kinds:
        text = answer.call.get(client.facts.format_parameter or "")
        asked = f"{client.facts.format_parameter}={text}" if text is not None else f"no {client.facts.format_parameter}"
        message = f"{asked} asks for {' or '.join(sorted(wanted))}; the answer is {content_type or 'of no type'}"
        yield law(
            client,
            "answer-format",
            "formats",
            message,
            "response.header.Content-Type",
            "answer in the format asked for",
        )


def _encoding(client: Client, answer: Answer) -> Iterator[Violation]:
    wanted, response = client.facts.encoding, answer.exchange.response
    if not wanted or response is None or not response.body:
        return
    for told, at in _told_encodings(answer.kind, response.headers.get("content-type") or "", response.body):
        if told and told.lower().replace("-", "") != wanted.replace("-", ""):
            message = f"the answer is told to be in {told}; the contract promises {wanted.upper()}"
            yield law(
                client, "answer-encoding", "encoding", message, at, "write all answers in that encoding, and say so"
            )


def _told_encodings(kind: str, content_type: str, body: bytes) -> Iterator[tuple[str | None, str]]:
    """What tells the encoding of a body, and where."""
    yield media_type.charset(content_type), "response.header.Content-Type"
    yield (declared_encoding(body) if kind == "xml" else None), "response.body"
    if body.startswith(_MARK) and kind == "json":
        yield "UTF-8 by a byte order mark, which JSON has not (RFC 8259, section 8.1)", "response.body"
    yield next((name for mark, name in _WIDE if body.startswith(mark)), None), "response.body"


def asked_format(client: Client, answer: Answer) -> set[str]:
    """The media types that an answer may have by the format asked for; empty where the contract does not say."""
    name, formats = client.facts.format_parameter, client.facts.formats or {}
    parameter = client.parameter(name) if name else None
    if parameter is None:
        return set()
    given = answer.call.given(parameter.name)
    default = str(parameter.schema.get("default", next(iter(formats))))
    by_case = {key.lower(): value for key, value in formats.items()}
    if len(given) > 1:
        return set(formats.values())
    known = by_case.get(given[0].lower()) if given else None
    return {known or by_case.get(default.lower(), "")} - {""}


def _echo(client: Client, answer: Answer) -> Iterator[Violation]:
    for name, where in (client.facts.echo or {}).items():
        parameter = client.parameter(name)
        text = answer.call.get(name)
        effective = text if text is not None else parameter.schema.get("default") if parameter else None
        found = dig(answer.value, where)
        if effective is not None and found is not None and str(found) != str(effective):
            said = f"{name}={text}" if text is not None else f"no {name} (default {effective})"
            message = f"{said} is echoed as {shown(found)}"
            yield law(
                client, "law-echo", "echo", message, f"response.body#/{'/'.join(where)}", "repeat the effective value"
            )


def _page_length(client: Client, answer: Answer) -> Iterator[Violation]:
    facts, items, total = client.facts, answer.items(client.facts) or [], answer.total(client.facts)
    size, start = effective_page(client, answer)
    if total is None or size is None or start is None:
        return
    due = max(0, min(size, total - start))
    if len(items) != due and not (due == 0 and start >= total):
        message = f"{len(items)} items stand on a page of {size} that begins behind {start} of {total}; {due} are due"
        yield law(client, "law-page-length", "total", message, _results_at(facts))
    elif len(items) != due:
        message = f"{len(items)} items stand on a page past the end ({total} in all, page begins behind {start})"
        yield law(client, "law-past-end-empty", "total", message, _results_at(facts), "answer with an empty page")


def effective_page(client: Client, answer: Answer) -> tuple[int | None, int | None]:
    """The size of the page asked for and how many items stand before it; None where the contract does not say."""
    pages = client.facts.pages
    if pages is None:
        return None, None
    size = effective_number(client, answer, pages.limit)
    if pages.offset:
        return size, effective_number(client, answer, pages.offset) or 0
    page = effective_number(client, answer, pages.page)
    return size, None if page is None or size is None else (page - 1) * size


def effective_number(client: Client, answer: Answer, name: str | None) -> int | None:
    parameter = client.parameter(name) if name else None
    if parameter is None:
        return None
    text = answer.call.get(parameter.name)
    value = text if text is not None else parameter.schema.get("default")
    return int(value) if value is not None and str(value).isascii() and str(value).isdecimal() else None


def _results_at(facts: Facts) -> str:
    return "response.body#/" + "/".join(facts.pages.results if facts.pages else ())


def _order(client: Client, answer: Answer) -> Iterator[Violation]:
    items = answer.items(client.facts) or []
    for index, (before, after) in enumerate(itertools.pairwise(items)):
        if client.facts.order and out_of_order(client.facts, before, after):
            keys = ", ".join(sign + ".".join(where) for sign, where in client.facts.order)
            values = " then ".join(
                shown([dig(item, where) for _, where in client.facts.order]) for item in (before, after)
            )
            yield law(
                client,
                "law-order",
                "order",
                f"{values}, against the order {keys}",
                f"{_results_at(client.facts)}/{index + 1}",
            )
            return


def out_of_order(facts: Facts, before: Any, after: Any) -> bool:
    """Whether two neighbours stand the wrong way round. Digits may be compared as numbers or as text: wrong is what breaks both."""
    return all(_descends(facts, before, after, reading) for reading in (magnitude, write_scalar))


def magnitude(value: Any) -> tuple[int, float, str]:
    """A key to sort values by: numbers, also written as text, before what is none."""
    text = write_scalar(value)
    number = read_number(text.lstrip("0") or "0" if text.isascii() and text.isdecimal() else text)
    return (1, 0, text) if isinstance(number, str) else (0, number, "")


def _descends(facts: Facts, before: Any, after: Any, reading: Callable[[Any], Any]) -> bool:
    for sign, where in facts.order:
        left, right = dig(before, where), dig(after, where)
        if left is None or right is None or left == right:
            continue
        return bool(reading(left) > reading(right)) if sign == "+" else bool(reading(left) < reading(right))
    return False


def _identity(client: Client, answer: Answer) -> Iterator[Violation]:
    where = client.facts.identity
    seen: set[str] = set()
    for item in answer.items(client.facts) or () if where else ():
        key = shown(dig(item, where or ()))
        if key in seen:
            yield law(
                client, "law-identity-unique", "identity", f"{key} stands twice on one page", _results_at(client.facts)
            )
            return
        seen.add(key)


def _filtered(client: Client, answer: Answer) -> Iterator[Violation]:
    for rule in client.facts.filters:
        text = answer.call.get(rule.parameter)
        for index, item in enumerate(answer.items(client.facts) or ()):
            if text is not None and not chosen(rule, text, item):
                found = dig(item, rule.item)
                message = f"{rule.parameter}={text} returns an item whose {'.'.join(rule.item)} is {shown(found)}"
                yield law(client, "law-filter-exact", "filters", message, f"{_results_at(client.facts)}/{index}")
                break


def chosen(rule: Filter, text: str, item: Any) -> bool:
    """Whether a filter with this text chooses an item. Moments in one form compare as texts, numbers as numbers."""
    found = dig(item, rule.item)
    if found is None:
        return False
    if not isinstance(found, (int, float)) or isinstance(found, bool):
        return _RELATIONS[rule.relation](write_scalar(found), text)
    wanted = read_number(text)
    return isinstance(wanted, str) or _RELATIONS[rule.relation](found, wanted)


_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {"equal": eq, "at-least": ge, "at-most": le}


def _moments(client: Client, answer: Answer) -> Iterator[Violation]:
    now, earliest = _clock(answer)
    for index, item in enumerate(answer.items(client.facts) or ()):
        for where in client.facts.not_after_now:
            moment = read_moment(dig(item, where))
            if moment and moment > now + _SKEW:
                message = f"{'.'.join(where)} {dig(item, where)} lies in the future (it is {write_moment(now)})"
                yield law(client, "law-not-after-now", "not-after-now", message, f"{_results_at(client.facts)}/{index}")
                return
        if client.facts.window:
            where, last = client.facts.window
            moment = read_moment(dig(item, where))
            if moment and moment < earliest - last - _SKEW:
                message = f"an item of {dig(item, where)} is returned; only the last {last.days} days may be"
                yield law(client, "law-window", "window", message, f"{_results_at(client.facts)}/{index}")
                return


def _clock(answer: Answer) -> tuple[datetime, datetime]:
    """The latest and the earliest moment that it may be, by our clock now and when the request was sent, and by the service's."""
    now = datetime.now(UTC)
    sent = now - timedelta(seconds=answer.exchange.seconds or 0)
    header = answer.exchange.response.headers.get("date") if answer.exchange.response else None
    try:
        served = parsedate_to_datetime(header).astimezone(UTC) if header else now
    except (ValueError, TypeError):
        served = now
    return max(now, served), min(sent, served)


def _fresh(client: Client, answer: Answer, seen: dict[Any, str]) -> Iterator[Violation]:
    for where in client.facts.fresh:
        value = dig(answer.value, where)
        if isinstance(value, str):
            before = seen.setdefault((where, value), answer.exchange.source)
            if before != answer.exchange.source:
                message = f"{value} was in the answer to {before} already"
                yield law(
                    client,
                    "law-fresh",
                    "fresh",
                    message,
                    f"response.body#/{'/'.join(where)}",
                    "make a new value for each answer",
                )


CHECKS: tuple[Check, ...] = (_no_answer, _server_error, _internals, _time, _format, _encoding)
PAGE_CHECKS: tuple[Check, ...] = (_echo, _page_length, _order, _identity, _filtered, _moments)
