"""The head of a report: what was run, how it ended, by which clock, and whether all came as it should."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any

from harness.laws.verdict import Ruling
from harness.report.format import ClockTold, RunTold
from harness.report.remains import listed, mapping
from harness.run.repeating import is_test, repeat_of
from harness.scenario import DELAY_TOLERANCE_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.history.outcome import Outcome
    from harness.laws.own import Account
    from harness.report.format import LawTold, RetryTold
    from harness.report.remains import Remains
    from harness.report.told import Told


def late_s_of(remains: Remains) -> float:
    """Return how late a retry may start under the clock of a run; under the real one where nobody has told."""
    return DELAY_TOLERANCE_S.get(str(remains.clock.get("clock")), DELAY_TOLERANCE_S["real"])


def heading(  # noqa: PLR0913 - all that a head sums up
    remains: Remains,
    told: Told,
    outcome: Outcome,
    *,
    laws: Sequence[LawTold],
    retries: Sequence[RetryTold],
    account: Account | None,
) -> RunTold:
    """Return the head of a report."""
    ended, scenario = remains.ended, remains.scenario
    ending = ended.get("ending")
    return RunTold(
        name=remains.name,
        title=str(scenario.get("title") or remains.name),
        id=remains.asked.get("id"),
        repeat=repeat_of(scenario, remains.conditions, remains.provenance),
        is_test=is_test(scenario),
        outcome=outcome.kind,
        outcome_text=str(outcome) if account is None else account.outcome,
        expected_outcome=mapping(scenario.get("expected")).get("outcome"),
        root_cause=outcome.root_cause,
        is_as_expected=is_as_expected(remains, [law.is_as_expected for law in laws]),
        settled=ending == "settled",
        ending=ending,
        reason=str(ended.get("reason") or ""),
        unfinished=[] if ending == "settled" else str(ended.get("reason") or "").splitlines(),
        virtual_us=round(told.history.duration_s * 1e6),
        wall_us=wall_us(ended),
        span_us=told.moments.span,
        t0_iso=told.moments.origin_iso,
        tolerance_us=round(late_s_of(remains) * 1e6),
        events=len(told.history.events),
        rulings=rulings(law.ruling for law in laws),
        clock=_clock(remains, retries),
        conditions=dict(remains.conditions),
        provenance=dict(remains.provenance),
        directory=remains.path.absolute().name,
    )


def is_as_expected(remains: Remains, laws: Iterable[bool]) -> bool | None:
    """Say whether a run came as it should; of one that was made before that was written down, by what it has."""
    if not remains.ended:
        return None
    recorded = remains.ended.get("is_as_expected")
    if isinstance(recorded, bool):
        return recorded
    ending = "settled with loss" if remains.scenario.get("loses") else "settled"
    return remains.ended.get("ending") == ending and not remains.ended.get("discrepancies") and all(laws)


def rulings(found: Iterable[str]) -> dict[str, int]:
    """Count how many laws have ruled which way."""
    count = Counter(found)
    return {ruling.value: count[ruling.value] for ruling in Ruling}


def wall_us(ended: Mapping[str, Any]) -> int | None:
    """Return how long a run took whoever waited for it."""
    wall_s = ended.get("wall_s")
    return round(wall_s * 1e6) if isinstance(wall_s, int | float) else None


def _clock(remains: Remains, retries: Sequence[RetryTold]) -> ClockTold:
    clock = remains.clock
    late = [retry.error_us / 1000 for retry in retries if retry.error_us is not None]
    skipped_s = clock.get("skipped_s")
    return ClockTold(
        kind=clock.get("clock"),
        why_real=clock.get("reason"),
        resolution_ms=(min(late), median(late), max(late)) if late else None,
        jumps=clock.get("jumps"),
        jumped_us=round(skipped_s * 1e6) if isinstance(skipped_s, int | float) else None,
    )


def discrepancies(remains: Remains) -> list[str]:
    """Return where a run differs from what was expected, as it was written down."""
    return [str(line) for line in listed(remains.ended.get("discrepancies"))]
