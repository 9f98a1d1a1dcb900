"""The table of every rule: a rule without a row in RULES cannot be reported. docs/rules.md is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """ERROR fails a run (exit status 1); WARNING is shown and does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule is about, for people. Words in backticks are code, as in Markdown; the summary has none.

    `summary` says in one sentence what is wrong, `meaning` why it matters, `example` shows a violation, and `cure`
    says what to do.
    """

    summary: str
    meaning: str
    example: str
    cure: str
    severity: Severity = Severity.ERROR


RULES: dict[str, Rule] = {
    # the record
    "record-unreadable": Rule(
        "A record in the recording is broken or cut off.",
        "The exchange in it cannot be checked. The records after it are still read.",
        "The last line of a JSON Lines file ends in the middle of an object.",
        "Record the exchange again, or remove the broken record.",
    ),
    "exchange-unmatched": Rule(
        "The exchange belongs to no operation of the contract (reported with --strict).",
        "Its server, path or method is not in the contract, so nothing else in the exchange was checked.",
        "`GET /v1/thing` is recorded, and the contract has only `/v1/things`.",
        "Correct the request, or add the operation to the contract.",
    ),
    "check-failed": Rule(
        "An exchange could not be checked, because the program failed.",
        "Such a failure is a fault of this program. All other exchanges were checked.",
        "A body or a contract of a kind that nobody thought of.",
        "Run again with CONTRACT_DEBUG=1, which shows where it failed, and report it with the exchange.",
    ),
    # the contract
    "contract-unusable": Rule(
        "A part of the contract that the exchange needs cannot be used.",
        "What this part describes was not checked; the rest of the exchange, and all other exchanges, were.",
        "The schema of a response is `$ref: '#/components/schemas/Nowhere'`, or has `type: datetime`.",
        "Correct the contract at the place that is named.",
    ),
    "pattern-unchecked": Rule(
        "A string was not checked against its pattern, which cannot be used.",
        "JSON Schema writes patterns as JavaScript does (ECMA-262). Whether the string matches such a pattern cannot be told,"
        " so the run does not end with exit status 0.",
        "The pattern `^[a-z]+\\Z`, where Python's `\\Z` is the end of the string.",
        "Write the pattern as ECMA-262 has it, such as `$` for `\\Z`.",
        Severity.WARNING,
    ),
    "example-invalid": Rule(
        "An example or a default of the contract does not conform to its own schema.",
        "Readers take it for a valid request, and tools send it; here it is not sent as one.",
        "A query parameter has the pattern `^[A-Z]{3}$` and `example: euro`.",
        "Correct the example, or the schema that refuses it.",
        Severity.WARNING,
    ),
    # the request
    "parameter-missing": Rule(
        "The request lacks a required parameter.",
        "The service cannot know what the client wants; a conforming service refuses such a request.",
        "`GET /things`, and the query parameter `kind` is required.",
        "Send the parameter, or mark it as optional in the contract.",
    ),
    "parameter-invalid": Rule(
        "A parameter's value does not match its schema.",
        "The value has the wrong type, is out of range, or is not among the values allowed.",
        "`?limit=51`, and the maximum is 50.",
        "Send a value that the schema allows, or widen the schema.",
    ),
    "parameter-repeated": Rule(
        "A parameter that takes one value is given more than once.",
        "Services differ in which of the values they use, so the request has no definite meaning.",
        "`?limit=1&limit=2`, and `limit` is an integer.",
        "Send the parameter once, or declare it as an array.",
    ),
    "parameter-undeclared": Rule(
        "The request has a query parameter that the contract does not declare.",
        "Usually a misspelt name; the service ignores it, and the client does not get what it asked for.",
        "`?Limit=10`, and the contract declares `limit`.",
        "Correct the name, or declare the parameter in the contract.",
        Severity.WARNING,
    ),
    "parameters-inconsistent": Rule(
        "Parameters are valid one by one, but not together.",
        "The contract ties them to each other by `x-dependencies`, and the request breaks that condition.",
        "`?from=2024-01-02&to=2024-01-01`, and the contract says `from <= to`.",
        "Send values that satisfy the condition.",
    ),
    "request-body-missing": Rule(
        "The request lacks its required body.",
        "The operation needs the body to know what to do.",
        "`POST /things` with an empty body, and `requestBody.required` is true.",
        "Send the body, or mark it as optional in the contract.",
    ),
    "request-media-type": Rule(
        "The request body has a media type that the operation does not accept.",
        "The service is not obliged to read it, and the body cannot be checked.",
        "`Content-Type: text/plain`, and the operation takes `application/json`.",
        "Send one of the media types in the contract, with the matching Content-Type.",
    ),
    "part-media-type": Rule(
        "A part of a multipart body has a media type that the contract does not document for it.",
        "The service is not obliged to read the part; `encoding` names its media types, and an object is JSON by default.",
        "The part `photo` has `Content-Type: image/gif`, and its `contentType` is `image/png, image/jpeg`.",
        "Send the part in a documented media type, or document this one.",
    ),
    "part-header-invalid": Rule(
        "A header field of a part of a multipart body is missing or does not match its schema.",
        "The contract describes the field in the Encoding Object of the part, and the receiver may rely on it.",
        "No `X-Rotation` in the part `photo`, and its `encoding` requires it.",
        "Send the field as documented, or mark it as optional in the contract.",
    ),
    "security-missing": Rule(
        "A request without the credentials that the contract requires was answered with success.",
        "Either the service does not enforce its own rule, or the credentials were removed from the recording.",
        "`security` requires the header field `X-Key`, the request has none, and the status is 200.",
        "Check that the service refuses such requests; keep the credentials, or `***` for them, in a recording.",
        Severity.WARNING,
    ),
    # the response
    "status-undeclared": Rule(
        "The contract does not document this status code for the operation.",
        "Clients are not prepared for it, and its body cannot be checked.",
        "Status 500, and the operation documents 200 and 4XX.",
        "Document the status code, or respond with a documented one.",
    ),
    "media-type-undeclared": Rule(
        "The contract does not document the response's media type for this status code.",
        "A client that follows the contract cannot read the body.",
        "`Content-Type: text/html` for status 200, documented as `application/json`.",
        "Respond with a documented media type, or document this one.",
    ),
    "media-type-missing": Rule(
        "The response has a body but no Content-Type.",
        "The client has to guess how to read the body (RFC 9110, section 8.3).",
        "A JSON body without a `Content-Type` header field.",
        "Send the Content-Type.",
    ),
    "header-missing": Rule(
        "The response lacks a required header field.",
        "A client that relies on the header field stops working.",
        "No `X-Count`, and the contract requires it.",
        "Send the header field, or mark it as optional in the contract.",
    ),
    "header-invalid": Rule(
        "A response header field's value does not match its schema.",
        "A client that reads the value by the contract fails or misunderstands it.",
        "`X-Count: two`, and the schema is an integer.",
        "Send a value that the schema allows, or widen the schema.",
    ),
    "body-missing": Rule(
        "The response has no body, and the contract documents one.",
        "A client that parses the body fails.",
        "Status 200 with an empty body, documented as an `application/json` object.",
        "Send the body, or document the response without content.",
    ),
    "body-unexpected": Rule(
        "The response has a body, and HTTP allows none.",
        "Responses to HEAD and those with status 1xx, 204 or 304 have no content (RFC 9110, section 6.4.1).",
        "Status 204 with the body `{}`.",
        "Leave the body out, or respond with another status code.",
    ),
    "body-undocumented": Rule(
        "The response has a body, and the contract documents none.",
        "The body cannot be checked, and no client expects it.",
        "Status 202 with a body, documented without `content`.",
        "Document the content, or leave the body out.",
        Severity.WARNING,
    ),
    "body-undecodable": Rule(
        "The body's bytes do not fit its Content-Encoding or charset.",
        "Nobody can read the body, so nothing in it was checked.",
        "`Content-Encoding: gzip` with a truncated gzip stream; `charset=utf-8` with the byte FF.",
        "Encode the body as its header fields say.",
    ),
    "body-unrecorded": Rule(
        "The recording does not have the body, so it was not checked.",
        "Recorders leave out bodies that are large, were evicted or are not kept by a setting.",
        "A HAR entry with `content.size` 512 and no `content.text`.",
        "Record again with bodies; in a browser, keep the developer tools open while recording.",
        Severity.WARNING,
    ),
    "body-unread": Rule(
        "The body, or a part of it, has a media type that this tool does not read, so it was not checked.",
        "Its schema says something of the value, and nobody looked at it.",
        "`application/yaml`, documented with an object as its schema.",
        "Check such bodies by other means.",
        Severity.WARNING,
    ),
    "decoder-missing": Rule(
        "The body is in a content coding that this installation cannot undo, so it was not checked.",
        "That is a limit of the installation, not a fault of the service. Such a run ends with status 2.",
        "`Content-Encoding: br`, and the Python package `brotli` is not installed.",
        "Install the package that the message names, and run again.",
        Severity.WARNING,
    ),
    # the syntax of a body
    "json-syntax": Rule(
        "The body is not valid JSON (RFC 8259).",
        "Parsers reject the whole body.",
        '`{"id": 1,}`',
        "Write the body with a JSON library.",
    ),
    "json-surrogate": Rule(
        "A string in the JSON has half of a UTF-16 pair, which is no character.",
        "Readers differ in what they make of it (RFC 8259, section 8.2). It was checked as U+FFFD.",
        'The body is `"\\ud83d"`.',
        "Write both halves, or the character in UTF-8.",
        Severity.WARNING,
    ),
    "json-duplicate-name": Rule(
        "A JSON object has the same property twice.",
        "Parsers differ in which of the two values they keep (RFC 8259, section 4).",
        '`{"id": 1, "id": 2}`',
        "Write each property once.",
    ),
    "multipart-syntax": Rule(
        "The body is not valid multipart/form-data (RFC 7578).",
        "Its parts cannot be separated.",
        "The closing boundary line is missing.",
        "Write the body with a multipart library, and send the boundary in the Content-Type.",
    ),
    "xml-syntax": Rule(
        "The body is not well-formed XML 1.0.",
        "Parsers reject the whole body.",
        "`<Thing><id>1</Thing>`",
        "Write the body with an XML library.",
    ),
    "xml-forbidden": Rule(
        "The XML has entities of its own or excessive nesting, or is too large.",
        "Such documents can make a parser read files or use up memory, so they are not parsed.",
        '`<!DOCTYPE Thing [<!ENTITY a "aaaa">]>`',
        "Send the document without a document type declaration, and less deeply nested.",
    ),
    "xml-doctype": Rule(
        "The XML has a document type declaration, which is not read.",
        "It declares no entities, so the document was checked without it; many parsers refuse such documents.",
        "`<!DOCTYPE Thing><Thing/>`",
        "Leave the declaration out.",
        Severity.WARNING,
    ),
    "xml-structure": Rule(
        "The XML has an element, attribute or text that the contract has no place for.",
        "The document cannot be mapped to the contract's schema at this place.",
        "`<Thing>1</Thing>`, and a Thing is an object with the element `id`.",
        "Follow the schema and its `xml` objects, or correct them.",
    ),
    "xsd-invalid": Rule(
        "The XML is not valid against its XSD.",
        "The contract names a hand-written XML Schema by `x-xsd`, and clients may validate with it.",
        "`<Note><body/></Note>`, and the XSD declares only `text`.",
        "Send what the XSD allows, or correct the XSD.",
    ),
    # the value of a body, by JSON Schema keyword
    "schema-type": Rule(
        "A value has the wrong type.",
        "A typed client cannot read it.",
        '`{"id": "1"}`, and `id` is an integer.',
        "Send a value of the documented type, or correct the schema.",
    ),
    "schema-value": Rule(
        "A value is not among the values allowed (enum, const).",
        "A client that handles the documented values has no case for this one.",
        '`{"state": "lost"}`, and `state` is `new` or `old`.',
        "Send one of the values allowed, or add this one to the contract.",
    ),
    "schema-pattern": Rule(
        "A string does not match its pattern.",
        "A client that relies on the form of the string fails.",
        '`{"code": "abc"}`, and the pattern is `^[A-Z]{2}$`.',
        "Send a string that matches, or correct the pattern.",
    ),
    "schema-format": Rule(
        "A string does not have its format (date-time, uuid, ...).",
        "A typed client cannot convert it.",
        '`{"day": "2024-02-30"}`, and `day` is a `date`.',
        "Send a string of that format, or correct the schema.",
    ),
    "schema-bound": Rule(
        "A number is out of bounds (minimum, maximum, multipleOf).",
        "Clients may store or display only numbers within the documented bounds.",
        '`{"id": 0}`, and the minimum is 1.',
        "Send a number within the bounds, or correct them.",
    ),
    "schema-length": Rule(
        "A string is too short or too long.",
        "Clients may reserve no more space than documented, or rely on a string that is not empty.",
        '`{"name": "Jonathan"}`, and `maxLength` is 4.',
        "Send a string of the documented length, or correct the schema.",
    ),
    "schema-size": Rule(
        "An array or object has too few, too many or repeated elements.",
        "Clients may reserve no more space than documented, or rely on elements being unique.",
        '`{"tags": ["a", "b", "c"]}`, and `maxItems` is 2.',
        "Send as many as documented, or correct the schema.",
    ),
    "schema-required": Rule(
        "An object lacks a required property.",
        "A client that reads the property fails.",
        '`{"name": "Jo"}`, and `id` is required.',
        "Send the property, or mark it as optional in the contract.",
    ),
    "schema-unknown-member": Rule(
        "An object has a property that the contract does not declare.",
        "The contract allows no others here, and strict clients refuse the object.",
        '`{"id": 1, "colour": "red"}`, and `additionalProperties` is false.',
        "Declare the property, or leave it out.",
    ),
    "schema-access": Rule(
        "A request has a property that is readOnly, or a response one that is writeOnly.",
        "A writeOnly property, such as a password, should not leave the service; a readOnly one is not for the client to set.",
        '`{"name": "Jo", "password": "secret"}` in a response, and `password` is `writeOnly`.',
        "Leave the property out, or correct the contract.",
        Severity.WARNING,
    ),
    "schema-alternative": Rule(
        "A value matches none of its alternatives, or too many (oneOf, anyOf, not, if).",
        "A client cannot know which alternative it received.",
        '`{"either": "ab"}` matches both alternatives of `oneOf`: at least 1 character, at most 2 characters.',
        "Send a value that matches as many alternatives as required, or make them distinct.",
    ),
    "engines-differ": Rule(
        "Two schema engines disagree on one body (only with --engine-check).",
        "Each body is validated twice, by independent libraries. One of them is wrong here, so the verdict is in doubt.",
        "jsonschema-rs accepts a body that jsonschema rejects.",
        "Report it to the makers of this tool, with the body and its schema.",
    ),
    # a probe: one request made to find out
    "valid-request-refused": Rule(
        "The service refuses a request that conforms to the contract.",
        "A client that keeps to the contract does not get its response.",
        "`PageSize=50` is refused with status 400, and the maximum is 50.",
        "Accept the request, or narrow the contract.",
    ),
    "invalid-request-accepted": Rule(
        "The service accepts a request that breaks the contract.",
        "Mistakes of clients go unnoticed, and clients come to rely on what is not promised.",
        "`PageSize=51` gets status 200, and the maximum is 50.",
        "Refuse the request as documented, or widen the contract.",
    ),
    "refusal-status": Rule(
        "The service refuses an invalid request with a status code other than the documented one.",
        "Clients decide by the status code whether to correct the request or to repeat it.",
        "A missing parameter leads to status 404, and 400 is documented.",
        "Respond with the documented status code, or correct the contract.",
    ),
    "refusal-code": Rule(
        "The service refuses an invalid request with an error code other than the documented one.",
        "Clients handle errors by their code.",
        "A malformed TaskId leads to the code `InvalidParameter`, and `InvalidTaskId.Malformed` is documented.",
        "Respond with the documented error code, or correct the contract.",
    ),
    "refusal-message": Rule(
        "The message of a refusal does not name the parameter that it promises to name.",
        "A developer cannot see from the message what to correct.",
        "`The request is invalid.` for a wrong PageSize, and the message has to contain `PageSize`.",
        "Name the parameter in the message.",
    ),
    "answer-encoding": Rule(
        "The response has another character encoding than the contract promises.",
        "Characters outside ASCII come out wrong, or the body cannot be parsed.",
        "`Content-Type: application/json; charset=latin-1`, and the contract promises UTF-8.",
        "Write every response in the documented encoding, and declare no other.",
    ),
    "answer-format": Rule(
        "The response has another format than the request asked for.",
        "A client that asked for JSON cannot parse XML.",
        "`Format=JSON` leads to an XML body.",
        "Respond in the format asked for, errors included.",
    ),
    "security-not-enforced": Rule(
        "A request without credentials, or with wrong ones, is accepted.",
        "The contract requires credentials of the operation, so everybody can do or see what only some should.",
        "`GET /keys` has `security: [{bearer: []}]`, and without the Authorization header field the service sends the keys.",
        "Check the credentials before the request is served; if the operation is open to everybody, say `security: []`.",
    ),
    "method-not-refused": Rule(
        "The service does not refuse an undocumented method as the contract says.",
        "Clients and proxies learn from the status and the Allow header field which methods there are (RFC 9110, section 15.5.6).",
        "`PUT` leads to status 200, and 405 with `Allow: GET, POST` is documented.",
        "Respond with the documented status and header field.",
    ),
    "no-answer": Rule(
        "The request gets no HTTP response: the connection breaks, or the time runs out.",
        "The client cannot know whether the request was carried out.",
        "The service closes the connection when a parameter is 10,000 characters long.",
        "Respond to every request with HTTP; look for the cause in the service's log.",
    ),
    "server-error": Rule(
        "The service responds with a status of 500 or more.",
        "A client's request, valid or not, must not make the service fail.",
        "`TaskId=%00` leads to status 500.",
        "Find the cause in the service's log; refuse invalid requests with a 4xx status.",
    ),
    "internals-leaked": Rule(
        "An error message shows internals: a file path, a stack trace, an SQL statement.",
        "It helps an attacker, and means nothing to the client.",
        "`no such column: Foo in SELECT * FROM tasks`",
        "Write the details to the log, and respond with a message for the client.",
    ),
    "too-slow": Rule(
        "The response takes longer than the contract allows.",
        "Clients set their timeouts by the contract.",
        "A page takes 2.4 s, twice in a row, and the contract allows 2 s.",
        "Find what is slow, for example a missing index.",
    ),
    "operation-untested": Rule(
        "An operation was not examined: no request to it had success.",
        "What the contract says of its responses was not checked, so a run in which nothing else is wrong proves nothing of it. "
        "A response has success if its status is documented and is no error: 2XX, or 3XX. An operation that documents nothing "
        "but errors is examined by those; so is one that deletes where nothing can be created that may be deleted.",
        "`GET /notes/{id}` had only 404 responses, since no id is known.",
        "Give a value that exists with `--param`, credentials with `--auth` or `--header`, or the base path in the URL; "
        "`--ignore operation-untested` accepts it.",
    ),
    "operation-unfinished": Rule(
        "An operation was examined in part: checks were left out.",
        "The requests or the time of the run were used up, or the operation was overloaded or silent. What the checks would have "
        "found is unknown. Generated requests do not count: they are a sample in any case.",
        "`--budget 100` was enough for a plain request of each of 40 operations, and for few of their 2,000 checks.",
        "Give the run more by `--budget` or `--max-time`, or the service less by `--rate`; `--ignore operation-unfinished` accepts it.",
    ),
    # a law over several responses
    "law-pages-disjoint": Rule(
        "The same item is on two pages of one list.",
        "A client that walks through the pages processes the item twice.",
        "Page 1 ends with task 7, and page 2 begins with task 7.",
        "Sort by a unique key, and cut pages from the sorted list.",
    ),
    "law-pages-complete": Rule(
        "The pages together do not hold as many items as the total says.",
        "A client that walks through the pages misses items.",
        "The total is 45, and all pages together hold 44 items.",
        "Count with the same conditions with which items are selected.",
    ),
    "law-page-length": Rule(
        "A page has more or fewer items than its size and the total require.",
        "A client that stops at the first short page misses items.",
        "The total is 45 and page 1 of size 10 has 9 items.",
        "Fill every page but the last.",
    ),
    "law-page-size-invariant": Rule(
        "Pages of another size make up another list.",
        "Which items a client sees must not depend on the page size it chooses.",
        "Pages of size 10 begin with task 1, pages of size 20 with task 2.",
        "Cut every page from the same sorted list.",
    ),
    "law-total-constant": Rule(
        "The total differs between pages of one list.",
        "A client that plans by the first total reads too many or too few pages.",
        "Page 1 says 45 items, page 2 says 35.",
        "Count all matches, whichever page is requested.",
    ),
    "law-past-end-empty": Rule(
        "A page past the end is not an empty page.",
        "Clients that read until an empty page never stop, or stop with an error.",
        "Page 6 of 5 repeats the items of page 5.",
        "Respond with an empty list.",
    ),
    "law-order": Rule(
        "Items are not in the documented order.",
        "Clients rely on the order to find the newest item or to merge lists.",
        "Newest first is documented, and the second item is newer than the first.",
        "Sort by the documented properties, ties included.",
    ),
    "law-echo": Rule(
        "The response does not repeat the effective value of a parameter.",
        "A client cannot see which value, given or default, was used.",
        '`PageSize=10` was sent, and the response says `"PageSize": 20`.',
        "Return the value that was used.",
    ),
    "law-default": Rule(
        "An absent parameter does not act like its documented default.",
        "A client that leaves the parameter out gets something else than documented.",
        "The default of PageSize is 20, and without PageSize a page has 10 items.",
        "Use the documented default, or correct it in the contract.",
    ),
    "law-filter-exact": Rule(
        "A filter returns an item that does not match, or leaves out one that does.",
        "A client processes items it did not ask for, or misses some.",
        "`Status=Failed` returns a task whose Status is `Complete`.",
        "Compare as documented: case, bounds and empty values included.",
    ),
    "law-filters-and": Rule(
        "Filters together do not select the items that match all of them.",
        "A client that narrows its search gets too many or too few items.",
        "`Status=Failed&ObjectType=file` returns failed tasks of every type.",
        "Apply all filters at once.",
    ),
    "law-window": Rule(
        "An item from before the documented time window is returned or counted.",
        "The contract promises recent items only, and totals that count no others.",
        "The window is 3 days, and a task created 4 days ago is returned.",
        "Leave older items out, and out of the total.",
    ),
    "law-formats-equal": Rule(
        "The same request has different values in different formats.",
        "What a client learns must not depend on the format it reads.",
        "TotalCount is 45 in JSON and 44 in XML.",
        "Write all formats from the same data.",
    ),
    "law-methods-equal": Rule(
        "The same request has different responses by equivalent methods.",
        "The contract says that the methods mean the same, and clients choose freely.",
        "POST ignores the parameter PageSize, GET does not.",
        "Handle both methods by the same code.",
    ),
    "law-repeatable": Rule(
        "The same request, repeated, has a different response.",
        "Without a change of the data, a client must be able to read the same list again.",
        "Two tasks of equal CreationTime change places between two requests.",
        "Sort by a unique key, and respond from one state of the data.",
    ),
    "law-fresh": Rule(
        "A value that must be new in every response is repeated.",
        "Such values identify one call, for example in a log.",
        "Two responses have the same RequestId.",
        "Make a new value for every response.",
    ),
    "law-parameter-order": Rule(
        "The order of the parameters changes the response.",
        "Clients and proxies may reorder parameters.",
        "`?Status=Failed&PageSize=5` finds tasks, and `?PageSize=5&Status=Failed` finds none.",
        "Read parameters by name.",
    ),
    "law-unknown-ignored": Rule(
        "A parameter that the contract does not declare changes the response.",
        "The contract says that such parameters are ignored; clients and proxies add their own.",
        "`?status=Failed` acts like `Status`.",
        "Ignore the parameter, or declare it in the contract.",
    ),
    "law-item-consistent": Rule(
        "The same item has different values in different responses.",
        "A client cannot know which of the values is true.",
        "Task 7 is Complete in the list and Refreshing when it is requested by its TaskId.",
        "Return each item from one source.",
    ),
    "law-identity-unique": Rule(
        "Two items have the same identity.",
        "A client that stores items by their identity loses one.",
        "Two tasks on one page have the TaskId 7.",
        "Give every item a unique identity, and return it once.",
    ),
    "law-not-after-now": Rule(
        "A timestamp is in the future.",
        "The contract says that this moment has passed; clients compute ages from it.",
        "A task's CreationTime is an hour ahead.",
        "Store times in UTC, and check the service's clock.",
    ),
    # a law over state
    "law-read-after-create": Rule(
        "What was created cannot be read, or has other values than were sent.",
        "A client that was told that something exists relies on it. Letter case, spaces and the way in which numbers and moments "
        "are written may differ; identifiers, moments, versions and states are the service's own.",
        "`POST /notes` with the text `milk` responds with 201, and `GET` of the new note has the text `null`.",
        "Store what was sent; respond with 202 if that takes time.",
    ),
    "law-list-after-create": Rule(
        "What was created is not in the list of all items.",
        "A client that looks for it in the list takes it for lost. Only a list that shows all its items is compared.",
        "`POST /notes` responds with 201 and the id 7, and `GET /notes` has no note 7.",
        "List what was created; if a list shows only some items, give it a parameter that says which.",
    ),
    "law-update": Rule(
        "An update does not change what it names, or PATCH changes something else.",
        "A client that was told of success relies on the new values, and on the others as they were (RFC 5789, section 2).",
        "`PATCH /notes/7` with a new text responds with 200, and the note has lost its tags.",
        "Change the properties that the request has, and no other ones.",
    ),
    "law-read-after-delete": Rule(
        "What was deleted can still be read.",
        "A client that was told that something is gone relies on it.",
        "`DELETE /notes/7` responds with 204, and `GET /notes/7` with 200.",
        "Delete it, or respond with 202 if that takes time.",
    ),
}
