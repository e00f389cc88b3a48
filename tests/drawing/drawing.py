"""Draws canvases and what each call of them does, as Python source: what is printed is what was run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import celery
from drawn_app import ERRBACKS, INLINE, STEPS, TASKS
from hypothesis import strategies as st

from harness.behaviour import Step, calls_through, raises, sleeps

SCRIPTS: dict[str, list[Step]] = {
    "fails": [raises(ValueError("on purpose"))],
    "retried, then succeeds": [raises(ConnectionError("again")), calls_through()],
    "retried, then fails": [raises(ConnectionError("again")), raises(ValueError("on purpose"))],
    "retried in vain": [raises(ConnectionError("again"))] * 4,
}

# What is told, and not drawn.
OTHER_SCRIPTS: dict[str, list[Step]] = {"hangs": [sleeps(60)]}


@dataclass
class Drawn:
    """A canvas as source, and by task what its attempts do."""

    source: str
    scripts: dict[str, str] = field(default_factory=dict)

    def signature(self) -> celery.Signature:
        """Build it, of Celery's own objects."""
        names = {"chain": celery.chain, "group": celery.group, "chord": celery.chord, "linked": linked}
        return eval(self.source, {"__builtins__": {}}, TASKS | names)  # noqa: S307 - drawn by us

    @property
    def behaviour(self) -> dict[str, list[Step]]:
        """What its tasks do, for `prove`."""
        return {f"drawn_app.{task}": (SCRIPTS | OTHER_SCRIPTS)[script] for task, script in self.scripts.items()}

    def __repr__(self) -> str:
        does = "".join(f"\n# {task}: {script}" for task, script in self.scripts.items())
        return f"{self.source}{does}"


def linked(signature: Any, callback: Any) -> Any:
    """Link a callback, and return what it was linked to."""
    signature.link(callback)
    return signature


@st.composite
def canvases(draw: st.DrawFn, *, calls: int = 6, depth: int = 3, has_chains_as_errbacks: bool = True) -> Drawn:
    """Draw a canvas of at most so many calls, nested at most so deep."""
    return _Drawing(draw, calls, has_chains_as_errbacks=has_chains_as_errbacks).canvas(depth)


class _Drawing:
    def __init__(self, draw: st.DrawFn, calls: int, *, has_chains_as_errbacks: bool) -> None:
        self._draw = draw
        self._steps = list(STEPS[:calls])
        self._errbacks = {"told": list(ERRBACKS), "inline": list(INLINE)}
        self._scripts: dict[str, str] = {}
        self._kinds = ["", "", "told", "told", "inline", "inline", *(["chain"] if has_chains_as_errbacks else [])]

    def canvas(self, depth: int) -> Drawn:
        """Draw the whole canvas."""
        source = self._expression(depth)
        return Drawn(source, self._scripts)

    def _expression(self, depth: int) -> str:
        kinds = (
            ["call"] if depth <= 1 or len(self._steps) < 2 else ["chain", "chain", "group", "chord", "chord", "call"]
        )
        match self._draw(st.sampled_from(kinds)):
            case "chain":
                return self._followed(f"chain({self._several(depth, least=2)})", depth)
            case "group":
                return self._followed(f"group({self._several(depth, least=1)})", depth, is_group=True)
            case "chord":
                header = self._several(depth, least=1, spare=1)
                if not self._steps:
                    return self._followed(f"group({header})", depth, is_group=True)
                return self._followed(f"chord([{header}], {self._expression(depth - 1)})", depth)
            case _:
                return self._call(depth)

    def _several(self, depth: int, least: int, spare: int = 0) -> str:
        count = self._draw(st.integers(least, 3))
        parts = []
        for _ in range(count):
            if len(self._steps) <= spare:
                break
            parts.append(self._expression(depth - 1))
        return ", ".join(parts)

    def _call(self, depth: int) -> str:
        task = self._steps.pop(0)
        if self._draw(st.integers(0, 14)) == 14:
            return self._draw(st.sampled_from([f"{task}.map([1, 2])", f"{task}.starmap([(1, 2), (3, 4)])"]))
        args = self._draw(st.sampled_from(["", "", "1", "1, k=2"]))
        source = f"{task}.{self._draw(st.sampled_from(['s', 's', 's', 'si']))}({args})"
        script = self._draw(st.sampled_from([None, None, *SCRIPTS]))
        if script is not None:
            self._scripts[task] = script
        return self._followed(source, depth)

    def _followed(self, source: str, depth: int, *, is_group: bool = False) -> str:
        """Add callbacks and errbacks, to some."""
        kind = self._draw(st.sampled_from(self._kinds))
        if kind == "chain" and len(self._errbacks["told"]) > 1 and self._draw(st.integers(0, 3)) == 3:
            told, then = self._errbacks["told"].pop(0), self._errbacks["told"].pop(0)
            source = f"{source}.on_error(chain({told}.s(), {then}.s()))"
        elif self._errbacks.get(kind):
            source = f"{source}.on_error({self._errbacks[kind].pop(0)}.s())"
        if not is_group and self._steps and self._draw(st.integers(0, 6)) == 6:
            source = f"linked({source}, {self._expression(min(depth - 1, 2))})"
        return source
