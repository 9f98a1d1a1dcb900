"""What is known by heart: the texts of all rules, as rows of plain strings, and the names of secrets."""
