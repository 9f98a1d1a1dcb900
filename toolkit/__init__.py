"""Contract tests for HTTP APIs: one OpenAPI contract checks requests and responses, in JSON and in XML.

Three objects come first. A `Contract` is an OpenAPI document; an `Exchange` is a request with its response; a `Verdict`
says what of an exchange breaks the contract:

    from toolkit import Contract, validate

    for verdict in validate(Contract.load("openapi.yaml"), "traffic.har"):
        print(verdict)

The names below are the public interface, described in docs/api.md. Each is imported from its module when it is first
used (PEP 562), so that `import toolkit` loads no other library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.client.target import asgi, http
    from toolkit.conformance.run import Options, Run
    from toolkit.contract.model import Contract, Match
    from toolkit.contract.operation import Operation, Parameter
    from toolkit.errors import ContractError, ContractToolkitError, RecordingError, ReportError, TargetError
    from toolkit.exchange import Exchange, Headers, Request, Response, Send
    from toolkit.recordings.reading import read, write_har
    from toolkit.reports.summary import Context, Summary
    from toolkit.reports.writers import open_reports
    from toolkit.rules import RULES, Rule, Severity
    from toolkit.schema.judge import JsonSchema
    from toolkit.validation.stream import validate
    from toolkit.validation.validator import Validator
    from toolkit.verdict import Verdict, Violation
    from toolkit.xml.codec import XmlCodec
    from toolkit.xml.xsd import derive_xsd

__version__ = "0.1.0"

_MODULES = {
    "client.target": "asgi http",
    "conformance.run": "Options Run",
    "contract.model": "Contract Match",
    "contract.operation": "Operation Parameter",
    "errors": "ContractError ContractToolkitError RecordingError ReportError TargetError",
    "exchange": "Exchange Headers Request Response Send",
    "recordings.reading": "read write_har",
    "reports.summary": "Context Summary",
    "reports.writers": "open_reports",
    "rules": "RULES Rule Severity",
    "schema.judge": "JsonSchema",
    "validation.stream": "validate",
    "validation.validator": "Validator",
    "verdict": "Verdict Violation",
    "xml.codec": "XmlCodec",
    "xml.xsd": "derive_xsd",
}
_HOME = {name: f"toolkit.{module}" for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "RULES", "Context", "Contract", "ContractError", "ContractToolkitError", "Exchange", "Headers", "JsonSchema",
    "Match", "Operation", "Options", "Parameter", "RecordingError", "ReportError", "Request", "Response", "Rule",
    "Run", "Send", "Severity", "Summary", "TargetError", "Validator", "Verdict", "Violation", "XmlCodec", "asgi",
    "derive_xsd", "http", "open_reports", "read", "validate", "write_har",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The public name, imported from its module; it stays here, so that this is called once for each name."""
    if name not in _HOME:
        raise AttributeError(f"module 'toolkit' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
