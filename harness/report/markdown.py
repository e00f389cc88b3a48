"""Runs as a Markdown summary, for the page of a CI job: a table, and what is otherwise than it should be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.report.format import Report

# Whatever came out of a run must come out as text: no table's edge, no link, no image, no tag, nobody's name called.
_MEANS_SOMETHING = re.compile(r"[\\`*{}\[\]<>()#+!|~@$&:]|(?<!\w)_|_(?!\w)")
_MARKS = {True: "✅", False: "❌", None: "⚠️"}
_LONGEST = 400


def summary_of(name: str, reports: Sequence[Report]) -> str:
    """Return a summary of these runs."""
    return "\n".join((*_lines(name, reports), ""))


def _lines(name: str, reports: Sequence[Report]) -> Iterator[str]:
    good = sum(report.run.is_as_expected is True for report in reports)
    yield f"## canvas-harness: {good} of {len(reports)} as expected"
    yield ""
    yield f"{text(name)}"
    yield ""
    yield "| | Scenario | Outcome | Attempts | Retries, latest start | Laws | Time | Wall time |"
    yield "| --- | --- | --- | ---: | ---: | --- | ---: | ---: |"
    for report in reports:
        yield f"| {' | '.join(_cells(report))} |"
    for report in reports:
        if report.run.is_as_expected is not True or report.missing:
            yield from _details(report)


def _cells(report: Report) -> Iterator[str]:
    run = report.run
    late = max((retry.error_us for retry in report.retries if retry.error_us is not None), default=None)
    yield _MARKS[run.is_as_expected]
    yield text(run.name)
    yield text(run.outcome_text)
    yield str(len(report.attempts))
    yield "-" if late is None else f"{len(report.retries)}, {late / 1000:+.1f} ms"
    yield ", ".join(f"{count} {ruling}" for ruling, count in run.rulings.items() if count)
    yield f"{run.virtual_us / 1e6:.1f} s"
    yield "-" if run.wall_us is None else f"{run.wall_us / 1e6:.2f} s"


def _details(report: Report) -> Iterator[str]:
    yield ""
    yield f"### {text(report.run.name)}"
    yield ""
    yield text(report.diagnosis.state)
    yield ""
    for step in report.diagnosis.steps:
        yield f"- {step.kind}: {text(step.says)}"
    for line in report.discrepancies:
        yield f"- differs: {text(line)}"
    for one in report.missing:
        yield f"- missing: {text(str(one))}"
    for law in report.laws:
        if not law.is_as_expected:
            yield f"- **{text(law.name)}** {law.ruling}: {text(law.statement or law.reason)}"
            for evidence in law.evidence[:1]:
                yield f"    - expected {text(evidence.expected)}; observed {text(evidence.observed)}"
    if report.run.repeat:
        yield f"- again: {text(report.run.repeat)}"


def text(untrusted: str) -> str:
    """Return text that Markdown shows as it is, in one line."""
    line = " ".join(printable(untrusted).split())
    shortened = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    return _MEANS_SOMETHING.sub(_spelled, shortened)


def _spelled(found: re.Match[str]) -> str:
    """Spell a character as HTML does: a backslash would not keep GitHub from reading `@name` or a link."""
    return f"&#{ord(found[0])};"
