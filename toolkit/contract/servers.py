"""Servers of a contract: whose hosts its exchanges may have, and which base paths stand before its paths.

A contract is tested on localhost, on staging and in production, so a host that differs is accepted where it is private or a placeholder, or shares a
domain with a documented server; a host of somebody else's (a browser's recording is full of them) is not, since a path such as `/` fits every site.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice, product
from typing import Any
from urllib.parse import quote, unquote

from toolkit.contract.routing import PARAMETER
from toolkit.document.files import Node
from toolkit.document.pointers import array_at, as_object, object_at
from toolkit.schema.patterns import compile_pattern, literal
from toolkit.structs import Frozen
from toolkit.verdict import few

_ADDRESS_ALONE = re.compile(r"\{+([^{}]*)\}+(?!:)")
_ADDRESS = re.compile(r"[0-9.]+|\[.*\]")
# RFC 2606, RFC 6762
_RESERVED = frozenset(["test", "example", "invalid", "localhost", "local", "internal", "lan", "home", "corp"])
_PLACEHOLDERS = ("example.com", "example.org", "example.net")
_MOST_SPELLINGS = 200  # of one server's base path
_MOST_SEGMENTS = 50  # of a path that a server's base path is looked for in


class Servers(Frozen):
    """`hosts` are those documented, in lower case; `bases` the paths of the servers, the longest first, '' for none. `host_patterns` and
    `base_patterns` are regular expressions of what variables may make of them."""

    hosts: tuple[str, ...]
    bases: tuple[str, ...]
    host_patterns: tuple[str, ...] = ()
    base_patterns: tuple[str, ...] = ()

    @property
    def names(self) -> str:
        return few(self.hosts, 3)

    def knows(self, authority: str) -> bool:
        host = re.sub(r":[0-9]*$", "", authority.rpartition("@")[2]).lower()
        return _knows(self.hosts, host) or self.has_host(host)

    def has_host(self, host: str) -> bool:
        """Whether a server has that host, as it stands or by its variables."""
        return host in self.hosts or any(compile_pattern(pattern)(host) for pattern in self.host_patterns)

    def has_base(self, base: str) -> bool:
        """Whether a server has that base path, as it stands or by its variables."""
        return base in self.bases or any(compile_pattern(pattern)(base) for pattern in self.base_patterns)

    def strip(self, path: str) -> list[str]:
        """The path as it may stand in the contract: without a server's base path where it has one, else as it is."""
        ends = [len(base) for base in self.bases if base and path.startswith(base)]
        if not ends and any(self.bases):  # one character may be spelled in several ways
            heads = [("/".join(path.split("/")[: base.count("/") + 1]), base) for base in self.bases if base]
            ends += [len(head) for head, base in heads if unquote(head) == unquote(base)]
        if self.base_patterns:
            slashes = [*(match.start() for match in islice(re.finditer("/", path), 1, _MOST_SEGMENTS)), len(path)]
            checks = [compile_pattern(pattern) for pattern in self.base_patterns]
            ends += [end for check in checks for end in slashes if check(path[:end])]
        stripped = [path[end:] or "/" for end in dict.fromkeys(ends) if path[end : end + 1] in ("", "/")]
        return [*stripped, path] if not stripped or "" in self.bases else stripped


@lru_cache(maxsize=4096)
def _knows(hosts: tuple[str, ...], host: str) -> bool:
    if not hosts or host in hosts or _is_private(host) or any(_is_private(known) for known in hosts):
        return True
    return any(_domain(known) == _domain(host) for known in hosts)


def _is_private(host: str) -> bool:
    """A name or address that tells nothing of whose service it is."""
    labels = host.split(".")
    placeholder = ".".join(labels[-2:]) in _PLACEHOLDERS
    return len(labels) == 1 or bool(_ADDRESS.fullmatch(host)) or labels[-1] in _RESERVED or placeholder


def _domain(host: str) -> str:
    """What its owner registered: one label below a public suffix such as `com`, `co.uk` or `github.io`."""
    return _public_suffixes().privatesuffix(host) or host


@lru_cache(maxsize=1)
def _public_suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # its table takes a tenth of a second to load

    return PublicSuffixList(accept_encoded_idn=False)


def read_servers(servers: list[dict[str, Any]]) -> Servers:
    plain = [_split(_filled(server)) for server in servers]
    varied = [(_split(str(server["url"])), _patterns(server)) for server in servers if PARAMETER.search(server["url"])]
    return Servers(
        tuple(sorted({host for host, _ in plain if host})),
        tuple(sorted({base for _, base in plain}, key=len, reverse=True)),
        tuple(dict.fromkeys(_pattern(host, patterns) for (host, _), patterns in varied if "{" in host)),
        tuple(dict.fromkeys(_pattern(base, patterns) for (_, base), patterns in varied if "{" in base)),
    )


def bases_of(owner: Node) -> list[str]:
    """The base paths of the servers that a document, a path or an operation lists itself."""
    return [_split(_filled(server))[1] for server in servers_of(owner)]


def schemes_of(servers: list[dict[str, Any]]) -> dict[str, set[str]]:
    """The schemes of the servers by their host and port; of one without a scheme, or with a variable for it, nothing."""
    found: dict[str, set[str]] = {}
    for server in servers:
        scheme, is_whole, rest = _filled(server).partition("://")
        if is_whole and "{" not in server["url"].partition("://")[0]:
            found.setdefault(rest.partition("/")[0].lower(), set()).add(scheme.lower())
    return found


def _split(url: str) -> tuple[str, str]:
    """Host, in lower case but for variables, and base path of a URL; one without a scheme that begins like a host is meant as one."""
    match = re.match(r"(?:[A-Za-z{][A-Za-z0-9+.{}-]*:(?=//))?(?://([^/?#]*))?([^?#]*)", url)
    host, path = (match[1] or "", match[2]) if match else ("", "")
    first, _, rest = path.partition("/")
    if not host and re.fullmatch(r"[^/.{}]+(\.[^/.{}]+)+(:[0-9]+)?", first):
        host, path = first, rest
    base = re.sub(r"^(?:\.{0,2}(?:/|$))*", "", path).rstrip("/")
    host = re.sub(r"\{[^{}]*\}|[A-Z]+", lambda found: found[0] if found[0][0] == "{" else found[0].lower(), host)
    return re.sub(r":[^:\]]*$", "", host), "/" + quote(base, safe="/%:@!$&'()*+,;=~{}") if base else ""


def _pattern(template: str, patterns: dict[str, str]) -> str:
    pieces = enumerate(PARAMETER.split(template))
    return f"^{''.join(patterns.get(piece, '[^/]+') if index % 2 else literal(piece) for index, piece in pieces)}$"


def all_servers(root: Node) -> list[dict[str, Any]]:
    """The servers of the document, of its paths and of its operations: a recording may have been made with any."""
    paths = root.get("paths")
    items = [item for _, item in paths.children()] if paths else []
    owners = [root, *items, *(member for item in items for _, member in item.children())]
    return [server for owner in owners for server in servers_of(owner)]


def servers_of(owner: Node) -> list[dict[str, Any]]:
    return [server for server in array_at(owner.value, "servers") if isinstance(as_object(server).get("url"), str)]


def _variables(server: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = object_at(server, "variables").items()
    return {str(name): variable for name, variable in found if isinstance(variable, dict)}


def _filled(server: dict[str, Any]) -> str:
    """The URL with its variables' defaults put in (OpenAPI, Server Variable Object); of one that is not declared and begins it, such
    as `{baseUrl}`, nobody knows the address."""
    variables, url = _variables(server), server["url"]
    if (whole := _ADDRESS_ALONE.match(url)) and whole[1] not in variables:
        url = url[whole.end() :]
    return PARAMETER.sub(lambda match: str(variables.get(match[1], {}).get("default", match[1])), url)


def spelled_bases(servers: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The base paths that each server may have, by its address."""
    return spelled(servers, 1) or {"/": [""]}


def spelled(servers: list[dict[str, Any]], part: int) -> dict[str, list[str]]:
    """The hosts, 0, or base paths, 1, that each server may have, by its address: variables stand for each value of their `enum`,
    or for their default and one more text."""
    found: dict[str, list[str]] = {}
    for server in servers:
        template, variables = _split(server["url"])[part], _variables(server)
        names = dict.fromkeys(PARAMETER.findall(template))
        choices = []
        for variable in (variables.get(name, {}) for name in names):
            default = str(variable.get("default", "any"))
            choices.append([str(one) for one in array_at(variable, "enum")] or [default, f"{default}-2"])
        filled = (dict(zip(names, values, strict=True)) for values in islice(product(*choices), _MOST_SPELLINGS))
        made = [PARAMETER.sub(lambda match, one=one: one[match[1]], template) for one in filled]  # type: ignore[misc]
        found[server["url"]] = [quote(base, safe="/%:@!$&'()*+,;=~") for base in made]
    return found


def _patterns(server: dict[str, Any]) -> dict[str, str]:
    """What each variable with an `enum` may be; one without may be anything."""
    listed = {name: array_at(variable, "enum") for name, variable in _variables(server).items()}
    return {name: f"(?:{'|'.join(literal(str(one)) for one in own)})" for name, own in listed.items() if own}
