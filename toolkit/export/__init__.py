"""Files derived from a contract for other tools."""
