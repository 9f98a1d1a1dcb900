"""The Content-Type declares UTF-8, which JSON and XML do not need."""

from mutants.breaking import heads

service = heads("Content-Type", lambda text, status: f"{text}; charset=utf-8")
