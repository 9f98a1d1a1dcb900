"""Rules of a live service: how it takes requests, and the laws that hold between responses."""

from __future__ import annotations

LIVE: dict[str, tuple[str, ...]] = {
    # a probe: one request made to find out
    "valid-request-refused": (
        "The service refuses a request that conforms to the contract.",
        "A client that keeps to the contract does not get its response.",
        "`PageSize=50` is refused with status 400, and the maximum is 50.",
        "Accept the request, or narrow the contract.",
    ),
    "invalid-request-accepted": (
        "The service accepts a request that breaks the contract.",
        "Mistakes of clients go unnoticed, and clients come to rely on what is not promised.",
        "`PageSize=51` gets status 200, and the maximum is 50.",
        "Refuse the request as documented, or widen the contract.",
    ),
    "refusal-status": (
        "The service refuses an invalid request with a status code other than the documented one.",
        "Clients decide by the status code whether to correct the request or to repeat it.",
        "A missing parameter leads to status 404, and 400 is documented.",
        "Respond with the documented status code, or correct the contract.",
    ),
    "refusal-code": (
        "The service refuses an invalid request with an error code other than the documented one.",
        "Clients handle errors by their code.",
        "A malformed TaskId leads to the code `InvalidParameter`, and `InvalidTaskId.Malformed` is documented.",
        "Respond with the documented error code, or correct the contract.",
    ),
    "refusal-message": (
        "The message of a refusal does not name the parameter that it promises to name.",
        "A developer cannot see from the message what to correct.",
        "`The request is invalid.` for a wrong PageSize, and the message has to contain `PageSize`.",
        "Name the parameter in the message.",
    ),
    "answer-encoding": (
        "The response has another character encoding than the contract promises.",
        "Characters outside ASCII come out wrong, or the body cannot be parsed.",
        "`Content-Type: application/json; charset=latin-1`, and the contract promises UTF-8.",
        "Write every response in the documented encoding, and declare no other.",
    ),
    "answer-format": (
        "The response has another format than the request asked for.",
        "A client that asked for JSON cannot parse XML.",
        "`Format=JSON` leads to an XML body.",
        "Respond in the format asked for, errors included.",
    ),
    "security-not-enforced": (
        "A request without credentials, or with wrong ones, is accepted.",
        "The contract requires credentials of the operation, so everybody can do or see what only some should.",
        "`GET /keys` has `security: [{bearer: []}]`, and without the Authorization header field the service sends the keys.",
        "Check the credentials before the request is served; if the operation is open to everybody, say `security: []`.",
    ),
    "method-not-refused": (
        "The service does not refuse an undocumented method as the contract says.",
        "Clients and proxies learn from the status and the Allow header field which methods there are (RFC 9110, section 15.5.6).",
        "`PUT` leads to status 200, and 405 with `Allow: GET, POST` is documented.",
        "Respond with the documented status and header field.",
    ),
    "no-answer": (
        "The request gets no HTTP response: the connection breaks, or the time runs out.",
        "The client cannot know whether the request was carried out.",
        "The service closes the connection when a parameter is 10,000 characters long.",
        "Respond to every request with HTTP; look for the cause in the service's log.",
    ),
    "server-error": (
        "The service responds with a status of 500 or more.",
        "A client's request, valid or not, must not make the service fail.",
        "`TaskId=%00` leads to status 500.",
        "Find the cause in the service's log; refuse invalid requests with a 4xx status.",
    ),
    "internals-leaked": (
        "An error message shows internals: a file path, a stack trace, an SQL statement.",
        "It helps an attacker, and means nothing to the client.",
        "`no such column: Foo in SELECT * FROM tasks`",
        "Write the details to the log, and respond with a message for the client.",
    ),
    "too-slow": (
        "The response takes longer than the contract allows.",
        "Clients set their timeouts by the contract.",
        "A page takes 2.4 s, twice in a row, and the contract allows 2 s.",
        "Find what is slow, for example a missing index.",
    ),
    "operation-untested": (
        "An operation was not examined: no request to it had success.",
        "What the contract says of its responses was not checked, so a run in which nothing else is wrong proves nothing of it. "
        "A response has success if its status is documented and is no error: 2XX, or 3XX. An operation that documents nothing "
        "but errors is examined by those; so is one that deletes where nothing can be created that may be deleted.",
        "`GET /notes/{id}` had only 404 responses, since no id is known.",
        "Give a value that exists with `--param`, credentials with `--auth` or `--header`, or the base path in the URL; "
        "`--ignore operation-untested` accepts it.",
    ),
    "operation-unfinished": (
        "An operation was examined in part: checks were left out.",
        "The requests or the time of the run were used up, or the operation was overloaded or silent. What the checks would have "
        "found is unknown. Generated requests do not count: they are a sample in any case.",
        "`--budget 100` was enough for a plain request of each of 40 operations, and for few of their 2,000 checks.",
        "Give the run more by `--budget` or `--max-time`, or the service less by `--rate`; `--ignore operation-unfinished` accepts it.",
    ),
    # a law over several responses
    "law-pages-disjoint": (
        "The same item is on two pages of one list.",
        "A client that walks through the pages processes the item twice.",
        "Page 1 ends with task 7, and page 2 begins with task 7.",
        "Sort by a unique key, and cut pages from the sorted list.",
    ),
    "law-pages-complete": (
        "The pages together do not hold as many items as the total says.",
        "A client that walks through the pages misses items.",
        "The total is 45, and all pages together hold 44 items.",
        "Count with the same conditions with which items are selected.",
    ),
    "law-page-length": (
        "A page has more or fewer items than its size and the total require.",
        "A client that stops at the first short page misses items.",
        "The total is 45 and page 1 of size 10 has 9 items.",
        "Fill every page but the last.",
    ),
    "law-page-size-invariant": (
        "Pages of another size make up another list.",
        "Which items a client sees must not depend on the page size it chooses.",
        "Pages of size 10 begin with task 1, pages of size 20 with task 2.",
        "Cut every page from the same sorted list.",
    ),
    "law-total-constant": (
        "The total differs between pages of one list.",
        "A client that plans by the first total reads too many or too few pages.",
        "Page 1 says 45 items, page 2 says 35.",
        "Count all matches, whichever page is requested.",
    ),
    "law-past-end-empty": (
        "A page past the end is not an empty page.",
        "Clients that read until an empty page never stop, or stop with an error.",
        "Page 6 of 5 repeats the items of page 5.",
        "Respond with an empty list.",
    ),
    "law-order": (
        "Items are not in the documented order.",
        "Clients rely on the order to find the newest item or to merge lists.",
        "Newest first is documented, and the second item is newer than the first.",
        "Sort by the documented properties, ties included.",
    ),
    "law-echo": (
        "The response does not repeat the effective value of a parameter.",
        "A client cannot see which value, given or default, was used.",
        '`PageSize=10` was sent, and the response says `"PageSize": 20`.',
        "Return the value that was used.",
    ),
    "law-default": (
        "An absent parameter does not act like its documented default.",
        "A client that leaves the parameter out gets something else than documented.",
        "The default of PageSize is 20, and without PageSize a page has 10 items.",
        "Use the documented default, or correct it in the contract.",
    ),
    "law-filter-exact": (
        "A filter returns an item that does not match, or leaves out one that does.",
        "A client processes items it did not ask for, or misses some.",
        "`Status=Failed` returns a task whose Status is `Complete`.",
        "Compare as documented: case, bounds and empty values included.",
    ),
    "law-filters-and": (
        "Filters together do not select the items that match all of them.",
        "A client that narrows its search gets too many or too few items.",
        "`Status=Failed&ObjectType=file` returns failed tasks of every type.",
        "Apply all filters at once.",
    ),
    "law-window": (
        "An item from before the documented time window is returned or counted.",
        "The contract promises recent items only, and totals that count no others.",
        "The window is 3 days, and a task created 4 days ago is returned.",
        "Leave older items out, and out of the total.",
    ),
    "law-formats-equal": (
        "The same request has different values in different formats.",
        "What a client learns must not depend on the format it reads.",
        "TotalCount is 45 in JSON and 44 in XML.",
        "Write all formats from the same data.",
    ),
    "law-methods-equal": (
        "The same request has different responses by equivalent methods.",
        "The contract says that the methods mean the same, and clients choose freely.",
        "POST ignores the parameter PageSize, GET does not.",
        "Handle both methods by the same code.",
    ),
    "law-repeatable": (
        "The same request, repeated, has a different response.",
        "Without a change of the data, a client must be able to read the same list again.",
        "Two tasks of equal CreationTime change places between two requests.",
        "Sort by a unique key, and respond from one state of the data.",
    ),
    "law-not-modified": (
        "A conditional request gets the whole response again, although nothing has changed and 304 is documented.",
        "A client that has the current state is to be told so (RFC 9110, section 13.1.2), and does not load it again.",
        "`If-None-Match` with the entity tag of the response before leads to 200 with the same `ETag`.",
        "Compare the entity tag, and respond with 304 without a body.",
    ),
    "law-fresh": (
        "A value that must be new in every response is repeated.",
        "Such values identify one call, for example in a log.",
        "Two responses have the same RequestId.",
        "Make a new value for every response.",
    ),
    "law-parameter-order": (
        "The order of the parameters changes the response.",
        "Clients and proxies may reorder parameters.",
        "`?Status=Failed&PageSize=5` finds tasks, and `?PageSize=5&Status=Failed` finds none.",
        "Read parameters by name.",
    ),
    "law-unknown-ignored": (
        "A parameter that the contract does not declare changes the response.",
        "The contract says that such parameters are ignored; clients and proxies add their own.",
        "`?status=Failed` acts like `Status`.",
        "Ignore the parameter, or declare it in the contract.",
    ),
    "law-item-consistent": (
        "The same item has different values in different responses.",
        "A client cannot know which of the values is true.",
        "Task 7 is Complete in the list and Refreshing when it is requested by its TaskId.",
        "Return each item from one source.",
    ),
    "law-identity-unique": (
        "Two items have the same identity.",
        "A client that stores items by their identity loses one.",
        "Two tasks on one page have the TaskId 7.",
        "Give every item a unique identity, and return it once.",
    ),
    "law-not-after-now": (
        "A timestamp is in the future.",
        "The contract says that this moment has passed; clients compute ages from it.",
        "A task's CreationTime is an hour ahead.",
        "Store times in UTC, and check the service's clock.",
    ),
    # a law over state
    "law-read-after-create": (
        "What was created cannot be read, or has other values than were sent.",
        "A client that was told that something exists relies on it. Letter case, spaces and the way in which numbers and moments "
        "are written may differ; identifiers, moments, versions and states are the service's own. A text that is cut within a word, a "
        "number without its fraction and an array without its end are less than was sent, also where the response itself shows it.",
        "`POST /notes` with the text `milk` responds with 201, and `GET` of the new note has the text `null`.",
        "Store what was sent; respond with 202 if that takes time.",
    ),
    "law-list-after-create": (
        "What was created is not in the list of all items.",
        "A client that looks for it in the list takes it for lost. Only a list that shows all its items is compared.",
        "`POST /notes` responds with 201 and the id 7, and `GET /notes` has no note 7.",
        "List what was created; if a list shows only some items, give it a parameter that says which.",
    ),
    "law-update": (
        "An update does not change what it names, or PATCH changes something else.",
        "A client that was told of success relies on the new values, and on the others as they were (RFC 5789, section 2).",
        "`PATCH /notes/7` with a new text responds with 200, and the note has lost its tags.",
        "Change the properties that the request has, and no other ones.",
    ),
    "law-read-after-delete": (
        "What was deleted can still be read.",
        "A client that was told that something is gone relies on it.",
        "`DELETE /notes/7` responds with 204, and `GET /notes/7` with 200.",
        "Delete it, or respond with 202 if that takes time.",
    ),
}
