"""The app under test, inside the processes of a testbed: found, kept to its testbed, and started.

Loads the standard library, Celery and kombu only. Refuses to observe (the probe does) and to judge.
"""
