"""In XML there is a comment before the list."""

from mutants.breaking import rewrites

service = rewrites("<Tasks>", "<!-- newest first --><Tasks>")
