"""The texts of options that say how a service is called: credentials, header fields, values, rates."""

from __future__ import annotations

import re

from toolkit.errors import UsageError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def checked_auth(text: str | None, option: str = "--auth") -> str | None:
    """The credentials as given. Raises UsageError, which does not repeat the secret, where they are malformed."""
    from toolkit.client.session import Credentials

    try:
        if text is not None:
            Credentials.parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
    return text


def pair(text: str, separator: str, form: str) -> tuple[str, str]:
    """Name and value of a text such as `NAME=VALUE`. Raises UsageError that does not repeat the value."""
    name, found, value = text.partition(separator)
    if not found or not name.strip():
        raise UsageError(f"an option is not of the form {form}; write it so")
    return name.strip(), value.strip() if separator == ":" else value


def header_field(text: str, form: str) -> tuple[str, str]:
    """Name and value of a header field (RFC 9110, section 5). Raises UsageError that does not repeat the value."""
    name, value = pair(text, ":", form)
    if not _TOKEN.fullmatch(name) or not (value.isascii() and value.replace("\t", " ").isprintable()):
        raise UsageError(f"{form} takes ASCII alone, and in its name letters, digits and hyphens; correct it")
    return name, value


def signing_key(text: str, form: str) -> tuple[str, str]:
    """Key id and secret. Raises UsageError that repeats neither, where one is missing."""
    key = pair(text, ":", form)
    if not key[1]:
        raise UsageError(f"an option is not of the form {form}; write it so")
    return key


def per_second(text: str | None) -> float | None:
    """The rate that `5`, `5/s` or `300/m` means."""
    if text is None:
        return None
    count, _, unit = text.partition("/")
    try:
        rate = float(count) / {"": 1, "s": 1, "m": 60, "h": 3600}[unit]
    except (KeyError, ValueError):
        rate = 0
    if not 0 < rate < float("inf"):
        raise UsageError(f"--rate {text[:80]!r} is not of the form N/s; write it as in 10/s")
    return rate
