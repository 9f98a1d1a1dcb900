"""The order of operations: what creates before what reads, that before what changes, and what deletes last.

What an operation does, its method and path say (RFC 9110, section 9.3), and in RPC style the verb that its name begins with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from toolkit.contract.operation import Operation
from toolkit.contract.routing import PARAMETER
from toolkit.document.identifiers import DATA_KEYWORDS
from toolkit.document.pointers import as_object

SAFE = ("GET", "HEAD", "OPTIONS", "QUERY", "TRACE")  # methods that change nothing, RFC 9110 (section 9.2.1)

_CREATED = {"201", "202"}
_LEAVING = re.compile(r"\b(log|sign) ?(out|off)\b")
_VOIDING = "reset|rotate|regenerate|revoke|invalidate"
_CREDENTIAL = "(?:api |auth |access |my )*(?:tokens?|keys?|sessions?|credentials)"
_STOPPING = re.compile(
    r"\b(?:restart|reboot|shut ?down|power ?off|halt|maintenance|factory ?reset|(?:backup|snapshot)s? restore)\b"
)
_MOVING = re.compile(r"\b(?:move|rename)$")  # of a path: what stands there, with all that is below it
_COMMANDS = frozenset({"action", "command", "cmd", "op", "operation", "signal"})  # words of properties
_VOIDED = re.compile(rf"\b(?:(?:{_VOIDING}) {_CREDENTIAL}|{_CREDENTIAL} (?:{_VOIDING}))\b")  # where nothing says whose
_REPLACED = re.compile(rf"\b{_CREDENTIAL}$")  # of a path, to which PUT has no body
_RESTORING = re.compile(r"\}.*(?:restor|recover|un-?delet)", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DELETING = re.compile(
    "delete|remove|destroy|drop|purge|prune|erase|terminate|unsubscribe|revoke|deregister|detach|disassociate"
)
_CREATING = re.compile("create|add|new|register|insert|subscribe|import|upload")
_UPDATING = re.compile("update|modify|change|edit|set|put|patch")
_LISTING = re.compile("list|search|find|query|count")
_SEARCH = re.compile(r".*[/:_](?:search|find|query|lookup)/?")  # of a path
_READING = re.compile("get|list|describe|read|search|find|fetch|query|lookup|show|count|check|head")
_ACTING = re.compile(  # first words of names that are actions, and not things: no `import`, `upload`, `check`
    "get|list|describe|search|find|fetch|query|lookup|create|add|register|insert|delete|remove|destroy|update|modify|change|edit|set|put|patch|"
    "close|open|reopen|cancel|send|start|stop|pause|resume|approve|reject|archive|restore|assign|publish|complete|confirm|activate|enable|disable"
)
_MAKING = re.compile("create|add|new|register|insert|upload")
_FILE = re.compile("json|ya?ml|xml|csv|tsv|txt|html?|pdf|zip|ico|png|svg|js|css|rss|atom", re.IGNORECASE)


def words(name: str) -> list[str]:
    """The words of a name, in lower case: `GET_CreateTopic` and `create-topic` have `create topic` among theirs."""
    return [word.lower() for word in _WORD.findall(name)]


def shape(path: str) -> str:
    """A template without the names of its parameters: `/notes/{}`."""
    return PARAMETER.sub("{}", path).rstrip("/") or "/"


def is_rpc(operation: Operation) -> bool:
    """Whether the operation is told by the name of an action, in the request or at the end of its path, and not by a path to a thing."""
    named = operation.route.query or operation.discriminators or "#" in operation.route.key
    return bool(named or path_action(operation))


@lru_cache(maxsize=4096)
def path_action(operation: Operation) -> tuple[str, ...]:
    """The words of the action that a path ends in, the verb first: of `/getTicket`, `/ticket.get` and `/get_ticket`; () where it is the
    path to a thing."""
    template = operation.route.template.rstrip("/")
    last = template.rpartition("/")[2]
    noun, dot, named = last.rpartition(".")
    verb, *others = [*words(named), *words(noun)] or [""]
    reads, is_post = bool(_READING.fullmatch(verb)), operation.method == "POST"
    is_verb = bool(_ACTING.fullmatch(verb)) or (bool(dot) and is_post and not _FILE.fullmatch(named))
    return (verb, *others) if others and is_verb and (is_post or reads) and not PARAMETER.search(template) else ()


@lru_cache(maxsize=4096)
def collection(operation: Operation) -> str:
    """The path of an operation without a last segment that only says what is done there: `/notes` of `POST /notes/create` and of
    `GET /notes/list`."""
    start, _, last = operation.route.template.rstrip("/").rpartition("/")
    verbs = {"create": _MAKING, "read": _LISTING}.get(kind(operation))
    is_verb = verbs and start and last != "count" and verbs.fullmatch(last.lower())
    is_of_one = searches(operation) and start.endswith("}")
    return start if is_verb and not (is_rpc(operation) or is_of_one) else operation.route.template


def action(operation: Operation) -> list[str]:
    """The words of the name of an operation, the verb first."""
    if found := path_action(operation):
        return [*found]
    # `GET_CreateTopic` and `POST /?Action=CreateTopic` begin with their method; in `GetTopic`, that is the verb.
    return words(re.sub(rf"^(.*[/=#]|{operation.method}(?![A-Za-z]))", "", operation.name))


def _verb(operation: Operation) -> str:
    return next(iter(action(operation)), "")


def searches(operation: Operation) -> bool:
    """Whether it is a POST that finds what its body says, by its path, as `/notes/search` does, and creates nothing."""
    is_post = operation.method == "POST" and _CREATED.isdisjoint(operation.responses)
    return is_post and bool(_SEARCH.fullmatch(operation.route.template))


@lru_cache(maxsize=4096)
def kind(operation: Operation) -> str:
    """`create`, `read`, `update` or `delete`."""
    verb = _verb(operation)
    if operation.method == "DELETE" or (is_rpc(operation) and _DELETING.fullmatch(verb)):
        return "delete"
    if is_rpc(operation):
        return "create" if _CREATING.fullmatch(verb) else "read" if _READING.fullmatch(verb) else "update"
    if operation.method in SAFE or searches(operation):
        return "read"
    if deletes_named(operation):
        return "delete"
    if operation.method == "POST" and not operation.route.template.endswith("}"):
        is_made = not _CREATED.isdisjoint(operation.responses) or any(map(_CREATING.fullmatch, words(operation.name)))
        return "create" if is_made or not PARAMETER.search(operation.route.template) else "update"
    return "update"


def method_of(operation: Operation) -> str:
    """The method of an operation; in RPC style the one that what does the same has by the standard (RFC 9110, section 9.3)."""
    if not is_rpc(operation):
        return "GET" if searches(operation) else operation.method
    updating = "PUT" if _UPDATING.fullmatch(_verb(operation)) else "POST"
    return {"create": "POST", "read": "GET", "delete": "DELETE"}.get(kind(operation), updating)


def deletes_named(operation: Operation) -> bool:
    """Whether a path such as `/notes/batch-delete`, `/notes/prune` or `/users/{user}/notes:delete` names the deleting of what a list has,
    by its body or all of it."""
    *_, place, last = ["", *operation.route.template.split("/")]
    is_fixed = operation.method not in ("DELETE", *SAFE) and not PARAMETER.search(last if ":" in last else place + last)
    return is_fixed and any(map(_DELETING.fullmatch, words(last)))


def restores(operation: Operation) -> bool:
    """Whether an operation brings back what was deleted, as `POST /notes/{id}/restore` does."""
    return operation.method not in SAFE and bool(_RESTORING.search(operation.route.template))


def ends_session(operation: Operation) -> bool:
    """Whether an operation takes the credentials from who calls it, by its name or path: what comes after it is refused."""
    told = [" ".join(words(text)) for text in (operation.name, operation.route.template)]
    is_own = operation.method not in SAFE and not PARAMETER.search(operation.route.template)
    is_replaced = is_own and operation.method == "PUT" and not operation.request_content and _REPLACED.search(told[1])
    return bool(is_replaced) or any(_LEAVING.search(text) or (is_own and _VOIDED.search(text)) for text in told)


def stops_service(operation: Operation) -> bool:
    """Whether an operation stops, restarts, moves or replaces what responds, by its path, in which nothing says what else, or by a
    command that its body may have: who comes after it may find nobody."""
    template = operation.route.template
    names_thing = PARAMETER.search(template) or is_rpc(operation)
    told = operation.method in SAFE or any(one.required for one in operation.body_fields.values())
    moves = not told and _MOVING.search(" ".join(words(template)))
    stops = moves or any(_STOPPING.search(" ".join(words(one))) for one in (template, *_commands(operation)))
    return not names_thing and bool(stops)


def _commands(operation: Operation) -> Iterator[str]:
    """What the contract names for a body to tell a service to do, such as `{"action": "shutdown"}`, where nothing is created."""
    if operation.method in SAFE or "201" in operation.responses:
        return
    examples = [as_object(media.value).get("example") for media in operation.request_content.values()]
    for name in [name for name in operation.body_fields if {*words(name)} & _COMMANDS]:
        schema = operation.body_fields[name].schema
        stated = [schema.get(key) for key in DATA_KEYWORDS] + [as_object(one).get(name) for one in examples]
        yield from (str(text) for one in stated for text in (one if isinstance(one, list) else [one]))


def acts_on_caller(operation: Operation) -> bool:
    """Whether an operation changes something, is told nothing of what, and has nothing to say of it: as what ends the session of
    who calls does, in any language."""
    told = operation.request_content or any(one.required for one in operation.parameters)
    answers = [key for key, spec in operation.responses.items() if key in _CREATED or (key[0] == "2" and spec.content)]
    changes = operation.method not in SAFE and not is_rpc(operation)
    return changes and not told and not answers and not PARAMETER.search(operation.route.template)


def in_order(operations: Iterable[Operation]) -> list[Operation]:
    """Parents before children; lists, what creates, and what reads one; then what changes; at last what deletes, children
    before parents. Lists come first, so that what was there before is not taken for what the run creates."""

    def rank(operation: Operation) -> tuple[int, int, int]:
        depth, what = len(PARAMETER.findall(operation.route.template)), kind(operation)
        if what == "delete":
            return (2, -depth, 0)
        if what == "update":
            return (1, depth, 0)
        return (0, depth, 1 if what == "create" else 0 if lists(operation) else 2)

    return sorted(operations, key=rank)


def lists(operation: Operation) -> bool:
    """Whether an operation reads what needs no name: a list, or what there is one of."""
    if is_rpc(operation):
        return bool(_LISTING.fullmatch(_verb(operation)))
    return kind(operation) == "read" and not operation.route.template.endswith("}")
