"""Bytes and text of HTTP: media types, JSON, forms and parameter styles, read and written."""
