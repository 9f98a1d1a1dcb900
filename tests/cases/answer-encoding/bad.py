"""The Content-Type declares ISO-8859-1, and the contract promises UTF-8."""

from mutants.breaking import heads

service = heads("Content-Type", lambda text, status: f"{text}; charset=ISO-8859-1")
