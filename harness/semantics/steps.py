"""How canvases nest: what a chain's steps and a group's members come down to, before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.canvas import Chain, Chord, Group

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.canvas import Canvas


def steps_of(chain: Chain, *, splits_bodies: bool, forgets: bool = False) -> list[Canvas]:
    """Return a chain's steps: chains in it spliced, groups of one unrolled, and a group that is followed made a chord.

    With `splits_bodies` (5.7: `_chord._unroll_body`) what follows the first task of a chord's body are steps as well:
    the order stays the same, but it is only that first task's errbacks that are told of a header that fails. With
    `forgets`, what hangs on a chain in it is lost.
    """
    steps = [
        part for step in _spliced(chain.steps, forgets=forgets) for part in (_split(step) if splits_bodies else (step,))
    ]
    chorded: list[Canvas] = []
    for step in reversed(steps):
        if isinstance(step, Group) and not step.members and (len(steps) > 1):
            continue
        if isinstance(step, Group) and chorded:
            chorded[-1] = Chord(step.members, chorded[-1])
        else:
            chorded.append(step)
    return list(reversed(chorded))


def _spliced(steps: Iterable[Canvas], *, forgets: bool) -> list[Canvas]:
    found: list[Canvas] = []
    for step in steps:
        while isinstance(step, Group) and len(step.members) == 1:
            step = step.members[0]  # noqa: PLW2901 - what it stands for
        if isinstance(step, Chain):
            inner = _spliced(step.steps, forgets=forgets)
            found += inner if forgets else _with_callbacks(inner, step)
        else:
            found.append(step)
    return found


def _split(chord: Canvas) -> list[Canvas]:
    if not isinstance(chord, Chord) or not isinstance(chord.body, Chain):
        return [chord]
    steps = _with_callbacks(list(chord.body.steps), chord.body)
    if not steps or isinstance(steps[0], Group):
        return [chord]
    last = replace(steps[-1], links=(*steps[-1].links, *chord.links))
    if len(steps) == 1:
        return [replace(chord, body=last, links=())]
    head = replace(chord, body=steps[0], links=())
    return [head, *(part for step in (*steps[1:-1], last) for part in _split(step))]


def _with_callbacks(steps: list[Canvas], chain: Chain) -> list[Canvas]:
    """Hand a chain's links to its last step, and its errbacks to each (`_chain.unchain_tasks`)."""
    if not steps:
        return steps
    told = [replace(step, errbacks=united(step.errbacks, chain.errbacks)) for step in steps]
    told[-1] = replace(told[-1], links=(*told[-1].links, *chain.links))
    return told


def flattened(members: Iterable[Canvas], *, reverses: bool) -> list[Canvas]:
    """Return a group's members, those of groups in it among them."""
    found: list[Canvas] = []
    for member in members:
        match member:
            case Group():
                inner = tuple(reversed(member.members)) if reverses else member.members
                told = [replace(one, errbacks=united(one.errbacks, member.errbacks)) for one in inner]
                found += flattened(told, reverses=reverses)
            case Chain(steps=()):
                continue
            case _:
                found.append(member)
    return found


def united(own: tuple[Canvas, ...], more: tuple[Canvas, ...]) -> tuple[Canvas, ...]:
    """Return both without what is there already (`Signature.append_to_list_option`)."""
    return (*own, *(one for one in more if one not in own))
