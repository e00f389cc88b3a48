"""What run.json says of every run, whoever made it: its delays, what the laws said, and by which clock it was made."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.history import History
    from harness.laws.verdict import Verdict
    from harness.run.timing import Timing


def summary_of(history: History, verdicts: Iterable[Verdict], timing: Timing) -> dict[str, object]:
    """Return it as data."""
    return {
        "retry_delays": [
            {"task": delay.task, "asked_s": delay.asked_s, "observed_s": delay.observed_s}
            for delay in history.retry_delays()
        ],
        "verdicts": [{**asdict(verdict), "ruling": verdict.ruling.value} for verdict in verdicts],
        "events": len(history.events),
        "clock": asdict(timing),
    }
