"""Every response is in JSON, whatever Format says."""

from mutants.breaking import changed

service = changed(format_of=lambda step: lambda call: "JSON")
