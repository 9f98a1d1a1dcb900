"""Requests with one thing special about each, and what the contract expects of the response."""
