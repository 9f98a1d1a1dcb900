"""Asks a service questions: probes, laws over several responses, generated requests."""
