"""Recordings of HTTP traffic in every common format, read as a stream of exchanges."""
