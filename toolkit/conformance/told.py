"""What a refusal is about: parameters and properties that the contract does not require and a plain request lacks, the day of a date,
or the version that a thing has now."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from toolkit.client.bodies import body_values, whole_body
from toolkit.client.client import Body, Call, CheckedResponse
from toolkit.client.examples import Value, conforms, parameter_values
from toolkit.conformance.items import request_value, write_value
from toolkit.conformance.laws.internals import strings_of
from toolkit.conformance.laws.kept import leaves
from toolkit.conformance.probes.bodies import with_body
from toolkit.conformance.probes.expected import Probe
from toolkit.conformance.subject import Subject
from toolkit.contract.flow import is_rpc, kind, words
from toolkit.contract.promises import dig
from toolkit.contract.resources import json_value
from toolkit.document.pointers import as_object, put_at
from toolkit.exchange import Key
from toolkit.structs import replace
from toolkit.validation.bodies import is_valid_body
from toolkit.verdict import Violation
from toolkit.wire import media_type
from toolkit.wire.json import dump_json, parse_json

NOT_VALID = (400, 422)  # statuses that say that a request is no valid one
_WITHOUT_TAG = (412, 428)  # where If-Match has no tag, or one that is not that of now (RFC 9110, 15.5.13; RFC 6585, 3)
_CONFLICT = 409
_MOST_TURNS = 4  # a service may name one after the other
_MOST_SAID = 2_000  # bytes of a refusal
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OF_TIME = frozenset({"ahead", "advance", "date", "dates", "day", "days", "expired", "future", "past", "time"})
_DAYS_AHEAD = (7, 2, 28)  # of which a service may want one
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_LACKED, _QUOTED = re.compile(r"missing|required", re.IGNORECASE), re.compile(r"['`]([A-Za-z_]\w{0,60})['`]")
# What stands in quotes, in brackets, or behind `one of`; and numbers, and what is true or false.
_SHOWN = re.compile(
    r"""(?<!\w)'([^']{1,60})'|"([^"]{1,60})"|`([^`]{1,60})`|[\[({]([\w.-]+(?:, ?[\w.-]+)*)[\])}]|\bone of:? ([\w.-]+(?:(?:, ?| or )[\w.-]+)*)"""
)
_AND, _SCALAR = re.compile(r", ?(?:or )?| or "), re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?!\w)|\btrue\b|\bfalse\b")
_SAYING = re.compile(r"\b(?:required?|requires|either|must|at least|one of|mandatory|needs?)\b", re.IGNORECASE)


def attempts_as_told(subject: Subject) -> Iterator[tuple[dict[Key, Value], Body]]:
    """The last call with what its refusal names, as long as it names something; of two parameters, each alone too: it may take either."""
    client = subject.client
    for _ in range(_MOST_TURNS):
        refused = subject.refused
        if refused is None or refused.status not in NOT_VALID:
            return
        said = _names_in(refused)
        base, more, body = client.base, dict(_parameters(subject, said)), body_as_told(subject, said)
        chosen = {} if more or body else dict(_chosen(subject, refused, said))
        body = body or (_with_choice(subject, refused, said) if not (more or chosen) else None)
        texts = {*map(str, (more | chosen).values()), *_texts(body)}
        is_own = kind(subject.operation) != "delete" or texts <= subject.pool.made()  # what others made is not deleted
        others = [*((base, one) for one in _referring_as_told(subject, said)), *_in_days_to_come(subject, said)]
        if not (more or chosen or body or others) or not is_own:
            return
        subject.told |= dict.fromkeys(more, refused.status)
        for one in (more | chosen, *({key: value} for key, value in more.items() if len(more) == 2)):
            yield {**base, **one}, body or client.body
        for attempt in others:
            yield attempt
            if subject.refused and _names_in(subject.refused) != said:
                break  # that was it, and something else is refused


def _referring_as_told(subject: Subject, said: set[str]) -> Iterator[Body]:
    """The last body with what exists in a property that its refusal names beside another thing: `buyer: no such customer`."""
    operation, pool = subject.operation, subject.pool
    request = subject.client.request(subject.client.call())
    name, value = request.headers.content_type, request_value(operation, request)
    named = [at for at in leaves(value) if at and "".join(words(at[-1])) in said and isinstance(dig(value, at), str)]
    known = [text for one in sorted(said & pool.resources) for text in pool.texts(operation, one)[:1]]
    for body in (put_at(value, at, text) for at in named for text in known):
        if body != value and is_valid_body(operation, name, data := write_value(operation, name, body)):
            yield name, data


def _in_days_to_come(subject: Subject, said: set[str]) -> Iterator[tuple[dict[Key, Value], Body]]:
    """The last call with working days to come for its dates, in their order, where its refusal names one of them or speaks of time."""
    operation, client = subject.operation, subject.client
    request = client.request(client.call())
    name, value = request.headers.content_type, request_value(operation, request)
    inner = {at: one for at in leaves(value) if at and isinstance(one := dig(value, at), str) and _DAY.match(one)}
    own = {
        key: one
        for key, one in client.base.items()
        if key not in subject.given and isinstance(one, str) and _DAY.match(one)
    }
    names, moments = {"".join(words(at[-1])) for at in (*inner, *own)}, sorted({*inner.values(), *own.values()})
    for days in _DAYS_AHEAD if moments and said & (_OF_TIME | names) else ():
        day = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days)
        day += timedelta(max(0, 8 - day.isoweekday()) if day.isoweekday() > 5 else 0)
        new = {one: _moment(day, one, count) for count, one in enumerate(moments)}
        body = reduce(lambda made, at: put_at(made, at, new[inner[at]]), inner, value)
        base = {**client.base, **{key: new[one] for key, one in own.items()}}
        data = write_value(operation, name, body) if inner else b""
        if not inner or is_valid_body(operation, name, data):
            yield base, (name, data) if inner else client.body


def _moment(day: datetime, like: str, count: int) -> str:
    """A date or a time in the form of another one, so many days or hours later."""
    return f"{day + timedelta(hours=count):%Y-%m-%dT%H:%M:%SZ}" if "T" in like else f"{day + timedelta(count):%Y-%m-%d}"


def refusals_untold(subject: Subject) -> Iterator[Violation]:
    """What the contract does not say of a request that had success with a parameter alone that it does not require: without it, it is
    refused once more, and then accepted with it again. That a refusal has its name may mean nothing, such as `status`."""
    operation = subject.operation
    for parameter in operation.parameters:
        status = subject.told.get(parameter.key) if parameter.key in subject.client.base else None
        owners = (as_object(operation.node.value), as_object(parameter.node.value))
        prose = " ".join(str(owner.get(key) or "") for owner in owners for key in ("summary", "description"))
        is_said = parameter.name in _NAME.findall(prose) and _SAYING.search(prose)
        is_told = bool(status) and subject.obstacle == "" and not is_said
        is_needed = is_told and subject.ask({parameter.key: None}, fresh=True).status in NOT_VALID
        if is_needed and subject.ask(fresh=True).ok:
            refused = f"is refused with status {status}, and with it accepted"
            message = f"a plain valid request without {parameter.name} {refused}"
            hint = "accept it, or say `required: true` in the contract"
            where = f"request.{parameter.location}.{parameter.name}"
            yield Violation("valid-request-refused", message, where, parameter.node.location, hint)


def is_of_the_day(subject: Subject, probe: Probe) -> bool:
    """Whether a date is refused for its day, of which the contract leaves open what a service takes: the same of today or tomorrow has
    success; of a leap day, the day before has none either."""
    if not (day := _DAY.search(_sent_text(probe))):
        return False
    is_leap, today = day[0].endswith("02-29"), datetime.now(UTC)
    others = [f"{day[0][:4]}-02-28"] if is_leap else [f"{today + timedelta(days=more):%Y-%m-%d}" for more in (0, 1)]
    calls = [_with_text(subject, probe, _sent_text(probe).replace(day[0], other)) for other in others]
    asked = (subject.client.ask(call, fresh=True) for call in calls)
    return any(subject.operation.is_success(one.status) for one in asked) is not is_leap


def _sent_text(probe: Probe) -> str:
    """The string in which a probe differs from a plain request."""
    sent = probe.edit.value if probe.edit else probe.call.get(probe.parameter, probe.location)
    return sent if isinstance(sent, str) else ""


def _with_text(subject: Subject, probe: Probe, text: str) -> Call:
    if probe.edit:
        return with_body(subject.client, replace(probe, edit=replace(probe.edit, value=text))).call
    return replace(probe.call, pairs=tuple((key, text if key == probe.key else one) for key, one in probe.call.pairs))


def _text_of(refused: CheckedResponse) -> str:
    return refused.body[:_MOST_SAID].decode("utf-8", "replace")


def _names_in(refused: CheckedResponse) -> set[str]:
    """The names in a refusal, each as its words in one; `MISSING_LOCAL_ID` names `localId`."""
    return {"".join(words(one)[skip:]) for one in _NAME.findall(_text_of(refused)) for skip in range(1 + one.isupper())}


def _texts(body: Body | None) -> Iterator[str]:
    sent = as_object(parse_json(body[1])) if body else {}
    yield from (one if isinstance(one, str) else dump_json(one).decode() for one in sent.values())


def _parameters(subject: Subject, said: set[str]) -> Iterator[tuple[Key, Value]]:
    for one in subject.operation.parameters:
        is_lacking = one.location == "query" and not one.required and one.key not in subject.client.base
        if is_lacking and "".join(words(one.name)) in said:
            values = (*subject.known.get(one.key, ()), *list(parameter_values(one))[:1])
            yield from ((one.key, value) for value in values[:1])


def _chosen(subject: Subject, refused: CheckedResponse, said: set[str]) -> Iterator[tuple[Key, Value]]:
    """Another value of an invented parameter, of those that the refusal shows."""
    invented = {one.name: one for one in subject.operation.parameters if one.key in subject.client.invented}
    sent = {name: subject.client.base.get(one.key) for name, one in invented.items()}
    fitting = (
        (invented[name].key, text) for name, text in _choices(refused, sent, said) if conforms(invented[name], text)
    )
    yield from itertools.islice(fitting, 1)


def body_as_told(subject: Subject, said: set[str]) -> Body | None:
    """The body with properties that it lacks; None if nothing in it is named."""
    operation, client = subject.operation, subject.client
    name = next((one for one in operation.request_content if media_type.kind(one) == "json"), "")
    sent = as_object(request_value(operation, client.request(client.call()))) if name else {}
    fullest = [whole_body(operation, name)] if name else []
    lacked = [(name, dump_json(_undeclared(subject)))]
    for _, whole in filter(None, [*body_values(operation, name), *fullest, *lacked] if name else ()):
        more = _with_said(sent, parse_json(whole), said)
        data = dump_json(subject.pool.refer(more, operation))
        if more != sent and is_valid_body(operation, name, data):
            return name, data
    return None


def _with_choice(subject: Subject, refused: CheckedResponse, said: set[str]) -> Body | None:
    """The body with another value of a property, of those that the refusal shows."""
    operation = subject.operation
    name = next((one for one in operation.request_content if media_type.kind(one) == "json"), "")
    sent = as_object(request_value(operation, subject.client.request(subject.client.call()))) if name else {}
    bodies = (dump_json({**sent, key: value}) for key, value in _choices(refused, sent, said))
    return next(((name, data) for data in bodies if is_valid_body(operation, name, data)), None)


def _choices(refused: CheckedResponse, sent: dict[str, Any], said: set[str]) -> Iterator[tuple[str, Any]]:
    """Values that a refusal shows, each for one of what was sent: what it names, the first before, or whose value it shows first."""
    text = " ".join(strings_of(refused.headers.content_type, refused.body[:_MOST_SAID])[1])
    shown = [one.strip() for found in _SHOWN.findall(text) for one in _AND.split("".join(found))]
    wrong = [key for key, one in sent.items() if "".join(words(key)) in said or [one] == shown[:1]]
    for key in sorted(wrong, key=lambda one: text.find(one) % (len(text) + 1)):
        own = sent[key]
        values = (
            shown if isinstance(own, str) else [json_value(one.encode()) for one in (*shown, *_SCALAR.findall(text))]
        )
        alike = [one for one in values if type(one) is type(own) and one != own and one not in sent]
        yield from ((key, one) for one in alike if isinstance(one, str | int | float))


def _undeclared(subject: Subject) -> dict[str, str]:
    """The properties that a refusal names in quotes as missing: of an open object the contract may say nothing."""
    text = _text_of(subject.refused) if subject.refused else ""
    names = _QUOTED.findall(text) if _LACKED.search(text) else ()
    return {name: next(iter(subject.pool.texts(subject.operation, name)), "aaa") for name in names}


def _with_said(sent: Any, whole: Any, said: set[str]) -> Any:
    """What was sent, with those of the properties that it lacks, within others too, that a refusal names."""
    if isinstance(sent, list) and isinstance(whole, list) and whole:
        return [_with_said(one, whole[0], said) for one in sent]
    if not (isinstance(sent, dict) and isinstance(whole, dict)):
        return sent
    lacked = {key: one for key, one in whole.items() if key not in sent and "".join(words(key)) in said}
    return {**{key: _with_said(one, whole.get(key), said) for key, one in sent.items()}, **lacked}


def ask_as_of_now(subject: Subject, refused: CheckedResponse) -> CheckedResponse:
    """The response to the plain call once more, with the entity tag or version of now, where it was refused for lack of it."""
    client = subject.client
    is_stale = refused.status in _WITHOUT_TAG or (refused.status == _CONFLICT and client.versions())
    # At its own path, or else at the item above it
    peers = (one for place in (subject.place, subject.item_place) for one in subject.at(place, "GET"))
    beside = (one for one in peers if one.operation.base == subject.operation.base and not is_rpc(one.operation))
    if not is_stale or client.reader is not None or not (found := next(beside, None)):
        return refused
    client.reader = reader = found.client
    response = client.ask(client.call(), fresh=True)
    client.reader = reader if client.operation.is_success(response.status) else None
    return response
