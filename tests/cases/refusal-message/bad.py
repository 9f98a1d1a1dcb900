"""The message does not name the invalid parameter."""

from mutants.breaking import told

service = told("InvalidParameter", message="The request is invalid.")
