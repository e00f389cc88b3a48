"""The harness's own trouble. Never Celery's: what Celery does wrong is a fact of a run, not an exception of ours.

Every error says three things: what was expected, what was found, and what to do about it.
"""

from __future__ import annotations

from harness.printable import printable


class TroubleError(Exception):
    """Three parts that a tired person can act on: expected, found, what to do."""

    def __init__(self, expected: str, found: object, remedy: str) -> None:
        super().__init__(expected, found, remedy)
        self.expected = expected
        self.found = found
        self.remedy = remedy

    def __str__(self) -> str:
        # Text is written as it is: it is mostly several lines long (the end of a log), and a repr would fold it.
        found = self.found if isinstance(self.found, str) and "\n" in self.found else repr(self.found)
        # What an app says of itself may be in any of the three, and this is read in terminals.
        return printable(f"expected: {self.expected}\n   found: {found}\n   to do: {self.remedy}")


class HarnessError(TroubleError):
    """The harness or the machine under it is in trouble; nothing is thereby said about Celery."""


class UsageError(TroubleError):
    """The author of a scenario, a test or a command line asked for something that cannot be."""


class InterruptedRunError(HarnessError):
    """Somebody wanted the run to end early."""

    def __init__(self) -> None:
        super().__init__("the run to be left to come to its end", "it was interrupted", "run it again")
