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

# From 5.7 on a chord counts a task once, claims its body, and a task whose success is stored is not failed nor run again
# when its process is lost (celery/backends/redis.py, CHORD_PART_RETURN_LUA; celery/worker/request.py, on_failure).
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
    since: Came
    size: int = 2
    stamped: bool = False
    redis_keeps_data: bool = False
    laws: tuple[str, ...] = field(default=())

    def scenario(self, *, is_5_7: bool = IS_5_7) -> Scenario:
        """Return the line as a scenario, with what must come of it on this version."""
        came = self.since if is_5_7 else self.before
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
            is_on_request=True,
            budget_s=_BUDGET_S,
        )


def _fails(members: int = 2, *violates: str, errbacks: int = 1, body: int = 0) -> Came:
    return Came(members=members, outcome="error", errbacks=errbacks, body=body, violates=violates)


def _hangs(members: int = 2, *violates: str) -> Came:
    """Nothing fails, nothing is told, and the body never comes."""
    return Came(members=members, outcome="incomplete", violates=violates)


def _well(members: int = 2, *violates: str, body: int = 1) -> Came:
    return Came(members=members, body=body, violates=violates)


def _same(came: Came) -> dict[str, Came]:
    return {"before": came, "since": came}


_KINDS: tuple[Kind, ...] = ("early", "late", "requeued")
_REDELIVERED = ("redelivery.late_acknowledgements",)


def _delivered_twice() -> Iterable[Row]:
    again = Fault(strike="deliver_again", point="taken", member=0)
    after = Fault(strike="deliver_again", point="after_count", member=1, message_of=0)
    # Before 5.7 two results of one task are two members, unless they are the same.
    early_body = "ordering.body_after_header"
    for kind in _KINDS[:2]:
        title = "The first member's message is delivered twice"
        yield Row(name=f"fault-delivered-twice-{kind}", title=title, kind=kind, fault=again, **_same(_well(3)))
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
            **_same(_well(3)),
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
            came = {
                "before": requeued_before if goes_back else before,
                "since": requeued_since if goes_back else since,
            }
            yield Row(
                name=f"fault-pool-killed-{point.replace('_', '-')}-{kind}",
                title=f"{what}, {then}",
                kind=kind,
                fault=Fault(strike=strike, point=point, member=member),
                laws=_REDELIVERED if goes_back and came["before" if not IS_5_7 else "since"].members > 2 else (),
                **came,
            )
