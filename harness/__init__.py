"""canvas-harness: proves what Celery canvas really does.

Imports nothing: every worker passes through here on its way to the probe.
"""
