"""Calls a generated Python client: `python clients.py PLAN`. It knows how each generator names what it makes, and prints a
line of JSON for each call: its number, with `status`, `value` and `typed`, or `raised`, or `missing`.

It runs in the Python that has the client's own packages, so it imports nothing of the toolkit.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import inspect
import json
import pkgutil
import re
import sys
import typing
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum
from typing import Any
from uuid import UUID

Call = dict[str, Any]
Result = dict[str, Any]


class Missing(Exception):
    """What the generated code has no function, no parameter or no model for."""


def plain(name: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def modules(package: Any) -> Iterator[Any]:
    yield package
    for found in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{package.__name__}."):
        yield importlib.import_module(found.name)


def arguments(function: Callable[..., Any], call: Call, hints: dict[str, Any] | None = None) -> dict[str, Any]:
    """The values of a call by the parameters of a function, matched by names without case and signs."""
    given, body = {plain(one["name"]): one["value"] for one in call["values"]}, call["body"]
    is_form = body and "form" in body["media"]
    more: dict[str, Any] = {plain(key): value for key, value in body["value"].items()} if is_form else {}
    if body:
        more |= dict.fromkeys(("body", "data", plain(body["model"])), body["value"])
    names = [name for name in inspect.signature(function).parameters if not name.startswith("_")]
    known = {name: escaped(plain(name), {*given, *map(plain, call["parameters"])}) for name in names}
    if lacking := given.keys() - known.values():
        raise Missing(f"{function.__name__} has no parameter {sorted(lacking)[0]}")
    every = {**more, **given}
    left = [key for key in known.values() if key not in {*every, *map(plain, call["parameters"])}]
    if body and left and not more.keys() & set(known.values()):
        every[left[0]] = body["value"]  # named after what it has items of
    return {name: coerced(every[key], (hints or {}).get(name)) for name, key in known.items() if key in every}


def escaped(name: str, given: set[str]) -> str:
    """What a parameter stands for that is named otherwise since its name is a word of the language, as `var_from` is."""
    return name.removeprefix("var") if name not in given and name.removeprefix("var") in given else name


def sent_in(call: Call, place: str) -> dict[str, str]:
    """The credentials of a call in a place: header, query or cookie."""
    return {one["name"]: one["value"] for one in call["credentials"] if one["in"] == place}


def coerced(value: Any, hint: Any) -> Any:
    """A value in the generated type that a parameter wants: an enumeration, a model, a time."""
    kinds: list[Any] = [hint, *typing.get_args(hint)]
    for kind in kinds:
        if typing.get_origin(kind) is list and isinstance(value, list):
            return [coerced(one, typing.get_args(kind)[0]) for one in value]
        if not inspect.isclass(kind):
            continue
        if issubclass(kind, Enum):
            return kind(value)
        for way in ("from_dict", "model_validate") if isinstance(value, dict) else ():
            with suppress(Exception):  # it is another one of several
                return getattr(kind, way)(value)
        if hasattr(kind, "fromisoformat") and isinstance(value, str):
            return kind.fromisoformat(value)
        if issubclass(kind, UUID):
            return kind(value)
    return value


def shown(value: Any) -> Any:
    """A decoded value as JSON, by the names of the wire."""
    if isinstance(value, list | tuple):
        return [shown(one) for one in value]
    if isinstance(value, dict):
        wrapped = value.get("actual_instance")  # of alternatives
        return {key: shown(one) for key, one in value.items()} if wrapped is None else shown(wrapped)
    if hasattr(value, "model_dump_json"):
        return shown(json.loads(value.model_dump_json(by_alias=True, exclude_unset=True)))
    if hasattr(value, "to_dict"):
        return shown(value.to_dict())
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = getattr(getattr(value, "Meta", None), "key_transform_with_dump", {})
        return {names.get(name, name): shown(one) for name, one in vars(value).items() if one is not None}
    return value.isoformat() if hasattr(value, "isoformat") else value


def as_json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return text


def is_typed(value: Any) -> bool:
    return value is not None and not isinstance(value, str | bytes | dict)


def function_of(owner: Any, call: Call, ending: str = "") -> Callable[..., Any] | None:
    names = [plain(name) + ending for name in call["names"]]
    found = (getattr(owner, name) for name in dir(owner) if plain(name) in names)
    return next((one for one in found if callable(one)), None)


def openapi_python_client(package: Any, call: Call) -> Result:
    names = [plain(name) for name in call["names"]]
    paths = [one.name for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    path = next((one for one in paths if ".api." in one and plain(one.rpartition(".")[2]) in names), None)
    if path is None:
        raise Missing("no function")
    function = importlib.import_module(path).sync_detailed
    module, keys = importlib.import_module(f"{package.__name__}.client"), sent_in(call, "header")
    more = {"cookies": sent_in(call, "cookie"), "httpx_args": {"params": sent_in(call, "query")}}
    client = module.Client(base_url=call["base"], **more)
    if keys:  # one is the client's own, others are header fields like any
        name, value = keys.popitem()
        own = {"token": value, "prefix": "", "auth_header_name": name}
        client = module.AuthenticatedClient(base_url=call["base"], headers=keys, **own, **more)
    response = function(client=client, **arguments(function, call, typing.get_type_hints(function)))
    parsed = response.parsed
    return {"status": int(response.status_code), "value": shown(parsed), "typed": is_typed(parsed)}


def openapi_generator(package: Any, call: Call) -> Result:
    secrets, kinds = call["secrets"], {one["kind"] for one in call["credentials"]}
    configuration = package.Configuration(host=call["base"])
    configuration.api_key = {one["scheme"]: secrets["apiKey"] for one in call["credentials"] if one["kind"] == "apiKey"}
    if "bearer" in kinds:
        configuration.access_token = secrets["bearer"]
    if "basic" in kinds:
        configuration.username, configuration.password = secrets["basic"].split(":")
    client = package.ApiClient(configuration)
    for name in dir(package):
        api = getattr(package, name) if name.endswith("Api") else None
        function = function_of(api(client), call, "withhttpinfo") if isinstance(api, type) else None
        if function:
            break
    else:
        raise Missing("no function")
    try:
        response = function(**arguments(function, call))
    except package.ApiException as error:
        value = error.data if error.data is not None else as_json(error.body)
        return {"status": error.status, "value": shown(value), "typed": is_typed(error.data)}
    return {"status": response.status_code, "value": shown(response.data), "typed": is_typed(response.data)}


def clientele(package: Any, call: Call) -> Result:
    client, config = (importlib.import_module(f"{package.__name__}.{name}") for name in ("client", "config"))
    client.client.configure(config=config.Config(base_url=call["base"], headers=sent_in(call, "header")))
    function = function_of(client, call)
    if function is None:
        raise Missing("no function")
    value = function(**arguments(function, call, typing.get_type_hints(function)))
    return {"status": None, "value": shown(value), "typed": is_typed(value)}


def pyopenapi_gen(package: Any, call: Call) -> Result:
    client, config, transport = (
        importlib.import_module(f"{package.__name__}.{name}")
        for name in ("client", "core.config", "core.http_transport")
    )

    async def ask() -> Any:
        sender = transport.HttpxTransport(call["base"], default_headers=sent_in(call, "header"))
        async with client.APIClient(config.ClientConfig(call["base"]), sender) as whole:
            groups = (getattr(whole, name) for name in dir(whole) if not name.startswith("_"))
            function = next(filter(None, (function_of(one, call) for one in groups)), None)
            if function is None:
                raise Missing("no function")
            return await function(**arguments(function, call, typing.get_type_hints(function)))

    try:
        value = asyncio.run(ask())
    except Exception as error:
        response = getattr(error, "response", None)
        if response is None:
            raise
        return {"status": response.status_code, "value": as_json(response.text), "typed": False}
    return {"status": None, "value": shown(value), "typed": is_typed(value)}


def model_named(module: Any, name: str) -> Callable[[Any], Any] | None:
    """What reads a value as the model of a component, or as a list of such (`NAME[]`). A model whose name another one has gets a
    number, so that of several the one with the most fields is taken."""
    names = re.compile(re.escape(plain(name)) + r"(model)?\d*")
    found = [one for key, one in vars(module).items() if names.fullmatch(plain(key)) and hasattr(one, "model_validate")]
    if not found or not plain(name):
        return None
    read = max(found, key=lambda one: len(one.model_fields)).model_validate
    return (lambda value: [read(one) for one in value]) if name.endswith("[]") else read


def models(module: Any, call: Call) -> Result:
    """Models alone: the body that is sent goes through one, and so does what comes; HTTP is ours."""
    wire, data = call["wire"], (call["wire"]["body"] or "").encode() or None
    if call["body"] and (read := model_named(module, call["body"]["model"])):
        value = shown(read(call["body"]["value"]))
        is_form = call["body"]["media"].endswith("urlencoded")
        data = (urllib.parse.urlencode(value, doseq=True) if is_form else json.dumps(value)).encode()
    request = urllib.request.Request(call["base"] + wire["url"], data, dict(wire["headers"]), method=wire["method"])
    try:
        with urllib.request.urlopen(request) as response:
            status, content, kind = response.status, response.read(), response.headers.get_content_type()
    except urllib.error.HTTPError as error:
        status, content, kind = error.code, error.read(), error.headers.get_content_type()
    keys = (str(status), f"{status // 100}XX", "default")
    names = [call["models"][key] for key in keys if key in call["models"]]
    if not content or not kind.endswith("json") or not names:  # what the contract does not document has no model
        return {"status": status, "value": None, "typed": False}
    read = model_named(module, names[0])
    if read is None:
        raise Missing(f"no model of the response {status}")
    value = read(json.loads(content))
    return {"status": status, "value": shown(value), "typed": is_typed(value)}


CLIENTS: dict[str, Callable[[Any, Call], Result]] = {
    "openapi-python-client": openapi_python_client,
    "openapi-generator-python": openapi_generator,
    "clientele": clientele,
    "pyopenapi-gen": pyopenapi_gen,
    "datamodel-code-generator": models,
}


def stay_here(host: str, port: int) -> None:
    """Let nothing connect to another service than the mock: generated code may name the real one."""

    def refuse(event: str, words: tuple[Any, ...]) -> None:
        place = words[1] if event == "socket.connect" else words[:2] if event == "socket.getaddrinfo" else None
        if isinstance(place, tuple) and (str(place[0]), int(place[1] or 0)) != (host, port):
            raise Missing(f"it calls another server, {place[0]}:{place[1]}")

    sys.addaudithook(refuse)


def main(plan: dict[str, Any]) -> None:
    sys.path.insert(0, plan["folder"])
    if plan["tool"]:
        base = urllib.parse.urlsplit(plan["url"])
        stay_here(str(base.hostname), base.port or 80)
    package = importlib.import_module(plan["package"])
    if plan["tool"] == "":  # the check that all of it can be imported
        sys.stdout.write(json.dumps({"modules": sum(1 for _ in modules(package))}))
        return
    for call in plan["calls"]:
        try:
            result = CLIENTS[plan["tool"]](package, call)
        except Missing as error:
            result = {"missing": str(error)}
        except Exception as error:
            result = {"raised": f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]}
        sys.stdout.write(json.dumps({"number": call["number"], **result}, default=str) + "\n")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as stream:  # noqa: PTH123 - as little as can be
        main(json.load(stream))
