"""Where an operation is: each URL that the servers of the old version may give it must be one of the new version."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.contract.operation import Operation
from toolkit.contract.routing import PARAMETER
from toolkit.contract.servers import bases_of, read_servers, schemes_of, servers_of, spelled, spelled_bases
from toolkit.document.files import Node
from toolkit.review.changes import Change, Pair
from toolkit.structs import replace
from toolkit.verdict import few

_MOST_NAMED = 5  # base paths in a message


def plain_path(operation: Operation) -> str:
    """The path of an operation, whatever its parameters are called."""
    return PARAMETER.sub("{}", operation.route.key)


def url_path(operation: Operation) -> str:
    """The path of an operation as a URL has it, without what tells those of one path apart."""
    return plain_path(operation).partition("#")[0]


def bases_before(operation: Operation) -> dict[str, list[str]]:
    """The base paths of the servers of an operation, by the address of each server."""
    return spelled_bases(servers_of(_owner(operation)))


def _owner(operation: Operation) -> Node:
    """What lists the servers of an operation: itself, its path or the document (OpenAPI, Operation Object)."""
    root = operation.node.files.root
    return next((one for one in (operation.node, operation.path_item) if servers_of(one)), root)


def server_changes(pair: Pair) -> Iterator[Change]:
    """Variables stand for each value of their `enum`; one without stands for its default and for any other text."""
    owner, path = _owner(pair.after), url_path(pair.after)
    servers = read_servers(servers_of(owner))
    named = list(dict.fromkeys(base for bases in spelled_bases(servers_of(owner)).values() for base in bases))
    there = few([base or "/" for base in named], _MOST_NAMED)
    for address, bases in bases_before(pair.before).items():
        whole = {base: base + url_path(pair.before) for base in bases}
        kept = {one: url.removesuffix(path) for one, url in whole.items() if url.endswith(path)}
        is_kept = {one: servers.has_base(kept[one]) or not (kept[one] or servers.bases) for one in kept}
        gone = next((base for base in bases if not is_kept.get(base)), None)
        if gone is not None:
            of = f" (of {address})" if "{" in address else ""
            message = f"the base path {gone or '/'} of the servers{of} is gone; there is {there}"
            lost, proof = replace(pair, before=replace(pair.before, base=gone)), None
            if ("server", gone) not in pair.shared.proved:
                proof = lost.refused() or lost.accepted(f"{pair.new.label} has it below {there}")
                pair.shared.proved.update([("server", gone)] if proof else [])
            yield Change("server-path-removed", message, owner.get("servers") or owner, "request.path", proof, gone)
    for base in bases_of(_owner(pair.before)):  # with the defaults of variables, which few clients change
        now = (base + url_path(pair.before)).removesuffix(path)
        if now not in named and servers.has_base(now):
            usual = ", ".join(one or "/" for one in servers.bases)
            open_end = "whether the former still responds is not said"
            message = f"the base path {base or '/'} is {usual} by default now; {open_end}"
            yield Change("change-undecided", message, owner.get("servers") or owner, "request.path")
    for address, hosts in spelled(servers_of(_owner(pair.before)), 0).items():
        unserved = [host for host in hosts if not servers.has_host(host)]
        if unserved and len(unserved) < len(hosts):  # where all are others, it is deployed elsewhere
            named_hosts = few(unserved, _MOST_NAMED)
            message = f"{address} may not be {named_hosts} any more; whether that still responds is not said"
            yield Change("change-undecided", message, owner.get("servers") or owner, "request.path")
    served = schemes_of(servers_of(owner))
    for host, schemes in schemes_of(servers_of(_owner(pair.before))).items():
        for scheme in sorted(schemes - served.get(host, schemes)):
            message = f"{host} is served by {', '.join(sorted(served[host]))}, and was by {scheme}; whether that still responds is not said"
            yield Change("change-undecided", message, owner.get("servers") or owner, "request.path")
