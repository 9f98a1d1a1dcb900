"""The corpus: responses of the reference service to signed requests, 1 kB to 100 kB, one in twenty made invalid.

Each exchange is one line, a HAR entry with the header fields that a browser and a gateway add.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count, islice
from pathlib import Path
from random import Random
from uuid import UUID

from toolkit.client.signing import sign_aliyun_rpc
from toolkit.contract.model import Contract
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.recordings.reading import write_line
from toolkit.services.service import Service, reference_service, respond
from toolkit.services.store import Store, Task
from toolkit.services.tasks import generate
from toolkit.structs import replace
from toolkit.wire.urlencoded import build_query

# Domain of the tasks, tasks on a page, characters added to each task's path: bodies of about 1, 3, 10, 30 and 100 kB
SIZES = {
    1: ("a.example.com", 5, 0),
    3: ("a.example.com", 15, 0),
    10: ("b.example.com", 50, 20),
    30: ("c.example.com", 50, 400),
    100: ("d.example.com", 50, 1800),
}
_REQUEST_FIELDS = (
    ("Host", "vod.example.com"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"),
    ("Accept", "application/json, application/xml;q=0.9, */*;q=0.8"),
    ("Accept-Language", "en-GB,en;q=0.9,de;q=0.8"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Connection", "keep-alive"),
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Site", "same-site"),
)  # fmt: skip
_RESPONSE_FIELDS = (
    ("Date", "Tue, 24 Nov 2026 00:00:00 GMT"),
    ("Connection", "keep-alive"),
    ("Vary", "Accept-Encoding"),
    ("Cache-Control", "no-store"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("Access-Control-Allow-Origin", "*"),
    ("Server", "gateway"),
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Files of JSON lines: how many exchanges are in one, and which of them, from 0, do not conform."""

    path: Path
    exchanges: int
    invalid: frozenset[int]

    @property
    def megabytes(self) -> float:
        return self.path.stat().st_size / 1e6


def make(
    path: Path,
    contract: Path,
    media: str,
    each: int,
    sizes: tuple[int, ...] = tuple(SIZES),
    kind: str = "plain",
    invalid_every: int = 20,
) -> Corpus:
    """`each` exchanges of every size in kB, mixed. `media` is JSON or XML, `kind` of the XML one of KINDS."""
    random, invalid = Random(7), set[int]()
    service, now = _service(contract)
    order = [size for size in sizes for _ in range(each)]
    random.shuffle(order)
    with path.open("wb") as stream:
        for number, exchange in enumerate(_exchanges(service, order, media, random, now)):
            exchange = _changed(exchange, KINDS[kind])
            if number % invalid_every == invalid_every - 1:
                exchange = _spoiled(exchange, media, random)
                invalid.add(number)
            stream.write(write_line(exchange))
    return Corpus(path, len(order), frozenset(invalid))


@cache
def _service(contract: Path) -> tuple[Service, datetime]:
    """The reference service with tasks that lead to bodies of every size, and the time at which they were made."""
    random, now = Random(7), datetime.now(UTC)
    store = Store.open(":memory:")
    made = islice(generate(8_000, 7, now), 8_000)
    domains = {domain: length for domain, _, length in SIZES.values()}
    for (domain, length), tasks in zip(domains.items(), zip(*[made] * 2_000, strict=True), strict=False):
        store.insert_many(_stretched(task, domain, length, random) for task in tasks)
    service = reference_service(store, Contract.load(contract))
    numbers = count(1)
    return replace(service, request_id=lambda: str(UUID(int=next(numbers) << 64 | 0x4000 << 64)).upper()), now


def _stretched(task: Task, domain: str, length: int, random: Random) -> Task:
    tail = "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789/-_.", k=length))
    return replace(task, domain_name=domain, object_path=task.object_path + tail)


def _exchanges(service: Service, order: list[int], media: str, random: Random, now: datetime) -> Iterator[Exchange]:
    for size in order:
        domain, items, _ = SIZES[size]
        pairs = [
            ("Format", media),
            ("Version", "2017-03-21"),
            ("Action", "DescribeRefreshTasks"),
            ("DomainName", domain),
            ("ObjectType", random.choice(("file", "path", "preload"))),
            ("PageSize", str(items)),
            ("PageNumber", str(random.randint(1, 8))),
            *(
                [("StartTime", _text(now - timedelta(days=2, hours=random.randrange(24))))]
                if random.random() < 0.3
                else []
            ),
        ]
        method, body = ("POST", build_query(pairs).encode()) if random.random() < 0.2 else ("GET", None)
        url = "/" if body else "/?" + build_query(pairs)
        typed = (("Content-Type", "application/x-www-form-urlencoded"),) if body else ()
        request = Request(method, url, Headers((*_REQUEST_FIELDS, *typed)), body)
        signed = sign_aliyun_rpc(
            request, "testAccessKeyId", "testAccessKeySecret", now, str(UUID(int=random.getrandbits(128)))
        )
        yield _recorded(signed, respond(service, signed))


def _recorded(request: Request, response: Response) -> Exchange:
    body = response.body or b""
    fields = (("Content-Type", _media_type(response)), ("Content-Length", str(len(body))), *_RESPONSE_FIELDS)
    absolute = replace(request, url="https://vod.example.com" + request.url)
    return Exchange(absolute, Response(response.status, Headers(fields), body), seconds=0.021)


def _media_type(response: Response) -> str:
    return f"{response.headers.get('Content-Type')};charset=utf-8"


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# XML that means the same as the plain document and is written otherwise
KINDS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda body: body,
    "with a comment": lambda body: body.replace(b"<RequestId>", b"<!-- from a cache --><RequestId>", 1),
    "with a CDATA section": lambda body: re.sub(
        rb"<RequestId>(.*?)</RequestId>", rb"<RequestId><![CDATA[\1]]></RequestId>", body
    ),
    "with a namespace prefix declared": lambda body: re.sub(
        rb"<(DescribeRefreshTasksResponse)>", rb'<\1 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">', body
    ),
    "pretty-printed": lambda body: re.sub(rb"(?<=>)(?=<\w)|(?<=>)(?=</\w+></)", b"\n    ", body),
}


def _changed(exchange: Exchange, change: Callable[[bytes], bytes]) -> Exchange:
    assert exchange.response is not None and exchange.response.body is not None
    return replace(exchange, response=replace(exchange.response, body=change(exchange.response.body)))


_JSON_FAULTS = (
    (b'"TotalCount":', b'"TotalCount":-'),
    (b'"Status":"', b'"Status":"un'),
    (b'"ObjectType":"', b'"Objecttype":"'),
    (b'"PageNumber":', b'"PageNumber":"1","Page":'),
    (b'"Process":"', b'"Process":"x'),
    (b'"RequestId":"', b'"RequestId":"G'),
)
_XML_FAULTS = (
    (b"<TotalCount>", b"<TotalCount>-"),
    (b"<Status>", b"<Status>un"),
    (b"<PageNumber>", b"<PageNumber>p"),
    (b"<Process>", b"<Process>x"),
    (b"<RequestId>", b"<RequestId>G"),
    (b"<Tasks>", b"<Tasks>text"),
)


def _spoiled(exchange: Exchange, media: str, random: Random) -> Exchange:
    """The exchange with one fault of the kinds that services have, in its last place in the body."""
    assert exchange.response is not None and exchange.response.body is not None
    body = exchange.response.body
    old, new = random.choice(_JSON_FAULTS if media == "JSON" else _XML_FAULTS)
    head, found, tail = body.rpartition(old)
    return replace(exchange, response=replace(exchange.response, body=head + new + tail if found else b"{}"))
