"""Clients of generated code for the shipped contract: each sends parameters and gives what the generated types decoded."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx

Decoded = tuple[int, list[str] | str]
"""The status, and the ids of the tasks of a page or the code of an error."""
Ask = Callable[[Mapping[str, Any]], Decoded]
"""Sends parameters by their names in the contract."""
NEEDED = {"Action": "DescribeRefreshTasks", "ObjectType": "file"}


@contextmanager
def importing(out: Path) -> Iterator[ModuleType]:
    """The generated module or package, imported from its place, and forgotten afterwards."""
    sys.path.insert(0, str(out.parent))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(out.stem)
    finally:
        sys.path.remove(str(out.parent))
        for name in [name for name in sys.modules if name.partition(".")[0] == out.stem]:
            del sys.modules[name]


def openapi_python_client(package: ModuleType, url: str) -> Ask:
    """The generated client, which sends and decodes by itself."""
    models = importlib.import_module(f"{package.__name__}.models")
    call = importlib.import_module(f"{package.__name__}.api.refresh_tasks.describe_refresh_tasks").sync_detailed
    client = importlib.import_module(f"{package.__name__}.client").Client(base_url=url)
    names = {
        "DomainName": "domain_name",
        "PageSize": "page_size",
        "PageNumber": "page_number",
        "StartTime": "start_time",
    }

    def ask(parameters: Mapping[str, Any]) -> Decoded:
        response = call(
            client=client,
            action=models.RefreshTasksAction(NEEDED["Action"]),
            object_type=models.RefreshTasksObjectType(NEEDED["ObjectType"]),
            format_=models.DescribeRefreshTasksFormat("JSON"),
            **{names[name]: value for name, value in parameters.items()},
        )
        if isinstance(response.parsed, models.RefreshTasksAnswer):
            return int(response.status_code), [task.task_id for task in response.parsed.tasks.task]
        return int(response.status_code), str(getattr(response.parsed.code, "value", response.parsed.code))

    return ask


def datamodel_code_generator(models: ModuleType, url: str) -> Ask:
    """The generated models of pydantic, for what is sent and for what comes."""

    def ask(parameters: Mapping[str, Any]) -> Decoded:
        query = models.RefreshTasksForm.model_validate({**NEEDED, "Format": "JSON", **parameters})
        response = httpx.get(url, params=query.model_dump(mode="json", by_alias=True, exclude_unset=True))
        if response.status_code == 200:
            page = models.RefreshTasksAnswer.model_validate_json(response.content)
            return 200, [task.TaskId.root for task in page.Tasks.Task]
        error = models.RefreshTasksBadRequestError.model_validate_json(response.content)
        return response.status_code, str(getattr(error.Code, "value", error.Code))

    return ask


def xsdata(package: ModuleType, url: str) -> Ask:
    """The generated classes, which the XML that comes is bound to."""
    from xsdata.formats.dataclass.parsers import XmlParser

    def ask(parameters: Mapping[str, Any]) -> Decoded:
        response = httpx.get(url, params={**NEEDED, "Format": "XML", **parameters})
        if response.status_code == 200:
            page = XmlParser().from_bytes(response.content, package.DescribeRefreshTasksResponse)
            return 200, [task.task_id for task in page.tasks.task]
        error = XmlParser().from_bytes(response.content, package.Error)
        return response.status_code, str(getattr(error.code, "value", error.code))

    return ask


DRIVERS: dict[str, Callable[[ModuleType, str], Ask]] = {
    "openapi-python-client": openapi_python_client,
    "datamodel-code-generator": datamodel_code_generator,
    "xsdata": xsdata,
}
