"""A violation for tests of what is made of violations."""

from __future__ import annotations

from toolkit.verdict import Violation


def violation(rule: str = "schema-type", index: int = 0, **fields: str) -> Violation:
    given = {
        "message": f'"{index}" is a string, not an integer',
        "at": f"response.body#/Tasks/{index}/Size",
        "contract": "openapi.yaml#/components/schemas/Task/properties/Size:12:5",
        "hint": "Send a number.",
        "operation": "ListTasks",
        "source": f"traffic.har:{index}",
    }
    return Violation(rule, **(given | fields))
