"""The one line for people with a pytest-celery suite: `pytest_plugins = ["canvas_harness.pytest_celery"]`.

Refuses to hold anything itself: it is the door to `harness/pytest_celery`, under a name that nobody else has.
"""

from canvas_harness import load_harness

load_harness()

from harness.pytest_celery.plugin import *  # noqa: E402, F403 - not before it is certain whose `harness` this is
