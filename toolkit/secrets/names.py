"""Names by which a secret is known wherever it stands, whatever joins the words of a name, and values that are none."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_plus

_EXACT = frozenset({
    "pwd", "pw", "pass", "pin", "otp", "cvv", "cvc", "sig", "auth", "jwt", "sid", "session", "sessionid", "jsessionid", "phpsessid",
    "authcode", "setcookie2", "xsrf", "csrf", "bearer", "samlresponse", "samlart", "codeverifier", "googleaccessid", "hmac",
    "securityanswer", "authreqid",
})  # fmt: skip
_ENDINGS = (
    "password", "passwd", "passphrase", "passcode", "passwordhash", "secret", "secretvalue", "apikey", "accesskey", "privatekey",
    "secretkey", "signingkey", "authkey", "subscriptionkey", "functionskey", "sessionkey", "credential", "token", "signature", "signaturevalue",
    "encryptionkey", "masterkey", "sharedkey", "consumerkey", "licensekey", "recoverycode", "backupcode", "mnemonic", "seedphrase",
    "authorization", "auth", "assertion", "accesskeyid", "accountkey", "passwordconfirmation", "passwordconfirm",
    "passworddigest", "devicecode", "otpcode", "mfacode", "verificationcode", "tokenhint",
    "encryptioncustomerkey", "dbpass", "userpass", "newpass", "oldpass", "adminpass", "rootpass", "loginpass", "smtppass", "mailpass",
    "storepass", "applicationkey", "tokenhash", "sig", "hmac", "hmacsha",
)  # fmt: skip
# One of these is in every common name: a text without them is not looked at any closer
HINTS = (
    "pass", "pw", "pin", "otp", "cvv", "cvc", "sig", "sid", "auth", "jwt", "session", "sessid", "secret", "key", "credential",
    "token", "assertion", "cookie", "recovery", "backup", "mnemonic", "seedphrase", "csrf", "xsrf", "bearer", "saml", "verifier", "access",
    "hmac", "answer", "device", "mfa", "verification",
)  # fmt: skip
_DESCRIBING = frozenset({
    "environment", "type", "kind", "role", "scope", "project", "status", "state", "description", "provider", "createdat", "expiresat",
    "in", "name", "scheme", "format", "bearerformat", "title", "pattern", "minlength", "maxlength",
})  # fmt: skip
_SHOWING_NOTHING = re.compile(r"a[a-z]{0,2}a*|true|false|null")
# A stand-in, a placeholder, and a word for whether one is needed, of which kind it is or how it was taken
_NO_SECRET = re.compile(
    r"[.*]*|%s|\$?\{+[a-z_.]+\}+|<[a-z _-]+>|[\[(]?(?:redacted|hidden|masked|removed|filtered)[\])]?"
    r"|required|optional|missing|expired|(?:in)?valid|true|false|null|none|basic|bearer|digest|oauth2?",
    re.IGNORECASE,
)
# Whether there is one, a flow, a cursor of pages, and numbers of tokens that a model reads and writes
_NONE = re.compile(
    r"has(?!h).*|oauth|acceptsignature|.*(?:page|next|prev|previous|continuation|cursor|sync|start|resume|skip"
    r"|max|min|total|prompt|completion|input|output|cached|reasoning|used|remaining)tokens?"
)


@lru_cache(maxsize=8192)
def plain(name: str) -> str:
    """A name as it is compared: in small letters, without what joins its words, a namespace or an index."""
    local = re.sub(r"\[\d*\]$", "", name.rpartition(":")[2])
    return re.sub(r"[^a-z0-9]", "", local.lower())


def is_hinted(text: str) -> bool:
    """Whether a name in a text may be a common one."""
    small = text.lower()
    for hint in HINTS:  # noqa: SIM110  # twice as quick as `any`, and for every body
        if hint in small:
            return True
    return False


@lru_cache(maxsize=8192)
def is_common(name: str) -> bool:
    if not is_hinted(name):
        return False
    joined = plain(name)
    single = joined.removesuffix("s") if len(joined) > 4 else joined
    # A second password, or the hash of a signature; `oauth2` is the name of a flow.
    numbered = joined.rstrip("0123456789")
    return (
        joined in _EXACT
        or joined.removeprefix("x") in _EXACT
        or single.endswith(_ENDINGS)
        or joined.endswith("cookie")
        or (numbered.endswith(_ENDINGS) and not numbered.endswith("auth"))
    ) and not _NONE.fullmatch(joined)


@lru_cache(maxsize=8192)
def is_one_of(name: str, names: frozenset[str]) -> bool:
    whole, bracket, _ = name.partition("[")  # a field of an object, as queries and forms write it
    return is_common(name) or plain(name) in names or (bool(bracket and whole) and is_one_of(whole, names))


@lru_cache(maxsize=8192)
def is_secret_in_url(name: str, names: frozenset[str]) -> bool:
    """Whether a name as a URL writes it is that of a secret."""
    return is_one_of(decoded_name(name), names)


def is_number_of(name: str, value: str) -> bool:
    """Whether a value is no secret: the number of tokens, say, or what a test asserts."""
    return (name.endswith("s") and value.isdigit()) or (name == "assertion" and " " in value)


def is_none(value: str) -> bool:
    """Whether a value says that it is no secret, whatever its name."""
    return _NO_SECRET.fullmatch(value) is not None


def decoded_name(name: str) -> str:
    return unquote_plus(name) if "%" in name or "+" in name else name


def is_made_up(secret: str) -> bool:
    """Whether a value shows nothing where it is repeated: those that this tool makes of letters (client.texts.plain_texts), and
    what `Access-Control-Allow-Credentials` says."""
    return _SHOWING_NOTHING.fullmatch(secret) is not None


def is_describing(name: str) -> bool:
    """Whether a property below the name of secrets says what they are for, as an item of `tokens` says its environment."""
    return not _DESCRIBING.isdisjoint((plain(name), plain(name).removesuffix("s")))
