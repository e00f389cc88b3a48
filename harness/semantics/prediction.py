"""What a plan comes to, given what each call does: who is called with what, and who never is.

The behaviour is asked for call by call, in an order in which everything that a call depends on came before it; so it
may be a script, or what was recorded of a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, assert_never

from harness.semantics.defects import (
    FAILED_BEFORE_CHORD_UNTOLD,
    FAILED_BEFORE_GROUP_UNTOLD,
    INNER_CHORD_FAILS_UNTOLD,
)
from harness.semantics.plan import ChordFailed, Failed, FailedId, Nothing, Result, Results, Succeeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.semantics.defects import Defect
    from harness.semantics.plan import Node, Plan, Value

# dropped: revoked or expired before it started; silent: ignored, or not known how it ended: nothing follows.
Ending = Literal["succeeded", "failed", "dropped", "silent"]


_UNTOLD_BEHIND = {
    "body": INNER_CHORD_FAILS_UNTOLD,
    "group": FAILED_BEFORE_GROUP_UNTOLD,
    "chord": FAILED_BEFORE_CHORD_UNTOLD,
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """An argument that is not predicted: the id of a chord's body that failed."""

    def __repr__(self) -> str:
        return "<the id of a chord's body>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One call that must be made, and its arguments."""

    node: Node
    args: tuple[Any, ...]
    after: tuple[int, ...]  # the calls that must have ended before


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of a call."""

    ending: Ending
    value: Any = None
    task_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """A call that is never made."""

    because: int | None = None  # the call whose failure it is for, if it is for one
    is_silent: bool = False  # what it waits for was dropped or ignored: nobody ever says that it will not come
    is_told: bool = True  # whether a chord that waits for it learns that it will never be made


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a canvas comes to."""

    called: tuple[Called, ...]
    never: tuple[Node, ...]
    fates: tuple[Ended | Never, ...]  # by node
    has_succeeded: bool
    result: Any = None


def predict(plan: Plan, behave: Callable[[Called], Ended], assumed: frozenset[Defect] = frozenset()) -> Prediction:
    """Return what a plan comes to."""
    return _Predictor(plan, behave, assumed).predict()


class _Predictor:
    def __init__(self, plan: Plan, behave: Callable[[Called], Ended], assumed: frozenset[Defect]) -> None:
        self._plan = plan
        self._behave = behave
        self._assumed = assumed
        self._fates: list[Ended | Never] = []

    def predict(self) -> Prediction:
        called, never = [], []
        for node in self._plan.nodes:
            if self._is_due(node):
                call = Called(node=node, args=self._args(node), after=_after(node))
                called.append(call)
                self._fates.append(self._behave(call))
            else:
                never.append(node)
                self._fates.append(self._never(node))
        succeeded = all(self._succeeded(number) for number in _leaves(self._plan.value))
        return Prediction(
            called=tuple(called),
            never=tuple(never),
            fates=tuple(self._fates),
            has_succeeded=succeeded,
            result=self._value(self._plan.value) if succeeded else None,
        )

    def _is_due(self, node: Node) -> bool:
        return self._has_happened(node.trigger)

    def _has_happened(self, trigger: Succeeded | Failed | ChordFailed) -> bool:
        match trigger:
            case Succeeded(nodes):
                return all(self._succeeded(number) for number in nodes)
            case Failed(number):
                fate = self._fates[number]
                return isinstance(fate, Ended) and fate.ending == "failed"
            case ChordFailed(members, begun):
                return self._has_happened(begun) and self._is_chord_told(members)
            case _:
                assert_never(trigger)

    def _is_chord_told(self, members: tuple[int, ...]) -> bool:
        """Say whether a chord learns that it has failed: when it has learned of the end of each member."""
        fates = [self._fates[number] for number in members]
        if any(_is_silent(fate) or (isinstance(fate, Never) and not fate.is_told) for fate in fates):
            return False
        return not all(self._succeeded(number) for number in members)

    def _succeeded(self, number: int) -> bool:
        fate = self._fates[number]
        return isinstance(fate, Ended) and fate.ending == "succeeded"

    def _never(self, node: Node) -> Never:
        """Say why a call is never made."""
        if not isinstance(node.trigger, Succeeded):
            return Never()
        because, is_silent = None, False
        for number in node.trigger.nodes:
            match self._fates[number]:
                case Ended(ending="failed"):
                    because = number if because is None else because
                case Ended(ending="dropped"):
                    is_silent = True
                case Never(because=cause) if because is None:
                    because = cause
                case _:
                    pass
            is_silent |= _is_silent(self._fates[number])
        return Never(because=because, is_silent=is_silent, is_told=self._is_told(node))

    def _is_told(self, node: Node) -> bool:
        """Say whether a chord that waits for a call that is never made is told so."""
        assert isinstance(node.trigger, Succeeded)
        barriers = (self._plan.barriers[number] for number in node.barriers)
        kinds = {
            barrier.kind
            for barrier in barriers
            if self._has_happened(Succeeded(barrier.begun)) and not self._has_happened(Succeeded(barrier.before))
        }
        return not any(defect in self._assumed for kind, defect in _UNTOLD_BEHIND.items() if kind in kinds)

    def _args(self, node: Node) -> tuple[Any, ...]:
        if node.is_immutable or isinstance(node.receives, Nothing):
            return node.args
        return (self._value(node.receives), *node.args)

    def _value(self, value: Value) -> Any:  # noqa: ANN401 - a user's
        match value:
            case Nothing():
                return None
            case Result(number):
                fate = self._fates[number]
                return fate.value if isinstance(fate, Ended) else None
            case Results(members):
                return [self._value(member) for member in members]
            case FailedId(None):
                return Unknown()
            case FailedId(int() as number):
                fate = self._fates[number]
                return fate.task_id if isinstance(fate, Ended) else Unknown()
            case _:
                raise AssertionError(value)


def _is_silent(fate: Ended | Never) -> bool:
    return fate.is_silent if isinstance(fate, Never) else fate.ending == "silent"


def _after(node: Node) -> tuple[int, ...]:
    match node.trigger:
        case Succeeded(nodes):
            return nodes
        case Failed(number):
            return (number,)
        case ChordFailed(members):
            return members
        case _:
            assert_never(node.trigger)


def _leaves(value: Value) -> tuple[int, ...]:
    match value:
        case Result(number):
            return (number,)
        case Results(members):
            return tuple(leaf for member in members for leaf in _leaves(member))
        case _:
            return ()
