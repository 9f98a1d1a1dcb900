"""An undeclared parameter leads to the second page."""

from mutants.breaking import hears

DECLARED = [
    "Action",
    "DomainName",
    "ObjectType",
    "TaskId",
    "ObjectPath",
    "Status",
    "StartTime",
    "EndTime",
    "PageSize",
    "PageNumber",
    "Format",
    "Version",
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
    "SecurityToken",
]


def turn_the_page(pairs):
    has_unknown = any(name not in DECLARED for name, _ in pairs)
    return [*pairs, ("PageNumber", "2")] if has_unknown and "PageNumber" not in dict(pairs) else pairs


service = hears(turn_the_page)
