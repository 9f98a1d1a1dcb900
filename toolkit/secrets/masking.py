"""What is secret in an exchange, and what stands in its place where it is shown or kept. No other module decides this.

A secret is known by the name of its header field, parameter, cookie, field or property: by common names, and by those
that a contract marks. What is shown has `***` in its place. What is kept has a value of the same length with letters for
letters and digits for digits, so that a schema says of it what it said of the secret.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from html import escape, unescape
from urllib.parse import quote, unquote_plus

from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.secrets import patterns, tables
from toolkit.secrets.names import (
    decoded_name,
    is_common,
    is_describing,
    is_hinted,
    is_made_up,
    is_none,
    is_number_of,
    is_one_of,
    is_secret_in_url,
)
from toolkit.secrets.values import (
    LONG,
    SHORT,
    Repeats,
    from_base64,
    in_base64,
    in_quotes,
    replaced,
    shown,
    stand_in,
    without_repeats,
    writings,
)
from toolkit.structs import Frozen, field, replace

_SUBPROTOCOLS = "sec-websocket-protocol"
# A field without them, and without a name, holds no secret
_SIGNS_IN_FIELD = ("=", "@", "eyJ", "earer ", "otiate ", "NTLM ", '":', "%22")
_USUAL = 1_000  # characters of a header field: what is found in longer ones is not remembered
_MOST_FIELDS = 4096
_MOST_SPREAD = 20_000  # secrets of one exchange, above which none is looked for as it may be written otherwise
Put = Callable[[str], str]


class Secrets(Frozen, eq=False):
    """What is secret: common names, and `names` (`plain`) that the contract marks. With `keep`, nothing is. Of `words`, which the
    contract itself says, none is for standing somewhere below such a name: a service may serve its own description. What it has `listed`
    as the values that there may be is none anywhere."""

    names: frozenset[str] = frozenset()
    keep: bool = False
    words: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    seen: dict[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """The secrets in header fields of before: most fields are the same in each exchange."""

    def unless(self, keep: bool) -> Secrets:
        """None are where `keep`."""
        return replace(self, keep=keep, seen={})

    def is_secret(self, name: str) -> bool:
        """Whether what has this name is a secret."""
        return not self.keep and is_one_of(name, self.names)

    def is_named(self, data: bytes, signs: str) -> bool:
        """Whether a name in a JSON text is that of a secret; names written with escapes apart. Quick for many names. `signs`: see
        `patterns.signs_of`."""
        if not patterns.may_name("json", signs, self.names):
            return False
        names = b"\n".join(set(patterns.NAME.findall(data))).decode("utf-8", "replace")
        if is_hinted(names) and any(map(is_common, names.split("\n"))):
            return True
        return bool(self.names) and not self.names.isdisjoint(patterns.SIGNS.sub("", names.lower()).split("\n"))

    def is_named_in_xml(self, data: bytes, signs: str) -> bool:
        """Whether an element or attribute of an XML text has the name of a secret. Quick for many names."""
        if not patterns.may_name("xml", signs, self.names):
            return False
        names = {*patterns.TAG.findall(data), *patterns.attribute_names(data)}
        if b"alue>" in data or b"string>" in data or b"data>" in data:
            names.update(patterns.PAIRED_TEXT.findall(data))
        return any(self.is_secret(name.decode("utf-8", "surrogateescape")) for name in names)

    def _rewriter(self, put: Put) -> _Rewriter:
        return _Rewriter(self, lambda secret: secret if is_none(secret) or secret in self.listed else put(secret))

    def shown_url(self, url: str) -> str:
        """A URL, or `?` and a form body, safe to show; user and password are left out."""
        return url if self.keep else self._rewriter(shown).url(url)

    def shown_request(self, request: Request) -> Request:
        return request if self.keep else self._rewriter(shown).request(request)

    def kept(self, exchange: Exchange, others: Iterable[str] = ()) -> Exchange:
        """The exchange, safe to keep: without its secrets, wherever it repeats them, and without `others`."""
        if self.keep:
            return exchange
        found: set[str] = set(others)
        copy = self._rewriter(_put(found.add, stand_in)).exchange(exchange)
        long = {secret for secret in found if len(secret) >= SHORT and not is_made_up(secret)}
        if len(long) <= _MOST_SPREAD:
            long = {one for secret in long for one in (*writings(secret), *in_base64(secret))}
        repeats = Repeats.of(long)
        request = copy.request and without_repeats(replace(copy.request, url=repeats.clean(copy.request.url)), repeats)
        masked = tuple(sorted({*exchange.masked, *(stand_in(secret)[:_USUAL] for secret in found if secret)}))
        response = copy.response and without_repeats(copy.response, repeats)
        return replace(copy, request=request, response=response, masked=masked)

    def may_show(self, text: str) -> bool:
        """Whether a text of which nothing is known may show a secret by its name or its form; a quick look."""
        return not self.keep and (("%" in text and "=" in text) or "@" in text or patterns.may_show(text, self.names))

    def values(self, exchange: Exchange, query: Sequence[tuple[str, str]] = ()) -> set[str]:
        """The secrets in an exchange; where a contract in YAML is shown, what the contract says is none. `query` are the pairs of
        the query, where they were read already."""
        found: set[str] = set()
        if not self.keep:
            self._rewriter(_put(found.add)).visit(exchange, query)
        said = found & self.words
        body = (exchange.response.body if said and exchange.response else None) or b""
        return found - said if all(one.search(body) for one in patterns.OF_A_CONTRACT) else found

    def in_field(self, name: str, value: str) -> Sequence[str]:
        """The secrets in a header field; those of short ones are remembered."""
        if (known := self.seen.get((name, value))) is not None:
            return known
        found: list[str] = []
        rewriter = self._rewriter(_put(found.append))
        rewriter.name(name)
        if self.is_secret(name) or name.lower() == _SUBPROTOCOLS or any(map(value.__contains__, _SIGNS_IN_FIELD)):
            rewriter.field(name, value)
        if len(value) <= _USUAL and len(self.seen) < _MOST_FIELDS:
            self.seen[name, value] = found
        return found


def _put(take: Callable[[str], object], make: Put = str) -> Put:
    """Takes each secret, and puts what is made of it in its place."""

    def put(secret: str) -> str:
        take(secret)
        return make(secret)

    return put


shown_address = Secrets().shown_url  # by common names, where no contract is known


class _Rewriter(Frozen):
    """Goes through a message once and puts something in the place of each secret."""

    secrets: Secrets
    put: Put

    def exchange(self, exchange: Exchange) -> Exchange:
        request = exchange.request and self.request(exchange.request)
        return replace(exchange, request=request, response=exchange.response and self._response(exchange.response))

    def visit(self, exchange: Exchange, query: Sequence[tuple[str, str]] = ()) -> None:
        """Call `put` with each secret, for its sake alone."""
        if exchange.request:
            url = exchange.request.url
            if query and patterns.PLAIN_URL.fullmatch(url) and not patterns.may_have(url):
                for name, value in query:  # as `url` does
                    if value and is_one_of(name, self.secrets.names) and not is_number_of(name, value):
                        self.put(value)
            else:
                self.url(url)
            self._visit(exchange.request)
        if exchange.response:
            self._visit(exchange.response)

    def _visit(self, message: Request | Response) -> None:
        for name, value in message.headers.unless_empty(self.secrets.seen):
            for secret in self.secrets.in_field(name, value):
                self.put(secret)
        self._text(message)

    def request(self, request: Request) -> Request:
        return replace(
            request, url=self.url(request.url), headers=self._headers(request.headers), body=self._body(request)
        )

    def _response(self, response: Response) -> Response:
        return replace(response, headers=self._headers(response.headers), body=self._body(response))

    def _headers(self, headers: Headers) -> Headers:
        return Headers.of((self.name(name), self.field(name, value)) for name, value in headers.pairs)

    def name(self, name: str) -> str:  # which may hold whole fields where a recorder took lines for one
        return self._lines(name) if ":" in name or not name.isprintable() else name

    def field(self, name: str, value: str) -> str:
        if name.lower() in ("cookie", "set-cookie", "set-cookie2"):
            pairs = patterns.BETWEEN.findall(value)
            count = len(pairs) if name.lower() == "cookie" else 1  # attributes follow
            attributes = (patterns.FOLDED.sub(self._found, one.strip()) for one in pairs[count:])
            return "; ".join([*map(self._cookie, pairs[:count]), *attributes])
        if name.lower() == _SUBPROTOCOLS:
            return ", ".join(self._subprotocols(value.split(",")))
        if not self.secrets.is_secret(name) or is_number_of(name.lower(), value):
            return self.url(value)
        scheme, space, rest = value.partition(" ")
        if scheme.capitalize() == "Basic":
            self.put(from_base64(rest).partition(":")[2])
        return f"{scheme} {self.put(rest)}" if space and scheme.isalnum() else self.put(value)

    def _subprotocols(self, names: Iterable[str]) -> Iterator[str]:
        """Browsers can give a WebSocket no field of credentials: these stand as a subprotocol behind, or behind the name of, another."""
        is_next = False
        for name in map(str.strip, names):
            *labels, last = name.split(".")
            is_last = len(last) >= SHORT and any(map(self.secrets.is_secret, labels))
            yield self.put(name) if is_next else ".".join([*labels, self.put(last) if is_last else last])
            is_next = not is_next and self.secrets.is_secret(name)

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.strip().partition("=")
        return f"{name}={(self._encoded if '%' in value else self.put)(value)}" if equals else self.put(name)

    def url(self, text: str) -> str:
        """A URL, form or header field without its secrets, of JSON in it too."""
        return self.urls(self._json(text) if '":' in text else text)

    def urls(self, text: str) -> str:
        """Any text, without the secrets of the URLs in it."""
        text = patterns.USER.sub(self._user, text) if "@" in text and ("://" in text or ":\\/\\/" in text) else text
        pieces, last = [], 0
        for found in self._secret_pairs(text):
            group = found.lastindex or 0  # the value, in each of the ways to write it
            pieces += [text[last : found.start(group)], self._encoded(found[group])]
            last = found.end()
        text = "".join([*pieces, text[last:]]) if pieces else text
        for pattern in patterns.signed(text):
            put = {patterns.TAGGED: self._tagged, patterns.BASE64: self._in_base64}.get(pattern, self._found)
            text = self._inner(text) if pattern is patterns.INNER else pattern.sub(put, text)
        return text

    def _inner(self, text: str) -> str:
        """The text without the secrets of URLs and pairs in parameters; what is no secret is looked through for more of them."""
        pieces, last = [], 0
        for found in patterns.INNER.finditer(text):
            is_secret = found.start() >= last and self.secrets.is_secret(found["name"])
            if is_secret and (value := patterns.INNER_VALUE.match(text, found.end())):
                pieces += [text[last : value.start()], self.put(value[0])]
                last = value.end()
        return "".join([*pieces, text[last:]]) if pieces else text

    def _found(self, found: re.Match[str]) -> str:
        """A match with its value masked, if it has no name or that of a secret."""
        groups = found.groupdict()
        if not self.secrets.is_secret(groups.get("name") or "secret"):
            return found[0]
        group = next(name for name, held in groups.items() if held is not None and name != "name")
        return replaced(found, group, self.put(found[group]))

    def _in_base64(self, found: re.Match[str]) -> str:
        """JSON, or a user and a password, in Base64."""
        clean = plain = from_base64(found[0])
        user, colon, password = plain.partition(":")
        if plain[:1] in "{[" or plain[:3] == "eyJ":
            clean = self._json(plain) if plain[:1] in "{[" else patterns.BASE64.sub(self._in_base64, plain)
        elif colon:
            clean = f"{user}:{self.put(password)}"
        return found[0] if clean == plain else b64encode(clean.encode()).decode().rstrip("=")

    def _tagged(self, found: re.Match[str]) -> str:
        """A tag within a string, whose attributes may name what its value is."""
        if not self._is_naming(found["attributes"]):
            return found[0]
        rewrite = partial(self._attribute, True, 0)
        return replaced(found, "attributes", patterns.ATTRIBUTE.sub(rewrite, found["attributes"]))

    def _is_naming(self, attributes: str) -> bool:
        return any(self.secrets.is_secret(quoted or bare) for quoted, bare in patterns.NAMING.findall(attributes))

    def _secret_pairs(self, text: str) -> Iterator[re.Match[str]]:
        """What `patterns.PAIR` finds with the name of a secret."""
        if "=" not in text:
            return
        end = 0  # of the last one
        for start, name in patterns.pair_names(text):
            if start < end or not is_secret_in_url(name, self.secrets.names):
                continue
            found = patterns.PAIR.match(text, start)
            value = found[found.lastindex or 0] if found else ""
            if found and value and not is_number_of(decoded_name(name), value):
                yield found
                end = found.end()

    def _user(self, found: re.Match[str]) -> str:
        self.put(user := found[0].removesuffix("@"))
        self.put(user.partition(":")[2])
        return ""

    def _encoded(self, value: str) -> str:
        plain = unquote_plus(value) if len(value) <= LONG else value
        if plain != value:
            self.put(value)
        put = self.put(plain)
        return value if put == plain else quote(put, safe="-_.~/+=:*, ").replace(" ", "+")

    def _body(self, message: Request | Response) -> bytes | None:
        text = self._text(message)
        return message.body if text is None else text.encode(*patterns.coding_of(message.body or b""))

    def _text(self, message: Request | Response) -> str | None:
        """The text of a body without its secrets; None where it has none for sure."""
        data = message.body
        if not data:
            return None
        media_type = message.headers.content_type.partition(";")[0].strip().lower()
        coding, errors = patterns.coding_of(data)
        if coding != "utf-8":
            data = data.decode(coding, errors).encode("utf-8", "surrogatepass")
        kind = patterns.kind_of(data, media_type)
        named = {"json": self._may_be_named, "xml": self.secrets.is_named_in_xml}.get(kind)
        signs = patterns.signs_of(data)
        if patterns.is_clean(signs, kind, self.secrets.names):
            return None
        # the script of a page, or JSON behind a stray sign
        is_loose = kind == "xml" and b'":' in data and self.secrets.is_named(data, signs)
        if named and not named(data, signs) and not is_loose:
            return self.urls(data.decode("utf-8", errors))
        text = _BODIES[kind](self, data.decode("utf-8", errors))
        return self.urls(patterns.LOOSE.sub(self._loose, text) if is_loose else text)

    def _may_be_named(self, data: bytes, signs: str) -> bool:
        """Whether a name in a JSON text may be that of a secret, however it is written there."""
        return patterns.is_odd(signs) or self.secrets.is_named(data, signs)

    def _form(self, text: str) -> str:
        return self.url("?" + text)[1:]

    def _lines(self, text: str) -> str:
        """Names and values, a pair a line, and all that stands further in below a name without a value."""
        if not self.secrets.names and not is_hinted(text):
            return self.urls(text)
        text = tables.without_cells(text, self.secrets.is_secret, self.put)
        beside = patterns.beside(text)
        # how far in the name of a secret stands whose value is below it; whether the line before names a secret
        lines, block, paired = list[str](), -1, False
        for line in text.splitlines(keepends=True):
            found = patterns.LINE.match(line)
            indent = len(found["indent"]) if found else len(line) - len(line.lstrip())
            is_within = block >= 0 and (indent > block or not line.strip())
            block = block if is_within else -1
            is_paired = paired and found is not None and found["name"].lower() in patterns.VALUES
            if found and (is_within or is_paired or found["name"] in beside or self.secrets.is_secret(found["name"])):
                is_block = patterns.BLOCK.fullmatch(found["value"]) or (is_within and is_describing(found["name"]))
                block = indent if is_block and block < 0 else block
                line = line if is_block else self._line(line, *found.span("value"))
            elif is_within:
                line = self._line(line, indent, len(line.rstrip()))
            paired = bool(found and found["name"].lower() in patterns.PAIRED and self.secrets.is_secret(found["value"]))
            lines.append(line)
        text = patterns.FLOW.sub(self._found, "".join(lines))
        return self.urls(self._json(text) if '"' in text or "'" in text else text)

    def _line(self, line: str, start: int, end: int) -> str:
        value = line[start:end]
        kept = value.strip() in patterns.NO_SECRETS or value[0] in "{[&*"
        return line if kept else line[:start] + self.put(value) + line[end:]

    def _multipart(self, text: str) -> str:
        found = {one[1] for one in patterns.PART.finditer(text)}  # of parts within parts, too
        boundaries = found or {text.lstrip().partition("\n")[0].rstrip()}
        if len(boundaries) > 20:
            return self._lines(text)
        pieces = re.split(f"({'|'.join(map(re.escape, sorted(boundaries, reverse=True)))})", text)
        return "".join(piece if piece in boundaries else self._part(piece) for piece in pieces)

    def _part(self, part: str) -> str:
        gap = "\r\n\r\n" if "\r\n\r\n" in part else "\n\n"
        head, found, content = part.partition(gap)
        name = patterns.PART_NAME.search(head)
        if not found or not name or not self.secrets.is_secret(unquote_plus(name[1])):
            inner = self._text(Response(200, Headers(), content.encode("utf-8", "surrogateescape")))
            return head + found + (content if inner is None else inner)
        end = content[len(content.rstrip("\r\n")) :]
        return head + found + self.put(content.rstrip("\r\n")) + end

    def _json(self, text: str) -> str:
        """The scalars of a property with a secret's name, however deep; the text need not be whole."""
        depth = within = end = 0  # where the last secret ended, with the space behind it
        armed, name, beside = False, "", patterns.beside(text)

        def rewrite(found: re.Match[str]) -> str:
            nonlocal depth, within, armed, end, name
            kind, token = found.lastgroup, found[0]
            if kind == "scalar" and text.startswith(":", found.end()):  # a field of an event, whose value goes on
                return token
            if kind == "scalar" or kind == "string":  # what no comma parts from a secret: a quote ended that too early
                armed = armed or 0 < found.start() <= end
            if kind == "colon" and armed:  # no JSON, but a secret all the same
                return self._scalar(found["name"]) + found["colon"]
            if kind == "colon":
                armed = self.secrets.is_secret(name := in_quotes(found["name"])) or name in beside
            elif kind == "open":
                depth, within, armed = depth + 1, within or (depth + 1 if armed else 0), False
            elif kind == "close":
                within, name = within if depth > within else 0, ""
                depth -= 1
            elif armed or (within and not is_describing(name) and in_quotes(token) not in self.secrets.words):
                armed, end = False, next(patterns.SPACE.finditer(text, found.end())).end()
                return token if not within and is_number_of(name, token) else self._scalar(token)
            return token

        text = patterns.LOOSE.sub(self._loose, patterns.LISTED.sub(self._listed, patterns.JSON.sub(rewrite, text)))
        if patterns.may_have_table(text):
            text = tables.without_tables(text, self.secrets.is_secret, self.put, self._scalar)
        return patterns.NESTED.sub(self._nested, text) if '\\"' in text or ": '" in text else text

    def _listed(self, found: re.Match[str]) -> str:
        if not self.secrets.is_secret(found["name"] or found["later"]):
            return found[0]
        group = "first" if found["first"] else "value"  # one string or several
        return replaced(found, group, patterns.QUOTED.sub(lambda one: self._scalar(one[0]), f'"{found[group]}')[1:])

    def _loose(self, found: re.Match[str]) -> str:
        """A property that quotes without a partner before it have kept from being read as one."""
        return self._unless_put(found, found["name"], found["value"])

    def _nested(self, found: re.Match[str]) -> str:
        name, value = found["name"] or found["bare"], found["value"] or found["argument"] or found["item"]
        if found["value"] and '\\"' in value and not self.secrets.is_secret(name):  # JSON once more
            return found[0][: -len(value)] + patterns.NESTED.sub(self._nested, value)
        return self._unless_put(found, name, value)

    def _unless_put(self, found: re.Match[str], name: str, value: str) -> str:
        is_kept = value in ("***", stand_in(value)) or not self.secrets.is_secret(name) or is_number_of(name, value)
        return found[0] if is_kept else found[0][: -len(value)] + self.put(value)

    def _scalar(self, token: str) -> str:
        if token[0] == '"':
            end = '"' if len(token) > 1 and token[-1] == '"' else ""
            return json.dumps(self.put(in_quotes(token)), ensure_ascii=False)[:-1] + end
        if token in ("true", "false", "null"):
            return token
        return self.put(token) and re.sub(r"\d", "1", token) if patterns.NUMBER.fullmatch(token) else self.put(token)

    def _xml(self, text: str) -> str:
        """The text and attributes of elements with a secret's name, and all within them."""
        depth = within = named = pair = 0
        last = ""

        def rewrite(found: re.Match[str]) -> str:
            nonlocal depth, within, named, pair, last
            if found["tag"] and found["end"]:
                pair, last = pair if depth > pair else 0, ""
                within = within if depth > within else 0
                named = named if depth > named else 0
                depth -= 1
            elif found["tag"]:
                naming = self._is_naming(found["attributes"])
                rewriting = partial(self._attribute, naming, within)
                attributes = patterns.ATTRIBUTE.sub(rewriting, found["attributes"])
                if not attributes.endswith("/"):
                    depth, last = depth + 1, found["tag"].rpartition(":")[2].lower()
                    is_paired = 0 < pair == depth - 1 and last in patterns.VALUES
                    within = within or (depth if is_paired or self.secrets.is_secret(found["tag"]) else 0)
                    named = depth if naming else named
                return f"<{found['tag']}{attributes}{'>' if found[0].endswith('>') else ''}"
            elif (within or 0 < named == depth) and found["text"] and not found["text"].isspace():
                return escape(self.put(unescape(found["text"])))
            elif (within or 0 < named == depth) and found["cdata"]:
                return found[0].replace(found["raw"], self.put(found["raw"])) if found["raw"] else found[0]
            elif found["text"] and last in patterns.PAIRED:
                pair = depth - 1 if self.secrets.is_secret(unescape(found["text"]).strip()) else 0
            return found[0]

        return patterns.XML.sub(rewrite, text)

    def _attribute(self, is_named: bool, within: int, found: re.Match[str]) -> str:
        group, name = str(found.lastgroup), found[1]
        is_held = within and not is_describing(name) and not name.startswith(("xmlns", "xsi:", "xml:"))
        if not (is_held or self.secrets.is_secret(name) or (is_named and name in ("value", "content"))):
            return found[0]
        return replaced(found, group, escape(self.put(unescape(found[group]))))


_BODIES: dict[str, Callable[[_Rewriter, str], str]] = {
    "form": _Rewriter._form,
    "lines": _Rewriter._lines,
    "multipart": _Rewriter._multipart,
    "xml": _Rewriter._xml,
    "json": _Rewriter._json,
}
