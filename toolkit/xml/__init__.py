"""XML documents and XSD: parse, read and write by a schema, locate, derive."""
