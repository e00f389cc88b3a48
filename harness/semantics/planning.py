"""From a canvas to its plan: what Celery's documentation promises (Canvas, Calling Tasks), and its code in detail.

Owns how canvases nest: chains within chains, groups that become chords, groups of one, links and errbacks of them all.
Source, unless another is named: celery/canvas.py, 5.4.0 to 5.7.0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.canvas import Call, Chain, Chord, Chunks, Group, Map
from harness.semantics.defects import GROUP_BODY_UNTOLD, NESTED_GROUPS_REVERSED
from harness.semantics.plan import (
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
    bodies: tuple[int, ...] = ()
    is_applied: bool = True  # it is sent as it stands; else as a part of something that gave it its ids before

    @property
    def inside(self) -> Place:
        """The same for a part of it."""
        return replace(self, is_applied=False)


def plan_of(canvas: Canvas, version: Version, assumed: frozenset[Defect] = frozenset()) -> Plan:
    """Return all calls that a canvas may come to; with defects assumed, what it comes to with them."""
    planner = _Planner(version, assumed)
    point = planner.plan(canvas, Point(Nothing(), AT_START), Place())
    return Plan(nodes=tuple(planner.nodes), value=point.value, headers=dict(planner.headers), open=tuple(planner.open))


class _Planner:
    def __init__(self, version: Version, assumed: frozenset[Defect]) -> None:
        self._version = version
        self._assumed = assumed
        self.nodes: list[Node] = []
        self.headers: dict[int, tuple[int, ...]] = {}
        self.open: list[str] = []

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
                bodies=place.bodies,
            )
        )
        done = Point(Result(number), Succeeded((number,)))
        for link in place.links:
            self.plan(link, done, Place(role="callback"))
        for errback in place.errbacks:
            self.plan(errback, Point(FailedId(number), Failed(number)), Place(role="errback"))
        return done

    def _chain(self, chain: Chain, at: Point, place: Place) -> Point:
        steps = steps_of(chain, splits_bodies=self._version >= (5, 7))
        if not steps:
            return at
        first = steps[0]
        if chain.args:
            steps[0] = replace(first, args=(*chain.args, *first.args))
        for step in steps[:-1]:
            at = self.plan(step, at, replace(place.inside, links=()))
        if isinstance(steps[-1], Group) and place.links:
            self.open.append("a link of a chain that ends with a group: nothing says for whose result it is called")
        return self.plan(steps[-1], at, place.inside)

    def _group(self, group: Group, at: Point, place: Place) -> Point:
        reverses = NESTED_GROUPS_REVERSED in self._assumed and not place.is_applied
        members = flattened(group.members, reverses=reverses)
        place = replace(place, links=())
        return self._joined([self.plan(member, at, place) for member in members], at)

    def _chord(self, chord: Chord, at: Point, place: Place) -> Point:
        number = len(self.headers)
        self.headers[number] = ()
        reverses = NESTED_GROUPS_REVERSED in self._assumed
        members = [
            replace(member, args=(*chord.args, *member.args)) if chord.args and not member.immutable else member
            for member in flattened(chord.header, reverses=reverses)
        ]
        # `chord.link_error`: its body's, and of chords in its header; not of the other members.
        plain, told = replace(place.inside, links=(), errbacks=()), replace(place.inside, links=())
        points = [self.plan(member, at, told if isinstance(member, Chord) else plain) for member in members]
        header = self._joined(points, at)
        if isinstance(header.due, Succeeded) and points:
            self.headers[number] = header.due.nodes
        if chord.body is None:
            return header
        done = self.plan(chord.body, header, replace(place.inside, bodies=(*place.bodies, number)))
        if points and isinstance(header.due, Succeeded):
            failed = Point(FailedId(None), ChordFailed(header.due.nodes, at.due))
            for errback in self._errbacks_of_body(chord.body, place.errbacks):
                self.plan(errback, failed, Place(role="errback"))
        return done

    def _joined(self, points: list[Point], at: Point) -> Point:
        """Return the point at which all of several that started at once are done."""
        nodes = [node for point in points if isinstance(point.due, Succeeded) for node in point.due.nodes]
        due = Succeeded(tuple(dict.fromkeys(nodes))) if points else at.due
        return Point(Results(tuple(point.value for point in points)), due)

    def _errbacks_of_body(self, body: Canvas, around: tuple[Canvas, ...]) -> tuple[Canvas, ...]:
        """Return who is told when the header fails (celery/backends/base.py, chord_error_from_stack).

        Of a body that is a chain or a chord, its own errbacks and not those of its steps; of a group, those of each of
        its members, as each of them will never run (`_handle_group_chord_error`, `_result_errbacks`).
        """
        own = united(body.errbacks, around)
        if not isinstance(body, Group):
            return own
        if GROUP_BODY_UNTOLD in self._assumed:
            return own if self._version >= (5, 6) else ()
        told: list[Canvas] = []
        for member in flattened(body.members, reverses=False):
            inner, errbacks = member, own
            while isinstance(inner, Chord) and inner.body is not None:
                inner, errbacks = inner.body, united(inner.errbacks, errbacks)
            told += united(inner.errbacks, errbacks)
        return tuple(told)
