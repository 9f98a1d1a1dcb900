"""Servers of a contract: whose hosts its exchanges may have, and which base paths stand before its paths.

A contract is tested on localhost, on staging and in production, so a host that differs is accepted where it is private or a
placeholder, or shares a domain with a documented server; a host of somebody else's (a browser's recording is full of
them) is not, since a path such as `/` fits every site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from toolkit.document import Node

_ADDRESS = re.compile(r"[0-9.]+|\[.*\]")
_RESERVED = (
    "test",
    "example",
    "invalid",
    "localhost",
    "local",
    "internal",
    "lan",
    "home",
    "corp",
)  # RFC 2606, RFC 6762
_PLACEHOLDERS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True)
class Servers:
    """`hosts` are those documented, in lower case; `bases` the paths of the servers, the longest first, '' for none."""

    hosts: tuple[str, ...]
    bases: tuple[str, ...]

    @property
    def names(self) -> str:
        return ", ".join(self.hosts[:3]) + (", ..." if len(self.hosts) > 3 else "")

    def knows(self, authority: str) -> bool:
        return _knows(self.hosts, authority)

    def strip(self, path: str) -> list[str]:
        """The path as it may stand in the contract: without a server's base path where it has one, else as it is."""
        stripped = [
            path[len(base) :] or "/"
            for base in self.bases
            if base and path.startswith(base) and path[len(base) : len(base) + 1] in ("", "/")
        ]
        return stripped or [path]


@lru_cache(maxsize=4096)
def _knows(hosts: tuple[str, ...], authority: str) -> bool:
    host = re.sub(r":[0-9]*$", "", authority.rpartition("@")[2]).lower()
    if not hosts or _is_private(host) or any(_is_private(known) for known in hosts):
        return True
    return any(_domain(known) == _domain(host) for known in hosts)


def _is_private(host: str) -> bool:
    """A name or address that tells nothing of whose service it is."""
    labels = host.split(".")
    return (
        len(labels) == 1 or bool(_ADDRESS.fullmatch(host)) or labels[-1] in _RESERVED or _domain(host) in _PLACEHOLDERS
    )


def _domain(host: str) -> str:
    """The last two labels, or three under a two-letter country with a short second level (`co.uk`, `com.cn`)."""
    labels = host.split(".")
    count = 3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2
    return ".".join(labels[-count:])


def read_servers(root: Node) -> Servers:
    """The servers of the document, of its paths and of its operations: a recording may have been made with any."""
    urls = [url for owner in _owners(root) for url in _urls(owner)]
    split = [re.match(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://([^/?#]*))?([^?#]*)", url) for url in urls]
    hosts = {re.sub(r":[0-9]*$", "", match[1]).lower() for match in split if match and match[1]}
    bases = {match[2].rstrip("/") for match in split if match}
    return Servers(tuple(sorted(hosts)), tuple(sorted(bases, key=len, reverse=True)))


def _owners(root: Node) -> list[Node]:
    paths = root.get("paths")
    items = (
        [Node(paths.files, paths.path, (*paths.tokens, str(key)), item) for key, item in paths.value.items()]
        if paths and isinstance(paths.value, dict)
        else []
    )
    members = [item.raw(key) for item in items if isinstance(item.value, dict) for key in item.value]
    return [root, *items, *(node for node in members if node is not None)]


def _urls(owner: Node) -> list[str]:
    if not isinstance(owner.value, dict) or not isinstance(owner.value.get("servers"), list):
        return []
    return [
        _filled(server)
        for server in owner.value["servers"]
        if isinstance(server, dict) and isinstance(server.get("url"), str)
    ]


def _filled(server: dict[str, object]) -> str:
    """The URL with its variables' defaults put in (OpenAPI, Server Variable Object)."""
    variables = server.get("variables")
    defaults = (
        {key: str(value.get("default", key)) for key, value in variables.items() if isinstance(value, dict)}
        if isinstance(variables, dict)
        else {}
    )
    return re.sub(r"\{([^{}]*)\}", lambda match: defaults.get(match[1], match[1]), str(server["url"]))
