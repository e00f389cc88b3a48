"""The canvas as people draw it: tasks, chains, groups and chords, and which of the tasks that ran each part became.

Owns which id belongs to which part: a canvas is sent before it has ids, so its parts are found by their names, in the
order of the canvas. Where several are called the same, this may mistake one for the other. A part of which nothing was
ever sent is a task all the same: it is one that never ran.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from harness.canvas import Call, Chain, Chord, Chunks, Group, Map, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.canvas import Canvas
    from harness.report.format import Json
    from harness.report.told import Told

_MOST_CANVASES = 60


@dataclass(slots=True, kw_only=True)
class Node:
    """A part of a canvas."""

    kind: Literal["task", "chain", "group", "chord", "several"]
    task: int | None = None
    name: str = ""
    of: list[Node] = field(default_factory=list)  # of a chord, its header
    body: Node | None = None
    links: list[Node] = field(default_factory=list)
    errbacks: list[Node] = field(default_factory=list)

    def as_json(self) -> Json:
        """Return it as a report has it."""
        told: dict[str, Json] = {"kind": self.kind}
        if self.kind == "task":
            told |= {"task": self.task, "name": self.name}
        elif self.kind == "chord":
            told |= {"header": [one.as_json() for one in self.of], "body": self.body and self.body.as_json()}
        else:
            told["of"] = [one.as_json() for one in self.of]
        for name, nodes in (("link", self.links), ("link_error", self.errbacks)):
            if nodes:
                told[name] = [one.as_json() for one in nodes]
        return told


def dag(told: Told) -> Node | None:
    """Return what was sent; None where that is not known as data, and where nobody could look at it."""
    found: list[Node] = []
    finder = _Finder(told)
    canvases = [one for one in told.canvases if one.canvas is not None]
    if len(canvases) > _MOST_CANVASES:
        return None
    for sent in canvases:
        try:
            canvas = read(sent.canvas)
        except (ValueError, RecursionError):  # what is too long for a journal has been cut
            continue
        finder.plan(one.task_id for one in sent.planned)
        found.append(finder.node(canvas))
    if len(found) < 2:  # noqa: PLR2004 - several
        return found[0] if found else None
    return Node(kind="several", of=found)


def steps(node: Node | None) -> frozenset[int]:
    """Return the tasks that a canvas is made of, without those that are called when one of them has ended."""
    if node is None:
        return frozenset()
    own = {node.task} if node.task is not None else set()
    return frozenset(own.union(*(steps(part) for part in (*node.of, node.body))))


def waits(node: Node | None) -> dict[int, list[int]]:
    """Return what each task of a canvas comes directly after, the first ones first."""
    found: dict[int, list[int]] = {}
    if node is not None:
        _wait(node, [], found)
    return found


def _wait(node: Node, before: list[int], found: dict[int, list[int]]) -> list[int]:
    """Note what a part waits for; return what whatever comes after it waits for."""
    match node.kind:
        case "task":
            done = before
            if node.task is not None:
                found[node.task] = before
                done = [node.task]
        case "chain":
            done = before
            for part in node.of:
                done = _wait(part, done, found)
        case "chord":
            done = _together(node.of, before, found)
            done = done if node.body is None else _wait(node.body, done, found)
        case _:
            done = _together(node.of, before, found)
    for link in node.links:
        _wait(link, done, found)
    return done


def _together(parts: Sequence[Node], before: list[int], found: dict[int, list[int]]) -> list[int]:
    return [task for part in parts for task in _wait(part, before, found)]


class _Finder:
    """Finds, part by part, the tasks that the parts of canvases became."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._planned: defaultdict[str, deque[str]] = defaultdict(deque)
        planned = {one.task_id for sent in told.canvases for one in sent.planned}
        self._others: defaultdict[str, deque[str]] = defaultdict(deque)  # callbacks: nobody knows their ids before
        for task_id, name in told.names.items():
            if task_id not in planned:
                self._others[name].append(task_id)
        self._announced: defaultdict[str, deque[str]] = defaultdict(deque)
        for task_id, name in told.announced.items():
            self._announced[name].append(task_id)

    def plan(self, ids: Iterable[str]) -> None:
        self._planned.clear()
        for task_id in ids:
            self._planned[self._told.names[task_id]].append(task_id)

    def node(self, canvas: Canvas, *, is_callback: bool = False) -> Node:
        node = self._plain(canvas, is_callback=is_callback)
        node.links = [self.node(one, is_callback=True) for one in canvas.links]
        node.errbacks = [self.node(one, is_callback=True) for one in canvas.errbacks]
        return node

    def _plain(self, canvas: Canvas, *, is_callback: bool) -> Node:
        def all_of(parts: Iterable[Canvas]) -> list[Node]:
            return [self.node(part, is_callback=is_callback) for part in parts]

        match canvas:
            case Call():
                return self._leaf(canvas.task, is_callback=is_callback)
            case Map():
                return self._leaf("celery.starmap" if canvas.is_star else "celery.map", is_callback=is_callback)
            case Chunks():
                return Node(kind="group", of=list(self._parts(canvas, is_callback=is_callback)))
            case Chain():
                return Node(kind="chain", of=all_of(canvas.steps))
            case Group():
                return Node(kind="group", of=all_of(canvas.members))
            case Chord():
                header = all_of(canvas.header)
                body = None if canvas.body is None else self.node(canvas.body, is_callback=is_callback)
                return Node(kind="chord", of=header, body=body)

    def _parts(self, chunks: Chunks, *, is_callback: bool) -> Iterator[Node]:
        """Yield what chunks become: a group of maps, or, inside a canvas, a task of their own."""
        if self._planned["celery.chunks"] or self._others["celery.chunks"]:
            yield self._leaf("celery.chunks", is_callback=is_callback)
            return
        for _ in chunks.as_group().members:
            yield self._leaf("celery.starmap", is_callback=is_callback)

    def _leaf(self, name: str, *, is_callback: bool) -> Node:
        shelves = (self._others,) if is_callback else (self._planned, self._others)
        for shelf in shelves:
            if shelf[name]:
                return Node(kind="task", task=self._told.tasks[shelf[name].popleft()], name=name)
        if is_callback:  # whether it was to be called at all is another question
            return Node(kind="task", name=name)
        announced = self._announced[name]
        return Node(kind="task", task=self._told.add_task(announced.popleft() if announced else None, name), name=name)
