"""An invalid parameter leads to the code MissingParameter."""

from mutants.breaking import told

service = told("InvalidParameter", new_code="MissingParameter")
