"""Every second response has a comment in its XML."""

from itertools import count

from mutants.breaking import bodies

calls = count()
service = bodies(lambda body: body + b"<!-- again -->" if next(calls) % 2 else body)
