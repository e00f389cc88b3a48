"""All laws, in the order in which people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.laws import callbacks, chord, delivery, independence, ordering, redelivery, retries, states

if TYPE_CHECKING:
    from harness.laws.case import Case
    from harness.laws.verdict import Verdict

LAWS = (
    *ordering.LAWS,
    *delivery.LAWS,
    *redelivery.LAWS,
    *retries.LAWS,
    *chord.LAWS,
    *callbacks.LAWS,
    *states.LAWS,
)
# They say what was to happen in all, so they can say nothing of a run that has not come to its end.
LAWS_OF_SETTLED_RUNS = independence.LAWS
NAMES = tuple(law.name for law in (*LAWS, *LAWS_OF_SETTLED_RUNS))


def judge(case: Case, *, has_settled: bool = False) -> tuple[Verdict, ...]:
    """Return what every law says of a history that can be said of it."""
    return tuple(law.judge(case) for law in (*LAWS, *(LAWS_OF_SETTLED_RUNS if has_settled else ())))
