"""Lets the probe into a process: opens its journal and connects every part of it."""

from __future__ import annotations

import os

from harness.journal import Journal, journal_from
from harness.probe import attempts, closing, connections, deliveries, errbacks, messages, tasks, workers


def enter() -> Journal:
    """Connect the probe to the testbed that the environment names."""
    journal = journal_from(os.environ)
    for part in (workers, tasks, connections, messages, deliveries, attempts, closing, errbacks):
        part.observe(journal)
    return journal
