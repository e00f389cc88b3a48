"""All laws, in the order in which people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.laws import callbacks, chord, delivery, independence, ordering, retries, states

if TYPE_CHECKING:
    from harness.laws.case import Case
    from harness.laws.verdict import Verdict

LAWS = (*ordering.LAWS, *delivery.LAWS, *retries.LAWS, *chord.LAWS, *callbacks.LAWS, *states.LAWS, *independence.LAWS)


def judge(case: Case) -> tuple[Verdict, ...]:
    """Return what every law says of a history."""
    return tuple(law.judge(case) for law in LAWS)
