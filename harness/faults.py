"""What goes wrong in a run, and when: data only. Faults are ours, failures are a task's.

A fault strikes once, at a point of the program that a member of a chord's header reaches: time and place are exact,
and the same whenever the run is repeated. Owns the names. Refuses to know how a strike is carried out (`app.strikes`),
where a point is in Celery's code (`app.points`), and what must come of it (laws, scenarios).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

Strike = Literal["deliver_again", "kill_pool_process", "kill_worker", "restart_redis"]
Point = Literal["taken", "before_result", "before_count", "after_count", "before_body", "after_body", "on_its_way"]

STRIKES: Mapping[Strike, str] = {
    "deliver_again": "its message is put into its queue once more, as kombu does at the end of a visibility time-out",
    "kill_pool_process": "the pool's process that runs it is killed with SIGKILL",
    "kill_worker": "its worker, pool and all, is killed with SIGKILL, and started again",
    "restart_redis": "Redis is killed with SIGKILL, and started again",
}
POINTS: Mapping[Point, str] = {
    "taken": "a worker's main process has taken its message",
    "before_result": "its code has returned; nothing is stored",
    "before_count": "its result is stored; its chord has not counted it",
    "after_count": "its chord has counted it, and has sent the body if it was the last",
    "before_body": "it was the last: its chord has counted it, and claimed the body where Celery claims it; nothing is "
    "sent",
    "after_body": "it was the last: the body is sent, and has run, and Celery has not yet cleared the chord away",
    "on_its_way": "it was the last: the body is sent, the chord is cleared away, and the body's message is out of its "
    "queue, on the wire to the worker's main process",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, once: what, and at which point of which member of a chord's header."""

    strike: Strike
    point: Point
    member: int  # its place in the header, from 0
    message_of: int | None = None  # the member whose message is delivered again, if it is not that one

    def __post_init__(self) -> None:
        """Refuse what there is not, and what could not be carried out."""
        for what, names, found in (("strike", Strike, self.strike), ("point", Point, self.point)):
            if found not in get_args(names):
                raise UsageError(f"the {what} of a fault, one of {', '.join(get_args(names))}", found, "choose one")
        if self.member < 0 or (self.message_of or 0) < 0:
            raise UsageError("the place of a member in its header, from 0", self, "give 0 for the first")
        if self.message_of is not None and self.strike != "deliver_again":
            raise UsageError("`message_of` with deliver_again only", self, "leave it out")
        if self.point == "on_its_way" and self.strike != "kill_worker":
            raise UsageError("a message on its way to a worker that is killed: kill_worker", self, "name that")
        if self.strike == "kill_pool_process" and self.point == "taken":
            raise UsageError(
                "a point that a pool's process comes to", self, "a main process takes messages: kill_worker"
            )

    @property
    def spoils_testbed(self) -> bool:
        """Whether what it leaves is not as good as new: a worker that has lost its connections takes less at once."""
        return self.strike == "restart_redis"

    def __str__(self) -> str:
        whose = "" if self.message_of in (None, self.member) else f" (message of member {self.message_of})"
        return f"{self.strike} at {self.point} of member {self.member}{whose}"
