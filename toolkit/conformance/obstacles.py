"""Why an operation has no success: which refusal says most, and what the user can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from toolkit.client.bodies import example_body, stated_body
from toolkit.client.client import CheckedResponse, Client
from toolkit.client.examples import example_values
from toolkit.conformance.laws.faults import fault_of
from toolkit.conformance.subject import Subject
from toolkit.conformance.told import NOT_VALID
from toolkit.contract.operation import Parameter
from toolkit.contract.security import required_schemes
from toolkit.document.identifiers import DATA_KEYWORDS
from toolkit.schema.judge import shown
from toolkit.structs import replace


def says(refusal: CheckedResponse) -> tuple[bool, bool, bool]:
    """How much a response to a plain call says of why it has no success: that there is none, or what is not valid."""
    return not refusal.status, bool(fault_of(refusal.exchange).text), refusal.status in NOT_VALID


def obstacle(subject: Subject, last: CheckedResponse | None, said: str) -> str:
    if last is None:
        return subject.held_back or f"not tested{cure(subject)}"
    if not last.status:
        return f"no response ({last.failure}); look for the cause in the service's log, or wait longer with --timeout"
    said = "an HTML page in the place of what is documented" if last.is_page else said
    status = f"{last.status} ({said})" if said else str(last.status)
    if last.status >= 500:
        return f"not tested further: a plain request fails with status {status}"
    how = "answered" if last.status < 300 else "redirected" if last.status < 400 else "refused"
    return f"not tested further: a plain request is {how} with status {status}{cure(subject)}"


def cure(subject: Subject) -> str:
    """What the user can do if a plain request may mean nothing to the service; '' if it should mean something."""
    client = subject.client
    if wrong := next(_invalid_given(subject), ""):
        return f"; {wrong}"
    if subject.lost:
        return f"; {subject.lost}"
    if apart := _rare_scheme(subject):
        return f"; it requires the scheme {apart} and others do not: test it alone with --operation and --auth"
    unknown = [one.name for one in client.operation.parameters if one.required and one.key not in client.base]
    if unknown:
        return f"; no value is known for {', '.join(unknown)}: give one with --param {unknown[0]}=VALUE"
    places = [one for one in client.operation.parameters if one.location == "path"]
    vague = [one for one in places if not is_stated(one) or client.base.get(one.key) not in example_values(one)]
    guessed = [one.name for one in client.operation.parameters if one.key in client.invented or one in vague]
    invented = [one for one in guessed if not any(one == name for _, name in subject.given)]
    of_body = _cure_of_body(client)
    if invented:
        base, draft = ({name: value for (_, name), value in one.items()} for one in (client.base, subject.draft))
        found = {name: value for name, value in base.items() if value in subject.pool.texts(client.operation, name)}
        is_seen = all(name in found or (name in base and base[name] != draft.get(name)) for name in invented)
        if is_seen and of_body and subject.refused and subject.refused.status in NOT_VALID:
            return of_body
        how = "was taken from other responses, and may not fit" if is_seen else "is invented"
        return f"; the value of {', '.join(invented)} {how}: give one with --param {invented[0]}=VALUE"
    if unseen := subject.pool.names_unknown(client.operation, client.request(client.call())):
        return f"; {shown(unseen[0])} names what no response has shown: give what exists with --param, or in an example"
    return of_body


def _cure_of_body(client: Client) -> str:
    """What the user can do about a body that is made up; '' where none is."""
    if not client.operation.request_content or client.operation.form_or_query or stated_body(client.operation):
        return ""
    if example_body(client.operation) is None:
        needed = client.operation.body_required
        return "; no valid request body could be made: add an example of one to the contract" if needed else ""
    return "; the request body is invented: add an example of one to the contract"


def _rare_scheme(subject: Subject) -> str:
    """The scheme that an operation requires where more of the others require another one of the same kind, such as that of a
    token that renews tokens: what the user gave is for those. '' if there is none."""
    own = {*required_schemes(subject.operation)}
    uses = Counter(scheme for peer in subject.peers.values() for scheme in {*required_schemes(peer.operation)})
    rivals = [one for one in uses if any(replace(one, name=mine.name) == mine for mine in own - {one})]
    most = max((uses[one] for one in rivals), default=0)
    return next((one.name for one in own), "") if most > max((uses[one] for one in own), default=most) else ""


def _invalid_given(subject: Subject) -> Iterator[str]:
    """What the contract says against values that the user gave."""
    client = subject.client
    for parameter in client.operation.parameters:
        text = client.base.get(parameter.key)
        if isinstance(text, str) and text in subject.given.get(parameter.key, ()):
            for one in client.validator.check_parameter(parameter, [text]):
                yield f"the value given for {parameter.name} does not conform to the contract: {one.message}"


def is_stated(parameter: Parameter) -> bool:
    """Whether the contract says which values there are: an example, a default, an enum, or one of a few numbers."""
    owners = (parameter.node.value, parameter.schema)
    named = any(isinstance(one, dict) and one.keys() & DATA_KEYWORDS for one in owners)
    return named or (parameter.location != "path" and "minimum" in parameter.schema)
