"""A proof of generated code: it is compiled, a driver calls the mock and other services with it, and what was sent is checked by
the contract, what was decoded against what came.

Drivers are programs of `toolkit/export/drivers`, one for each language; they know the conventions of the tools. A client sends
and decodes; a binder of XML reads each response and writes it back.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from toolkit.contract.model import Contract
from toolkit.contract.promises import dig, read_facts
from toolkit.contract.repair import made_of_rest
from toolkit.document.names import bare_name
from toolkit.document.pointers import grouped, rewritten
from toolkit.errors import ContractError
from toolkit.exchange import Request, Response, Send
from toolkit.export.cases import MOCK, SECRETS, Case, cases_of, described, model_of, proofs_of, success_of, value_of
from toolkit.export.changes import make_copy
from toolkit.export.compiling import DRIVERS, Compiled, compile_code, run
from toolkit.export.generate import Generated
from toolkit.export.tools import TOOLS
from toolkit.schema.bundle import is_number
from toolkit.schema.messages import shown
from toolkit.secrets.masking import Secrets
from toolkit.structs import Frozen, Mutable, field, replace
from toolkit.verdict import Verdict
from toolkit.wire import media_type


def differs(wanted: Any, found: Any, place: str = "") -> str:
    """The first place where two values are not the same; '' where they are. A property of null is one that is not there, and
    one moment may be written in several ways; numbers are the same that are one double."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in {**wanted, **found}:
            if said := differs(wanted.get(name), found.get(name), f"{place}/{name}"):
                return said
        return ""
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        each = (differs(one, other, f"{place}/{at}") for at, (one, other) in enumerate(zip(wanted, found, strict=True)))
        return next(filter(None, each), "")
    if is_number(wanted) and is_number(found) and float(wanted) == float(found):
        return ""  # what JavaScript has numbers for
    if wanted is found or (type(wanted) is type(found) and wanted == found):
        return ""
    if isinstance(wanted, str) and isinstance(found, str) and _is_one_moment(wanted, found):
        return ""
    values = ("***", "***") if Secrets().is_secret(place.rpartition("/")[2]) else (shown(found), shown(wanted))
    return "{} is {}, and {} came".format(place or "the body", *values)


def _is_one_moment(one: str, other: str) -> bool:
    try:
        moments = [datetime.fromisoformat(text) for text in (one, other)]
        return len({moment.replace(tzinfo=moment.tzinfo or UTC) for moment in moments}) == 1
    except (ValueError, OverflowError):
        return False


def plain(value: Any) -> Any:
    """A value with names of properties as those who rename them agree on: without case and signs."""
    return rewritten(value, lambda one: {bare_name(name): inner for name, inner in one.items()})


Respond = Callable[[Request, Case | None], tuple[Response, Verdict]]
"""What a service responds to a request, that of a case or another one, and what is wrong with the request."""
Serve = Callable[[Send], AbstractContextManager[str]]
_MOST_OPERATIONS = 60
_LONGEST = 200  # characters of what is quoted


class Outcome(Frozen):
    """What became of a call: its fault ('' for none), the request that was sent, and whether the response came as a generated
    type (None: there was nothing to be of a type)."""

    case: Case
    fault: str = ""
    sent: str = ""
    typed: bool | None = None


class Proof(Frozen):
    """A proof of one target. `unproven` says what could not be examined at all; `remarks` what was left out of the calls."""

    compiled: Compiled
    outcomes: tuple[Outcome, ...] = ()
    unproven: str = ""
    remarks: tuple[str, ...] = ()

    def holds(self) -> bool:
        return not (self.compiled.fault or self.remarks or any(one.fault for one in self.outcomes))

    def faults(self) -> Iterator[str]:
        """A line for each fault, however many calls have it."""
        for fault, found in grouped((one.fault, one) for one in self.outcomes if one.fault).items():
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            sent = f" (sent: {found[0].sent})" if found[0].sent else ""
            yield f"{found[0].case.label}{more}: {fault}{sent}"

    def left(self) -> list[str]:
        """What was not examined."""
        return [f"not called: {self.unproven}"] if self.unproven else list(self.remarks)

    def counts(self) -> dict[str, str]:
        """How many of the calls of the mock were sent and decoded well: of errors, of those given as a generated type, and of the
        others; and how many calls of each other service."""
        first = [one for one in self.outcomes if one.case.service == MOCK]
        errors = [one for one in first if one.case.asks]
        groups = {
            "decodes": [not one.fault for one in first if not one.case.asks],
            "errors": [not one.fault for one in errors],
            "errors typed": [bool(one.typed) and not one.fault for one in errors if one.typed is not None],
            **grouped((one.case.service, not one.fault) for one in self.outcomes[len(first) :]),
        }
        return {name: f"{sum(found)} of {len(found)}" for name, found in groups.items() if self.outcomes}

    def line(self) -> str:
        """Whether it compiles, decodes, and gives errors as types, and what was left out."""
        if self.compiled.fault:
            return f"does not compile: {self.compiled.fault}"
        if self.compiled.lacking:
            return f"not compiled: {self.compiled.lacking} is not here"
        counts = [f"{name} {count}" for name, count in self.counts().items()]
        return "; ".join(["compiles", *counts, *self.left()])


class Counterpart(Frozen):
    """Who is called: its name, and the statuses of the errors that it can be led to (None: whatever is documented)."""

    name: str
    respond: Respond
    errors: Collection[int] | None = None

    def cases(self, cases: Sequence[Case]) -> list[Case]:
        known = (one for one in cases if one.asks is None or self.errors is None or one.asks in self.errors)
        return [replace(one, service=self.name) for one in known]


class _Seen(Mutable, eq=False):
    """What came in and went out by the number of the call, which stands before each path."""

    cases: Sequence[Case]
    services: Mapping[str, Counterpart]
    sent: dict[int, list[tuple[Request, Response, Verdict]]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Response:
        found = re.match(r"/(\d+)(/[^?]*)?", request.url)
        number = int(found[1]) if found else len(self.cases)
        if found is None or number >= len(self.cases):
            return Response(404)
        case, path = self.cases[number], (found[2] or "/") + request.url[found.end() :]
        asked = replace(request, url=path)
        response, verdict = self.services[case.service].respond(asked, case)
        self.sent.setdefault(number, []).append((asked, response, verdict))
        return response


def prove(contract: Contract, made: Generated, services: Sequence[Counterpart], serve: Serve) -> Proof:
    """Compile what a tool made, let it call services, the mock first, served by `serve`, and check what went to and fro."""
    tool = made.target.tool
    with tempfile.TemporaryDirectory(prefix=".contract-prove-", dir=Path.cwd()) as folder:
        scratch = Path(folder).resolve()
        out = scratch / "made" / Path(made.target.out).name
        for name, content in made.files.items():
            path = out / Path(name).relative_to(made.target.out) if Path(name) != Path(made.target.out) else out
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        compiled = compile_code(out, scratch, made.program)
        if compiled.fault or compiled.lacking:
            return Proof(compiled)
        if not TOOLS[tool].driver:
            return Proof(compiled, unproven=f"there is no driver for {tool}")
        copy = _copy(contract, tool, scratch)
        cases, remarks = _cases(copy, lambda request: services[0].respond(request, None)[0])
        if not cases:
            return Proof(compiled, unproven="; ".join(remarks) or "no request is known to be valid")
        every = [one for each in services for one in each.cases(cases)]
        run_of = _Run(compiled, tool, out, scratch, copy, every, remarks)
        named = {one.name: one for one in services}
        return _called(run_of, named, serve) if TOOLS[tool].reads == "openapi" else _bound(run_of, named)


class _Run(Frozen):
    compiled: Compiled
    tool: str
    out: Path
    scratch: Path
    contract: Contract
    cases: list[Case]
    remarks: list[str]

    def proof(self, outcomes: Sequence[Outcome], missing: Sequence[str] = ()) -> Proof:
        left = [f"not called: {', '.join(dict.fromkeys(missing))}"] if missing else []
        return Proof(self.compiled, tuple(outcomes), remarks=(*self.remarks, *left))

    def unproven(self, reason: str) -> Proof:
        return Proof(self.compiled, unproven=reason)


def _copy(contract: Contract, tool: str, scratch: Path) -> Contract:
    """The contract as the tool was given it, or in XML for a binder."""
    path = scratch / "contract.json"
    path.write_bytes(made_of_rest(contract, lambda one: make_copy(one, TOOLS[tool].copy))[0].content)
    return Contract.load(path).without_base()


def _cases(contract: Contract, send: Send) -> tuple[list[Case], list[str]]:
    operations = list(contract.operations())
    found: list[Case] = []
    left: list[str] = []
    for one in operations[:_MOST_OPERATIONS]:
        try:
            cases = cases_of(contract, one, send)
        except ContractError:
            cases = []
        found += cases
        left += [] if cases else [one.name]
    remarks = [f"no valid request is known of {', '.join(left)}"] if left else []
    if (more := len(operations) - _MOST_OPERATIONS) > 0:
        remarks.append(f"the last {more} operations are not called")
    return found, remarks


def _called(run_of: _Run, services: Mapping[str, Counterpart], serve: Serve) -> Proof:
    seen = _Seen(run_of.cases, services)
    with serve(seen) as url:
        others = {bare_name(case.operation.name) for case in run_of.cases}
        calls = [_call(number, case, url, others) for number, case in enumerate(run_of.cases)]
        place, here = run_of.compiled.place, str(Path.cwd())
        status, said, complaint = _driven(run_of, out=place, url=url, project=here, calls=calls)
    results = {one["number"]: one for line in said.splitlines() if line.startswith("{") for one in [json.loads(line)]}
    if not results:
        return run_of.unproven(f"the driver ended with {status}: {' '.join(complaint.split())[-200:]}")
    if not seen.sent and len(reasons := {str(one.get("raised", "")) for one in results.values()} - {""}) == 1:
        return run_of.unproven(reasons.pop())
    outcomes, missing = list[Outcome](), list[str]()
    for number, case in enumerate(run_of.cases):
        result = results.get(number, {"raised": f"the driver ended: {' '.join(complaint.split())[-200:]}"})
        if "missing" in result:
            missing.append(f"{case.operation.name} ({result['missing']})")
        else:
            sent = seen.sent.get(number, [])
            request = f"{sent[-1][0].method} {sent[-1][0].url}"[:200] if sent else ""
            is_value = bool(sent) and value_of(case.operation, sent[-1][1]) is not None
            typed = bool(result.get("typed")) if is_value else None
            outcomes.append(Outcome(case, _fault(case, result, sent), request, typed))
    values = {number: result.get("value") for number, result in results.items()}
    return run_of.proof(list(_with_walks(run_of, outcomes, values)), missing)


def _driven(run_of: _Run, **plan: Any) -> tuple[int, str, str]:
    """How a driver ends that is given a plan, what it says, and what it complains of."""
    package, file = Path(run_of.compiled.place), run_of.scratch / "plan.json"
    whole = {"tool": run_of.tool, "folder": str(package.parent), "package": package.stem, **plan}
    file.write_text(json.dumps(whole), "utf-8")
    return run([*run_of.compiled.runs, str(DRIVERS / TOOLS[run_of.tool].driver), str(file)], run_of.scratch)


def _call(number: int, case: Case, url: str, others: set[str]) -> dict[str, Any]:
    operation, wire = case.operation, case.wire
    path = re.sub(r"\?.*|#.*", "", operation.route.template)
    kind, value = case.body or ("", None)
    model = model_of(operation, operation.request_content.get(kind), request=True)
    first = {key: next(iter(spec.content.values()), None) for key, spec in operation.responses.items()}
    return {
        "number": number,
        "base": f"{url}/{number}",
        "names": _names(operation.name, operation.method, path, others),
        "method": operation.method,
        "path": path,
        "values": [{"name": name, "in": place, "value": value} for (place, name), value in case.values.items()],
        "body": None if case.body is None else {"media": kind, "value": value, "model": model},
        "models": {key.upper() if key != "default" else key: model_of(operation, media) for key, media in first.items()},
        "media": media_type.concrete(next(iter(success.content), "")) if (success := success_of(operation)) else "",
        "credentials": [*proofs_of(operation)],
        "secrets": SECRETS,
        "parameters": [one.name for one in operation.parameters],
        "wire": {"method": wire.method, "url": wire.url, "headers": list(wire.headers.pairs), "body": (wire.body or b"").decode("utf-8", "replace")},
    }  # fmt: skip


def _names(name: str, method: str, path: str, others: set[str]) -> list[str]:
    """What a function may be called: by the operationId, else as generators put method and path together, which may be the name of
    one of the `others`."""
    by = re.sub(r"\{(\w+)\}", r"By\1", path)
    made = [f"field{name}", f"{method}{path}", f"{path}{method}", f"{method}{by}"]
    return list(dict.fromkeys([name, *(one for one in made if bare_name(one) not in others)]))


def _errors(verdict: Verdict) -> list[str]:
    return [f"{one.at}: {one.message}".removeprefix(": ") for one in verdict.violations]


def _fault(case: Case, result: Mapping[str, Any], sent: Sequence[tuple[Request, Response, Verdict]]) -> str:
    """What is wrong with a call; '' for nothing."""
    if case.kind.startswith("invalid"):
        return _invalid_fault(result, sent)
    if not sent:
        return f"nothing was sent: {result.get('raised', 'no reason was given')}"
    _, response, verdict = sent[-1]
    if wrong := _errors(verdict):
        return f"the request breaks the contract: {wrong[0]}"
    if "raised" in result:
        return f"the response {response.status} was not decoded: {result['raised']}"
    if result["status"] not in (None, response.status):
        return f"the status {response.status} was given as {result['status']}"
    if response.status >= 400 and not case.asks:
        return f"the {case.service} refuses the request with {response.status}: {_detail(response)}"
    if case.asks not in (None, response.status):
        return f"the {case.service} has no response {case.asks}: {_detail(response)}"
    wanted, kind = value_of(case.operation, response), media_type.kind(response.headers.content_type)
    found = result.get("value")
    if result.get("renamed"):
        wanted, found = plain(described(case.operation, response, wanted)), plain(found)
    elif differs(wanted, found):
        wanted, found = (described(case.operation, response, one) for one in (wanted, found))
    if response.body and kind == "json" and (difference := differs(wanted, found)):
        return f"the response {response.status} was decoded otherwise: {difference}"
    return ""


def _detail(response: Response) -> str:
    """What a problem (RFC 9457) says in detail, else the beginning of the body."""
    text = (response.body or b"").decode("utf-8", "replace")
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, LookupError, TypeError):
        return text[:_LONGEST]


def _invalid_fault(result: Mapping[str, Any], sent: Sequence[tuple[Request, Response, Verdict]]) -> str:
    """An invalid value is refused by the client, or sent as it is and then its refusal is seen."""
    if not sent:
        return "" if "raised" in result else "nothing was sent, and nothing was refused"
    _, response, verdict = sent[-1]
    if not _errors(verdict):
        return "an invalid value was not sent as it is"
    if response.status >= 400 and ("raised" in result or result["status"] in (None, response.status)):
        return ""
    return f"the refusal {response.status} was given as {result.get('status')}"


def _with_walks(run_of: _Run, outcomes: list[Outcome], values: Mapping[int, Any]) -> Iterator[Outcome]:
    """The outcomes, a second page being one with other items than the first."""
    numbers = {id(case): number for number, case in enumerate(run_of.cases)}
    for one in outcomes:
        if one.fault or one.case.kind != "page 2":
            yield one
            continue
        number = numbers[id(one.case)]
        facts = read_facts(one.case.operation, run_of.contract)
        pages = facts.pages or facts.chain
        path = tuple(map(bare_name, pages.results)) if pages else ()
        first, second = (dig(plain(values.get(at)), path) for at in (number - 1, number))
        is_walk = bool(first) and isinstance(second, list) and not any(item in first for item in second)
        yield one if is_walk else replace(one, fault=f"the second page is {shown(second)} after {shown(first)}")


def _bound(run_of: _Run, services: Mapping[str, Counterpart]) -> Proof:
    """A binder reads the responses to the requests as the contract writes them, and writes each back."""
    from toolkit.xml.parse import parse

    bodies = run_of.scratch / "bodies"
    bodies.mkdir()
    came, left = dict[int, tuple[Response, Verdict]](), list[str]()
    for number, case in enumerate(run_of.cases):
        headers = case.wire.headers.replaced("accept", "application/xml")
        response, verdict = services[case.service].respond(replace(case.wire, headers=headers), case)
        if response.body and media_type.kind(response.headers.content_type) == "xml":
            came[number] = response, verdict
            (bodies / f"{number}.xml").write_bytes(response.body)
        elif response.body and case.kind == "good":
            left.append(f"{case.label} (no XML)")
    if not came:
        return run_of.unproven("no response came in XML")
    roots = {number: str(parse(one.body or b"").tag).rpartition("}")[2] for number, (one, _) in came.items()}
    complaint = _BINDS[TOOLS[run_of.tool].driver](run_of, bodies, roots)
    if not any(bodies.glob("*.out")) and not any(bodies.glob("*.err")):
        return run_of.unproven(f"the driver fails: {' '.join(complaint.split())[-200:]}")
    values: dict[int, Any] = {}
    outcomes = []
    for number, (response, verdict) in came.items():
        case = run_of.cases[number]
        values[number], fault = _written_back(bodies / f"{number}.out", case, response)
        wrong = [] if case.kind.startswith("invalid") else _errors(verdict)
        outcomes.append(Outcome(case, wrong[0] if wrong else fault, typed=not fault))
    return run_of.proof(list(_with_walks(run_of, outcomes, values)), left)


def _written_back(path: Path, case: Case, response: Response) -> tuple[Any, str]:
    """The value that the binder wrote, and what is wrong with it."""
    if not path.is_file():
        reason = path.with_suffix(".err")
        said = reason.read_text("utf-8")[:_LONGEST] if reason.is_file() else "no reason was given"
        return None, f"it was not read: {said}"
    written = replace(response, body=path.read_bytes())
    value = value_of(case.operation, written)
    difference = differs(value_of(case.operation, response), value)
    return value, f"the response {response.status} was bound otherwise: {difference}" if difference else ""


def _java_binds(run_of: _Run, bodies: Path, roots: Mapping[int, str]) -> str:
    classes, driver = Path(run_of.compiled.place), str(DRIVERS / TOOLS[run_of.tool].driver)
    factory = next(classes.rglob("ObjectFactory.class"), None)  # it is in the package of which JAXB is told
    package = ".".join(factory.parent.relative_to(classes).parts) if factory else "-"
    return run([*run_of.compiled.runs, driver, package, str(bodies)], run_of.scratch)[2]


def _cplusplus_binds(run_of: _Run, bodies: Path, roots: Mapping[int, str]) -> str:
    headers, sources = sorted(run_of.out.glob("*.hxx")), sorted(map(str, run_of.out.glob("*.cxx")))
    known = {name for path in headers for name in re.findall(r"^(\w+) \(::std::istream& is,", path.read_text(), re.M)}
    functions = {root: next((name for name in (f"{root}_", root) if name in known), None) for root in roots.values()}
    defined = " ".join(f'ROOT("{root}", {name})' for root, name in functions.items() if name)
    names = [f'-DHEADER="{headers[0].name}"', f"-DROOTS={defined}", f"-I{run_of.out}"] if headers else []
    binder = str(run_of.scratch / "binder")
    words = ["-std=c++17", "-w", *names, str(DRIVERS / "binder.cxx"), *sources, "-lxerces-c", "-o", binder]
    status, _, complaint = run([*run_of.compiled.runs, *words], run_of.out)
    if status:
        return complaint
    words = [word for number, root in roots.items() for word in (str(number), root)]
    libraries = os.pathsep.join(filter(None, [os.environ.get("LD_LIBRARY_PATH"), os.environ.get("LIBRARY_PATH")]))
    return run([binder, str(bodies), *words], run_of.scratch, LD_LIBRARY_PATH=libraries)[2]


_BINDS: dict[str, Callable[[_Run, Path, Mapping[int, str]], str]] = {
    "binders.py": lambda run_of, bodies, roots: _driven(run_of, bodies=str(bodies), roots=roots)[2],
    "Binder.java": _java_binds,
    "XmlBeans.java": _java_binds,
    "binder.cxx": _cplusplus_binds,
}
