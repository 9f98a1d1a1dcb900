"""The parameters are sorted before they are read."""

from mutants.breaking import hears

service = hears(sorted)
