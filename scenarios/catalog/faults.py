"""The faults: a chord of plain Celery, one thing that goes wrong in it, and what must come of that, by version.

What must come of it is what was found, also where it is not what people believe: a chord that is lost without a word,
or a body that runs twice, is a finding, and expected by name. docs/faults.md has the table, and what Celery promises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from harness.faults import Fault
from harness.scenario import Canvas, Expected, Scenario, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.faults import Point, Strike

Kind = Literal["early", "late", "requeued"]

# From 5.7 on a chord counts a task once and claims its body, and a task whose success is stored is neither failed nor
# run again when its process is lost (celery/backends/redis.py, CHORD_PART_RETURN_LUA; celery/worker/request.py).
IS_5_7 = tuple(int(part) for part in version("celery").split(".")[:2]) >= (5, 7)
_BUDGET_S = 900.0
_TWICE, _MISSED, _MUTE = "chord.retries_do_not_count", "chord.none_missed", "chord.errback_once"
_BODIES = "chord.body_once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of a chord: attempts of all its members, runs of its body, calls of its errback."""

    members: int
    body: int = 0
    errbacks: int = 0
    outcome: Literal["success", "error", "incomplete"] = "success"
    violates: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: a chord, a fault, and what came of it before Celery 5.7 and since."""

    name: str
    title: str
    kind: Kind
    fault: Fault
    before: Came
    since: Came | None = None  # the same
    size: int = 2
    stamped: bool = False
    redis_keeps_data: bool = False
    laws: tuple[str, ...] = field(default=())

    def scenario(self, *, is_5_7: bool = IS_5_7) -> Scenario:
        """Return the line as a scenario, with what must come of it on this version."""
        came = (is_5_7 and self.since) or self.before
        return Scenario(
            name=self.name,
            title=self.title,
            app="scenarios.faults.app:app",
            canvas=Canvas(
                call="scenarios.faults.canvas:header_and_body",
                arguments={"kind": self.kind, "members": self.size, "stamped": self.stamped},
            ),
            surroundings=Surroundings(redis_keeps_data=self.redis_keeps_data),
            faults=(self.fault,),
            expected=Expected(
                outcome=came.outcome,
                root_cause=self.kind if came.outcome == "error" else None,
                attempts={self.kind: came.members, "body": came.body, "mourn": came.errbacks},
            ),
            laws=self.laws,
            violates=came.violates,
            loses=came.loses,
            is_run_by_default=False,
            budget_s=_BUDGET_S,
        )


def _fails(members: int = 2, *violates: str, errbacks: int = 1, body: int = 0) -> Came:
    return Came(members=members, outcome="error", errbacks=errbacks, body=body, violates=violates)


def _hangs(members: int = 2, *violates: str) -> Came:
    """Say that nothing fails, nothing is told, and the body never comes."""
    return Came(members=members, outcome="incomplete", violates=violates)


def _well(members: int = 2, *violates: str, body: int = 1) -> Came:
    return Came(members=members, body=body, violates=violates)


_KINDS: tuple[Kind, ...] = ("early", "late", "requeued")
_REDELIVERED = ("redelivery.late_acknowledgements",)


def _delivered_twice() -> Iterable[Row]:
    again = Fault(strike="deliver_again", point="taken", member=0)
    after = Fault(strike="deliver_again", point="after_count", member=1, message_of=0)
    # Before 5.7 two results of one task are two members, unless they are the same.
    early_body = "ordering.body_after_header"
    for kind in _KINDS[:2]:
        title = "The first member's message is delivered twice"
        yield Row(name=f"fault-delivered-twice-{kind}", title=title, kind=kind, fault=again, before=_well(3))
        yield Row(
            name=f"fault-delivered-twice-{kind}-stamped",
            title=f"{title}, and it returns something else each time",
            kind=kind,
            fault=again,
            stamped=True,
            before=_well(3, early_body),
            since=_well(3),
        )
        yield Row(
            name=f"fault-delivered-after-body-{kind}",
            title="The first member's message is delivered once more after the chord has come to its end",
            kind=kind,
            fault=after,
            stamped=True,
            before=_well(3),
        )
    yield Row(
        name="fault-delivered-twice-requeued-stamped-of-3",
        title="The first of three members' message is delivered twice, and it returns something else each time",
        kind="requeued",
        fault=again,
        size=3,
        stamped=True,
        before=_well(4, early_body),
        since=_well(4),
    )


def _pool_killed() -> Iterable[Row]:
    strike: Strike = "kill_pool_process"
    what = "The pool's process is killed when a member has returned"
    # By point: the member, what is said of it, and what comes of it by how its task acknowledges (early is as late).
    points: tuple[tuple[Point, int, str, Came, Came, Came, Came], ...] = (
        ("before_result", 0, "nothing is stored", _fails(), _fails(), _well(3), _well(3)),
        ("before_count", 0, "it is stored and not counted", _fails(), _hangs(2, _MISSED), _well(3), _hangs(2, _MISSED)),
        ("after_count", 0, "and counted", _fails(2, _TWICE), _well(), _well(3), _well()),
        (
            *("before_body", 1, "and counted last, and the body is not sent"),
            *(_fails(2, _TWICE, _MUTE, errbacks=0), _hangs(2, _MISSED), _well(3), _hangs(2, _MISSED)),
        ),
        (
            *("after_body", 1, "and counted last, and the body is sent"),
            *(_fails(2, _TWICE, errbacks=0, body=1), _well(), _well(3, _BODIES, body=2), _well()),
        ),
    )
    for point, member, then, before, since, requeued_before, requeued_since in points:
        for kind in _KINDS:
            goes_back = kind == "requeued"
            runs_again = goes_back and (point == "before_result" or not IS_5_7)
            yield Row(
                name=f"fault-pool-killed-{point.replace('_', '-')}-{kind}",
                title=f"{what}, {then}",
                kind=kind,
                fault=Fault(strike=strike, point=point, member=member),
                before=requeued_before if goes_back else before,
                since=requeued_since if goes_back else since,
                laws=_REDELIVERED if runs_again else (),
            )


def _worker_killed() -> Iterable[Row]:
    what = "The worker is killed when a member has returned"

    # With a worker of two processes, whatever the other one is about is lost as well, or run again.
    lost = Came(members=2, outcome="incomplete", loses=("early", "early"))
    lost_last = Came(members=2, outcome="incomplete", loses=("early",))
    points: tuple[tuple[Point, int, str, Came, Came], ...] = (
        ("before_result", 0, "nothing is stored", lost, _well(4)),
        ("before_count", 0, "it is stored and not counted", lost, _well(4)),
        ("after_count", 0, "and counted", lost, _well(4)),
        ("before_body", 1, "and counted last, and the body is not sent", lost_last, _well(3)),
        (
            *("after_body", 1, "and counted last, and the body has run"),
            *(Came(members=2, body=1, loses=("early",)), _well(3, _BODIES, body=2)),
        ),
        (
            *("on_its_way", 1, "and counted last, and the body's message is on the wire"),
            Came(members=2, outcome="incomplete", loses=("body", "early")),
            Came(members=3, outcome="incomplete", loses=("body",)),
        ),
    )
    for point, member, then, early, late in points:
        for kind in _KINDS[:2]:
            yield Row(
                name=f"fault-worker-killed-{point.replace('_', '-')}-{kind}",
                title=f"{what}, {then}",
                kind=kind,
                fault=Fault(strike="kill_worker", point=point, member=member),
                laws=_REDELIVERED if kind == "late" else (),
                before=early if kind == "early" else late,
            )
    yield Row(
        name="fault-worker-killed-before-count-requeued",
        title=f"{what}, it is stored and not counted",
        kind="requeued",
        fault=Fault(strike="kill_worker", point="before_count", member=0),
        laws=_REDELIVERED,
        before=_well(4),
    )


def _redis_restarted() -> Iterable[Row]:
    fault = Fault(strike="restart_redis", point="after_count", member=0)
    for kind in _KINDS[:2]:
        yield Row(
            name=f"fault-redis-restarted-without-its-data-{kind}",
            title="Redis is killed between two members, and keeps nothing",
            kind=kind,
            fault=fault,
            before=_hangs(),
        )
        # What was not acknowledged by then is handed out again, although its attempts go on and come to their ends:
        # before 5.7 an acknowledgement by a connection that was lost is dropped.
        yield Row(
            name=f"fault-redis-restarted-with-its-data-{kind}",
            title="Redis is killed between two members, and keeps everything",
            kind=kind,
            fault=fault,
            redis_keeps_data=True,
            before=_well(4 if kind == "late" else 2),
            since=_well(2),
        )


def _stamped() -> Iterable[Row]:
    """List members that run again and return something else: before 5.7 that is another member to Redis."""
    says = "returns something else each time"
    early_body = "ordering.body_after_header"
    rows: tuple[tuple[str, Kind, Strike, Point, int, Came, Came], ...] = (
        ("pool-killed", "requeued", "kill_pool_process", "after_count", 0, _well(3, early_body), _well()),
        ("pool-killed", "requeued", "kill_pool_process", "before_body", 1, _hangs(3, _MISSED), _hangs(2, _MISSED)),
        ("worker-killed", "late", "kill_worker", "after_count", 0, _well(4, early_body), _well(4)),
        ("worker-killed", "late", "kill_worker", "before_body", 1, _hangs(3, _MISSED), _well(3)),
    )
    for what, kind, strike, point, member, before, since in rows:
        yield Row(
            name=f"fault-{what}-{point.replace('_', '-')}-{kind}-stamped",
            title=f"As without `-stamped`, and a member that runs again {says}",
            kind=kind,
            fault=Fault(strike=strike, point=point, member=member),
            stamped=True,
            before=before,
            since=since,
        )


def _of_three() -> Iterable[Row]:
    """List some of the same with a header of three, struck at the second or at the last."""
    rows: tuple[tuple[str, Kind, Strike, Point, int, Came, Came], ...] = (
        ("pool-killed", "requeued", "kill_pool_process", "before_count", 1, _well(4), _hangs(3, _MISSED)),
        ("pool-killed", "requeued", "kill_pool_process", "after_count", 1, _well(4), _well(3)),
        ("pool-killed", "requeued", "kill_pool_process", "before_body", 2, _well(4), _hangs(3, _MISSED)),
        ("pool-killed", "requeued", "kill_pool_process", "after_body", 2, _well(4, _BODIES, body=2), _well(3)),
        ("worker-killed", "late", "kill_worker", "before_count", 1, _well(5), _well(5)),
        ("worker-killed", "late", "kill_worker", "after_count", 1, _well(5), _well(5)),
        ("worker-killed", "late", "kill_worker", "before_body", 2, _well(4), _well(4)),
        ("worker-killed", "late", "kill_worker", "after_body", 2, *(_well(4, _BODIES, body=2),) * 2),
        ("redis-restarted-without-its-data", "late", "restart_redis", "after_count", 1, _hangs(3), _hangs(3)),
        ("redis-restarted-with-its-data", "late", "restart_redis", "after_count", 1, _well(5), _well(3)),
    )
    for what, kind, strike, point, member, before, since in rows:
        at = "" if strike == "restart_redis" else f"-{point.replace('_', '-')}"
        yield Row(
            name=f"fault-{what}{at}-{kind}-of-3",
            title="As without `-of-3`, in a header of three: the second or the last member is struck",
            kind=kind,
            fault=Fault(strike=strike, point=point, member=member),
            size=3,
            redis_keeps_data=what.endswith("with-its-data"),
            before=before,
            since=since,
        )


ROWS = (
    *_delivered_twice(),
    *_pool_killed(),
    *_worker_killed(),
    *_redis_restarted(),
    *_stamped(),
    *_of_three(),
)
SCENARIOS = tuple(row.scenario() for row in ROWS)
