"""How `harness` ends, in numbers, the same for every command. Refuses to decide which it is: each command does.

`harness/cli/__init__.py` spells out INCONCLUSIVE for itself: under a Python that is too old it can import nothing.
"""

from __future__ import annotations

from typing import Final

AS_EXPECTED: Final = 0
# Something came differently, or a law is violated: the one number that says something about Celery.
DIFFERS: Final = 1
# The command, the app or the scenario asks for something that cannot be. click's own for wrong options.
USAGE_ERROR: Final = 2
# Nothing follows: the harness failed or cannot work here, or what was to be shown was not.
INCONCLUSIVE: Final = 3
# As a shell says of a program that a signal ended: 128 and the signal's number.
INTERRUPTED: Final = 130
TERMINATED: Final = 143
