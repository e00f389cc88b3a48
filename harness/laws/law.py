"""What a law is, and how its answer is come to: it looks at instances one by one, and says of each what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from harness.laws.verdict import Evidence, Ruling, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.laws.case import Case

# One guilty instance convinces; a hundred of the same bury it.
_MOST_EVIDENCE = 10


@dataclass(frozen=True, slots=True)
class Held:
    """An instance that is as the law says."""


@dataclass(frozen=True, slots=True)
class Open:
    """An instance of which the history does not tell enough."""

    reason: str


HELD = Held()
Finding = Held | Open | Evidence
Judged = TypeVar("Judged", bound="Case")


@dataclass(frozen=True, slots=True, kw_only=True)
class Law(Generic[Judged]):
    """A sentence that must be true of every run, and where Celery says so."""

    name: str
    statement: str
    source: str
    findings: Callable[[Judged], Iterator[Finding]]

    def judge(self, case: Judged) -> Verdict:
        """Look at every instance. One is enough for a violation; a law that itself fails is undecided."""
        instances = 0
        guilty: list[Evidence] = []
        open_: list[str] = []
        try:
            for finding in self.findings(case):
                instances += 1
                if isinstance(finding, Evidence):
                    guilty.append(finding)
                elif isinstance(finding, Open):
                    open_.append(finding.reason)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a law, it is no pass
            open_.append(f"the law itself failed: {type(error).__name__}: {error}")
        if guilty and not case.history.is_complete:
            open_.insert(0, f"lines of journals are missing; without them it looks like: {guilty[0].claim}: not so")
        elif guilty:
            more = f"{len(guilty)} instances" if len(guilty) > _MOST_EVIDENCE else ""
            return self._verdict(Ruling.VIOLATED, instances, more, guilty[:_MOST_EVIDENCE])
        if open_:
            return self._verdict(Ruling.UNDECIDED, instances, open_[0])
        if not instances:
            return self._verdict(Ruling.NOT_EXERCISED, 0, "nothing of its kind happened")
        return self._verdict(Ruling.HOLDS, instances)

    def _verdict(self, ruling: Ruling, instances: int, reason: str = "", evidence: Iterable[Evidence] = ()) -> Verdict:
        return Verdict(law=self.name, ruling=ruling, instances=instances, reason=reason, evidence=tuple(evidence))
