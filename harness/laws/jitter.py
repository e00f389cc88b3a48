"""Jitter: what no single retry can tell, and many together do: whether their delays are drawn evenly from their range.

The test is the largest distance between the distribution that was seen and the even one. By the inequality of
Dvoretzky, Kiefer and Wolfowitz, with Massart's constant, it exceeds sqrt(ln(2 / a) / 2n) with a probability of at most
`a`, whatever the distribution, also of whole numbers, and for any number n of draws: no limit is taken, nothing is
binned, nothing is drawn to judge. Retries of different ranges are judged apart, and share the rate of false alarms.

At 500 retries of one range a distance of 0.12 is an alarm; a constant delay, or one from half of the range, lies at 0.4
to 0.6. It is not asked whether delays are independent of each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from math import log, sqrt
from typing import TYPE_CHECKING

from harness.laws.verdict import Evidence, Ruling, Verdict
from harness.semantics.retrying import delay_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.history import Attempt, History

NAME = "retries.jitter_is_even"
STATEMENT = "With jitter, the delays of many retries are spread evenly over the whole numbers of their range."
SOURCE = "celery/utils/time.py, get_exponential_backoff_interval: random.randrange (5.4.0 to 5.7.0)"
FALSE_ALARMS = 1e-6
LEAST_RETRIES = 500


def judge_jitter(histories: Iterable[History]) -> Verdict:
    """Judge the delays that were asked for with jitter in all histories of a campaign."""
    drawn: defaultdict[int, list[Attempt]] = defaultdict(list)
    for history in histories:
        for attempt in history.attempts():
            full = _range_of(history, attempt)
            if full:
                drawn[full].append(attempt)
    retries = sum(len(attempts) for attempts in drawn.values())
    if not retries:
        return Verdict(law=NAME, ruling=Ruling.NOT_EXERCISED, reason="nothing of its kind happened")
    evidence = [one for full, attempts in drawn.items() if (one := _uneven(full, attempts, FALSE_ALARMS / len(drawn)))]
    if evidence:
        return Verdict(law=NAME, ruling=Ruling.VIOLATED, instances=retries, evidence=tuple(evidence))
    if retries < LEAST_RETRIES:
        reason = f"{retries} retries are too few to tell: {LEAST_RETRIES} are needed"
        return Verdict(law=NAME, ruling=Ruling.UNDECIDED, instances=retries, reason=reason)
    return Verdict(law=NAME, ruling=Ruling.HOLDS, instances=retries)


def _range_of(history: History, attempt: Attempt) -> int | None:
    """Return the greatest delay that an attempt could have asked for; None where nothing was left to chance."""
    if attempt.asked is None or attempt.ended is None or attempt.ended.retry_delay_s is None:
        return None
    promised = delay_of(history.options_of(attempt.started.task), attempt.asked)
    return round(promised.most_s) if promised is not None and promised.is_whole else None


def _uneven(full: int, attempts: list[Attempt], rate: float) -> Evidence | None:
    """Compare delays with an even spread from 0 to `full`; return what accuses them, if anything does."""
    delays = Counter(attempt.ended.retry_delay_s for attempt in attempts if attempt.ended is not None)
    distance, seen, worst = 0.0, 0, 0
    for delay in range(full + 1):
        seen += delays[float(delay)]
        here = abs(seen / len(attempts) - (delay + 1) / (full + 1))
        if here > distance:
            distance, worst = here, delay
    bound = sqrt(log(2 / rate) / (2 * len(attempts)))
    if distance <= bound:
        return None
    share = sum(count for delay, count in delays.items() if delay is not None and delay <= worst) / len(attempts)
    most = ", ".join(f"{delay:g} s {count} times" for delay, count in delays.most_common(3))
    return Evidence(
        claim=f"delays with jitter are spread evenly over 0 to {full} s",
        expected=f"{(worst + 1) / (full + 1):.0%} of {len(attempts)} at most {worst} s, give or take {bound:.0%}",
        observed=f"{share:.0%}; most often {most}",
        events=tuple(attempt.asked.index for attempt in attempts[:10] if attempt.asked is not None),
    )
