"""A stand-in for the service of any contract: a function from request to response, without HTTP and without files.

A request is routed and validated as the contract says. A valid one gets the documented success, one that violates the
contract the documented error, each with a documented example or else a body made by the schema. `Prefer` (RFC 7240) chooses
another response: `code=503`, `example=NAME`, `dynamic=true` for other values at each request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http.client import responses
from itertools import chain, count, islice
from threading import Lock
from typing import Any
from urllib.parse import quote

from toolkit.client.bodies import Content, Described, described_request, described_response, sent_value
from toolkit.client.credentials import are_wrong
from toolkit.client.examples import Value, conforms, example_node, example_values, parameter_values
from toolkit.contract.flow import is_rpc, kind
from toolkit.contract.model import Contract, Match
from toolkit.contract.operation import Operation, Parameter, ResponseSpec
from toolkit.contract.promises import dig, read_facts
from toolkit.contract.resources import with_query
from toolkit.contract.security import is_secured
from toolkit.document.files import Node
from toolkit.document.pointers import put_at
from toolkit.errors import ContractError
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.rules import Severity
from toolkit.schema.shape import Shapes
from toolkit.secrets.values import shown_path
from toolkit.services.listing import listed_items, named_pages, next_url, recent, shape_list
from toolkit.services.mock_state import State, list_path, lists_of, merges, public, with_parents, with_total
from toolkit.services.wishes import Wish, choices_of, described_as, renewed, success, usual
from toolkit.structs import Mutable, field, replace
from toolkit.validation.credentials import lacking
from toolkit.validation.validator import NO_BODY, Validator
from toolkit.verdict import Verdict, Violation, printable
from toolkit.wire import media_type
from toolkit.wire.preferences import preferences
from toolkit.wire.urlencoded import TooManyFields, form_pairs, parse_query, split_url

MAX_BODY = 16 << 20
"""The most bytes of a request's body."""

_SAID = {"link": ('</>; rel="start"',)}
"""What a header field says whatever the contract offers: a list is whole where its Link names no next page."""
_OWN_FIELDS = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection", "trailer", "date"})
_MOST_LISTS = 20  # made responses whose items make up a list
_MOST_SHOWN = 20  # violations that a response names
_LONGEST = 2000  # characters of a header field
_NOT_THE_CLIENTS = ("contract-unusable", "check-failed", "pattern-unchecked")
_ADD_TO_CONTRACT = "correct the request, or add the operation to the contract"
_REFUSALS: Mapping[str, tuple[int, ...]] = {
    "request-media-type": (415, 400, 422),
    "security": (401, 403, 400),
    "exchange-unmatched": (404, 400, 422),
    "method": (405,),
    "accept": (406,),
    "missing": (404, 410, 400),
    "": (400, 422),
}
"""The statuses of a refusal by its reason, of which the first is chosen that the contract documents, by itself before by a range
or `default`."""
_OTHERWISE = (404, 409, 410, 412, 403, 402)
"""What a refusal for no reason of these may be where the contract documents none of them, though it says something else; then any
other that it documents but for the next ones."""
_NOT_OF_THE_REQUEST = (401, 405, 406, 407, 408, 413, 414, 415, 421, 426, 429, 431)


class Refusal(Exception):
    """A request that the mock itself cannot fulfil; the message says what is possible."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Mock(Mutable, eq=False):
    """Responds to requests by a contract. Values follow from the seed; what was made once is kept."""

    contract: Contract
    seed: int = 0
    state: State | None = None  # where what was created is kept
    # By what describes a body, and its media type.
    _made: dict[tuple[Node, str], Content | None] = field(default_factory=dict)
    _lists: dict[tuple[Node, str], tuple[Any, list[Any]]] = field(default_factory=dict)
    _fields: dict[ResponseSpec, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    _turns: Iterator[int] = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.validator, self._alone = Validator(self.contract, strict=True), State(self.contract, collects=False)

    def respond(self, request: Request) -> tuple[Response, Verdict]:
        """The response to a request, and what is wrong with the request."""
        with self._lock:
            verdict = Verdict("")
            try:
                match, verdict = self._read(request)
                response = self._response(request, match, verdict)
                known = self.contract.at_path(request) if isinstance(match, str) else [match.operation]
                if known and "example" not in preferences(request.headers.get_all("prefer")):
                    response = self._renewed(known[0], response)
            except Refusal as refusal:
                response = problem(refusal.status, str(refusal))
            except (TooManyFields, RecursionError) as error:
                response = problem(400, f"the request cannot be read: {error}")
            except ContractError as error:
                response = problem(501, f"the contract cannot be used here: {error}")
        if verdict.violations:
            field = violations_field(verdict.violations)
            response = replace(response, headers=response.headers.replaced("contract-violations", field))
        return (replace(response, body=b"") if request.method == "HEAD" else response), verdict

    def _read(self, request: Request) -> tuple[Match | str, Verdict]:
        """The operation of a request, or why there is none, and what is wrong with the request. HEAD is a GET without a
        body where the contract says nothing of it (RFC 9110, section 9.3.2)."""
        source = f"{request.method} {shown_path(request.url.partition('?')[0])}"
        if len(request.body or b"") > MAX_BODY:
            raise Refusal(413, f"the body is longer than {MAX_BODY:,} bytes, the most that the mock reads")
        match = self.contract.match(request)
        if isinstance(match, str) and request.method == "HEAD":
            as_get = replace(request, method="GET")
            found = self.contract.match(as_get)
            request, match = (request, match) if isinstance(found, str) else (as_get, found)
        verdict = self.validator.check(Exchange(request, None, source))
        if isinstance(match, str):
            hinted = tuple(replace(one, hint=_ADD_TO_CONTRACT) for one in verdict.violations)
            return match, replace(verdict, violations=hinted)
        located = (one.located(match.operation.name, source) for one in _unproven(match, request))
        violations = (*located, *(one for one in verdict.violations if one.rule not in _NOT_THE_CLIENTS))
        return match, Verdict(source, match.operation.name, violations=violations)

    def _response(self, request: Request, match: Match | str, verdict: Verdict) -> Response:
        if isinstance(match, str):
            return self._unmatched(request, match, verdict)
        operation, wish = match.operation, self._wish(request, match)
        errors = [one for one in verdict.violations if one.severity is Severity.ERROR]
        if wish.code is not None:
            response = self._documented(operation, wish.code, wish)
            if wish.code >= 400 and response.body and wish.example is None and not wish.dynamic:
                response = self._explained(response, operation, {})
        elif errors:
            reason = "security" if errors[0].cause == "security" else errors[0].rule
            return self._refusal(operation, reason if reason in _REFUSALS else "", errors, wish)
        else:
            status = success(operation)
            spec = operation.response(status)
            if spec and spec.content and status not in NO_BODY and not choices_of(operation, spec, wish):
                documented, accepted = ", ".join(spec.content), ", ".join(wish.accept)[:200]
                why = f"none of {documented} is accepted by Accept: {accepted}"
                return self._refusal(operation, "accept", [], wish, why)
            kept = None if wish.applied else self._with_state(request, match, wish, status)
            response = kept or self._documented(operation, status, wish)
        return _with(response, ("preference-applied", wish.applied)) if wish.applied else response

    def _with_state(self, request: Request, match: Match, wish: Wish, status: int) -> Response | None:
        """The response that follows from what was created before; None where the contract's own is the right one."""
        state, operation, sent = self.state or self._alone, match.operation, self._sent(request, match)
        role, spec, match = state.role(operation), operation.response(status), state.located(match, sent)
        if lost := state.missing(match):
            return self._refusal(operation, "missing", [], wish, lost)
        if role == "delete":
            state.delete(match)
        if role == "create":
            return self._create(state, request, match, sent, wish, status)
        if role == "update":
            beside = self._beside(request, match, state.things.get(state.place(match), {}))
            state.update(state.place(match), beside, sent, request.headers.get("content-type"))
        described = _wanted(operation, spec, wish, status)
        is_kept = role == "list" or (role in ("read", "update") and state.place(match) in state.things)
        if not is_kept or spec is None or described is None:
            return self._echo(described, match, sent, wish, status) if described else None
        base = next(described.values(self.seed, _MOST_LISTS), None)
        shown = self._list(state, match, wish, base) if role == "list" else None
        shown = shown or merges(base, state.things.get(state.place(match)), alone=not state.is_alone(operation))
        content = next(described.contents(shown), None)
        response = self._with_body(spec, wish, status, content) if content else None
        return self._linked(response, state.items(match), operation, wish) if response and role == "list" else response

    def _list(self, state: State, match: Match, wish: Wish, base: Any) -> Iterator[Any] | None:
        operation, things = match.operation, state.items(match)
        facts = read_facts(operation, self.contract)
        path = facts.results or list_path(base)
        if path is None:
            return None
        ways = lists_of(dig(base, path), things)
        lists: Iterator[list[Any]] = (listed_items([put_at(base, path, one)], facts, None) for one in ways)
        if path != facts.results:
            facts = replace(facts, pages=named_pages(operation, path))
            base, lists = with_total(base, len(things)), ways
        return (one for items in lists for one in shape_list(base, items, facts, operation, wish.query, wish.here))

    def _create(
        self, state: State, request: Request, match: Match, sent: Any, wish: Wish, status: int
    ) -> Response | None:
        spec, turn = match.operation.response(status), next(self._turns)
        described = _wanted(match.operation, spec, wish, status)
        found = self._saying(described, match, sent, self.seed * 1_000_003 + turn) if described else (sent, None)
        if found is None:
            return None
        text = state.create(match, found[0], turn)
        response = self._with_body(spec, wish, status, found[1])
        path = request.url.partition("?")[0].rstrip("/")
        is_below = text and status == 201 and not is_rpc(match.operation)
        return _with(response, ("location", f"{path}/{quote(text, safe='')}")) if is_below else response

    def _saying(self, described: Described, match: Match, sent: Any, seed: int) -> tuple[Any, Content] | None:
        """A value made by the schema that says as much as possible of what was sent, and its body; None where none is made."""
        base = next(described.pairs(islice(described.made(seed), _MOST_LISTS)), None)
        return next(described.pairs(merges(base[0], with_parents(base[0], sent, match))), None) if base else None

    def _renewed(self, operation: Operation, response: Response) -> Response:
        """The response with a new value wherever one must be new in every response (`x-laws`: fresh)."""
        described, sent = described_response(operation, response), response.headers.content_type
        if described is None or not response.body:
            return response
        for place in read_facts(operation, self.contract).fresh:
            value = described.documented(sent).read(response.body or b"").value
            others = (dig(one, place) for one in described.made(self._other_seed()))
            news = chain([renewed(dig(value, place), next(self._turns))], islice(others, _MOST_LISTS))
            content = next(described.contents(put_at(value, place, one) for one in news if one is not None), None)
            response = replace(response, body=content[1]) if content else response
        return response

    def _echo(self, described: Described, match: Match, sent: Any, wish: Wish, status: int) -> Response | None:
        """The success of what creates something, with what was sent; None where the contract has an example, or it cannot say so."""
        is_creating = kind(match.operation) == "create" and not is_rpc(match.operation) and isinstance(sent, dict)
        if not is_creating or next(described.values(0, 0), None) is not None:
            return None
        found = self._saying(described, match, sent, self.seed)
        return self._with_body(match.operation.response(status), wish, status, found[1]) if found else None

    def _with_body(self, spec: ResponseSpec | None, wish: Wish, status: int, content: Content | None) -> Response:
        name, body = content or ("", b"")
        own = (("content-type", name),) if content else ()
        return Response(status, Headers((*own, *(self._header_fields(spec, wish) if spec else ()))), body)

    def _sent(self, request: Request, match: Match) -> Any:
        """The value of a request's body, without what no response shows, and in RPC style its query; None where it has none."""
        operation, content_type = match.operation, request.headers.content_type
        described = described_request(operation, content_type)
        value = public(described, sent_value(operation, content_type, request.body or None)) if described else None
        return with_query(operation, (*match.query, *match.form), value)

    def _beside(self, request: Request, match: Match, thing: Any) -> Any:
        """What stays of a thing beside what a request sends: of a PUT, which replaces it (RFC 9110, section 9.3.4), what no request
        can say, and what names it."""
        content_type = request.headers.content_type
        described = described_request(match.operation, content_type) if request.method == "PUT" else None
        if described is None or described.bundle is None or not isinstance(thing, dict):
            return thing
        fixed = Shapes(described.bundle.schema).marked("readOnly")
        named = match.path.values()
        return {key: one for key, one in thing.items() if True in fixed.get(key, (True,)) or str(one) in named}

    def _unmatched(self, request: Request, reason: str, verdict: Verdict) -> Response:
        """404 where the contract has no such path, 405 where it has no such method for it."""
        beside = self.contract.at_path(request)
        methods = dict.fromkeys(one.method for one in beside)
        wish, errors = Wish(tuple(request.headers.get_all("accept"))), verdict.violations
        if not beside:
            return problem(404, reason, errors)
        if request.method not in methods:
            allowed = dict.fromkeys([*methods, *(["HEAD"] if "GET" in methods else [])])
            return _with(self._refusal(beside[0], "method", errors, wish, reason), ("allow", ", ".join(allowed)))
        known, statuses = [one for one in beside if one.method == request.method], _REFUSALS["exchange-unmatched"]
        same = min(known, key=lambda one: sum(1 for status in statuses if one.response(status)))  # whose all may have
        given = (*parse_query(split_url(request.url).query), *form_pairs(request))
        wish = replace(wish, media=self._selected(same, given))
        return self._refusal(same, "exchange-unmatched", errors, wish, reason)

    def _wish(self, request: Request, match: Match) -> Wish:
        """What the request prefers. Raises Refusal for a status that no response can have."""
        wanted = preferences(request.headers.get_all("prefer"))
        code = wanted.get("code")
        if code is not None and not (code.isascii() and code.isdigit() and 200 <= int(code[:4]) <= 599):
            raise Refusal(400, f"Prefer: code={code[:20]} is no status from 200 to 599; {_known(match.operation)}")
        return Wish(
            accept=tuple(request.headers.get_all("accept")),
            media=self._selected(match.operation, (*match.query, *match.form)),
            code=int(code) if code else None,
            example=wanted.get("example"),
            dynamic=wanted.get("dynamic", "").lower() == "true",
            query=(*match.query, *match.form),
            here=f"http://{request.headers.get('host') or 'localhost'}{split_url(request.url).path}",
        )

    def _selected(self, operation: Operation, given: Iterable[tuple[str, str]]) -> str | None:
        """The media type that the parameter for the format selects (`x-laws`: formats); None where there is none."""
        facts = read_facts(operation, self.contract)
        texts = [text for name, text in given if name == facts.format_parameter]
        return next(iter(facts.media_types(operation, texts[:1])), None)

    def _refusal(
        self, operation: Operation, reason: str, errors: Sequence[Violation], wish: Wish, detail: str = ""
    ) -> Response:
        """The error that the contract documents, in its own form; where it documents none, a problem (RFC 9457)."""
        facts = read_facts(operation, self.contract)
        promise = facts.refusal(errors[0].rule, errors[0].at.rpartition(".")[2]) if errors else None
        statuses = (*([promise.status] if promise and promise.status else []), *_REFUSALS[reason])
        detail = detail or (_detail(errors[0]) if errors else "")
        documented = [one for one in statuses if str(one) in operation.responses]
        if not reason:
            others = (int(key) for key in operation.responses if key[:1] == "4" and key.isdigit())
            statuses = (*statuses, *_OTHERWISE, *(one for one in others if one not in _NOT_OF_THE_REQUEST))
        status = next((one for one in (*documented, *statuses) if operation.response(one)), None)
        response = problem(status or statuses[0], detail, errors)
        with suppress(Refusal):  # a body that cannot be made
            response = self._documented(operation, status, replace(wish, example=None)) if status else response
        if status and response.body:
            codes = promise.codes[:1] if promise else ()
            promised = {facts.code: "".join(codes), facts.message: detail} if facts.errors else {}
            response = self._explained(response, operation, promised, detail)
        is_bare = response.status == 401 and not response.headers.get("www-authenticate")
        return _with(response, ("www-authenticate", 'Bearer realm="mock"')) if is_bare else response

    def _explained(
        self, response: Response, operation: Operation, promised: Mapping[tuple[str, ...], str], detail: str = ""
    ) -> Response:
        """An error with the code and the message that `x-laws` promise, as far as they can be had together; without a promise
        and an example, with its status and what is wrong in the properties that usually say so."""
        described = described_response(operation, response)
        if described is None:
            return response
        base = next(described.values(self.seed, _MOST_LISTS), None)
        if not promised and next(iter(described.stated()), None) is None:
            promised = usual(base, response.status, detail)
        for path, text in promised.items():
            better = put_at(base, path, text) if path and text else base
            base = better if next(described.contents([better]), None) else base
        content = next(described.contents([base]), None) if promised else None
        return replace(response, body=content[1]) if content else response

    def _documented(self, operation: Operation, status: int, wish: Wish) -> Response:
        """The response that the contract documents for a status. Raises Refusal if there is none, or none of this name."""
        spec = operation.response(status)
        if spec is None:
            if wish.code:
                raise Refusal(400, f"status {status} is not documented for {operation.name}; {_known(operation)}")
            return Response(status, Headers(), b"")
        if not spec.content or status in NO_BODY:
            if wish.example is not None:
                raise Refusal(400, f"status {status} of {operation.name} has no examples, since it has no body")
            return self._with_body(spec, wish, status, None)
        content, items = self._content(operation, spec, wish)
        return self._linked(self._with_body(spec, wish, status, content), items, operation, wish)

    def _linked(self, response: Response, items: Sequence[Any], operation: Operation, wish: Wish) -> Response:
        """The response with a Link header field to the next page of a list, where the contract links pages so (RFC 8288)."""
        url = next_url(items, read_facts(operation, self.contract), operation, wish.query, wish.here)
        return _with(response, ("link", f'<{url}>; rel="next"')) if url else response

    def _content(self, operation: Operation, spec: ResponseSpec, wish: Wish) -> tuple[Content, Sequence[Any]]:
        """The body of the media type wanted most, or of any documented one, and the items of a list of which it is a page. Raises Refusal."""
        any_of_them = (described_as(operation, spec, name, media_type.concrete(name)) for name in spec.content)
        choices, where = choices_of(operation, spec, wish) or [*any_of_them], f"{operation.name}, status {spec.key}"
        if wish.example is not None:
            return _example(where, wish.example, choices), ()
        for described in choices:
            listed = self._listed(described, wish) if spec.key.startswith("2") else None
            content = None if listed else self._made_content(described, wish.dynamic)
            if found := listed or (content and (content, ())):
                return found
        raise Refusal(501, f"no valid body could be made for {where}; give the contract an example")

    def _made_content(self, described: Described, dynamic: bool) -> Content | None:
        key = described.media, described.name
        other = described.made_contents(self._other_seed()) if dynamic else iter(())
        if (found := next(other, None)) is None and key not in self._made:
            known = chain(described.contents(described.stated()), described.made_contents(self.seed))
            self._made[key] = next(known, None)
        return found or self._made[key]

    def _listed(self, described: Described, wish: Wish) -> tuple[Content, Sequence[Any]] | None:
        """A list as `x-laws` promise it for the parameters of a request, and all its items; None where none is promised or made."""
        operation, key = described.operation, (described.media, described.name)
        facts = read_facts(operation, self.contract)
        if wish.dynamic or facts.results is None:
            return None
        if key not in self._lists:
            stated = next(described.pairs(described.stated()), None)
            made = (value for value, _ in described.pairs(islice(described.made(self.seed), _MOST_LISTS)))
            values = [described.read(*stated)] if stated else list(made)
            self._lists[key] = (values[0] if values else None, listed_items(values, facts))
        value, items = self._lists[key]
        if not items:
            return None
        items = recent(items, facts, datetime.now(UTC))
        content = next(described.contents(shape_list(value, items, facts, operation, wish.query, wish.here)), None)
        return (content, items) if content else None

    def _other_seed(self) -> int:
        return self.seed * 1_000_003 + next(self._turns)

    def _header_fields(self, spec: ResponseSpec, wish: Wish) -> tuple[tuple[str, str], ...]:
        if wish.dynamic:
            return tuple(_fields(spec.headers, self._other_seed(), dynamic=True))
        if spec not in self._fields:
            self._fields[spec] = tuple(_fields(spec.headers, self.seed, dynamic=False))
        return self._fields[spec]


def problem(status: int, detail: str, violations: Sequence[Violation] = ()) -> Response:
    """An error for which the contract has no form of its own (RFC 9457)."""
    listed = [{"rule": one.rule, "at": one.at, "detail": one.message} for one in violations[:_MOST_SHOWN]]
    value = {"type": "about:blank", "title": responses.get(status, "Refused"), "status": status, "detail": detail}
    body = json.dumps({**value, **({"violations": listed} if listed else {})}).encode()
    return Response(status, Headers((("content-type", "application/problem+json"),)), body)


def _with(response: Response, pair: tuple[str, str]) -> Response:
    return replace(response, headers=response.headers.replaced(*pair))


def _detail(violation: Violation) -> str:
    """What is wrong, with the place in the body, which the message does not name."""
    place = violation.at.partition("#")[2]
    return f"{place}: {violation.message}" if place and place not in violation.message else violation.message


def violations_field(violations: Sequence[Violation]) -> str:
    """Rules and places, without any value, as the header field `contract-violations` holds them: printable and not too long."""
    text = ", ".join(dict.fromkeys(f"{one.rule} {one.at}".strip() for one in violations[:_MOST_SHOWN]))
    return printable(text).encode("ascii", "backslashreplace").decode()[:_LONGEST]


def _example(where: str, wanted: str, choices: Sequence[Described]) -> Content:
    """The body of a named example. Raises Refusal."""
    known: list[str] = []
    for described in choices:
        listed = described.media.get("examples")
        entries = dict(listed.items()) if listed and isinstance(listed.value, dict) else {}
        known += [one for one in entries if one not in known]
        if wanted in entries:
            value = example_node(entries[wanted])
            if value and (content := next(described.contents([value.value]), None)):
                return content
            raise Refusal(400, f"the example {wanted!r} has no value that conforms to its schema")
    names = ", ".join(known) or "none"
    raise Refusal(400, f"there is no example {wanted[:80]!r} of {where} (documented: {names})")


def _wanted(operation: Operation, spec: ResponseSpec | None, wish: Wish, status: int) -> Described | None:
    """The body that is wanted most of a response; None where it has none, or none is wanted."""
    choices = choices_of(operation, spec, wish) if spec and status not in NO_BODY else []
    return next(iter(choices), None)


def _unproven(match: Match, request: Request) -> Iterator[Violation]:
    """Where the operation must know who sends a request, and it is not known. All credentials are good but those with which
    `contract test` tries whether they are checked."""
    what, place = lacking(match, request), match.operation.node.location
    if what or (is_secured(match.operation) and are_wrong(request)):
        message = f"the request has no credentials ({what})" if what else "the credentials are wrong"
        hint = "send the credentials that `security` requires"
        yield Violation("parameter-missing", message, "request.security", place, hint, cause="security")


def _known(operation: Operation) -> str:
    return f"{operation.name} documents: {', '.join(operation.responses) or 'none'}"


def _fields(headers: Sequence[Parameter], seed: int, *, dynamic: bool) -> Iterator[tuple[str, str]]:
    for header in headers:
        if header.name.lower() not in _OWN_FIELDS:
            stated: Sequence[Value] = () if dynamic else example_values(header)
            said = (one for one in _SAID.get(header.name.lower(), ()) if conforms(header, one))
            value = next(chain(said, stated, parameter_values(header, seed)), None)
            if isinstance(value, str):
                yield header.name, value
