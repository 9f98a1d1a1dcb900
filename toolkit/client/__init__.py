"""Talks to a service: target, session, signing, credentials and known values."""
