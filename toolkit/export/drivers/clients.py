"""Calls a generated Python client: `python clients.py PLAN`. It knows how each generator names what it makes, and prints a
line of JSON for each call: its number, with `status`, `value` and `typed`, or `raised`, or `missing`.

It runs in the Python that has the client's own packages, so it imports nothing of the toolkit.
"""

from __future__ import annotations

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
    body = call["body"]["value"] if call["body"] else None
    given = {plain(one["name"]): one["value"] for one in call["values"]}
    more: dict[str, Any] = {plain(key): value for key, value in body.items()} if isinstance(body, dict) else {}
    if call["body"]:
        more |= dict.fromkeys(("body", "data", plain(call["body"]["model"])), body)
    known = {name: plain(name) for name in inspect.signature(function).parameters}
    if lacking := given.keys() - known.values():
        raise Missing(f"{function.__name__} has no parameter {sorted(lacking)[0]}")
    every = {**more, **given}
    return {name: coerced(every[key], (hints or {}).get(name)) for name, key in known.items() if key in every}


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
        for way in ("from_dict", "model_validate"):
            if isinstance(value, dict) and hasattr(kind, way):
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
        return {key: shown(one) for key, one in value.items()}
    if hasattr(value, "model_dump_json"):
        return json.loads(value.model_dump_json(by_alias=True, exclude_unset=True))
    if hasattr(value, "to_dict"):
        return shown(value.to_dict())
    if isinstance(value, Enum):
        return value.value
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
    client = importlib.import_module(f"{package.__name__}.client").Client(base_url=call["base"])
    response = function(client=client, **arguments(function, call, typing.get_type_hints(function)))
    parsed = response.parsed
    return {"status": int(response.status_code), "value": shown(parsed), "typed": is_typed(parsed)}


def openapi_generator(package: Any, call: Call) -> Result:
    client = package.ApiClient(package.Configuration(host=call["base"]))
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
    client.client.configure(config=config.Config(base_url=call["base"]))
    function = function_of(client, call)
    if function is None:
        raise Missing("no function")
    value = function(**arguments(function, call, typing.get_type_hints(function)))
    return {"status": None, "value": shown(value), "typed": is_typed(value)}


def models(module: Any, call: Call) -> Result:
    """Models alone: the body that is sent goes through one, and so does what comes; HTTP is ours."""
    known = {plain(name): one for name, one in vars(module).items() if hasattr(one, "model_validate")}
    wire, data = call["wire"], (call["wire"]["body"] or "").encode() or None
    if call["body"] and (model := known.get(plain(call["body"]["model"]))):
        value = shown(model.model_validate(call["body"]["value"]))
        is_form = call["body"]["media"].endswith("urlencoded")
        data = (urllib.parse.urlencode(value, doseq=True) if is_form else json.dumps(value)).encode()
    request = urllib.request.Request(call["base"] + wire["url"], data, dict(wire["headers"]), method=wire["method"])
    try:
        with urllib.request.urlopen(request) as response:
            status, content, kind = response.status, response.read(), response.headers.get_content_type()
    except urllib.error.HTTPError as error:
        status, content, kind = error.code, error.read(), error.headers.get_content_type()
    model = known.get(plain(call["models"].get(str(status), "")))
    if not content or not kind.endswith("json"):
        return {"status": status, "value": None, "typed": False}
    if model is None:
        raise Missing(f"no model of the response {status}")
    value = model.model_validate_json(content)
    return {"status": status, "value": shown(value), "typed": is_typed(value)}


CLIENTS: dict[str, Callable[[Any, Call], Result]] = {
    "openapi-python-client": openapi_python_client,
    "openapi-generator-python": openapi_generator,
    "clientele": clientele,
    "datamodel-code-generator": models,
}


def main(plan: dict[str, Any]) -> None:
    sys.path.insert(0, plan["folder"])
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
