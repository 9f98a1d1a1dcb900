"""Values of a path parameter that takes the rest of the path, such as `/files/{path}`: an empty one, and some with slashes.

Few contracts say that a parameter does so; for all others, such a request leads elsewhere. So a response that says that there
is nothing is no finding, whether documented or not: only what breaks the service is, or a success that breaks the contract.
"""

from __future__ import annotations

from dataclasses import replace

from toolkit.client.client import Client
from toolkit.contract.flow import SAFE
from toolkit.contract.operation import Operation
from toolkit.contract.paging import plain_name
from toolkit.contract.routing import PARAMETER

_TEXTS = ("", "a/b", "a//b", "/a", "a/b/")
_NAMES = frozenset(
    {"path", "filepath", "filename", "file", "rest", "tail", "proxy", "key", "objectkey", "wildcard", "subpath"}
)


def catch_all_texts(operation: Operation) -> tuple[str, ...]:
    """The values to try; () where the last parameter takes one segment, or a request might change something."""
    template = operation.route.template
    names = PARAMETER.findall(template.rpartition("/")[2])
    is_last = len(names) == 1 and template.endswith("/{" + names[0] + "}")
    if operation.method not in SAFE or not is_last or operation.route.query:
        return ()
    schema = next((one.schema for one in operation.parameters if one.key == ("path", names[0])), {})
    is_free = schema.get("type", "string") == "string" and not schema.keys() & {"format", "pattern", "enum", "const"}
    return _TEXTS if operation.route.slashed or (is_free and plain_name(names[0]) in _NAMES) else ()


def ask_catch_all(client: Client) -> None:
    """Send the requests; what leads elsewhere counts as sound. Raises BudgetSpent."""
    for text in catch_all_texts(client.operation):
        request = client.request(client.call())
        path, mark, query = request.url.partition("?")
        before = path.split("/")[: client.operation.route.template.count("/")]  # the plain value may have slashes
        changed = replace(request, url="/".join([*before, text]) + mark + query)
        response = client.send(client.call(), changed)
        if response.status < 500 and not response.ok and response.violations:
            client.unreported[-1] = replace(response, violations=())
