"""Status finds the tasks of that status."""

from mutants.breaking import matches

service = matches("status", lambda text, found: found == text)
