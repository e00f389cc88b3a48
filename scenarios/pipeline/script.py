"""What each scenario tells the model service to do to which task: data only. Refuses to do any of it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

ALWAYS: Final = 1_000_000
"""As many failures as no task will ever live through."""


class Payload(TypedDict):
    """What every task is given: the text to work on, and the name of the scenario to play."""

    raw: str
    scenario: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What the model service is asked to do to the calls of one task before it answers them properly."""

    fail_times: int = 0
    delay_seconds: float = 0.0


NO_TROUBLE: Final = Trouble()

SCRIPT: Final[Mapping[str, Mapping[str, Trouble]]] = MappingProxyType(
    {
        "happy": {},
        "flaky": {"TASK_A": Trouble(fail_times=2)},
        # Longer than TASK_A is willing to read, so each attempt ends in a time-out.
        "slow": {"TASK_A": Trouble(delay_seconds=8.0)},
        "down": {"TASK_A": Trouble(fail_times=ALWAYS)},
        "partial_fail": {"TASK_B": Trouble(fail_times=ALWAYS)},
    }
)


def trouble_for(task: str, scenario: str) -> Trouble:
    """Say what is in store for a task; nothing for a scenario that the script does not know."""
    return SCRIPT.get(scenario, {}).get(task, NO_TROUBLE)
