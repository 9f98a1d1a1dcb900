"""Status is compared after all other filters."""

from mutants.breaking import matches

service = matches("status", lambda text, found: found == text)
