"""Rules of a contract itself: mistakes by which verdicts are wrong, silent or impossible, or generated code is."""

from __future__ import annotations

CONTRACTS: dict[str, tuple[str, ...]] = {
    # names
    "keyword-misspelt": (
        "A field of the contract is misspelt.",
        "What is misspelt says nothing: the constraint, the parameter or the response that it should state is not checked.",
        "`maxLenght: 20` in a schema, or `paramters:` in an operation.",
        "Correct the spelling.",
    ),
    "keyword-misplaced": (
        "A field stands where it says nothing.",
        "Readers look for it in another place, so what it should require is not checked.",
        "`minLength: 3` beside `schema` in a parameter; `required: true` in a property; `schema` directly in a response.",
        "Move it to where it belongs.",
    ),
    "keyword-unknown": (
        "A field is none of its object.",
        "OpenAPI allows further fields only with `x-` before their names, so it says nothing.",
        "`maxResponseTime: 2s` in an operation.",
        "Remove it, or begin its name with `x-`.",
        "warning",
    ),
    "keyword-version": (
        "A keyword is of another version of OpenAPI than the contract.",
        "Some readers apply it and others pass it over, so they come to different verdicts.",
        "`nullable: true` or `exclusiveMinimum: true` in OpenAPI 3.1; `const` or `type: [string, 'null']` in 3.0.",
        "Write it as the version of the contract does, or change the version.",
    ),
    "reference-siblings": (
        "What stands beside a reference is passed over.",
        "In a Reference Object, and in a schema of OpenAPI 3.0, `$ref` replaces everything beside it.",
        "`$ref: '#/components/schemas/Name'` with `maxLength: 5` beside it, in OpenAPI 3.0.",
        "Put the reference and the rest into `allOf`.",
    ),
    # schemas
    "schema-impossible": (
        "No value satisfies a schema.",
        "Every body or parameter that it describes is refused, whatever the service does.",
        "`minimum: 10` with `maximum: 5`, or `allOf` of a string and an integer.",
        "Correct one of the keywords; write `false` or `not: {}` where no value is meant.",
    ),
    "schema-unexamined": (
        "Whether a schema has any value was not decided.",
        "A schema that no value satisfies would not be found there, so `contract lint` does not end with exit status 0.",
        "A `oneOf` of 150 alternatives that only differ in optional properties.",
        "Make it simpler: tell alternatives apart by a required property with a `const` of its own.",
        "warning",
    ),
    "alternative-covered": (
        "An alternative of a oneOf has no value of its own.",
        "Each of its values is one of another alternative, too, and `oneOf` refuses what meets two.",
        "`oneOf` of `integer` and `number`: each integer is refused.",
        "Write `anyOf`, or tell the alternatives apart by a required property with a `const` of its own.",
    ),
    "value-impossible": (
        "A value of an enum, or a const, is refused by the rest of its schema.",
        "The value looks allowed and is not.",
        "`enum: [1, 2]` with `type: string`; `enum: [eur]` with `pattern: ^[A-Z]{3}$`.",
        "Correct the value, or the keyword that refuses it.",
    ),
    "keyword-without-effect": (
        "A keyword says nothing of values of the schema's type.",
        "What it should require is not checked.",
        "`maxLength: 5` with `type: integer`, or `items` with `type: object`.",
        "Correct the type, or remove the keyword.",
    ),
    "required-undeclared": (
        "A property is required that the schema does not declare.",
        "Where its name is misspelt, every sound body is refused; else nothing is said of its value.",
        "`required: [nmae]`, and the property is `name`.",
        "Correct the name, or declare the property.",
    ),
    "discriminator-unusable": (
        "A discriminator names a property or a schema that there is not.",
        "The alternatives cannot be told apart by it.",
        "`propertyName: kind`, and no alternative declares the property `kind`; a `mapping` to `#/components/schemas/Nowhere`.",
        "Declare the property in every alternative, or correct the mapping.",
    ),
    "pattern-engines": (
        "Engines of regular expressions read a pattern differently.",
        "The same string is valid for one tool and invalid for another one.",
        "`(?i)^[a-z]+$`: JavaScript has no flags within a pattern.",
        "Write what every engine reads alike.",
        "warning",
    ),
    "field-missing": (
        "An object lacks a field that OpenAPI requires.",
        "Other tools refuse the contract, or show nothing there; a request body without `content` describes no body.",
        "A response without `description`; `info` without `version`.",
        "Add the field.",
    ),
    "name-illegal": (
        "A name is not one that OpenAPI allows.",
        "Other tools refuse the contract, or cannot refer to it.",
        "The schema `My Note`; the http scheme `baerer`; `openapi: 3.7.0`.",
        "Write letters, digits, and . - _ in names of components, and registered schemes.",
        "warning",
    ),
    # paths and parameters
    "path-key": (
        "A path is none.",
        "Its operations are not known: every request to them is outside the contract.",
        "`notes/{id}` without a slash at its start.",
        "Begin it with a slash, and write each parameter as `{name}`.",
    ),
    "path-parameter": (
        "A parameter of a path is not declared, or a declared one is not in the path.",
        "The values of the one are not checked, and the other one is never sent.",
        "The path `/notes/{id}` with a path parameter `noteId`.",
        "Give both the same name.",
    ),
    "path-ambiguous": (
        "A request fits two paths.",
        "Which operation checks it is left to the reader.",
        "`/notes/{id}` and `/notes/{name}`.",
        "Make one path of them.",
    ),
    "operation-id-repeated": (
        "Two operations have the same operationId.",
        "Options, links and reports that name it mean one of them alone.",
        "`operationId: getNote` for two operations.",
        "Give each operation a name of its own.",
    ),
    "parameter-declared-twice": (
        "An operation declares a parameter twice.",
        "Only one of the declarations is checked.",
        "Two query parameters `limit` in one list.",
        "Keep one of them.",
    ),
    "parameter-without-effect": (
        "A declaration of a parameter says nothing, or not what it means.",
        "Its values are not checked, or not as they are written.",
        "`style: deepObject` for a path parameter; a header parameter named Accept.",
        "Write what OpenAPI has for parameters of this location.",
    ),
    "status-unknown": (
        "Responses are described under what is no status, or not at all.",
        "No response is checked by the description.",
        "`20O:` for `200:`, or an operation without responses.",
        "Write a code, a range such as `4XX`, or `default`.",
    ),
    "media-type-unknown": (
        "A body is described under what is no media type.",
        "No body is checked by the description.",
        "`json:` for `application/json:`.",
        "Write type/subtype (RFC 9110, section 8.3.1).",
    ),
    "server-unusable": (
        "The URL of a server cannot be built.",
        "Requests to the server may be taken for others' requests.",
        "`https://{region}.example.com` without a variable `region`.",
        "Declare every variable with a default value that its enum has.",
    ),
    # what names something else
    "security-unknown": (
        "A security requirement or scheme cannot be used.",
        "Nothing is required of requests, and no credentials can be sent.",
        "`security: [{bearerAuth: []}]`, and the scheme is `bearer`.",
        "Declare the scheme in `components/securitySchemes`, or correct its name.",
    ),
    "link-unusable": (
        "A link names an operation or a parameter that there is not.",
        "It is not followed, so what it leads to is not tested.",
        "`operationId: getNotes`, and the operation is `getNote`.",
        "Correct the name.",
    ),
    "promise-unusable": (
        "A law, the pagination or a dependency names what does not exist, or cannot be read.",
        "It is not checked, or every response breaks it.",
        "`identity: ID` in `x-laws`, and items have `id`.",
        "Correct the name; docs/promises.md lists the vocabulary.",
    ),
    # XML
    "xml-object": (
        "An XML Object says what XML does not have.",
        "Bodies are read in another way than is meant.",
        "`attribute: true` for an object, `wrapped: true` for a string, a `prefix` without a namespace.",
        "Write what fits the value.",
    ),
    "xml-clash": (
        "Two properties have the same XML element or attribute.",
        "Readers cannot tell which of the properties a value is of.",
        "Two properties with `xml: {name: id, attribute: true}`.",
        "Give one of them another name.",
    ),
    # the text, and generators
    "name-repeated": (
        "An object of the contract has a name twice.",
        "Readers take one of the values or the other, so such a file is not read.",
        "Two `get:` under one path.",
        "Keep one of them.",
    ),
    "yaml-trap": (
        "Readers of YAML 1.1 and of YAML 1.2 take a value for different ones.",
        "Many tools read YAML 1.1. Of several of one kind in a file the first is named.",
        "`enum: [yes, no]`, which are true and false in YAML 1.1; `010`, `12:30`, `<<`.",
        "Put it into quotes.",
        "warning",
    ),
    "generator-trap": (
        "Code generators cannot use a part of the contract.",
        "Their clients fail, though the contract is sound.",
        "`format: date-time` with a `pattern` that allows whole seconds alone.",
        "Give generators a copy without it.",
        "warning",
    ),
}
