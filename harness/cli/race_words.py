"""How races are put into words, the same in a terminal and in plain lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.words import rulings
from harness.printable import printable

if TYPE_CHECKING:
    from harness.campaign.figures import Figures
    from harness.campaign.fleets import Fleet
    from harness.campaign.races import BatchEnded


def summary(figures: Figures) -> str:
    """Say what races came to, in one line."""
    return ", ".join(
        (
            f"{figures.chords} chords",
            f"{figures.races} races ({share(figures)})",
            rate(figures),
            f"slowest {slowest(figures)}",
            *([] if figures.as_expected == figures.runs else [f"{figures.runs - figures.as_expected} batches differ"]),
        )
    )


def verdict(figures: Figures) -> str:
    """Say in a word of four letters what a fleet's batches came to."""
    if figures.as_expected < figures.runs:
        return "DIFF"
    return "ok  " if figures.is_proof else "OPEN"


def share(figures: Figures) -> str:
    """Say what part of the chords were races."""
    return "-" if figures.share is None else f"{figures.share:.0%}"


def rate(figures: Figures) -> str:
    """Say how many chords a second there were."""
    return f"{figures.rate:.1f} chords/s"


def slowest(figures: Figures) -> str:
    """Say how long the slowest chord took to end."""
    return f"{figures.slowest_s * 1000:.0f} ms"


def workers(fleet: Fleet) -> str:
    """Say what workers a fleet has."""
    conditions = fleet.conditions
    return f"{conditions.workers} x {conditions.concurrency} {conditions.pool}"


def laws(figures: Figures) -> str:
    """Count what the laws say of all batches; of each law the worst."""
    return rulings(figures.laws)


def bound(figures: Figures) -> str:
    """Say how frequent failures may still be, where everything was judged and none was seen."""
    return "none" if figures.bound is None else f"at most {figures.bound:.2%}"


def conclusion(figures: Figures) -> str:
    """Say what all races together prove, and what they do not."""
    if figures.as_expected < figures.runs:
        return "not everything came as expected, so nothing is said about how rare that is"
    if not figures.is_proof:
        return "not every batch has shown what it was to show, and so no bound: what is not known is no success"
    if figures.bound is None:
        return "no race, and so no bound: nothing is shown of chords whose last members end at the same time"
    return (
        f"no failure in {figures.races} races: with 95 % certainty at most {figures.bound:.2%} of such races fail "
        f"(3/n); chords that were none are not counted"
    )


def trouble(batch: BatchEnded) -> list[str]:
    """Say what differs in a batch, line by line, evidence of violated laws left out."""
    lines = [*batch.discrepancies]
    lines += [
        f"{verdict.law} was to be shown here and is {verdict.ruling.value}: {verdict.reason}"
        for verdict in batch.unproved
    ]
    return [printable(f"{batch.name}: {line}") for line in lines]
