"""JSON Schema 2020-12: bundles, the shape of a schema, and the verdict on a value."""
