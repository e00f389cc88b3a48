"""The app under test, inside the processes of a testbed: found, kept to its testbed, and started.

Loads the standard library, Celery, kombu and redis-py only. Refuses to observe (the probe does) and to judge.
"""
