"""Every response has the same RequestId."""

from mutants.breaking import changed

service = changed(request_id=lambda step: lambda: "4C4B7F0E-6B2A-4F38-9C5D-0A1B2C3D4E5F")
