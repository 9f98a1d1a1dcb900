"""The message quotes an SQL statement."""

from mutants.breaking import told

service = told("InvalidParameter", message="no such column: SELECT * FROM tasks WHERE PageSize")
