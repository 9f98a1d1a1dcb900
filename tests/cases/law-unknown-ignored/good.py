"""Undeclared parameters are dropped before the others are read."""

from mutants.breaking import hears

service = hears(lambda pairs: [pair for pair in pairs if pair[0][:1].isupper()])
