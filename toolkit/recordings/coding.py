"""Bodies as bytes: content codings removed (RFC 9110, section 8.4), Base64 decoded, text encoded in its declared charset.

The codings are undone here and not by httpx: that returns what there is of a body that is cut off (gzip, deflate, br)
and drops all members of a gzip body but the first, both without an error, so such a body would be validated as if whole.

brotli and zstandard are optional; a body that needs one that is not installed carries a fault that says so (NO_DECODER).
"""

from __future__ import annotations

import importlib
import re
import zlib
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, BinaryIO, cast

import orjson

from toolkit.document import encodings
from toolkit.exchange import LACKS, NO_DECODER, Headers
from toolkit.structs import Frozen, Mutable, field

MAX_BODY = 64 << 20  # bytes of one body after decompression
POOL, RATIO = 1 << 30, 200  # more than both together is no recording
_DECLARED = re.compile(r"""\s*<\?xml[^>?]*?\sencoding\s*=\s*["'](?P<name>[A-Za-z][A-Za-z0-9._-]*)["']""")
_OF_TEXT = re.compile("json|xml|text/|javascript|urlencoded|graphql", re.IGNORECASE)
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})(?:;[^\r\n]*)?\r\n")
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]*")
# Media types of items that stand behind each other.
_ITEMS = re.compile(r"ndjson|jsonl|json-lines|json-seq|event-stream|json-stream|stream\+json")
_EMPTY_FILE = re.compile(rb"filename\*?=[^\r\n]*\r?\n(?:[^\r\n]+\r?\n){0,9}\r?\n\r?\n--")
_CUT_TOKEN = re.compile(  # the beginning of one of JSON, or nothing, or what recorders write in place of the rest
    r"t(ru?)?|f(a(ls?)?)?|n(ul?)?|[-+.\deE]*|\\(u[\da-fA-F]{0,3})?|\W*truncated\W*"
)
_SMALL = 64  # bytes, by which a content coding may make a short body longer


class Limit(Mutable, eq=False):
    """How many bytes may be made of one input: of all its files, members of archives and bodies together, at all levels. Each byte of the
    input itself allows for RATIO bytes when it is used, so that a sound file is read behind any number of bombs; `pool` is what may be made
    beside that. `used` are the files that stand beside recordings."""

    pool: int = field(default_factory=lambda: POOL)
    used: set[object] = field(default_factory=set)

    @staticmethod
    def shared(parts: int) -> Limit:
        """The limit of one of several parts of an input."""
        return Limit(POOL // max(1, parts))

    def left(self, of: int) -> int:
        return self.pool + RATIO * of

    def spend(self, made: int, of: int = 0) -> None:
        """Count bytes that are made, of so many bytes of the input. Raises Beyond."""
        left = self.left(of) - made
        if left < 0:
            raise Beyond
        self.pool = left


class _TooLarge(ValueError):
    def __str__(self) -> str:
        return f"larger than {MAX_BODY >> 20} MB"


class _Cut(EOFError):
    """A content coding that ends before its end; `part` is what there is of the body."""

    def __init__(self, part: bytes) -> None:
        super().__init__("the stream is cut off")
        self.part = part


class Beyond(Exception):
    """There would be more bytes than an input may unpack to."""

    def __str__(self) -> str:
        return f"the recording unpacks to over {POOL >> 30} GB and {RATIO} times its size in all; unpack it first"


counting: ContextVar[tuple[Limit, bool]] = ContextVar("counting")
"""The limit of the input whose records are being read, and whether they stand in the input itself, not in what was unpacked."""


class Undecodable(Frozen):
    """Why a body could not be restored."""

    reason: str


Restored = tuple[bytes | None, str | None]
Undo = Callable[[bytes, int], bytes]


def from_base64(text: str) -> bytes | Undecodable:
    """The bytes of Base64, or the fault if it is none."""
    try:
        return encodings.from_base64(text)
    except ValueError as error:
        return Undecodable(str(error))


def encode_text(text: str, media_type: str) -> bytes:
    """Text as it was on the wire: in the charset that the media type declares, or else in UTF-8; XML, which names its encoding
    itself, in that one. What does not fit in is UTF-8, and XML then says so."""
    charset = encodings.stated_codec(media_type)
    if text.isascii() and charset in (None, "utf-8") and "xml" not in media_type.lower():
        return text.encode()
    declared = _DECLARED.match(text) if charset is None and "xml" in media_type.lower() else None
    if declared:
        charset = encodings.charset_of(declared["name"])
    try:
        if charset or not declared:
            return text.encode(charset or "utf-8")
    except UnicodeError:
        pass
    if declared:
        text = f"{text[: declared.start('name')]}utf-8{text[declared.end('name') :]}"
    return text.encode("utf-8", "surrogatepass")


def restore(data: bytes | Undecodable, headers: Headers, exact: bool = False, kept: bool = False) -> Restored:
    """A recorded body without chunks and content codings; None and the fault if that is impossible, and what there is of a body
    whose end was not kept.

    Many recorders keep the header and store the body already decoded; `kept` says that it is. So, unless the record is
    `exact`, bytes that do not look compressed are taken as they are; and so are those of a picture or a font, whose decoded
    bytes look as little like text as compressed ones, where they cannot be decoded.
    """
    if isinstance(data, Undecodable):
        return None, data.reason
    if kept:
        return data, None
    data, lacks = _unchunk(data) if headers.get("Transfer-Encoding") else data, None
    for coding in reversed(",".join(headers.get_all("Content-Encoding")).lower().split(",")):
        name = coding.strip().removeprefix("x-")
        if name in ("", "identity") or not data:
            continue
        if name not in _CODINGS:
            is_decoded = not exact and (_textual(data) or not _OF_TEXT.search(headers.get("Content-Type") or "json"))
            return (data, None) if is_decoded else (None, f"{NO_DECODER}{name}: it is not known here")
        looks, undo = _CODINGS[name]
        if not exact and not looks(data):
            continue
        try:
            data = _limited(undo, data)
        except (ValueError, EOFError, zlib.error, ImportError) as error:
            is_text = _OF_TEXT.search(headers.get("Content-Type") or "json")
            if not exact and looks not in _MARKED and (not is_text or _is_in_charset(data, headers.content_type)):
                return data, None
            if isinstance(error, ImportError):
                return None, f"{NO_DECODER}{name}: {error}"
            if not isinstance(error, _Cut) or not (lacks or _length(headers) > len(data)):
                # Without the name of the C function that says so
                reason = re.sub(r"^Error -?\d+ while \w+ data: ", "", " ".join(str(error).split()))
                return None, f"not restorable from Content-Encoding {name}: {reason}"
            data, lacks = error.part, lacks or _lacks(data, _length(headers))
    return data or (None if lacks else data), lacks


def cut_off(body: bytes | None, headers: Headers, size: Any = None) -> str | None:
    """What is said of a body of which only the beginning was recorded; None of others. It is shorter than its size, or than its
    Content-Length, and ends where nothing of its media type does. Text may end anywhere, so only its size tells of it."""
    sizes = [size if size.__class__ is int else 0, _length(headers)]
    if not body or max(sizes) <= len(body):
        return None
    media_type = headers.content_type.lower()
    if media_type.startswith("multipart/"):
        is_cut = not body.rstrip().endswith(b"--")
        if not is_cut and _EMPTY_FILE.search(body):  # browsers keep the parts, and leave out what the files hold
            return f"{LACKS}the content of files (it has {len(body):,} of {max(sizes):,} bytes of the body)"
    elif not _ITEMS.search(media_type) and "json" in media_type:
        is_cut = _is_cut_json(body)
    elif "xml" in media_type:
        root = re.search(rb"<([^\s!?/>]+)", body)
        is_cut = root is not None and not re.search(rb"/>\s*\Z|</" + re.escape(root[1]) + rb"\s*>", body)
    else:
        slack = _SMALL if headers.get("Content-Encoding") else 0
        is_text = _ITEMS.search(media_type) or media_type.startswith("text/") or "urlencoded" in media_type
        is_cut = bool(is_text) and any(one > len(body) + slack and one not in _counted(body) for one in sizes)
    return _lacks(body, max(sizes)) if is_cut else None


def _lacks(body: bytes, size: int) -> str:
    return f"{LACKS}the end of the body (it has {len(body):,} of {size:,} bytes)"


def _length(headers: Headers) -> int:
    length = headers.get("Content-Length") or ""
    return int(length) if length.isdecimal() and len(length) < 19 else 0


def _is_cut_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _CUT_TOKEN.fullmatch(error.doc, error.pos) is not None
    return False


def _counted(body: bytes) -> tuple[int, ...]:
    """Sizes that recorders give a text that is whole: with its byte order mark, with CRLF, in Base64, in UTF-16."""
    size, characters = len(body), len(body.decode("utf-8", "replace"))
    return size + 3, size + body.count(b"\n"), -(-size // 3) * 4, 2 * characters, 2 * characters + 2


def _limited(undo: Undo, data: bytes) -> bytes:
    """A body without a content coding, counted by the limit of the recording that it stands in. Raises Beyond."""
    limit, is_input = counting.get((Limit(), True))
    of = len(data) if is_input else 0
    most = min(MAX_BODY, limit.left(of))
    try:
        made = undo(data, most)
    except _TooLarge:
        limit.spend(MAX_BODY, of)
        raise
    except _Cut as cut:
        limit.spend(len(cut.part), of)
        raise
    limit.spend(len(made), of)
    return made


def restore_text(text: str, media_type: str, headers: Headers) -> Restored:
    """A body recorded as text. One that was compressed then is whole only if each byte became a character."""
    if text.startswith("\x1f") and headers.get("Content-Encoding"):
        try:
            return restore(text.encode("latin-1"), headers)
        except UnicodeEncodeError:
            return None, "compressed when it was recorded as text, which loses bytes"
    data = encode_text(text, media_type)
    return _unchunk(data) if headers.get("Transfer-Encoding") else data, None


def _unchunk(data: bytes) -> bytes:
    """The body without the chunks that a recorder kept (RFC 9112, section 7.1); any other as it is."""
    parts: list[bytes] = []
    position = 0
    while found := _CHUNK.match(data, position):
        begin, position = found.end(), found.end() + int(found[1], 16) + 2
        if begin + 2 == position:
            return b"".join(parts)
        parts.append(data[begin : position - 2])
        if data[position - 2 : position] != b"\r\n":
            break
    return data


def _inflate(data: bytes, most: int, window: int = zlib.MAX_WBITS) -> bytes:
    """Every member of a deflate stream. It goes in by pieces, since zlib copies what stands behind the end of a member."""
    parts, size, at = [], 0, 0
    while True:
        stream, length = zlib.decompressobj(window), 1 << 10
        while not stream.eof and at < len(data):
            parts.append(stream.decompress(data[at : at + length], most + 1 - size))
            size += len(parts[-1])
            if size > most:
                raise _TooLarge
            at, length = at + length, length * 2
        if not stream.eof:
            raise _Cut(b"".join(parts))
        at = min(at, len(data)) - len(stream.unused_data)
        if window <= zlib.MAX_WBITS or not data.startswith(b"\x1f\x8b", at):
            return b"".join(parts)


def _undeflate(data: bytes, most: int) -> bytes:
    """RFC 9110 means the zlib format; some servers send raw deflate all the same."""
    try:
        return _inflate(data, most)
    except zlib.error:
        return _inflate(data, most, -zlib.MAX_WBITS)


def _unbrotli(data: bytes, most: int) -> bytes:
    brotli: Any = _optional("brotli")
    stream = brotli.Decompressor()
    try:
        result = cast(bytes, stream.process(data, output_buffer_limit=most + 1))
    except brotli.error as error:
        raise ValueError(str(error)) from None
    if len(result) > most:
        raise _TooLarge
    if not stream.is_finished():
        raise _Cut(result)
    return result


def _unzstd(data: bytes, most: int) -> bytes:
    """The first frame; in pieces so small that none of them can grow beyond some 100 MB before its size is seen."""
    zstandard = _optional("zstandard")
    stream = zstandard.ZstdDecompressor().decompressobj()
    parts, size = [], 0
    for begin in range(0, len(data), 4096):
        try:
            parts.append(stream.decompress(data[begin : begin + 4096]))
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None
        size += len(parts[-1])
        if size > most:
            raise _TooLarge
        if stream.eof:
            return b"".join(parts)
    raise _Cut(b"".join(parts))


def zstd_stream(stream: BinaryIO) -> BinaryIO:
    """A stream of what a Zstandard stream (RFC 8878) holds. Raises ImportError where zstandard is not installed."""
    return cast(BinaryIO, _optional("zstandard").ZstdDecompressor().stream_reader(stream, read_across_frames=True))


def _optional(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ImportError(f"it needs the Python package {name}: pip install {name}") from None


def gzip_like(data: bytes) -> bool:
    return data.startswith(b"\x1f\x8b")


def zstd_like(data: bytes) -> bool:
    return data.startswith(b"\x28\xb5\x2f\xfd")


def _zlib_like(data: bytes) -> bool:
    """An RFC 1950 header, or no text: raw deflate has no mark of its own."""
    return (len(data) > 1 and data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0) or not _textual(data)


def _textual(data: bytes) -> bool:
    if _TEXT.fullmatch(data[:4096]) is None:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_in_charset(data: bytes, media_type: str) -> bool:
    """Whether it is text in the charset that the media type, a byte order mark or XML itself declares."""
    declared = _DECLARED.match(data[:200].decode("latin-1"))
    named = encodings.stated_codec(media_type) or encodings.byte_order_mark(data)[0]
    try:
        text = data.decode(named or encodings.charset_of(declared["name"] if declared else "utf-8") or "utf-8")
    except UnicodeDecodeError:
        return False
    return _TEXT.fullmatch(text[:4096].encode("utf-8", "surrogatepass")) is not None


_CODINGS: dict[str, tuple[Callable[[bytes], bool], Undo]] = {
    "gzip": (gzip_like, partial(_inflate, window=zlib.MAX_WBITS | 16)),
    "deflate": (_zlib_like, _undeflate),
    "br": (lambda data: not _textual(data), _unbrotli),
    "zstd": (zstd_like, _unzstd),
}
_MARKED = (gzip_like, zstd_like)  # a stream of these begins with a mark of its own
