"""The code of a 405 is the service's own, which the contract leaves open."""

from mutants.breaking import told

service = told("UnsupportedHTTPMethod", new_code="MethodNotAllowed")
