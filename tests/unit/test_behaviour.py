from __future__ import annotations

import json
import math
from typing import Any

import pytest
from celery import Celery
from celery.exceptions import Retry

from harness.behaviour import Step, calls_through, encode, raises, returns, sleeps
from harness.errors import UsageError


class PlainError(Exception):
    pass


class TwoPartsError(Exception):
    """Takes two things and hands on a third."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code, self.reason = code, reason


class LenientError(Exception):
    """Could be called with what it handed on, and would be another one."""

    def __init__(self, *words: str) -> None:
        super().__init__("!".join(words))
        self.words = list(words)


class Shop:
    class InnerError(Exception):
        pass


class NotAnException:
    pass


def test_every_step_is_data_that_json_holds_as_it_is() -> None:
    steps = [
        returns({"a": [1, None]}),
        raises(OSError(2, "no")),
        calls_through(),
        sleeps(3, returns(1)),
        calls_through(then=sleeps(1, raises(OSError))),
        raises(TwoPartsError(1, "x")),
    ]
    assert json.loads(json.dumps([step.data for step in steps])) == [step.data for step in steps]


def test_a_value_is_returned_as_it_is_and_nothing_is_returned_by_default() -> None:
    assert returns([1, "grün"]).data == {"do": "return", "value": [1, "grün"]}
    assert returns().data == {"do": "return", "value": None}


@pytest.mark.parametrize("value", [object(), {1, 2}, math.inf, math.nan, b"bytes", [object()]])
def test_a_value_that_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="a value that JSON can hold"):
        returns(value)


@pytest.mark.parametrize(
    ("given", "arguments"), [(OSError, []), (OSError(2, "no"), [2, "no"]), (PlainError("x"), ["x"])]
)
def test_an_exception_is_named_by_its_module_with_its_arguments(given: Any, arguments: list[object]) -> None:
    data = raises(given).data
    kind = given if isinstance(given, type) else type(given)
    assert data["class"] == f"{kind.__module__}:{kind.__qualname__}"
    assert data["arguments"] == arguments
    assert data["attributes"] is None


def test_an_exception_of_a_file_brings_the_file_along() -> None:
    assert raises(PlainError).data["file"] == __file__
    assert raises(OSError).data["file"] is None


def test_a_class_inside_a_class_is_named_with_it() -> None:
    assert raises(Shop.InnerError).data["class"] == f"{__name__}:Shop.InnerError"


@pytest.mark.parametrize("error", [TwoPartsError(3, "why"), LenientError("a", "b")])
def test_an_exception_that_its_arguments_alone_do_not_make_brings_its_attributes_along(error: Exception) -> None:
    data = raises(error).data
    assert tuple(data["arguments"]) == error.args
    assert data["attributes"] == vars(error)


@pytest.mark.parametrize("exception", [NotAnException, NotAnException(), "OSError", None])
def test_what_is_no_exception_is_refused(exception: Any) -> None:
    with pytest.raises(UsageError, match="an exception to raise"):
        raises(exception)


def test_a_class_that_no_worker_could_import_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class LocalError(Exception):
        pass

    with pytest.raises(UsageError, match="that a worker can import"):
        raises(LocalError)
    monkeypatch.setattr(PlainError, "__module__", "__main__")
    with pytest.raises(UsageError, match="that a worker can import"):
        raises(PlainError("x"))


def test_a_class_that_wants_arguments_is_refused_without_them() -> None:
    with pytest.raises(UsageError) as caught:
        raises(TwoPartsError)
    assert "reason" in str(caught.value.found)
    assert caught.value.remedy == "give one that you have made: raises(TwoPartsError(...))"


@pytest.mark.parametrize(
    "error",
    [PlainError(object()), ExceptionGroup("g", [OSError()]), Retry("no"), TwoPartsError({1}, "x")],  # type: ignore[arg-type]
)
def test_an_exception_that_json_cannot_hold_is_refused(error: Exception) -> None:
    with pytest.raises(UsageError, match="arguments and attributes JSON can hold"):
        raises(error)


def test_after_a_sleep_comes_the_tasks_own_code_or_what_is_wanted() -> None:
    assert sleeps(2.5).data == {"do": "sleep", "seconds": 2.5, "then": {"do": "call"}}
    assert sleeps(0, returns(1)).data["then"] == {"do": "return", "value": 1}


@pytest.mark.parametrize("seconds", [-1, math.inf, math.nan, "3", None, True])
def test_a_sleep_of_no_time_that_there_is_is_refused(seconds: Any) -> None:
    with pytest.raises(UsageError, match="a time to sleep"):
        sleeps(seconds)


def test_only_a_step_can_follow_a_sleep() -> None:
    with pytest.raises(UsageError, match="a step to do after a sleep"):
        sleeps(1, 5)  # type: ignore[arg-type]


def test_after_the_tasks_own_code_comes_what_is_wanted() -> None:
    assert calls_through().data == {"do": "call"}
    assert calls_through(returns(1)).data == {"do": "call", "then": {"do": "return", "value": 1}}
    assert sleeps(2, calls_through(then=returns(1))).data["then"]["then"] == {"do": "return", "value": 1}


@pytest.mark.parametrize(
    "then", [5, OSError, calls_through(), calls_through(returns(1)), sleeps(3), sleeps(1, sleeps(2))]
)
def test_what_follows_the_tasks_own_code_is_a_step_that_does_not_run_it_again(then: Any) -> None:
    with pytest.raises(UsageError, match="a step to do after the task's own code, which does not run that again"):
        calls_through(then)


def test_a_behaviour_is_told_by_names_or_by_the_tasks_themselves() -> None:
    app = Celery("an app", set_as_current=False)
    task = app.task(nothing, name="shop.charge", shared=False)
    assert encode({task: returns(1)}) == encode({"shop.charge": returns(1)}) == {"shop.charge": returns(1).data}


def nothing() -> None:
    return None


def test_one_step_stays_one_and_a_list_stays_a_list() -> None:
    assert encode({"A": calls_through(), "B": [calls_through()], "C": ()}) == {
        "A": {"do": "call"},
        "B": [{"do": "call"}],
        "C": [],
    }


@pytest.mark.parametrize("script", [5, "raise", None, [returns(1), 5], OSError, {"do": "call"}])
def test_what_is_no_script_is_refused(script: Any) -> None:
    with pytest.raises(UsageError, match="a script for shop"):
        encode({"shop.charge": script})


@pytest.mark.parametrize("task", [5, None, object()])
def test_what_is_no_task_is_refused(task: Any) -> None:
    with pytest.raises(UsageError, match="a task, or its name"):
        encode({task: Step({"do": "call"})})


def test_a_task_with_two_scripts_is_refused() -> None:
    task = Celery("an app", set_as_current=False).task(nothing, name="shop.charge", shared=False)
    with pytest.raises(UsageError, match="one script for shop"):
        encode({"shop.charge": returns(1), task: returns(2)})
