"""Contract files as trees: YAML, JSON, `$ref`, and the place of every node as line and column."""
