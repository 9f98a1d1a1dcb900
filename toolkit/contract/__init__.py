"""OpenAPI: operations, routing, servers, dependencies and promises (`x-laws`)."""
