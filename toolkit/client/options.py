"""Options of a user as values: credentials, header fields, parameters, rates."""

from __future__ import annotations

import re

from toolkit.errors import UsageError


def check_auth(text: str | None, option: str = "--auth") -> str | None:
    """The credentials as given. Raises UsageError if they are malformed; the message does not repeat the secret."""
    from toolkit.client.credentials import Credentials

    try:
        if text is not None:
            Credentials.parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
    return text


def pair(text: str, separator: str, form: str) -> tuple[str, str]:
    """Name and value of an option such as `NAME=VALUE`. Raises UsageError; the message does not repeat the value."""
    name, found, value = text.partition(separator)
    if not found or not name.strip():
        raise UsageError(f"a value without name or separator; write {form}")
    return name.strip(), value.strip() if separator == ":" else value


def header_field(text: str, form: str) -> tuple[str, str]:
    """Name and value of a header field (RFC 9110, section 5). Raises UsageError; the message does not repeat the value."""
    from toolkit.wire.media_type import TOKEN

    name, value = pair(text, ":", form)
    if not re.fullmatch(TOKEN, name) or not (value.isascii() and value.replace("\t", " ").isprintable()):
        takes = "letters, digits and hyphens as the name, ASCII as the value"
        raise UsageError(f"not a header field: {form} takes {takes}")
    if name.lower() in ("content-length", "transfer-encoding"):
        raise UsageError(f"{name} says where each body ends, which the client sees to; leave it out of {form}")
    return name, value


def signing_key(text: str, form: str) -> tuple[str, str]:
    """Key id and secret. Raises UsageError if one is missing; the message repeats neither."""
    key = pair(text, ":", form)
    if not key[1]:
        raise UsageError(f"a key without a secret; write {form}")
    return key


def per_second(text: str | None) -> float | None:
    """Requests per second that `5`, `5/s` or `300/m` means. Raises UsageError."""
    if text is None:
        return None
    count, _, unit = text.partition("/")
    try:
        rate = float(count) / {"": 1, "s": 1, "m": 60, "h": 3600}[unit]
    except (KeyError, ValueError):
        rate = 0
    if not 0 < rate < float("inf"):
        raise UsageError(f"--rate {text[:80]!r}: not a rate; write N/s, such as 10/s")
    return rate


def seconds(text: str, form: str) -> float:
    """A number of seconds. Raises UsageError."""
    try:
        number = float(text.removesuffix("s"))
    except ValueError:
        number = 0
    if not 0 < number < 1e9:
        raise UsageError(f"{text[:80]!r} is not a number of seconds; write {form}, such as 10")
    return number


def size(text: str, form: str) -> int:
    """A number of bytes. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,12})\s*([kKmMgG]?)[bB]?", text)
    if not found or not int(found[1]):
        raise UsageError(f"{text[:80]!r} is not a number of bytes; write {form}, such as 16M")
    return int(found[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[found[2].lower()]
