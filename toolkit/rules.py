"""The table of every rule: a rule without a row in RULES cannot be reported."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """ERROR fails a run (exit status 1); WARNING is shown and does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    severity: Severity
    summary: str


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

RULES: dict[str, Rule] = {
    # the record
    "record-unreadable": Rule(_ERROR, "A record that should hold an exchange is broken or half-written."),
    "exchange-unmatched": Rule(_ERROR, "The exchange is outside of the contract (reported with --strict)."),
    # the request
    "parameter-missing": Rule(_ERROR, "A required parameter is absent."),
    "parameter-invalid": Rule(_ERROR, "A parameter's value does not conform to its schema."),
    "parameter-repeated": Rule(_ERROR, "A parameter that takes one value is given more than once."),
    "parameter-undeclared": Rule(_WARNING, "A query parameter stands in the request that the contract does not know."),
    "parameters-inconsistent": Rule(_ERROR, "Two parameters break a rule that binds them together."),
    "request-body-missing": Rule(_ERROR, "A required request body is absent."),
    "request-media-type": Rule(_ERROR, "The request body has a media type that the operation does not take."),
    # the answer
    "status-undeclared": Rule(_ERROR, "The status code is not among those the operation documents."),
    "media-type-undeclared": Rule(_ERROR, "The answer's media type is not among those documented for its status."),
    "media-type-missing": Rule(_ERROR, "The answer has a body and no Content-Type."),
    "header-missing": Rule(_ERROR, "A required response header is absent."),
    "header-invalid": Rule(_ERROR, "A response header's value does not conform to its schema."),
    "body-missing": Rule(_ERROR, "The answer has no body where the contract documents one."),
    "body-unexpected": Rule(_ERROR, "The answer has a body where HTTP allows none."),
    "body-undocumented": Rule(_WARNING, "The answer has a body where the contract documents none."),
    "body-undecodable": Rule(_ERROR, "The body cannot be restored from its Content-Encoding or character encoding."),
    # the text of a body
    "json-syntax": Rule(_ERROR, "The body is not one JSON text (RFC 8259)."),
    "json-duplicate-name": Rule(_ERROR, "An object has two members of one name."),
    "multipart-syntax": Rule(_ERROR, "The body is not multipart/form-data (RFC 7578)."),
    "xml-syntax": Rule(_ERROR, "The body is not well-formed XML 1.0."),
    "xml-forbidden": Rule(_ERROR, "The XML has a document type declaration, entities of its own or excessive depth."),
    "xml-structure": Rule(_ERROR, "An element, attribute or text stands where the contract has no place for it."),
    "xsd-invalid": Rule(_ERROR, "The XML is refused by its XSD."),
    # the value of a body, by JSON Schema keyword
    "schema-type": Rule(_ERROR, "A value has the wrong type."),
    "schema-value": Rule(_ERROR, "A value is none of those allowed (enum, const)."),
    "schema-pattern": Rule(_ERROR, "A text does not match its pattern."),
    "schema-format": Rule(_ERROR, "A text is not of its format (date-time, uuid, ...)."),
    "schema-bound": Rule(_ERROR, "A number is outside of its bounds (minimum, maximum, multipleOf)."),
    "schema-length": Rule(_ERROR, "A text is too short or too long."),
    "schema-size": Rule(_ERROR, "An array or object has too few, too many or repeated members."),
    "schema-required": Rule(_ERROR, "A required member is absent."),
    "schema-unknown-member": Rule(_ERROR, "An object has a member that the contract does not know."),
    "schema-alternative": Rule(_ERROR, "A value fits none, or too many, of the alternatives (oneOf, anyOf, not, if)."),
    "engines-differ": Rule(_ERROR, "Two schema engines disagree about one body (--engine-check)."),
    # a probe: one request made to find out
    "valid-request-refused": Rule(_ERROR, "A request that conforms to the contract is refused."),
    "invalid-request-accepted": Rule(_ERROR, "A request that breaks the contract is answered as if it did not."),
    "refusal-status": Rule(_ERROR, "A bad request is refused with another status than documented."),
    "refusal-code": Rule(_ERROR, "A bad request is refused with another error code than documented."),
    "refusal-message": Rule(_ERROR, "The message of a refusal does not say what the contract promises."),
    "answer-encoding": Rule(_ERROR, "The answer is in another character encoding than the contract promises."),
    "answer-format": Rule(_ERROR, "The answer is in another format than the request asked for."),
    "method-not-refused": Rule(_ERROR, "A method that the contract does not know is not refused as documented."),
    "no-answer": Rule(_ERROR, "A request gets no HTTP answer: the connection breaks or nothing comes."),
    "server-error": Rule(_ERROR, "A request is answered with a status of 500 or more."),
    "internals-leaked": Rule(_ERROR, "A message shows internals: a path, a stack trace, a statement in SQL."),
    "too-slow": Rule(_ERROR, "The answer takes longer than the contract allows."),
    # a law over several answers
    "law-pages-disjoint": Rule(_ERROR, "An item stands on two pages of one list."),
    "law-pages-complete": Rule(_ERROR, "The pages together do not hold as many items as the total says."),
    "law-page-length": Rule(_ERROR, "A page has another number of items than its size and the total call for."),
    "law-page-size-invariant": Rule(_ERROR, "Pages of another size make another list."),
    "law-total-constant": Rule(_ERROR, "The total differs between the pages of one list."),
    "law-past-end-empty": Rule(_ERROR, "A page past the end is not an empty one."),
    "law-order": Rule(_ERROR, "Items are not in the order documented."),
    "law-echo": Rule(_ERROR, "The answer does not repeat the effective value of a parameter."),
    "law-default": Rule(_ERROR, "An absent parameter does not act as its default value does."),
    "law-filter-exact": Rule(_ERROR, "A filter returns an item that does not match, or leaves a match out."),
    "law-filters-and": Rule(_ERROR, "Filters together do not choose the items that each of them chooses."),
    "law-window": Rule(_ERROR, "An item from before the documented window of time is returned or counted."),
    "law-formats-equal": Rule(_ERROR, "One request has different values in different formats."),
    "law-methods-equal": Rule(_ERROR, "One request has different answers by equivalent methods."),
    "law-repeatable": Rule(_ERROR, "The same request, repeated, has another answer."),
    "law-fresh": Rule(_ERROR, "A value that is to be new in each answer is repeated."),
    "law-parameter-order": Rule(_ERROR, "The order of the parameters changes the answer."),
    "law-unknown-ignored": Rule(_ERROR, "A parameter that the contract does not know changes the answer."),
    "law-item-consistent": Rule(_ERROR, "One item has different values in different answers."),
    "law-identity-unique": Rule(_ERROR, "Two items share an identity."),
    "law-not-after-now": Rule(_ERROR, "A moment lies in the future that may not."),
}
