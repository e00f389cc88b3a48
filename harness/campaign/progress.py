"""What a campaign says of itself while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.history.events import AnyEvent
    from harness.run.run import Run
    from harness.scenario import Experiment


@dataclass(frozen=True, slots=True)
class TestbedUp:
    """A testbed stands; its run begins when all of them do."""

    experiment: Experiment


@dataclass(frozen=True, slots=True)
class EventsSeen:
    """A run's processes have written something down."""

    experiment: Experiment
    events: Sequence[AnyEvent]


@dataclass(frozen=True, slots=True)
class TimeIsReal:
    """Virtual time was asked for and cannot be had. Said once for each reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run has come to its end."""

    run: Run


@dataclass(frozen=True, slots=True)
class RunFailed:
    """A run could not be made or carried through."""

    experiment: Experiment
    error: Exception


Progress = TestbedUp | TimeIsReal | EventsSeen | RunEnded | RunFailed
