"""In XML every ObjectPath ends with an x."""

from mutants.breaking import rewrites

service = rewrites("</ObjectPath>", "x</ObjectPath>")
