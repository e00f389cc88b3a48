"""What came of races, in figures: chords, races among them, the slowest end, and the bound that they support.

Read off finished runs, and added up. Refuses to judge: the laws have done that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.history.overlap import bound_of, finishes
from harness.laws.chords import chords_of
from harness.laws.messages import Messages
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.history import History
    from harness.laws.chords import Chord
    from harness.run.run import Run

_FROM_GOOD_TO_BAD = (Ruling.NOT_EXERCISED, Ruling.HOLDS, Ruling.UNDECIDED, Ruling.VIOLATED)


@dataclass(slots=True, kw_only=True)
class Figures:
    """Chords that ended, and how. What several runs come to is their sum."""

    chords: int = 0
    races: int = 0
    slowest_s: float = 0.0  # by the testbed's clock, from a chord's first member's end to its body's
    wall_s: float = 0.0
    virtual_s: float = 0.0
    runs: int = 0
    as_expected: int = 0
    unproved: int = 0  # runs of which a law that they were to show says nothing
    failed: int = 0  # batches that the harness could not carry through
    rulings: dict[str, Ruling] = field(default_factory=dict)  # of each law the worst

    @property
    def share(self) -> float | None:
        """What part of the chords were races; None without a chord."""
        return self.races / self.chords if self.chords else None

    @property
    def rate(self) -> float:
        """Chords a second of wall time, start-up left out."""
        return self.chords / self.wall_s if self.wall_s else 0.0

    @property
    def bound(self) -> float | None:
        """How frequent failures may be at most, at 95 %, if none was seen. None without a race, or a batch's proof."""
        return bound_of(self.races) if self.is_proof else None

    @property
    def is_proof(self) -> bool:
        """Whether every batch came as expected, and showed what it was to show: of any other nothing is known."""
        return self.as_expected == self.runs and not self.unproved and not self.failed

    @property
    def laws(self) -> Counter[Ruling]:
        """How many laws are ruled how."""
        return Counter(self.rulings.values())

    def add(self, other: Figures) -> None:
        """Count another one in."""
        self.chords += other.chords
        self.races += other.races
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.wall_s += other.wall_s
        self.virtual_s += other.virtual_s
        self.runs += other.runs
        self.as_expected += other.as_expected
        self.unproved += other.unproved
        self.failed += other.failed
        for law, ruling in other.rulings.items():
            self.rulings[law] = max(ruling, self.rulings.get(law, ruling), key=_FROM_GOOD_TO_BAD.index)


def figures_of(run: Run) -> Figures:
    """Return what one run came to."""
    chords, finished = chords_of(Messages(run.history)), finishes(run.history.events)
    return Figures(
        chords=len(chords),
        races=sum(chord.group_id in finished and finished[chord.group_id].is_race_of(chord.size) for chord in chords),
        slowest_s=max((took_s for took_s in _times(run.history, chords)), default=0.0),
        wall_s=run.wall_s,
        virtual_s=run.timing.virtual_s,
        runs=1,
        as_expected=int(run.is_as_expected),
        unproved=int(bool(run.unproved)),
        rulings={verdict.law: verdict.ruling for verdict in run.verdicts},
    )


def _times(history: History, chords: Iterable[Chord]) -> Iterable[float]:
    """Yield how long chords took to end: from the end of the first member's code to that of the body's."""
    ends = {attempt.started.task_id: attempt.ended for attempt in history.attempts() if attempt.ended is not None}
    for chord in chords:
        members = [ends[fate.sent.task_id] for fate in chord.members if fate.sent.task_id in ends]
        body = ends.get(chord.body_id)
        if members and body is not None:
            yield (body.virtual_ns - min(end.virtual_ns for end in members)) / 1e9
