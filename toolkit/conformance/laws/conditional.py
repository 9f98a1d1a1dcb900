"""A conditional request: what the client has already is not sent again, where the contract documents 304."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from toolkit.client.client import CheckedResponse
from toolkit.conformance.laws.finding import Finding, find
from toolkit.conformance.subject import Subject
from toolkit.contract.operation import Operation

# Field of the request, of the response, and whether 304 is a must or a should: RFC 9110, sections 13.1.2 and 13.1.3.
_CONDITIONS = (("If-None-Match", "ETag", True), ("If-Modified-Since", "Last-Modified", False))


def has_not_modified(operation: Operation) -> bool:
    return operation.method == "GET" and "304" in operation.responses


def not_modified(subject: Subject) -> Iterator[Finding]:
    """A GET with the entity tag of the response before leads to 304 where the entity tag is still that one. With a date it is sent
    too, for what the contract says of the response."""
    client, plain = subject.client, subject.client.ask(subject.client.call(), fresh=True)
    known = [(name, value, must) for name, source, must in _CONDITIONS if (value := _field(plain, source))]
    for name, value, must in known:
        request = client.request(plain.call)
        headers = request.headers.replaced(name, value)
        response = client.send(plain.call, replace(request, headers=headers))
        if must and response.ok and _tag(_field(response, "ETag")) == _tag(value):
            message = f"{name}: {value} leads to status {response.status} with the same ETag, and 304 is documented"
            hint = "respond with 304 and no body, or take 304 out of the contract"
            yield find(subject, "law-not-modified", "", message, response, hint)
            return
    if plain.ok and not known:
        subject.notes.append(
            f"{subject.operation.name}: 304 is documented and was not examined: no ETag, no Last-Modified"
        )


def _field(response: CheckedResponse, name: str) -> str:
    received = response.exchange.response
    return (received.headers.get(name) or "") if received else ""


def _tag(value: str) -> str:
    """An entity tag as If-None-Match compares it, weakly (RFC 9110, section 8.8.3.2)."""
    return value.removeprefix("W/")
