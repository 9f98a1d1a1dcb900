"""Faults of the reference service: one-line wrappers, each of which breaks one promise of the operation."""
