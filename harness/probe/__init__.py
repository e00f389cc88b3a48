"""The guest in each worker: `celery worker -I harness.probe` makes Celery import it, and it writes down what it sees.

Owns how Celery's signals and, where there is no signal, Celery's functions become facts. Refuses to judge and to
change anything that a task could notice. Loads nothing but the standard library, Celery and redis-py. Outside a
testbed it does nothing.
"""

import os

from harness.journal import TESTBED_VARIABLE
from harness.probe.guest import enter

journal = enter() if TESTBED_VARIABLE in os.environ else None
