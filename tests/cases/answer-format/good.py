"""XML is sent as text/xml, which counts as application/xml."""

from mutants.breaking import heads

service = heads("Content-Type", lambda text, status: text.replace("application/xml", "text/xml"))
