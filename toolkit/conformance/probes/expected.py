"""A probe, and what its answer breaks: what is due is acceptance, a refusal as documented, or anything but a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from toolkit.client.client import Answer, Call, Client
from toolkit.contract.operation import Parameter
from toolkit.contract.promises import ErrorPromise, dig
from toolkit.schema.judge import shown
from toolkit.verdict import Violation


@dataclass(frozen=True, slots=True)
class Probe:
    """A call and what is expected of its answer. `place` is where the contract says so; `kind` the kind of fault in it."""

    name: str
    call: Call
    expected: str
    parameter: str = ""
    kind: str = ""
    place: str = ""
    rank: int = 1
    method: str = ""

    @property
    def at(self) -> str:
        return f"request.query.{self.parameter}" if self.parameter else "request.method"


def judge(client: Client, probe: Probe, answer: Answer) -> Iterator[Violation]:
    """What is wrong with the answer to a probe, beside what is wrong with it by itself."""
    if answer.status and (answer.status < 500 or answer.overloaded):
        yield from _JUDGES[probe.expected](client, probe, answer)


def _accepted(client: Client, probe: Probe, answer: Answer) -> Iterator[Violation]:
    if not answer.ok and (client.facts.errors or answer.status in (400, 422)):
        told = _told(client, answer)
        message = f"{_asked(probe, answer)} conforms to the contract and is refused with {told}"
        yield Violation("valid-request-refused", message, probe.at, probe.place, "accept it, or narrow the contract")


def _refused(client: Client, probe: Probe, answer: Answer) -> Iterator[Violation]:
    refusal = _refusal(client, probe)
    if answer.status < 400:
        rule = "method-not-refused" if probe.method else "invalid-request-accepted"
        due = f"{refusal.status or '4XX'} {' or '.join(refusal.codes)}".strip()
        message = f"{_asked(probe, answer)} is answered with {answer.status}; the contract asks for {due}"
        yield Violation(rule, message, probe.at, probe.place, "refuse it as documented, or widen the contract")
        return
    if (
        refusal.status
        and answer.status != refusal.status
        and not (_is_discriminator(client, probe) and answer.status in (400, 404))
    ):
        message = f"{_asked(probe, answer)} is refused with {_told(client, answer)}; documented is {refusal.status}"
        yield Violation(
            "refusal-status" if not probe.method else "method-not-refused",
            message,
            "response.status",
            probe.place,
            "answer with the documented status",
        )
    else:
        yield from _told_right(client, probe, answer, refusal)
    if probe.method:
        yield from _allow(client, probe, answer)


def _told_right(client: Client, probe: Probe, answer: Answer, refusal: ErrorPromise) -> Iterator[Violation]:
    """The error code, and the parameter's name in the message, as documented."""
    code = dig(answer.value, client.facts.code) if client.facts.code else None
    message = dig(answer.value, client.facts.message) if client.facts.message else None
    wrong = refusal.codes and code is not None and code not in refusal.codes
    if wrong and probe.kind not in _ANY_CODE and not _is_discriminator(client, probe):
        text = f"{_asked(probe, answer)} is refused with the code {code}; documented is {' or '.join(refusal.codes)}"
        at = f"response.body#/{'/'.join(client.facts.code)}"
        yield Violation("refusal-code", text, at, probe.place, "answer with the documented code")
    elif refusal.names_parameter and isinstance(message, str) and code in refusal.codes:
        names = _due_names(probe)
        if not any(name in message for name in names):
            text = f"{_asked(probe, answer)} is refused with {shown(message)}, which does not name {' or '.join(names)}"
            at = f"response.body#/{'/'.join(client.facts.message)}"
            yield Violation("refusal-message", text, at, probe.place, "name the parameter")


def _due_names(probe: Probe) -> list[str]:
    """The names of which a message has to tell one: any in the call where they do not go together."""
    is_relation = probe.kind == "parameters-inconsistent"
    return list(dict(probe.call.pairs)) if is_relation else [probe.parameter]


def _refusal(client: Client, probe: Probe) -> ErrorPromise:
    if probe.method:
        return ErrorPromise((client.facts.other_methods or {}).get("status"), (), False)
    return (
        client.facts.refusal(probe.kind, probe.parameter)
        or client.facts.refusal("parameter-invalid", probe.parameter)
        or ErrorPromise(None, (), False)
    )


def _is_discriminator(client: Client, probe: Probe) -> bool:
    """Without the parameter that names the operation, missing and unknown are one."""
    return probe.kind == "parameter-missing" and any(p.name == probe.parameter for p in client.operation.discriminators)


def _allow(client: Client, probe: Probe, answer: Answer) -> Iterator[Violation]:
    name = (client.facts.other_methods or {}).get("header")
    value = answer.exchange.response.headers.get(str(name)) if name and answer.exchange.response else ""
    allowed = {method.strip().upper() for method in (value or "").split(",")}
    missing = [method for method in client.facts.methods if method not in allowed]
    if name and missing:
        text = f"{probe.method} is refused with {name}: {shown(value)}, without {', '.join(missing)}"
        yield Violation(
            "method-not-refused",
            text,
            f"response.header.{name}",
            probe.place,
            "list the methods (RFC 9110, section 10.2.1)",
        )


def _asked(probe: Probe, answer: Answer) -> str:
    return probe.method or probe.name.rpartition(" is ")[0]


def _told(client: Client, answer: Answer) -> str:
    code = dig(answer.value, client.facts.code) if client.facts.code else None
    return f"{answer.status} {code or ''}".strip()


def is_required_empty(parameter: Parameter, text: str | None) -> bool:
    """Whether a required parameter is given without a value, which a service may tell as its absence, too."""
    return parameter.required and text == "" and parameter.only_value is None


_ANY_CODE = ("parameter-repeated", "parameters-inconsistent")  # other codes tell these as well

_JUDGES: Mapping[str, Callable[[Client, Probe, Answer], Iterator[Violation]]] = {
    "accepted": _accepted,
    "refused": _refused,
    "survived": lambda client, probe, answer: iter(()),
}
