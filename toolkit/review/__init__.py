"""Reads contracts as a reviewer does: what one could promise, what is wrong in it, what a change breaks."""
