"""Status 405 comes with an Allow that lacks POST."""

from mutants.breaking import heads

service = heads("Allow", lambda text, status: text and "GET")
