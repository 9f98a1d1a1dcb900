"""Rules of `contract diff`: what changes between two versions of a contract, and whom that breaks."""

from __future__ import annotations

CHANGES: dict[str, tuple[str, ...]] = {
    # what may be asked for
    "operation-removed": (
        "An operation is not in the new contract any more.",
        "Clients that call it get an error.",
        "`GET /notes/{id}` is gone.",
        "Keep the operation, mark it as `deprecated`, and remove it when nobody calls it.",
    ),
    "server-path-removed": (
        "A base path of the servers is gone.",
        "Clients that put it before the paths of the contract reach nothing.",
        "The server `https://example.com/v1` is now `https://example.com/v2`.",
        "Serve both base paths, and list both in `servers`.",
    ),
    # parameters
    "parameter-removed": (
        "A parameter is not declared any more.",
        "Clients that send it get something else than they ask for, or an error. It is a warning where nothing refuses it.",
        "The query parameter `status` is gone.",
        "Keep the parameter, or mark it as `deprecated`.",
    ),
    "parameter-required": (
        "A parameter is required that was optional, or unknown.",
        "Requests without it, which were valid, are refused.",
        "`tenant` is new, and required.",
        "Leave it optional, with a default that does what happened before.",
    ),
    "parameter-narrowed": (
        "A value of a parameter that was valid is refused.",
        "Clients that send such values get an error.",
        "The maximum of `size` was 100 and is 50.",
        "Go on taking the old values.",
    ),
    "parameter-style-changed": (
        "A parameter is written otherwise, so that what clients send is refused or read as another value.",
        "Clients write the parameter as they did before.",
        "`tags` was written `tags=a,b`, and is written `tags=a&tags=b`.",
        "Keep style and explode, or add a parameter of another name.",
    ),
    "default-changed": (
        "The value that stands for one that is left out is another one.",
        "The same request means something else, and nobody gets an error.",
        "The default of `size` was 10 and is 20.",
        "Keep the default, or add a parameter of another name.",
    ),
    "dependency-added": (
        "A rule between parameters is new.",
        "Requests that break it were valid, and are refused.",
        "`StartTime <= EndTime` is new in `x-dependencies`.",
        "Go on taking what the rule refuses, or announce it.",
    ),
    "security-raised": (
        "Credentials that were enough are not enough any more.",
        "Clients are refused until they have other credentials.",
        "An operation that was open to everybody needs the header field `X-Key`.",
        "Take the old credentials beside the new ones until all clients have changed.",
    ),
    # the body of a request
    "request-body-required": (
        "The body of a request is required that was optional, or unknown.",
        "Requests without a body, which were valid, are refused.",
        "`requestBody` has `required: true` now.",
        "Leave the body optional.",
    ),
    "request-body-removed": (
        "An operation takes no body any more.",
        "What clients send in it is lost.",
        "`PUT /notes/{id}` has no `requestBody` any more.",
        "Go on reading the body, or add an operation without one.",
    ),
    "request-media-type-removed": (
        "A request's body is not taken in a media type any more.",
        "Clients that send it are refused with status 415.",
        "`application/xml` is gone from the request.",
        "Go on reading the media type.",
    ),
    "request-property-required": (
        "A property of a request's body is required that was optional, or unknown.",
        "Bodies without it, which were valid, are refused.",
        "`owner` is new in the schema, and in `required`.",
        "Leave it optional, with a default that does what happened before.",
    ),
    "request-property-removed": (
        "A property of a request's body is not declared any more.",
        "What clients send in it is refused, where no other property is allowed, or else lost, which is a warning.",
        "`colour` is gone, and `additionalProperties` is false.",
        "Go on taking the property.",
    ),
    "request-body-narrowed": (
        "A value in a request's body that was valid is refused.",
        "Clients that send such values get an error.",
        "`name` had no `maxLength`, and has one of 20.",
        "Go on taking the old values.",
    ),
    "request-xml-changed": (
        "The same value is written otherwise in the XML of a request.",
        "Clients send the old form, which is refused or read as another value. JSON shows nothing of it.",
        "`id` was an element, and is an attribute.",
        "Keep the `xml` object as it was.",
    ),
    # responses
    "response-status-added": (
        "A response has a status that clients do not know.",
        "Clients have no code for it. That is a warning for errors, whose class every client understands (RFC 9110, section 15).",
        "`202` is new beside `200`.",
        "Send the new status only to clients that ask for it.",
    ),
    "response-status-removed": (
        "A status of success does not come any more.",
        "Clients that wait for it wait in vain.",
        "`200` is gone, and `204` is left.",
        "Check that no client needs what it said.",
        "warning",
    ),
    "response-media-type-removed": (
        "A response does not come in a media type any more.",
        "Clients that ask for it by Accept get another one, which they cannot read.",
        "`application/xml` is gone from status 200.",
        "Go on writing the media type.",
    ),
    "response-body-added": (
        "A response has a body, and had none.",
        "Clients do not read it.",
        "Status 200 has `application/json` now.",
        "Check that clients pass over it.",
        "warning",
    ),
    "response-widened": (
        "A response may hold a value that clients do not know.",
        "Clients fail at a type, a format or a range that the old contract excluded.",
        "`id` was an integer, and may be a string.",
        "Send only what the old contract allowed, or add a property of another name.",
    ),
    "response-enum-value-added": (
        "A response may hold a constant that clients do not know.",
        "Clients with a closed list of constants, as most typed languages have, fail at it.",
        "`archived` is new in the `enum` of `status`.",
        "Announce it; `--warn response-enum-value-added` says that your clients take new constants.",
    ),
    "response-property-optional": (
        "A property that clients rely on may be missing in a response.",
        "Clients that read it fail.",
        "`id` is not in `required` any more.",
        "Go on sending the property.",
    ),
    "response-property-added": (
        "A response may have a property where no other one was allowed.",
        "Clients that validate by the old contract refuse it. In open objects it is no change, or with --strict-objects a warning.",
        "`colour` is new, and `additionalProperties` was false.",
        "Announce it; `--warn response-property-added` says that your clients pass over what they do not know.",
    ),
    "response-property-removed": (
        "An optional property of a response is not declared any more.",
        "Clients that show it have nothing to show.",
        "`nickname` is gone from the schema.",
        "Check that no client needs it, or go on sending it.",
        "warning",
    ),
    "response-header-optional": (
        "A header field of a response that was required may be missing.",
        "Clients that read it fail.",
        "`X-Total` is not `required` any more.",
        "Go on sending the header field.",
    ),
    "response-header-widened": (
        "A header field of a response may have a value that clients do not know.",
        "Clients fail at a type or a range that the old contract excluded.",
        "`X-Total` was an integer, and may be any string.",
        "Send only what the old contract allowed.",
    ),
    "response-xml-changed": (
        "The same value is written otherwise in the XML of a response.",
        "Clients look for the old names, attributes and namespaces. JSON shows nothing of it.",
        "`Task` had a wrapping element `Tasks`, and has none.",
        "Keep the `xml` object as it was.",
    ),
    # laws
    "promise-changed": (
        "A law that the contract stated does not hold any more, or another one holds.",
        "Clients rely on an order, on a total or on pages, and each response by itself is valid.",
        "`order: [-CreationTime]` is now `order: [Name]`.",
        "Keep the law, or let clients choose by a parameter.",
    ),
    "link-changed": (
        "A link of a response is gone, or leads elsewhere.",
        "Clients that follow it reach nothing, or something else.",
        "The link `next` of status 200 led to `getNote`, and is gone.",
        "Keep the link, or add one of another name.",
        "warning",
    ),
    "callback-changed": (
        "A callback or a webhook does not come any more, or its replies are not taken as before.",
        "Clients wait for it in vain, or what they reply is refused. What it holds is compared as the body of a response is.",
        "The callback `onDone` is gone from `POST /jobs`.",
        "Go on sending it, and take the old replies.",
    ),
    # what services lack
    "service-outdated": (
        "A service of the old version lacks what clients of the new one may use (reported with --services).",
        "Clients that go by the new contract fail at services that do not yet, so services have to change first.",
        "`GET /notes/{id}` is new.",
        "Deploy the services before the clients that need it.",
        "warning",
    ),
    # what is no verdict
    "change-undecided": (
        "It could not be decided whether a change breaks anybody.",
        "Neither a proof was found that all that was valid is valid still, nor a value that shows the contrary.",
        "A pattern with look-around is another one, and no string was found that one takes and the other refuses.",
        "Compare the two places by eye.",
        "warning",
    ),
    "change-compatible": (
        "The contracts differ, and nothing breaks (reported with --fail-on any).",
        "Every request that was valid is valid still, and every response is one that clients know.",
        "`GET /notes/{id}` is new.",
        "Nothing is to be done.",
        "warning",
    ),
}
