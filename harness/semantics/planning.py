"""From a canvas to its plan: what Celery's documentation promises (Canvas, Calling Tasks), and its code in detail.

Owns how canvases nest: chains within chains, groups that become chords, groups of one, links and errbacks of them all.
Source, unless another is named: celery/canvas.py, 5.4.0 to 5.7.0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from harness.canvas import Call, Chain, Chord, Chunks, Group, Map
from harness.semantics.defects import (
    CHAIN_AS_ERRBACK_NOT_CALLED,
    CHORD_BODY_UNTOLD,
    GROUP_BODY_UNTOLD,
    LINKS_OF_MEMBERS_REPLACED,
    NESTED_CHAIN_FORGETS,
    NESTED_GROUPS_REVERSED,
)
from harness.semantics.plan import (
    Barrier,
    ChordFailed,
    Failed,
    FailedId,
    Node,
    Nothing,
    Plan,
    Result,
    Results,
    Succeeded,
)
from harness.semantics.steps import flattened, steps_of, united

if TYPE_CHECKING:
    from harness.canvas import Canvas
    from harness.semantics.defects import Defect, Version
    from harness.semantics.plan import Role, Trigger, Value

AT_START = Succeeded(())


@dataclass(frozen=True, slots=True)
class Point:
    """How far a canvas has got: what it came to, and what has happened by then."""

    value: Value
    due: Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a canvas a part stands: what it takes over from what is around it."""

    role: Role = "step"
    links: tuple[Canvas, ...] = ()
    errbacks: tuple[Canvas, ...] = ()
    barriers: tuple[int, ...] = ()
    is_applied: bool = True  # it is sent as it stands; else as a part of something that gave it its ids before

    @property
    def inside(self) -> Place:
        """The same for a part of it."""
        return replace(self, is_applied=False)


def plan_of(canvas: Canvas, version: Version, assumed: frozenset[Defect] = frozenset()) -> Plan:
    """Return all calls that a canvas may come to; with defects assumed, what it comes to with them."""
    planner = _Planner(version, assumed)
    point = planner.plan(canvas, Point(Nothing(), AT_START), Place())
    return Plan(nodes=tuple(planner.nodes), value=point.value, barriers=tuple(planner.barriers))


class _Planner:
    def __init__(self, version: Version, assumed: frozenset[Defect]) -> None:
        self._version = version
        self._assumed = assumed
        self.nodes: list[Node] = []
        self.barriers: list[Barrier] = []

    def plan(self, canvas: Canvas, at: Point, place: Place) -> Point:
        """Plan a canvas from a point on; return the point at which it is done."""
        place = replace(
            place,
            links=(*canvas.links, *place.links),
            errbacks=united(canvas.errbacks, place.errbacks),
        )
        at = Point(Nothing(), at.due) if canvas.immutable and not isinstance(canvas, Call) else at
        match canvas:
            case Call():
                return self._call(canvas, at, place)
            case Map():
                name = "celery.starmap" if canvas.is_star else "celery.map"
                applied = {"task": canvas.task, "it": list(canvas.items)}
                return self._call(Call(name, applied, immutable=True), at, place)
            case Chunks():
                parts = {"task": canvas.task, "it": list(canvas.items), "n": canvas.size}
                return self._call(Call("celery.chunks", parts, immutable=True), at, place)
            case Chain():
                return self._chain(canvas, at, place)
            case Group():
                return self._group(canvas, at, place)
            case Chord():
                return self._chord(canvas, at, place)

    def _call(self, call: Call, at: Point, place: Place) -> Point:
        number = len(self.nodes)
        self.nodes.append(
            Node(
                number=number,
                task=call.task,
                args=call.args,
                kwargs=call.kwargs,
                is_immutable=call.immutable,
                receives=at.value,
                trigger=at.due,
                role=place.role,
                barriers=place.barriers,
            )
        )
        done = Point(Result(number), Succeeded((number,)))
        for link in place.links:
            self.plan(link, done, Place(role="callback"))
        self._tell(place.errbacks, Point(FailedId(number), Failed(number)))
        return done

    def _tell(self, errbacks: tuple[Canvas, ...], failed: Point) -> None:
        for errback in errbacks:
            if not (isinstance(errback, Chain) and CHAIN_AS_ERRBACK_NOT_CALLED in self._assumed):
                self.plan(errback, failed, Place(role="errback"))

    def _behind(
        self, kind: Literal["chord", "body", "group"], due: Trigger, place: Place, begun: Trigger = AT_START
    ) -> Place:
        """Return the same place, behind one more barrier."""
        if not isinstance(due, Succeeded):
            return place
        self.barriers.append(Barrier(kind, due.nodes, begun.nodes if isinstance(begun, Succeeded) else ()))
        return replace(place, barriers=(*place.barriers, len(self.barriers) - 1))

    def _chain(self, chain: Chain, at: Point, place: Place) -> Point:
        steps = steps_of(chain, splits_bodies=self._version >= (5, 7), forgets=NESTED_CHAIN_FORGETS in self._assumed)
        if not steps:
            return at
        first = steps[0]
        if chain.args:
            steps[0] = replace(first, args=(*chain.args, *first.args))
        for step in steps[:-1]:
            at = self.plan(step, at, replace(place.inside, links=()))
        if isinstance(steps[-1], Group):
            return self._last_group(steps[-1], at.due, at, place.inside)
        return self.plan(steps[-1], at, place.inside)

    def _last_group(self, group: Group, begun: Trigger, at: Point, place: Place) -> Point:
        """Plan a group that ends something that begins sooner: if that fails before it, nobody tells its members."""
        number = len(self.barriers)
        done = self.plan(group, at, self._behind("group", begun, place))
        if isinstance(done.due, Succeeded) and len(done.due.nodes) == 1 and number < len(self.barriers):
            self.barriers[number] = Barrier("group", ())  # but of one member, which is taken for the group
        return done

    def _group(self, group: Group, at: Point, place: Place) -> Point:
        reverses = NESTED_GROUPS_REVERSED in self._assumed and not place.is_applied
        members = flattened(group.members, reverses=reverses)
        if place.links and LINKS_OF_MEMBERS_REPLACED in self._assumed:
            members = [replace(member, links=()) for member in members]
        return self._joined([self.plan(member, at, place) for member in members], at)

    def _chord(self, chord: Chord, at: Point, place: Place) -> Point:
        place = self._behind("chord", at.due, place)
        reverses = NESTED_GROUPS_REVERSED in self._assumed
        members = [
            replace(member, args=(*chord.args, *member.args)) if chord.args and not member.immutable else member
            for member in flattened(chord.header, reverses=reverses)
        ]
        # `chord.link_error`: its body's, and of chords in its header; not of the other members.
        plain, told = replace(place.inside, links=(), errbacks=()), replace(place.inside, links=())
        points = [self.plan(member, at, told if isinstance(member, Chord) else plain) for member in members]
        header = self._joined(points, at)
        if chord.body is None:
            return header
        behind = self._behind("body", header.due, place.inside, at.due)
        if isinstance(chord.body, Group):
            done = self._last_group(chord.body, at.due, header, behind)
        else:
            done = self.plan(chord.body, header, behind)
        if points and isinstance(header.due, Succeeded):
            failed = Point(FailedId(None), ChordFailed(header.due.nodes, at.due))
            self._tell(self._errbacks_of_body(chord.body, place.errbacks), failed)
        return done

    def _joined(self, points: list[Point], at: Point) -> Point:
        """Return the point at which all of several that started at once are done."""
        nodes = [node for point in points if isinstance(point.due, Succeeded) for node in point.due.nodes]
        due = Succeeded(tuple(dict.fromkeys(nodes))) if points else at.due
        return Point(Results(tuple(point.value for point in points)), due)

    def _errbacks_of_body(self, body: Canvas, around: tuple[Canvas, ...]) -> tuple[Canvas, ...]:
        """Return who is told when the header fails (celery/backends/base.py, chord_error_from_stack).

        Of a body that is a chain, its own errbacks and not those of its steps; of a chord, those of its body, which is
        where a chord's errbacks are; of a group, those of each of its members, as each of them will never run
        (`_handle_group_chord_error`, `_result_errbacks`).
        """
        own = united(body.errbacks, around)
        match body:
            case Chord(body=inner) if inner is not None:
                return body.errbacks if CHORD_BODY_UNTOLD in self._assumed else self._errbacks_of_body(inner, own)
            case Group() if GROUP_BODY_UNTOLD in self._assumed:
                return own if self._version >= (5, 6) else ()
            case Group(members=members):
                told: list[Canvas] = []
                for member in flattened(members, reverses=False):
                    told += _errbacks_of_result(member, own)
                return tuple(told)
            case _:
                return own


def _errbacks_of_result(canvas: Canvas, around: tuple[Canvas, ...]) -> tuple[Canvas, ...]:
    """Return the errbacks of a member of a group that is a body (celery/backends/base.py, _result_errbacks)."""
    own = united(canvas.errbacks, around)
    if isinstance(canvas, Chord) and canvas.body is not None:
        return _errbacks_of_result(canvas.body, own)
    return own
