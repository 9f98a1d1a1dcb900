"""Services over HTTP: the reference service, and what serves it."""
