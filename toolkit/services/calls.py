"""A call as the reference service reads it, and the errors that it responds with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from toolkit.exchange import Request
from toolkit.structs import Frozen, replace
from toolkit.wire.urlencoded import form_pairs, parse_query

MAX_BODY = 65_536
"""The most bytes of a request's body, or its query: no parameter needs a hundredth of it."""

ERRORS: dict[str, tuple[int, str]] = {
    "MissingParameter": (400, "The required parameter {detail} is not supplied."),
    "InvalidParameter": (400, "The parameter {detail} is not valid."),
    "InvalidTaskId.Malformed": (400, "Specified TaskId is malformed."),
    "InvalidVersion": (400, "The specified Version is not valid."),
    "IncompleteSignature": (400, "The signature parameter {detail} is absent or not valid."),
    "SignatureDoesNotMatch": (400, "The specified Signature does not match; the string to sign is:{detail}"),
    "InvalidTimeStamp.Expired": (400, "The specified Timestamp is more than 15 minutes from the time of the service."),
    "SignatureNonceUsed": (400, "The specified SignatureNonce was used already."),
    "InvalidAction.NotFound": (404, "The specified Action is not found."),
    "InvalidAccessKeyId.NotFound": (404, "The specified AccessKeyId is not found."),
    "UnsupportedHTTPMethod": (405, "The method is not supported."),
    "InternalError": (500, "The request was not processed because of an internal error."),
    "ServiceUnavailable": (503, "The service is not available now; ask again later."),
    "Throttling": (503, "Request was denied due to request throttling."),
}
"""Each code's status and message. The vendor's clients look for the string to sign after a colon."""


class ApiError(Frozen):
    """Why a call is refused: a code of ERRORS, what its message names, and header fields of the response."""

    code: str
    detail: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class ApiCall(Frozen):
    """A request with its parameters, those of the query before those of a form body. Names and values are decoded as the URL standard says (a `%`
    that begins no escape stays one), except that bytes which are not UTF-8 become surrogate escapes, so that they can be refused, and signed."""

    request: Request
    now: datetime
    parameters: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.parameters if key == name]

    def get(self, name: str) -> str | None:
        """The parameter's first value; None if it is not given."""
        return next(iter(self.all(name)), None)


CallCheck = Callable[[ApiCall], Iterator[ApiError]]


def read(request: Request, now: datetime) -> ApiCall:
    """The call of a request; every request can be read."""
    query = request.url.partition("?")[2]
    cut = replace(request, body=(request.body or b"")[:MAX_BODY])
    form = form_pairs(cut, "surrogateescape") if request.method == "POST" else []
    return ApiCall(request, now, (*parse_query(query[:MAX_BODY], "surrogateescape"), *form))


def format_of(call: ApiCall) -> str:
    """`JSON` or `XML`: the requested one, in any case; XML if none is requested, or none that exists."""
    return "JSON" if [value.upper() for value in call.all("Format")] == ["JSON"] else "XML"
