from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.proof import testbeds
from harness.proof.testbeds import Testbeds
from harness.proof.wishes import Wishes, wishes_of
from harness.scenario import Conditions

if TYPE_CHECKING:
    from collections.abc import Callable


class Stage:
    """A testbed of which it is only known whether it stands."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.resists = False

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")
        if self.resists:
            raise HarnessError("it to go", "it stays", "push")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Stage]:
    """The testbeds that are made, in their order."""
    stages: list[Stage] = []

    def make(*_: object) -> Stage:
        stages.append(Stage())
        return stages[-1]

    monkeypatch.setattr(testbeds, "make_testbed", make)
    return stages


@pytest.fixture
def get(made: list[Stage]) -> Callable[..., Any]:
    """Return what gets the testbed for a number of workers."""
    assert made == []
    kept = Testbeds()

    def get(workers: int) -> Any:
        return kept.get(wishes(workers), None, Conditions())  # type: ignore[arg-type]

    get.kept = kept  # type: ignore[attr-defined]
    return get


def wishes(workers: int) -> Wishes:
    return wishes_of({"app": "shop:app", "workers": workers}, Conditions(), None)


def test_equal_wishes_share_a_testbed_that_stands(get: Any, made: list[Stage]) -> None:
    assert get(1) is get(1)
    assert [stage.calls for stage in made] == [["start"]]


def test_other_wishes_have_another(get: Any) -> None:
    assert get(1) is not get(2)
    assert get(1) is get(1)


def test_of_too_many_the_one_that_was_not_used_for_longest_goes(get: Any, made: list[Stage]) -> None:
    first, second, third = get(1), get(2), get(3)
    assert get(1) is first
    get(4)
    assert second.calls == ["start", "stop"]
    assert [stage.calls for stage in (first, third, made[3])] == [["start"]] * 3
    assert get(1) is first
    assert get(2) is not second


def test_one_that_was_dropped_is_gone_and_the_next_one_is_new(get: Any) -> None:
    first = get(1)
    get.kept.drop(wishes(1))
    get.kept.drop(wishes(1))
    assert first.calls == ["start", "stop"]
    assert get(1) is not first


def test_at_the_end_all_go_even_if_one_resists(get: Any, made: list[Stage]) -> None:
    for workers in (1, 2, 3):
        get(workers)
    made[1].resists = True
    with pytest.raises(HarnessError):
        get.kept.close()
    assert [stage.calls for stage in made] == [["start", "stop"]] * 3
    get.kept.close()


def test_one_that_does_not_start_is_not_kept(get: Any, made: list[Stage], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Stage) -> None:
        raise HarnessError("it to start", "it lies", "lift")

    with monkeypatch.context() as patch:
        patch.setattr(Stage, "start", refuse)
        with pytest.raises(HarnessError):
            get(1)
    assert get(1) is made[1]
