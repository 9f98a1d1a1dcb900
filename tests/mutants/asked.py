"""Faults in what is taken and what is refused: promises 1, 2, 4, 5 and 6."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from mutants.breaking import (
    Break,
    Mutant,
    Pairs,
    accepts,
    adds,
    answers,
    changed,
    drops,
    heads,
    hears,
    mistakes,
    plain,
    refuses,
)
from toolkit.exchange import Request, Response
from toolkit.services.calls import ApiCall
from toolkit.services.service import respond
from toolkit.structs import replace

_DAYS_3 = timedelta(days=3)
_NAMES = (
    "Action|DomainName|ObjectType|TaskId|ObjectPath|Status|StartTime|EndTime|PageSize|PageNumber|Format|Version"
    "|AccessKeyId|Signature|SignatureMethod|SignatureVersion|SignatureNonce|Timestamp|SecurityToken"
)


def _utc(text: str) -> str:
    return f"{datetime.fromisoformat(text.strip()).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _post(part: str) -> Break:
    """POST does not hear one of its parts."""

    def edited(request: Request) -> Request:
        gone = replace(request, url="/") if part == "query" else replace(request, body=b"")
        return gone if request.method == "POST" else request

    return lambda service: lambda request: respond(service, edited(request))


def _post_mixed(service: Any) -> Any:
    def send(request: Request) -> Response:
        body, query = request.body, request.url.partition("?")[2]
        return respond(service, replace(request, url="/") if request.method == "POST" and body and query else request)

    return send


def _also(method: str) -> Break:
    def breaks(service: Any) -> Any:
        return lambda request: respond(service, replace(request, method="GET") if request.method == method else request)

    return breaks


def _one(which: int) -> Break:
    """Of a parameter given twice, one is taken."""

    def edit(pairs: Pairs) -> Pairs:
        step = pairs if which else pairs[::-1]
        return list(dict(step).items())

    return hears(edit)


def _caseless(*names: str) -> Break:
    by_case = {name.lower(): name for name in names}
    return hears(lambda pairs: [(by_case.get(name.lower(), name), text) for name, text in pairs])


def _repeated_allowed(name: str) -> Break:
    return hears(
        lambda pairs: [pair for i, pair in enumerate(pairs) if pair[0] != name or pair[0] not in dict(pairs[:i])]
    )


def _without_twice(request: Request) -> Request:
    query, body = request.url.partition("?")[2], (request.body or b"").decode("utf-8", "surrogateescape")
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    kept = "&".join(piece for piece in body.split("&") if piece.partition("=")[0] not in names)
    return replace(request, body=kept.encode("utf-8", "surrogateescape"))


def _refused_as(status: int, when: Any) -> Break:
    return answers(lambda request, response: plain(status, "text/plain", b"no") if when(request) else response)


def _between(low: int, high: int) -> Any:
    return lambda call: any(text.isdecimal() and low <= int(text) <= high for text in call.all("PageSize"))


def _method_case(request: Request, response: Response) -> Response:
    return replace(response, status=400) if response.status == 405 else response


def _pair_of(call: ApiCall, left: str, right: str) -> tuple[str, str] | None:
    one, two = call.get(left), call.get(right)
    return (one, two) if one and two else None


def _equal_ends(call: ApiCall) -> bool:
    ends = _pair_of(call, "StartTime", "EndTime")
    return bool(ends and ends[0] == ends[1])


def _same_day(call: ApiCall) -> bool:
    ends = _pair_of(call, "StartTime", "EndTime")
    return bool(ends and ends[0][:10] == ends[1][:10])


_INTEGERS = (
    ("plus", "with a plus sign", r"\+\d+", str),
    ("space-before", "with a space before it", r" +\d+", str),
    ("space-behind", "with a space behind it", r"\d+ +", str),
    ("line-break", "with a line break behind it", r"\d+\n", str),
    ("leading-zero", "with a leading zero", r"0\d+", str),
    ("whole-fraction", "as 1.0", r"\d+\.0", lambda text: text.partition(".")[0]),
    ("fraction", "with a fraction, cut off", r"\d+\.[1-9]\d*", lambda text: text.partition(".")[0]),
    ("exponent", "with an exponent", r"\d+e\d+", lambda text: str(int(float(text)))),
    ("hexadecimal", "in hexadecimal", r"0x[0-9a-f]+", lambda text: str(int(text, 16))),
    (
        "unicode-digit",
        "in other digits of Unicode",
        r"[^\W0-9a-zA-Z_]",
        lambda text: str(int(text)) if text.isdecimal() else "1",
    ),
    ("text", "of text, as its default", r"[a-zA-Z]+", lambda text: ""),
    ("empty", "that is empty, as its default", r"", str),
    ("zero", "of 0, as its default", r"0", lambda text: ""),
    ("negative", "that is negative, as its default", r"-\d+", lambda text: ""),
    ("underscore", "with an underscore", r"\d_\d", str),
    ("list", "with a list, its first", r"\d+,\d+", lambda text: text.partition(",")[0]),
    ("suffix", "with text behind it", r"\d+[a-z]+", lambda text: text.rstrip("abcdefghijklmnopqrstuvwxyz")),
    ("huge", "of 2^64 + 1, cut to 64 bits", r"18446744073709551617", lambda text: "1"),
    ("cut-32", "of 2^32 + 1, cut to 32 bits", r"4294967297", lambda text: "1"),
    ("digits-100", "of 100 digits, as its default", r"\d{100,}", lambda text: ""),
    ("null", "of null, as its default", r"null", lambda text: ""),
)

_INTEGER_MUTANTS = tuple(
    Mutant(f"{name.lower()}-{key}", 5, f"{name} {says} is accepted", accepts(name, pattern, meaning))
    for name in ("PageSize", "PageNumber")
    for key, says, pattern, meaning in _INTEGERS
)

_T = r"(\d{4}-\d\d-\d\d)"
_TIMES = (
    ("offset-zero", "with +00:00 for Z", rf"{_T}T[\d:]+\+00:00", _utc),
    ("offset", "with another offset", rf"{_T}T[\d:]+\+08:00", _utc),
    ("no-zone", "without a zone", rf"{_T}T\d\d:\d\d:\d\d", lambda text: text + "Z"),
    ("fraction", "with a fraction", rf"{_T}T[\d:]+\.\d+Z", lambda text: text.partition(".")[0] + "Z"),
    ("space", "with a space for T", rf"{_T} [\d:]+Z", lambda text: text.replace(" ", "T")),
    ("lower-t", "with a lower-case t", rf"{_T}t[\d:]+Z", str.upper),
    ("lower-z", "with a lower-case z", rf"{_T}T[\d:]+z", str.upper),
    ("date", "of a date alone", _T, lambda text: text + "T00:00:00Z"),
    ("no-seconds", "without seconds", rf"{_T}T\d\d:\d\dZ", lambda text: text[:-1] + ":00Z"),
    (
        "unix",
        "as a Unix time",
        r"\d{9,10}",
        lambda text: f"{datetime.fromtimestamp(int(text), UTC):%Y-%m-%dT%H:%M:%SZ}",
    ),
    ("empty", "that is empty, as none", r"", lambda text: "2000-01-01T00:00:00Z"),
    ("feb-30", "of 30 February", r"\d{4}-02-30T.*Z", str),
    ("feb-29", "of 29 February in no leap year", r"(2023|1900)-02-29T.*Z", str),
    ("apr-31", "of 31 April", r"\d{4}-04-31T.*Z", str),
    ("month-13", "of month 13", r"\d{4}-13-.*Z", str),
    ("hour-24", "of hour 24", rf"{_T}T24:00:00Z", str),
    ("minute-60", "of minute 60", rf"{_T}T\d\d:60:\d\dZ", str),
    ("second-60", "of second 60", rf"{_T}T\d\d:\d\d:60Z", str),
    ("second-61", "of second 61", rf"{_T}T\d\d:\d\d:61Z", str),
    ("trimmed", "with a space behind it", rf"{_T}T[\d:]+Z +", str.strip),
    ("text", "of text", r"[a-z]{4,}", lambda text: "2000-01-01T00:00:00Z"),
    ("short", "without leading zeros", r"\d{4}-\d-\dT\d:\d:\dZ", lambda text: "2000-01-01T00:00:00Z"),
    ("basic", "in the basic form", r"\d{8}T\d{6}Z", lambda text: "2000-01-01T00:00:00Z"),
)
_TIME_MUTANTS = tuple(
    Mutant(f"{name.lower()}-{key}", 4, f"{name} {says} is accepted", accepts(name, pattern, meaning))
    for name in ("StartTime", "EndTime")
    for key, says, pattern, meaning in _TIMES
)


def _number(name: str, bad: str, by: str = "") -> Break:
    return accepts(name, bad, lambda text: by or text)


# fmt: off
MUTANTS = (
    # 1: method, path, where the parameters stand
    Mutant("delete-accepted", 1, "DELETE is answered as GET is", _also("DELETE")),
    Mutant("put-accepted", 1, "PUT is answered as GET is", _also("PUT")),
    Mutant("patch-accepted", 1, "PATCH is answered as GET is", _also("PATCH")),
    Mutant("method-status", 1, "another method is refused with 400", answers(_method_case)),
    Mutant("method-404", 1, "another method is refused with 404", answers(lambda q, r: replace(r, status=404) if r.status == 405 else r)),
    Mutant("method-501", 1, "another method is refused with 501", answers(lambda q, r: replace(r, status=501) if r.status == 405 else r)),
    Mutant("allow-missing", 1, "405 without Allow", heads("Allow", lambda text, status: None)),
    Mutant("allow-empty", 1, "Allow is empty", heads("Allow", lambda text, status: "" if text else None)),
    Mutant("allow-short", 1, "Allow does not name POST", heads("Allow", lambda text, status: "GET" if text else None)),
    Mutant("post-refused", 1, "POST is refused", _refused_as(405, lambda q: q.method == "POST")),
    Mutant("post-form-ignored", 1, "the body of a POST is not heard", _post("form")),
    Mutant("post-query-ignored", 1, "the query of a POST is not heard", _post("query")),
    Mutant("post-mixed", 1, "the query of a POST that has a body is not heard", _post_mixed),
    Mutant("post-size", 1, "POST does not hear PageSize", hears(lambda p: [x for x in p if x[0] != "PageSize"], lambda q: q.method == "POST")),
    Mutant("post-status", 1, "POST does not hear Status", hears(lambda p: [x for x in p if x[0] != "Status"], lambda q: q.method == "POST")),
    Mutant("post-xml-only", 1, "POST does not hear Format", hears(lambda p: [x for x in p if x[0] != "Format"], lambda q: q.method == "POST")),
    Mutant("post-plus", 1, "in a form body a plus sign is no space",
          lambda service: lambda q: respond(service, replace(q, body=q.body and q.body.replace(b"+", b"%2B")))),
    Mutant("post-latin", 1, "POST is read as Latin-1",
          hears(lambda p: [(k, v.encode().decode("latin-1")) for k, v in p], lambda q: q.method == "POST")),
    Mutant("post-page", 1, "POST answers with page 1 only", hears(lambda p: [x for x in p if x[0] != "PageNumber"], lambda q: q.method == "POST")),
    Mutant("get-only-start", 1, "GET does not hear StartTime", hears(lambda p: [x for x in p if x[0] != "StartTime"], lambda q: q.method == "GET")),
    Mutant("post-lenient", 1, "POST takes a bad PageSize for 50",
          hears(lambda p: [(k, "50" if k == "PageSize" and v == "51" else v) for k, v in p], lambda q: q.method == "POST")),
    Mutant("action-unknown", 1, "an unknown Action is accepted", mistakes("Action", ".*", "DescribeRefreshTasks")),
    Mutant("action-case", 1, "Action is taken in any case", mistakes("Action", "(?i)DescribeRefreshTasks", "DescribeRefreshTasks")),
    Mutant("action-trimmed", 1, "Action is trimmed", mistakes("Action", r"\s*DescribeRefreshTasks\s*", "DescribeRefreshTasks")),
    Mutant("action-prefix", 1, "Action matches by its beginning", mistakes("Action", "DescribeRefreshTasks.+", "DescribeRefreshTasks")),
    Mutant("action-absent", 1, "Action may be absent",
          hears(lambda p: p if "Action" in dict(p) else [*p, ("Action", "DescribeRefreshTasks")], lambda q: q.method == "GET")),
    # 2: common parameters
    Mutant("format-case", 2, "format=json in lower case is refused", refuses("Format", "json")),
    Mutant("format-lower-xml", 2, "json in lower case is answered in XML", mistakes("Format", "json", "XML")),
    Mutant("format-mixed-case", 2, "Json is answered in XML", mistakes("Format", "[jJ](?!SON)(?!son)...", "XML")),
    Mutant("format-default", 2, "without Format the answer is in JSON",
          hears(lambda p: p if "Format" in dict(p) else [*p, ("Format", "JSON")], lambda q: q.method == "GET")),
    Mutant("format-ignored", 2, "every answer is in JSON", changed(format_of=lambda step: lambda call: "JSON")),
    Mutant("format-xml-only", 2, "every answer is in XML", changed(format_of=lambda step: lambda call: "XML")),
    Mutant("format-unknown", 2, "an unknown Format is taken for XML", accepts("Format", "(?i)(?!json|xml).+")),
    Mutant("format-text", 2, "an unknown Format is taken for JSON", accepts("Format", "(?i)(?!json|xml).+", lambda text: "JSON")),
    Mutant("format-trimmed", 2, "Format is trimmed", accepts("Format", r"\s+\w+|\w+\s+", str.strip)),
    Mutant("format-prefix", 2, "Format=JSONx is taken for JSON", accepts("Format", "JSON.+", lambda text: "JSON")),
    Mutant("format-not-explicit", 2, "Format=XML is refused", refuses("Format", "XML")),
    Mutant("version-ignored", 2, "a wrong Version is accepted", accepts("Version", ".*")),
    Mutant("version-prefix", 2, "Version matches by its beginning", accepts("Version", "2017-03-21.+")),
    Mutant("version-trimmed", 2, "Version is trimmed", accepts("Version", r"\s+2017-03-21|2017-03-21\s+")),
    Mutant("version-refused", 2, "the right Version is refused", refuses("Version", "2017-03-21", "InvalidVersion")),
    Mutant("version-required", 2, "without Version a call is refused", adds("MissingParameter", "Version", lambda call: not call.all("Version"))),
    # 4: the operation's own parameters
    Mutant("domain-optional", 4, "without DomainName a call is answered",
          drops(lambda call, r: r.detail == "DomainName" and not call.all("DomainName"))),
    Mutant("type-optional", 4, "without ObjectType a call is answered",
          drops(lambda call, r: r.detail == "ObjectType" and not call.all("ObjectType"))),
    Mutant("type-defaulted", 4, "ObjectType has a default, file",
          hears(lambda p: p if "ObjectType" in dict(p) else [*p, ("ObjectType", "file")], lambda q: q.method == "GET")),
    Mutant("domain-empty", 4, "an empty DomainName is accepted", accepts("DomainName", "")),
    Mutant("type-empty", 4, "an empty ObjectType is accepted", accepts("ObjectType", "", lambda text: "file")),
    Mutant("type-unknown", 4, "an unknown ObjectType is accepted", accepts("ObjectType", ".+")),
    Mutant("type-case", 4, "ObjectType is taken in any case", accepts("ObjectType", "(?i)file|path|preload", str.lower)),
    Mutant("type-upper", 4, "ObjectType is taken in upper case", accepts("ObjectType", "FILE|PATH|PRELOAD", str.lower)),
    Mutant("type-trimmed", 4, "ObjectType is trimmed", accepts("ObjectType", r"\s+\w+|\w+\s+", str.strip)),
    Mutant("type-short", 4, "ObjectType may be cut short", accepts("ObjectType", "fil|pat|preloa", lambda text: "file")),
    Mutant("type-plural", 4, "ObjectType matches by its beginning", accepts("ObjectType", "(file|path|preload).+", lambda text: "file")),
    Mutant("type-list", 4, "ObjectType may be a list", accepts("ObjectType", r"\w+,\w+", lambda text: text.partition(",")[0])),
    Mutant("type-preload", 4, "ObjectType=preload is refused", refuses("ObjectType", "preload")),
    Mutant("type-path", 4, "ObjectType=path is refused", refuses("ObjectType", "path")),
    Mutant("type-directory", 4, "ObjectType=path is taken for file", mistakes("ObjectType", "path", "file")),
    Mutant("status-unknown", 4, "an unknown Status is accepted", accepts("Status", ".+")),
    Mutant("status-pending", 4, "Status=Pending is accepted as a filter", accepts("Status", "Pending")),
    Mutant("status-case", 4, "Status is taken in any case", accepts("Status", "(?i)complete|refreshing|failed", str.title)),
    Mutant("status-lower", 4, "Status is taken in lower case", accepts("Status", "complete|refreshing|failed", str.title)),
    Mutant("status-trimmed", 4, "Status is trimmed", accepts("Status", r"\s+\w+|\w+\s+", str.strip)),
    Mutant("status-list", 4, "Status may be a list", accepts("Status", r"\w+,\w+", lambda text: text.partition(",")[0])),
    Mutant("status-failed", 4, "Status=Failed is refused", refuses("Status", "Failed")),
    Mutant("status-refreshing", 4, "Status=Refreshing is refused", refuses("Status", "Refreshing")),
    Mutant("status-ok", 4, "Status=Completed is accepted", accepts("Status", "Complete.+")),
    Mutant("task-empty", 4, "an empty TaskId is accepted", accepts("TaskId", "")),
    Mutant("task-21", 4, "TaskId of 21 digits is accepted", accepts("TaskId", r"\d{21}")),
    Mutant("task-long", 4, "TaskId of any length is accepted", accepts("TaskId", r"\d{21,}")),
    Mutant("task-20", 4, "TaskId of 20 digits is refused", refuses("TaskId", r"\d{20}", "InvalidTaskId.Malformed")),
    Mutant("task-1", 4, "TaskId of one digit is refused", refuses("TaskId", r"\d", "InvalidTaskId.Malformed")),
    Mutant("task-letters", 4, "TaskId of letters is accepted", accepts("TaskId", "[a-z]+")),
    Mutant("task-any", 4, "TaskId of anything is accepted", accepts("TaskId", ".*")),
    Mutant("task-sign", 4, "TaskId with a sign is accepted", accepts("TaskId", r"[+-]\d+", lambda text: text[1:])),
    Mutant("task-space", 4, "TaskId with a space is accepted", accepts("TaskId", r" \d+|\d+ ", str.strip)),
    Mutant("task-line", 4, "TaskId with a line break is accepted", accepts("TaskId", r"\d+\n", str.strip)),
    Mutant("task-list", 4, "TaskId may be a list", accepts("TaskId", r"\d+,\d+", lambda text: text.partition(",")[0])),
    Mutant("task-unicode", 4, "TaskId of other digits of Unicode is accepted", accepts("TaskId", r"(?=.*[^0-9])\d+")),
    Mutant("task-fraction", 4, "TaskId with a fraction is accepted", accepts("TaskId", r"\d+\.\d+")),
    Mutant("task-hex", 4, "TaskId in hexadecimal is accepted", accepts("TaskId", r"0x\d+")),
    Mutant("task-suffix", 4, "TaskId with a letter behind it is accepted", accepts("TaskId", r"\d+[a-z]")),
    Mutant("end-before-start", 4, "EndTime may be before StartTime",
          drops(lambda c, r: bool(_pair_of(c, "StartTime", "EndTime")) and r.detail == "EndTime")),
    Mutant("ends-equal", 4, "StartTime equal to EndTime is refused", adds("InvalidParameter", "EndTime", _equal_ends)),
    Mutant("ends-same-day", 4, "StartTime and EndTime of one day are refused", adds("InvalidParameter", "EndTime", _same_day)),
    Mutant("ends-both", 4, "StartTime without EndTime is refused",
          adds("MissingParameter", "EndTime", lambda c: c.all("StartTime") and not c.all("EndTime"))),
    Mutant("ends-both-end", 4, "EndTime without StartTime is refused",
          adds("MissingParameter", "StartTime", lambda c: c.all("EndTime") and not c.all("StartTime"))),
    Mutant("start-leap", 4, "StartTime of 29 February is refused in a leap year", refuses("StartTime", r"\d+-02-29T.*Z")),
    Mutant("end-midnight", 4, "EndTime at midnight is refused", refuses("EndTime", r".*T00:00:00Z")),
    Mutant("start-last-second", 4, "StartTime in the last second of a day is refused", refuses("StartTime", r".*T23:59:59Z")),
    Mutant("start-old", 4, "StartTime before the last 3 days is refused",
          adds("InvalidParameter", "StartTime", lambda c: (c.get("StartTime") or "~") < f"{c.now - _DAYS_3:%Y-%m-%dT%H:%M:%SZ}")),
    Mutant("start-future", 4, "StartTime in the future is refused",
          adds("InvalidParameter", "StartTime", lambda c: (c.get("StartTime") or "") > f"{c.now:%Y-%m-%dT%H:%M:%SZ}")),
    Mutant("end-future", 4, "EndTime in the future is refused",
          adds("InvalidParameter", "EndTime", lambda c: (c.get("EndTime") or "") > f"{c.now:%Y-%m-%dT%H:%M:%SZ}")),
    Mutant("path-long", 4, "ObjectPath of more than 100 characters is refused", refuses("ObjectPath", ".{101,}")),
    Mutant("path-unicode", 4, "ObjectPath outside of ASCII is refused", refuses("ObjectPath", ".*[^\x00-\x7f].*")),
    Mutant("path-quote", 4, "ObjectPath with a quote is refused", refuses("ObjectPath", ".*'.*")),
    Mutant("path-percent", 4, "ObjectPath with a percent sign is refused", refuses("ObjectPath", ".*%.*")),
    Mutant("path-empty", 4, "an empty ObjectPath is refused", refuses("ObjectPath", "")),
    Mutant("path-plain", 4, "ObjectPath that is no address is refused", refuses("ObjectPath", "(?!http).+")),
    *_TIME_MUTANTS,
    # 5: numbers
    Mutant("size-51", 5, "PageSize 51 is accepted", _number("PageSize", "51")),
    Mutant("size-100", 5, "PageSize up to 100 is accepted", _number("PageSize", "5[1-9]|[6-9][0-9]|100")),
    Mutant("size-any", 5, "PageSize is not bounded", _number("PageSize", r"5[1-9]|[6-9]\d|\d{3,9}")),
    Mutant("size-capped", 5, "PageSize above 50 is taken for 50", mistakes("PageSize", r"5[1-9]|[6-9]\d|\d{3,}", "50")),
    Mutant("size-0", 5, "PageSize 0 is accepted", _number("PageSize", "0", "20")),
    Mutant("size-50-refused", 5, "PageSize 50 is refused", refuses("PageSize", "50")),
    Mutant("size-49-refused", 5, "PageSize 49 is refused", refuses("PageSize", "49")),
    Mutant("size-1-refused", 5, "PageSize 1 is refused", refuses("PageSize", "1")),
    Mutant("size-list-only", 5, "PageSize is 10, 20 or 50 only",
          adds("InvalidParameter", "PageSize", lambda c: c.get("PageSize") not in (None, "10", "20", "50"))),
    Mutant("size-above-40", 5, "PageSize above 40 is refused", adds("InvalidParameter", "PageSize", _between(41, 50))),
    Mutant("size-minus-one", 5, "PageSize -1 means all", accepts("PageSize", "-1", lambda text: "50")),
    Mutant("page-100001", 5, "PageNumber 100001 is accepted", _number("PageNumber", "100001")),
    Mutant("page-any", 5, "PageNumber is not bounded", _number("PageNumber", r"10000[1-9]|[1-9]\d{6,9}|[2-9]\d{5}")),
    Mutant("page-0", 5, "PageNumber 0 is accepted as 1", _number("PageNumber", "0", "1")),
    Mutant("page-100000", 5, "PageNumber 100000 is refused", refuses("PageNumber", "100000")),
    Mutant("page-99999", 5, "PageNumber 99999 is refused", refuses("PageNumber", "99999")),
    Mutant("page-1000", 5, "PageNumber above 1000 is refused", refuses("PageNumber", r"\d{5,6}|[1-9]\d{3}")),
    Mutant("page-1", 5, "PageNumber 1 is refused", refuses("PageNumber", "1")),
    Mutant("page-2", 5, "PageNumber 2 is refused", refuses("PageNumber", "2")),
    Mutant("page-capped", 5, "PageNumber above 100000 is taken for 100000", mistakes("PageNumber", r"10000[1-9]|[1-9]\d{6,}|[2-9]\d{5}", "100000")),
    Mutant("default-size-19", 5, "PageSize is 19 where absent",
          hears(lambda p: p if "PageSize" in dict(p) else [*p, ("PageSize", "19")], lambda q: q.method == "GET")),
    Mutant("default-size-10", 5, "PageSize is 10 where absent",
          hears(lambda p: p if "PageSize" in dict(p) else [*p, ("PageSize", "10")], lambda q: q.method == "GET")),
    Mutant("default-size-50", 5, "PageSize is 50 where absent",
          hears(lambda p: p if "PageSize" in dict(p) else [*p, ("PageSize", "50")], lambda q: q.method == "GET")),
    Mutant("default-page-2", 5, "PageNumber is 2 where absent",
          hears(lambda p: p if "PageNumber" in dict(p) else [*p, ("PageNumber", "2")], lambda q: q.method == "GET")),
    Mutant("size-required", 5, "PageSize is required", adds("MissingParameter", "PageSize", lambda c: not c.all("PageSize"))),
    Mutant("page-required", 5, "PageNumber is required", adds("MissingParameter", "PageNumber", lambda c: not c.all("PageNumber"))),
    Mutant("corner", 5, "PageSize 50 with PageNumber 100000 is refused",
          adds("InvalidParameter", "PageNumber", lambda c: c.get("PageSize") == "50" and c.get("PageNumber") == "100000")),
    *_INTEGER_MUTANTS,
    # 6: names
    Mutant("unknown-refused", 6, "an unknown parameter is refused",
          adds("InvalidParameter", "parameter", lambda c: any(not re.fullmatch(_NAMES, name) for name, _ in c.parameters))),
    Mutant("unknown-refused-post", 6, "POST refuses an unknown parameter", adds("InvalidParameter", "parameter",
          lambda c: c.request.method == "POST" and any(not re.fullmatch(_NAMES, name) for name, _ in c.parameters))),
    Mutant("names-trimmed", 6, "names of parameters are trimmed", hears(lambda p: [(k.strip(), v) for k, v in p])),
    Mutant("names-brackets", 6, "PageSize[] is taken for PageSize", hears(lambda p: [(k.removesuffix("[]"), v) for k, v in p])),
    Mutant("names-caseless", 6, "names of parameters are taken in any case", _caseless(*_NAMES.split("|"))),
    Mutant("size-caseless", 6, "pagesize is taken for PageSize", _caseless("PageSize")),
    Mutant("status-caseless", 6, "status is taken for Status", _caseless("Status")),
    Mutant("format-caseless", 6, "format is taken for Format", _caseless("Format")),
    Mutant("first-wins", 6, "of a parameter given twice the first is taken", _one(0)),
    Mutant("last-wins", 6, "of a parameter given twice the last is taken", _one(1)),
    *(Mutant(f"repeated-{name.lower()}", 6, f"{name} may be given twice", _repeated_allowed(name)) for name in _NAMES.split("|")[:10]),
    Mutant("twice-same", 6, "a parameter may be given twice with one value", hears(lambda p: list(dict.fromkeys(p)))),
    Mutant("twice-body", 6, "given in query and body, the query is taken", lambda service: lambda request: respond(service, _without_twice(request))),
    Mutant("order-matters", 6, "Action has to come before DomainName",
          adds("MissingParameter", "Action", lambda c: [n for n, _ in c.parameters if n in ("Action", "DomainName")][:1] == ["DomainName"])),
)
# fmt: on
