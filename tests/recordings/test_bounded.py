"""What a recording may unpack to and hold: archives, codings, files beside it, strings without end."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.growth import LINEAR, growth, peak

from toolkit.errors import RecordingError
from toolkit.exchange import Exchange, Headers, Record, Request, Response, Unreadable
from toolkit.recordings import archives, coding
from toolkit.recordings.coding import restore
from toolkit.recordings.reading import read, read_range, write_line

SMALL = 60 << 20  # bytes held beside the input


def entry(text: str = "{}", **content: Any) -> dict[str, Any]:
    fields = [{"name": "Content-Type", "value": "application/json"}]
    fields += [{"name": "Content-Encoding", "value": "gzip"}] if content else []
    received = {"status": 200, "headers": fields, "content": {"text": text, **content}}
    return {"request": {"method": "GET", "url": "http://h/x", "headers": []}, "response": received}


def har(*entries: Any) -> bytes:
    return json.dumps({"log": {"entries": entries}}).encode()


def kinds(records: list[Record]) -> list[str]:
    return [one.reason if isinstance(one, Unreadable) else "exchange" for one in records]


@pytest.fixture(autouse=True)
def _no_large_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that is asked for so many bytes at once reserves them, unused."""
    monkeypatch.setattr("toolkit.recordings.recording.MAX_TREE", 8 << 20)


def read_all(path: Path) -> tuple[list[Record], int]:
    found: list[Record] = []
    held = peak(lambda: found.extend(read(path)))
    return found, held


def header(name: bytes, size: int, kind: bytes) -> bytes:
    block = bytearray(tarfile.TarInfo("x").tobuf(tarfile.USTAR_FORMAT))
    written = b"%011o\0" % size if size < 8 << 30 else b"\x80" + size.to_bytes(11, "big")
    block[:100], block[124:136], block[156:157] = name.ljust(100, b"\0"), written, kind
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def test_a_file_of_a_tar_file_that_is_said_to_be_endless_is_not_skipped_beyond_the_end(tmp_path: Path) -> None:
    whole, data = tmp_path / "x.tar", har(entry())
    padded = data + bytes(-len(data) % 512)
    whole.write_bytes(header(b"first.har", len(data), b"0") + padded + header(b"second.har", 1 << 80, b"0") + padded)
    found, _ = read_all(whole)
    assert kinds(found)[0] == "exchange" and "unexpected end" in kinds(found)[-1]


@pytest.mark.parametrize(
    "kind",
    [b"L", *(pytest.param(one, marks=pytest.mark.slow) for one in (b"K", b"x", b"g", b"X"))],
    ids=["name", "link", "pax", "global pax", "Solaris pax"],
)
def test_a_long_name_in_a_tar_file_is_not_read_whole(tmp_path: Path, kind: bytes) -> None:
    with gzip.open(tmp_path / "x.tar.gz", "wb", compresslevel=1) as packed:
        packed.write(header(b"first.har", 0, b"0") + header(b"long", 200 << 20, kind))
        for _ in range(200):
            packed.write(b"a" * (1 << 20))
    found, held = read_all(tmp_path / "x.tar.gz")
    assert held < SMALL and any("a name or attributes of over 1 MB" in reason for reason in kinds(found))


@pytest.mark.slow
def test_the_headers_of_an_archive_are_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    for count in (3_000, 9_000):
        with gzip.open(tmp_path / "x.tar.gz", "wb", compresslevel=1) as packed:
            packed.write(header(b"folder", 0, b"5") * count)
        held.append(read_all(tmp_path / "x.tar.gz")[1])
    assert held[1] < held[0] + (1 << 20)
    monkeypatch.setattr(archives, "_MAX_MEMBERS", 1_000)
    assert "over 1,000 files in one archive" in kinds(read_all(tmp_path / "x.tar.gz")[0])[-1]


def test_a_zip_file_with_a_large_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}.har", har(entry()))
    assert kinds(read_all(tmp_path / "x.zip")[0]) == ["exchange"] * 300
    monkeypatch.setattr(archives, "_MAX_DIRECTORY", 10_000)
    assert "too many files" in kinds(read_all(tmp_path / "x.zip")[0])[-1]


def bomb(size: int) -> str:
    return base64.b64encode(gzip.compress(bytes(size), mtime=0)).decode()


def test_many_bodies_together_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "POOL", 10 << 20)
    monkeypatch.setattr(coding, "RATIO", 1)
    (tmp_path / "x.har").write_bytes(har(*[entry(bomb(4 << 20), encoding="base64")] * 50))
    found, held = read_all(tmp_path / "x.har")
    assert sum(isinstance(one, Exchange) for one in found) < 20 and held < SMALL
    assert "unpacks to over" in kinds(found)[-1]


@pytest.mark.slow
def test_what_is_no_bomb_is_read_behind_any_number_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a plain file, in an archive, and in a folder: each byte of the input allows for what sound files hold."""
    monkeypatch.setattr(coding, "POOL", 1 << 20)
    sound, huge = bomb(40_000), bomb(30 << 20)
    several = har(*[entry(huge, encoding="base64"), entry(sound, encoding="base64")] * 3, entry())
    (tmp_path / "x.har").write_bytes(several)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.har", har(entry("a" * (10 << 20))))
            archive.writestr(f"{number}-sound.har", har(entry()))
    (tmp_path / "f").mkdir()
    for number in range(3):
        (tmp_path / "f" / f"{number}.har.gz").write_bytes(gzip.compress(har(entry("a" * (10 << 20)))))
        (tmp_path / "f" / f"{number}.sound.har").write_bytes(har(entry()))
    for name, sound_ones in (("x.har", 4), ("x.zip", 3), ("f", 3)):
        found = kinds(list(read(tmp_path / name)))
        assert found.count("exchange") == sound_ones and sum("unpacks to over" in kind for kind in found) == 3


def test_a_body_beyond_the_limit_is_a_fault_of_its_exchange(tmp_path: Path) -> None:
    (tmp_path / "x.har").write_bytes(har(entry(bomb(65 << 20), encoding="base64"), entry()))
    first, second = read(tmp_path / "x.har")
    assert isinstance(first, Exchange) and first.response and "larger than 64 MB" in str(first.response.fault)
    assert isinstance(second, Exchange)


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_one_stored_body_of_many_mappings_counts_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(coding, "POOL", 10 << 20)
    monkeypatch.setattr(coding, "RATIO", 1)
    mapping = {"request": {"method": "GET", "url": "/x"}, "response": {"status": 200, "bodyFileName": "b"}}
    files = {"m.json": json.dumps({"mappings": [mapping] * 50}).encode(), "__files/b": bytes(4 << 20)}
    path = tmp_path / "m.json"
    (tmp_path / "__files").mkdir()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    if packed:
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    found, held = read_all(path)
    assert sum(isinstance(one, Exchange) for one in found) < 20 and held < SMALL
    assert any("unpacks to over" in reason for reason in kinds(found))


@pytest.mark.parametrize(
    "tail",
    [b']}},"x":"%s', b']}} "%s', b'"%s', b"]}}%s", b'{"request": "%s'],
    ids=["value", "text", "entry", "bare", "open"],
)
def test_the_tail_of_a_har_document_may_be_one_long_string(tmp_path: Path, tail: bytes) -> None:
    sound = har(entry()).removesuffix(b"]}}")
    (tmp_path / "x.har").write_bytes(
        sound + (b"," if tail.startswith((b'"', b"{")) else b"") + tail % (b"a\\" * (10 << 20))
    )
    found, held = read_all(tmp_path / "x.har")
    assert isinstance(found[0], Exchange) and held < 4 * (20 << 20) + SMALL


def test_a_string_before_the_entries_may_be_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.recordings.formats.har.WHOLE", 1 << 20)
    for end in ("", "\\\\", '\\"'):
        text = (
            '{"log": {"comment": "' + "ab" * (2 << 20) + end + '", ' + har(entry()).decode().removeprefix('{"log": {')
        )
        (tmp_path / "x.har").write_text(text)
        assert kinds(list(read(tmp_path / "x.har"))) == ["exchange"]


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "braces": lambda count: b'{"log":{"entries":[' + b"{" * count,
    "strings": lambda count: b'{"log":{"entries":[{"a":' + b'"x",' * count,
    "quotes": lambda count: b'{"log":{"entries":[{"a":"' + b'\\"' * count,
    "names": lambda count: b"{" + b'"a":1,' * count + b'"log":{"entries":[]}}',
    "lines": lambda count: b'{"request":{}}\n' * count,
    "yaml": lambda count: b"interactions:\n" + b"- request:\n" * count,
    "postman": lambda count: json.dumps(
        {"info": {}, "item": [{"request": "{{a" * count, "response": [{"code": 1}]}]}
    ).encode(),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_recordings_are_read_in_linear_time(tmp_path: Path, kind: str) -> None:
    def make(count: int) -> Path:
        path = tmp_path / f"{count}.json"
        path.write_bytes(HOSTILE[kind](count))
        return path

    def run(path: Path) -> None:
        with suppress(RecordingError):
            list(read(path))

    assert growth(make, run, 5_000) < LINEAR


def test_a_stream_of_many_members_is_read_in_linear_time(tmp_path: Path) -> None:
    def make(count: int) -> Path:
        path = tmp_path / f"{count}.tar"
        with tarfile.open(path, "w") as archive:
            for _ in range(count):
                info = tarfile.TarInfo("x.har")
                info.size = len(har(entry()))
                archive.addfile(info, io.BytesIO(har(entry())))
        return path

    assert growth(make, lambda path: list(read(path)), 40) < LINEAR


def test_a_body_of_many_gzip_members_is_restored_in_linear_time() -> None:
    coded = Headers((("Content-Encoding", "gzip"),))
    assert growth(lambda count: gzip.compress(b"{}") * count, lambda data: restore(data, coded), 4_000) < LINEAR
    assert restore(gzip.compress(b"1" * 5_000) + gzip.compress(b"2") + b"behind", coded) == (b"1" * 5_000 + b"2", None)


@pytest.mark.slow
def test_a_range_of_json_lines_has_the_limit_of_a_whole_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coding, "POOL", 1 << 20)
    packed = base64.b64encode(gzip.compress(b"a" * (1 << 20))).decode()
    line = json.dumps(entry(packed, encoding="base64")).encode() + b"\n"
    (tmp_path / "x.jsonl").write_bytes(line * 400)
    size = len(line) * 400
    parts = [kinds(list(read_range(str(tmp_path / "x.jsonl"), *each))) for each in ((0, size // 2), (size // 2, size))]
    for part in parts:
        assert 0 < part.count("exchange") < 400 // 2 and "unpacks to over" in part[-1]


def test_a_file_that_goes_away_while_it_is_read_is_named(tmp_path: Path) -> None:
    assert kinds(list(read_range(str(tmp_path / "gone.jsonl"), 0, 10)))[0].startswith("damaged: [Errno 2]")


def test_a_text_that_yaml_repeats_by_an_alias_counts_as_often(tmp_path: Path) -> None:
    request = 'request: {method: GET, uri: "http://h/x", headers: {}}'
    body = "response: {status: {code: 200}, headers: {}, body: {string: %s}}"
    first = f"interactions:\n- {request}\n  {body}\n" % f"&b {'a' * 100_000}"
    path = tmp_path / "cassette.yaml"
    path.write_text(first + f"- {request}\n  {body}\n" % "*b" * 3)
    assert kinds(list(read(path))) == ["exchange"] * 4
    path.write_text(first + f"- {request}\n  {body}\n" % "*b" * 2_000)
    with pytest.raises(RecordingError, match="or 128 MB of text"):
        list(read(path))


def test_a_file_that_is_cut_between_two_lines_while_ranges_of_it_are_read_says_so(tmp_path: Path) -> None:
    line = write_line(Exchange(Request("GET", "http://h/x"), Response(200)))
    (tmp_path / "x.jsonl").write_bytes(line * 3)
    size = len(line) * 6
    for start, exchanges in ((0, 3), (len(line), 2), (len(line) * 4, 0)):
        *read_ones, last = read_range(str(tmp_path / "x.jsonl"), start, size)
        assert len(read_ones) == exchanges and kinds([last])[0].startswith("the file was cut while it was read")


@pytest.mark.slow
@pytest.mark.parametrize("value", [b"{}", b'""'])
def test_a_document_of_many_empty_values_is_held_in_a_few_times_its_size(tmp_path: Path, value: bytes) -> None:
    path = tmp_path / "many.har"
    broken = b'{"a":[' + (value + b",") * 600_000 + b"]}"
    path.write_bytes(b'{"log":{"entries":[' + broken + b"," + json.dumps(entry()).encode() + b"]}}")
    records, held = read_all(path)
    assert kinds(records)[1] == "exchange" and held < (16 << 20) + 40 * len(broken)


@pytest.mark.parametrize("whole", [0, 1 << 20])
def test_entries_without_a_request_leave_those_behind_them(
    tmp_path: Path, whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.recordings.formats.har.WHOLE", whole)
    path = tmp_path / "some.har"
    path.write_bytes(har({}, entry(), {"a": "}"}, {}, entry(), {"a": {"b": {}}}))
    assert [kind == "exchange" for kind in kinds(list(read(path)))] == [False, True, False, False, True, False]


def test_a_json_text_of_more_values_than_can_be_held_is_one_broken_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.document.names.MOST_PARTS", 1_000)
    monkeypatch.setattr("toolkit.recordings.formats.har.WHOLE", 0)
    path = tmp_path / "some.har"
    path.write_bytes(har(entry(), {"a": [[]] * 1_000}, entry()))
    found = kinds(list(read(path)))
    assert found[::2] == ["exchange", "exchange"] and "over 1,000 objects and arrays" in found[1]


def test_values_of_other_types_than_a_format_has_are_broken_records_and_the_others_are_read(tmp_path: Path) -> None:
    def stub(status: Any) -> dict[str, Any]:
        return {"request": {"url": "/x"}, "response": {"status": status, "body": "{}"}}

    mappings = tmp_path / "mappings.json"
    mappings.write_text(json.dumps({"mappings": [stub(0), stub(-1), stub(200)]}))
    assert [kind == "exchange" for kind in kinds(list(read(mappings)))] == [False, False, True]
    sent, received = {"method": "GET", "uri": "http://h/x"}, {"status_code": 200, "elapsed": 1.5}
    cases = [(sent, received), ({**sent, "method": None}, received), (sent, {**received, "elapsed": "-" * 50_000})]
    steps = {str(at): {"request": one, "response": two} for at, (one, two) in enumerate(cases)}
    events = tmp_path / "events.ndjson"
    events.write_text(
        '{"Initialize":{"schemathesis_version":"4"}}\n'
        + json.dumps({"ScenarioFinished": {"recorder": {"interactions": steps}}})
    )
    assert [kind == "exchange" for kind in kinds(list(read(events)))] == [True, False, False]


def test_variables_of_a_collection_make_no_more_than_a_text_has(tmp_path: Path) -> None:
    def item(url: str) -> dict[str, Any]:
        return {"request": {"url": url}, "response": [{"code": 200, "body": "{}"}]}

    path = tmp_path / "collection.json"
    items = [item("http://h/x?" + "{{v}}" * 900), item("http://h/{{v}}")]
    path.write_text(json.dumps({"info": {}, "variable": [{"key": "v", "value": "y" * 9_000}], "item": items}))
    found = list(read(path))
    assert isinstance(found[1], Exchange) and "over 100,000 characters" in kinds(found)[0]


def test_a_zip_file_of_a_version_that_nobody_reads_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.har", "{}")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 6] = 193
    path.write_bytes(data)
    assert kinds(list(read(path))) == ["damaged: zip file version 19.3"]
