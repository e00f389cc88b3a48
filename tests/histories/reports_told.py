"""Reports told by hand: what happens to one report in either form, and the log that an honest application keeps of it.

told = ReportTold(story, "group", "short", "medium", "long")
told.ends("short", then=["report_finished"])    # it succeeds, and sends that callback
told.ends("medium", well=False)
told.runs("report_finished")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storytelling import LATE_S, name, step

from harness.laws.verdict import Ruling
from scenarios.catalog.reports import LAWS
from scenarios.catalog.reports.case import SETS, ReportsCase
from scenarios.catalog.reports.log import Line, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from storytelling import Story

    from harness.history.history import Attempt, History
    from harness.laws.verdict import Verdict

NUMBER = 7


class ReportTold:
    """One report, and what happens to it."""

    def __init__(self, story: Story, form: str, *members: str) -> None:
        self.story, self.form = story, form
        self.changed: dict[str, Any] = {}  # what the application's row says otherwise
        more = {"chord": step("report_finished", NUMBER, immutable=True)} if form == "chord" else {}
        for place, member in enumerate(members):
            story.sent(member, args=[NUMBER], group=("group", place), **more)

    def ends(self, member: str, *, well: bool = True, then: Sequence[str] = (), args: Any = None) -> None:
        """Have a member come to its end, and send callbacks before Celery is through with it."""
        with self.story.runs(member, ending="succeeded" if well else "failed"):
            for callback in then:
                self.story.sent(callback, args=[NUMBER] if args is None else args)

    def runs(self, *callbacks: str) -> None:
        """Have callbacks run that were sent."""
        self.story.ran(*callbacks)

    def row(self, history: History) -> Row:
        """Return what an honest application would have written down, but for what was changed."""
        lines = tuple(_line(attempt) for attempt in history.attempts())
        settings = [attempt for attempt in history.attempts() if attempt.started.task in SETS and attempt.ended]
        told: dict[str, Any] = {
            "kind": "told",
            "status": SETS[settings[-1].started.task] if settings else "ordered",
            "changed_s": settings[-1].started.virtual_ns / 1e9 if settings else 0.0,
            "lines": lines,
        }
        return Row(number=NUMBER, form=self.form, seed=0, **told | self.changed)

    def verdicts(self, history: History | None = None) -> dict[str, Verdict]:
        """Return what the laws of reports say of it."""
        history = history or self.story.history()
        case = ReportsCase(history, {NUMBER: self.row(history)}, late_s=LATE_S)
        return {law.name: law.judge(case) for law in LAWS.laws}

    def violated(self) -> set[str]:
        return {law for law, verdict in self.verdicts().items() if verdict.ruling is Ruling.VIOLATED}


def _line(attempt: Attempt) -> Line:
    began, ended = attempt.started, attempt.ended
    return Line(
        task=name(began.task),
        status="running" if ended is None else "succeeded" if ended.ending == "succeeded" else "failed",
        retry=began.retries,
        created_s=began.virtual_ns / 1e9,
        finished_s=None if ended is None else ended.virtual_ns / 1e9,
    )
