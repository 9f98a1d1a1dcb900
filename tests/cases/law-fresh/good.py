"""The RequestIds are numbered."""

from itertools import count

from mutants.breaking import changed

calls = count()
service = changed(request_id=lambda step: lambda: f"4C4B7F0E-6B2A-4F38-9C5D-{next(calls):012X}")
