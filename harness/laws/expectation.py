"""Verdicts beside what an author expects of them: that the laws are violated which are named, and no other.

Strictly: a defect of Celery's that somebody lives with, and that is named, must go on showing. Where it does not, there
is something to be glad of and something to be taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.laws.verdict import Ruling, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def surprises(verdicts: Iterable[Verdict], violates: Collection[str]) -> tuple[Verdict, ...]:
    """Return what is otherwise than expected: laws violated that are not named, and laws named that are not violated.

    A law that has said nothing at all is undecided: some speak of runs that have settled only.
    """
    told = tuple(verdicts)
    judged = {verdict.law for verdict in told}
    silent = (
        Verdict(law=law, ruling=Ruling.UNDECIDED, reason="it says nothing of a run that has not settled")
        for law in dict.fromkeys(violates)
        if law not in judged
    )
    return tuple(
        verdict for verdict in (*told, *silent) if (verdict.ruling is Ruling.VIOLATED) != (verdict.law in violates)
    )
