"""An invalid parameter leads to status 404, and 400 is documented."""

from mutants.breaking import told

service = told("InvalidParameter", status=404)
