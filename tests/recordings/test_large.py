"""Recordings at size and in packages: ranges, memory, archives, hostile input, and writing what is read back."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.places import ROOT

from toolkit.errors import RecordingError
from toolkit.exchange import Exchange, Headers, Record, Request, Response, Unreadable
from toolkit.recordings import reading as recordings
from toolkit.recordings.formats import har, json_lines
from toolkit.recordings.reading import BareBody
from toolkit.structs import replace

ANSWER = Response(200, Headers((("Content-Type", "application/json"),)), b'{"text": "a \\" and \\\\ and } and ]"}')
EXCHANGES = [Exchange(Request("GET", f"http://t/{number}"), ANSWER) for number in range(50)]
LINES = b"".join(map(recordings.write_line, EXCHANGES))
HAR = b"".join(recordings.har_document(EXCHANGES))


def urls(records: Iterable[Record]) -> list[str]:
    return [record.request.url for record in records if isinstance(record, Exchange) and record.request]


ALL = urls(EXCHANGES)


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=9)
charsets = st.sampled_from(
    ["application/json", "text/plain; charset=latin-1", 'a/b; charset="UTF-16"', "a/b; charset=x"]
)
headers = st.builds(
    lambda pairs, kind: Headers((*pairs, *([("content-type", kind)] if kind else []))),
    st.lists(st.tuples(names, texts.map(lambda text: text.replace("\n", " "))), max_size=4),
    st.none() | charsets,
)
bodies = st.none() | st.binary(max_size=40) | texts.map(str.encode) | texts.map(lambda text: text.encode("utf-16"))
requests = st.builds(Request, names, texts, headers, bodies)
responses = st.builds(Response, st.integers(100, 599).filter(lambda status: status != 304), headers, bodies)
exchanges = st.builds(Exchange, requests, responses) | st.builds(Exchange, requests, st.none())


@given(exchanges | st.builds(Exchange, st.none(), responses, operation=texts))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> None:
    path = tmp_path_factory.getbasetemp() / "one"
    for data in (recordings.write_line(exchange), b"".join(recordings.har_document([exchange]))):
        (back,) = recordings.read(write(path, data))
        assert isinstance(back, Exchange)
        assert (back.request, back.response) == (exchange.request, exchange.response)
        assert back.operation == exchange.operation


@pytest.mark.parametrize("body", [gzip.compress(b"x", mtime=0), b"\x1f\xc3\xbc", b"1\r\nx\r\n0\r\n\r\n"])
def test_a_body_is_not_decoded_twice(tmp_path: Path, body: bytes) -> None:
    headers = Headers((("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")))
    exchange = Exchange(EXCHANGES[0].request, Response(200, headers, body))
    (back,) = recordings.read(write(tmp_path / "a", recordings.write_line(exchange)))
    assert isinstance(back, Exchange)
    assert back.response == exchange.response


def test_a_fault_survives_conversion(tmp_path: Path) -> None:
    exchange = Exchange(EXCHANGES[0].request, Response(200, fault="corrupt"))
    (back,) = recordings.read(write(tmp_path / "a", recordings.write_line(exchange)))
    assert isinstance(back, Exchange)
    assert back.response == exchange.response


def test_an_empty_har_document_has_no_exchange(tmp_path: Path) -> None:
    assert list(recordings.read(write(tmp_path / "a", b"".join(recordings.har_document([]))))) == []


def test_a_broken_line_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = LINES.splitlines(keepends=True)
    lines[0] = b'{"request": {"method":\n'
    lines[16:19] = [b"\n", b"\xff\xfe\n", b"[1]\n"]
    path = write(tmp_path / "a.jsonl", b"\xef\xbb\xbf" + b"".join(lines)[:-40])
    found = list(recordings.read(path))
    broken = {recordings.resolve(record.source) for record in found if isinstance(record, Unreadable)}
    assert broken == {f"{path}:{number}" for number in (1, 18, 19, 50)}
    assert urls(found) == ALL[1:16] + ALL[19:-1]


def test_sources_of_lines_are_line_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "a@1", LINES)
    sources = [recordings.resolve(record.source) for record in reversed(list(recordings.read(path)))]
    assert sources == [f"{path}:{number}" for number in range(50, 0, -1)]
    packed = write(tmp_path / "a.gz", gzip.compress(LINES))
    assert [record.source for record in recordings.read(packed)][:2] == [f"{packed}:1", f"{packed}:2"]
    assert recordings.resolve("a.har#/log/entries/1") == "a.har#/log/entries/1"


@given(st.lists(st.integers(0, len(LINES)), max_size=6))
def test_ranges_divide_the_lines(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    path = tmp_path_factory.getbasetemp() / "lines"
    if not path.exists():
        path.write_bytes(LINES)
    edges = [0, *sorted(cuts), len(LINES)]
    parts = [recordings.read_range(str(path), start, end) for start, end in pairwise(edges)]
    records = [replace(record, source=recordings.resolve(record.source)) for part in parts for record in part]
    assert records == list(recordings.read(str(path)))


def test_which_files_can_be_shared(tmp_path: Path) -> None:
    assert recordings.is_splittable(write(tmp_path / "a", LINES))
    assert not recordings.is_splittable(write(tmp_path / "b", HAR))
    assert not recordings.is_splittable(write(tmp_path / "c", gzip.compress(LINES)))
    assert not recordings.is_splittable(str(tmp_path))


def test_a_line_too_long_to_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MAX_LINE", 1000)
    long = recordings.write_line(Exchange(Request("GET", "http://t/" + "x" * 5000), None))
    first, *rest = recordings.read(write(tmp_path / "a", long + LINES))
    assert isinstance(first, Unreadable)
    assert urls(rest) == ALL


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_a_large_har_is_cut_like_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indent: int | None, block: int
) -> None:
    document = {"version": {"log": {"entries": [1]}}, **json.loads(HAR)}
    document["log"] = {"pages": [{"entries": [{}], "log": "]}["}], **document["log"]}
    path = write(tmp_path / "a", json.dumps(document, indent=indent, ensure_ascii=False).encode())
    whole = list(recordings.read(path))
    monkeypatch.setattr(har, "WHOLE", 10)
    monkeypatch.setattr(har, "_BLOCK", block)
    assert list(recordings.read(path)) == whole
    assert urls(whole) == ALL


@pytest.mark.parametrize("tail", [b"", b"7", b'"x"', b"]", b'{"a": "', b"{}}"])
def test_a_large_har_with_a_broken_tail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tail: bytes) -> None:
    monkeypatch.setattr(har, "WHOLE", 10)
    found = list(recordings.read(write(tmp_path / "a", HAR[: HAR.rindex(b"]")] + b"," + tail)))
    assert urls(found) == ALL
    assert all(isinstance(record, Unreadable) for record in found[50:])
    assert (len(found) > 50) == (tail != b"]")


def peak(path: Path) -> int:
    tracemalloc.start()
    try:
        assert all(isinstance(record, Exchange) for record in recordings.read(str(path)))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pieces", [recordings.har_document, lambda exchanges: map(recordings.write_line, exchanges)])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, pieces: Any) -> None:
    big = Exchange(EXCHANGES[0].request, Response(200, Headers(), b"x" * 50_000))
    with (tmp_path / "big").open("wb") as file:
        file.writelines(pieces(big for _ in range(1000)))
    assert (tmp_path / "big").stat().st_size > 50_000_000
    assert peak(tmp_path / "big") < 40_000_000


def tar(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def zipped(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (gzip.compress(HAR), "#/log/entries/0"),
        (bz2.compress(HAR), "#/log/entries/0"),
        (lzma.compress(HAR), "#/log/entries/0"),
        (zlib.compress(HAR), "#/log/entries/0"),
        (HAR.decode().encode("utf-16"), "#/log/entries/0"),
        (LINES.decode().encode("utf-16"), ":1"),
        (gzip.compress(LINES), ":1"),
        (zipped(("README.md", b"# Words"), ("b/a.har", HAR)), "!b/a.har#/log/entries/0"),
        (tar("a.har", HAR), "!a.har#/log/entries/0"),
        (gzip.compress(tar("a.zip", zipped(("b.gz", gzip.compress(LINES))))), "!a.zip!b.gz:1"),
        (zipped(("../../escape.har", HAR)), "!../../escape.har#/log/entries/0"),
    ],
)
def test_packages(tmp_path: Path, data: bytes, source: str) -> None:
    path = write(tmp_path / "packed", data)
    found = list(recordings.read(path))
    assert urls(found) == ALL
    assert found[0].source == path + source
    assert list(tmp_path.iterdir()) == [tmp_path / "packed"]


def test_zstandard_package(tmp_path: Path) -> None:
    packed = pytest.importorskip("zstandard").compress(LINES)
    assert urls(recordings.read(write(tmp_path / "packed", packed))) == ALL


def test_a_wiremock_body_inside_of_an_archive(tmp_path: Path) -> None:
    mapping = b'{"request": {"url": "/a"}, "response": {"bodyFileName": "b.txt"}}'
    path = write(tmp_path / "a.zip", zipped(("x/mappings/a.json", mapping), ("x/__files/b.txt", b"found")))
    (found,) = recordings.read(path)
    assert isinstance(found, Exchange)
    assert found.response is not None
    assert found.response.body == b"found"


def test_a_package_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    data = gzip.compress(LINES * 100, 0)
    found = list(recordings.read(write(tmp_path / "a.gz", data[: len(data) // 2])))
    assert urls(found)[:50] == ALL
    assert isinstance(found[-1], Unreadable)


@pytest.mark.parametrize("data", [gzip.compress(HAR)[:-8] + bytes(8), gzip.compress(LINES)[:-8]])
def test_a_small_package_that_is_damaged_at_its_end(tmp_path: Path, data: bytes) -> None:
    *found, last = recordings.read(write(tmp_path / "a.gz", data))
    assert urls(found) == ALL
    assert isinstance(last, Unreadable)
    assert "damaged" in last.reason


def test_an_encrypted_member_leaves_the_others(tmp_path: Path) -> None:
    packed = bytearray(zipped(("a.har", HAR), ("b.har", HAR)))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    first, *rest = recordings.read(write(tmp_path / "a.zip", bytes(packed)))
    assert isinstance(first, Unreadable)
    assert (first.source, "encrypted" in first.reason) == (f"{tmp_path}/a.zip!a.har", True)
    assert urls(rest) == ALL


def test_parts_of_an_archive_are_bare_bodies_only_where_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", zipped(("a.har", HAR), ("1.json", b"{}")))
    inferred = BareBody("X", inferred=True)
    assert [len(list(recordings.read(path, bare=bare))) for bare in (None, inferred, BareBody("X"))] == [50, 50, 51]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04 no zip", b"\x1f\x8b no gzip", b"BZh no bzip2", zipped(("a", LINES))[:-30]]
)
def test_a_damaged_package(tmp_path: Path, data: bytes) -> None:
    (found,) = recordings.read(write(tmp_path / "a", data))
    assert isinstance(found, Unreadable)
    assert "\n" not in found.reason


def test_packages_within_packages_end_somewhere(tmp_path: Path) -> None:
    data = LINES
    for _ in range(8):
        data = zipped(("inner.zip", data))
    (found,) = recordings.read(write(tmp_path / "a.zip", data))
    assert isinstance(found, Unreadable)
    assert "packed too many times" in found.reason


def test_a_bomb_of_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.recordings.coding.POOL", 4 << 20)
    monkeypatch.setattr("toolkit.recordings.coding.RATIO", 1)
    spaces = b" " * (3 << 20)
    members = zipped(*((name, LINES + spaces) for name in "ab"))  # each alone is small enough
    for data in (
        gzip.compress(LINES + spaces * 3),
        zipped(("a", LINES + spaces * 3)),
        members,
        gzip.compress(gzip.compress(LINES + spaces * 2)),
    ):
        found = list(recordings.read(write(tmp_path / "a", data)))
        assert isinstance(found[-1], Unreadable)
        assert "unpack it first" in found[-1].reason


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / ".hidden").mkdir()
    write(tmp_path / ".hidden" / "a.har", HAR)
    write(tmp_path / "inner" / "b.har", HAR)
    write(tmp_path / "a.jsonl", LINES)
    write(tmp_path / "README.md", b"# interactions: with words")
    write(tmp_path / "openapi.json", b'{"openapi": "3.1.0"}')
    write(tmp_path / "broken.har", b'{"log": ')
    write(tmp_path / "cut.json", b'{"http_interactions": [{"request": ')
    (tmp_path / "inner" / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path / "-", b"no recording")
    found = list(recordings.read(str(tmp_path)))
    assert urls(found) == ALL * 2
    assert [record.source for record in found if isinstance(record, Unreadable)] == [
        f"{tmp_path}/broken.har",
        f"{tmp_path}/cut.json",
    ]
    assert urls(recordings.read(f"{tmp_path}/**/*.har")) == ALL
    with pytest.raises(RecordingError, match="broken"):
        list(recordings.read(f"{tmp_path}/broken.har"))


@pytest.mark.parametrize("data", [LINES, HAR, gzip.compress(HAR), zipped(("a", HAR))])
def test_standard_input(data: bytes) -> None:
    code = "from toolkit.recordings import reading as recordings; print(sum(1 for _ in recordings.read('-')))"
    root = ROOT
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, cwd=root, check=False)
    assert (done.stdout.strip(), done.stderr) == (b"50", b"")


def test_a_folder_with_a_file_named_like_the_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "-", LINES)
    for path in (".", "*"):
        assert urls(recordings.read(path)) == ALL


@given(st.binary(max_size=200) | texts.map(str.encode))
def test_any_bytes_are_refused_or_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    starts = (
        b"",
        b'{"log":{"entries":[',
        b"interactions:\n- ",
        b"9:4:type;",
        b'{"request":',
        b"\x1f\x8b",
        b"PK\x03\x04",
    )
    for start in starts:
        try:
            found = list(recordings.read(write(path, start + data)))
        except RecordingError as error:
            assert "\n" not in str(error)
        else:
            assert all(isinstance(record, Exchange | Unreadable) for record in found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 999) | texts | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
MEMBERS = [
    "request",
    "response",
    "headers",
    "status",
    "url",
    "method",
    "body",
    "content",
    "name",
    "value",
    "text",
    "uri",
]
odd_records = st.recursive(
    json_values,
    lambda inner: st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5) | st.lists(inner, max_size=2),
    max_leaves=20,
)


@pytest.mark.slow
@given(odd_records)
def test_odd_records_never_stop_a_reader(tmp_path_factory: pytest.TempPathFactory, odd: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "odd"
    documents = [
        {"log": {"entries": [odd]}},
        {"http_interactions": [odd]},
        {"mappings": [{"request": {"url": "/"}, "response": {}}, odd]},
        [{"scope": "http://t", "path": "/"}, odd],
        {"info": {}, "item": [{"request": odd, "response": [odd]}], "variable": [odd]},
        {"info": {}, "item": [], "variable": odd},
        {"type": "mock.insomnia.rest/5.0", "server": odd},
        {"type": "mock.insomnia.rest/5.0", "routes": odd},
        {"order": [], "requests": [{"responses": [odd]}]},
        {"resources": [odd, {"_type": "mock_route", **(odd if isinstance(odd, dict) else {})}]},
    ]
    for document in documents:
        try:
            found = list(recordings.read(write(path, json.dumps(document).encode())))
        except RecordingError:
            continue
        for record in found:
            if isinstance(record, Exchange):
                recordings.write_line(record)
