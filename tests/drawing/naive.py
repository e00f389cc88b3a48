"""A second opinion on canvases: a plain recursive interpreter that runs one as if it were a program.

No plan, no triggers, no record: calls return or raise, and whoever waits for them sees it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from harness.canvas import Call, Canvas, Chain, Chord, Chunks, Group, Map


class BrokenError(Exception):
    """A part of a canvas that will never come to anything."""


@dataclass
class Interpreter:
    """Runs canvases whose tasks fail if they are named, and else say what they were given."""

    failing: set[str]
    calls: list[tuple[str, list[Any], dict[str, Any]]] = field(default_factory=list)

    def run(
        self, canvas: Canvas, given: list[Any], told: tuple[Canvas, ...] = (), links: tuple[Canvas, ...] = ()
    ) -> Any:
        """Run a canvas with what it is given; `told` are the errbacks, `links` the callbacks, of what is around it."""
        told = canvas.errbacks + tuple(one for one in told if one not in canvas.errbacks)
        links = canvas.links + links
        match canvas:
            case Call():
                return self._call(
                    canvas.task, [*([] if canvas.immutable else given), *canvas.args], canvas, told, links
                )
            case Map() | Chunks():
                name = f"celery.{'chunks' if isinstance(canvas, Chunks) else 'starmap' if canvas.is_star else 'map'}"
                return self._call(name, [], canvas, told, links)
            case Group():
                return self._together(canvas.members, given, told)
            case Chord():
                return self._chord(canvas, given, told, links)
            case Chain():
                return self._chain(list(canvas.steps), given, told, links)

    def _call(
        self, task: str, args: list[Any], canvas: Any, told: tuple[Canvas, ...], links: tuple[Canvas, ...]
    ) -> Any:
        self.calls.append((task, args, dict(getattr(canvas, "kwargs", {}))))
        if task in self.failing:
            self._tell(told, f"id of {task}")
            raise BrokenError
        value = {task: args}
        for link in links:
            with suppress(BrokenError):
                self.run(link, [value])
        return value

    def _tell(self, errbacks: tuple[Canvas, ...], whose: str) -> None:
        for errback in errbacks:
            with suppress(BrokenError):
                self.run(errback, [whose])

    def _together(self, members: tuple[Canvas, ...], given: list[Any], told: tuple[Canvas, ...]) -> list[Any]:
        values, is_broken = [], False
        for member in members:
            try:
                value = self.run(member, given, told)
            except BrokenError:
                is_broken = True
            else:
                values += value if isinstance(member, Group) else [value]
        if is_broken:
            raise BrokenError
        return values

    def _chord(self, chord: Chord, given: list[Any], told: tuple[Canvas, ...], links: tuple[Canvas, ...]) -> Any:
        values, is_broken = [], False
        for member in chord.header:
            try:
                value = self.run(member, given, told if isinstance(member, Chord) else ())
            except BrokenError:
                is_broken = True
            else:
                values += value if isinstance(member, Group) else [value]
        assert chord.body is not None
        if is_broken:
            self._tell(self._told_of_header(chord.body, told), "?")
            raise BrokenError
        return self.run(chord.body, [values], told, links)

    def _told_of_header(self, body: Canvas, told: tuple[Canvas, ...]) -> tuple[Canvas, ...]:
        own = body.errbacks + tuple(one for one in told if one not in body.errbacks)
        if isinstance(body, Chord) and body.body is not None:
            return self._told_of_header(body.body, own)
        if not isinstance(body, Group):
            return own
        return tuple(errback for member in body.members for errback in self._told_of_member(member, own))

    def _told_of_member(self, member: Canvas, around: tuple[Canvas, ...]) -> tuple[Canvas, ...]:
        own = member.errbacks + tuple(one for one in around if one not in member.errbacks)
        if isinstance(member, Group):
            return tuple(errback for one in member.members for errback in self._told_of_member(one, own))
        if isinstance(member, Chord) and member.body is not None:
            return self._told_of_member(member.body, own) if not isinstance(member.body, Group) else own
        return own

    def _chain(self, steps: list[Canvas], given: list[Any], told: tuple[Canvas, ...], links: tuple[Canvas, ...]) -> Any:
        while (rewritten := _rewritten(steps)) is not None:
            steps = rewritten
        if len(steps) == 1:
            return self.run(steps[0], given, told, links)
        return self._chain(steps[1:], [self.run(steps[0], given, told)], told, links)


def _rewritten(steps: list[Canvas]) -> list[Canvas] | None:
    """Return a chain that means the same and begins more simply; None where it begins with something simple."""
    head, rest = steps[0], steps[1:]
    match head:
        case Group(members=(alone,)):
            return [alone, *rest]
        case Chain(steps=(_, *_)):
            return [*_handed_down(head), *rest]
        case Group(members=(_, *_)) if rest:
            return _joined(head, rest)
        case Chord(body=Chain(steps=(first, *_)) as body) if not isinstance(first, Group):
            return [*_without_tail(head, body), *rest]
        case _:
            return None


def _joined(group: Group, rest: list[Canvas]) -> list[Canvas]:
    """Make a group that is followed a chord, whose body is the next step: one that is simple itself."""
    match rest[0]:
        case Group(members=(alone,)):
            return _joined(group, [alone, *rest[1:]])
        case Chain() as chain:
            return [group, *_handed_down(chain), *rest[1:]]
        case Group() as following if rest[1:]:
            return [Chord(group.members, Chord(following.members, rest[1])), *rest[2:]]
        case following:
            return [Chord(group.members, following), *rest[1:]]


def _without_tail(chord: Chord, body: Chain) -> list[Canvas]:
    """Leave a chord the first task of its body: the others follow it."""
    steps = _handed_down(body)
    steps[-1] = replace(steps[-1], links=steps[-1].links + chord.links)
    return [replace(chord, body=steps[0], links=()), *steps[1:]]


def _handed_down(chain: Chain) -> list[Canvas]:
    """Return a chain's steps with its errbacks, and its links on the last of them."""
    steps = [
        replace(step, errbacks=step.errbacks + tuple(one for one in chain.errbacks if one not in step.errbacks))
        for step in chain.steps
    ]
    steps[-1] = replace(steps[-1], links=steps[-1].links + chain.links)
    return steps
