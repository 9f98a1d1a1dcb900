"""The texts of all rules, as rows of plain strings: summary, meaning, example, cure and, for a warning, the severity."""
