from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery, Task
from celery.app.trace import build_tracer

from harness.app.scripted import Behaviour, behaviour_at_hand, make_scriptable
from harness.behaviour import calls_through, encode, raises, returns, sleeps
from harness.journal import TESTBED_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Attempt = Callable[..., tuple[Any, str | None]]


class OwnError(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class Counting(Task):
    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return ["called", super().__call__(*args, **kwargs)]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    """An app in a testbed, with tasks of several kinds."""
    monkeypatch.setenv(TESTBED_VARIABLE, str(tmp_path))
    app = Celery("an app", broker="memory://", backend="cache+memory://", set_as_current=False)

    app.done = []

    def own(x: int) -> str:
        app.done.append(x)
        return f"own code, {x}"

    def failing(x: int) -> str:
        raise LookupError(x)

    def calls_another(x: int) -> str:
        return f"called: {app.tasks['plain'](x)}"

    class Classy(Task):
        name = "classy"

        def run(self, x: int) -> str:
            return f"a class's code, {x}"

    app.task(own, name="plain", shared=False)
    app.task(own, name="auto", shared=False, autoretry_for=(OSError,), retry_backoff=False, default_retry_delay=7)
    app.task(own, name="counting", shared=False, base=Counting)
    app.task(failing, name="failing", shared=False)
    app.task(calls_another, name="calls_another", shared=False)
    app.register_task(Classy())
    app.finalize()
    make_scriptable(app)
    yield app
    app.close()


@pytest.fixture
def script(tmp_path: Path) -> Callable[[Any], None]:
    """Return what puts a script where processes of the testbed look."""

    def script(behaviour: Any) -> None:
        Behaviour(tmp_path / "behaviour.json").write(encode(behaviour))

    return script


@pytest.fixture
def attempt(app: Celery) -> Attempt:
    """Return what has an attempt of a task run as a worker does, and gives back what it came to, and its state."""

    def attempt(name: str, x: int = 1, *, retries: int = 0, eager: bool = False) -> tuple[Any, str | None]:
        task = app.tasks[name]
        request = {"id": "id-1", "retries": retries, "is_eager": eager, "delivery_info": {}, "ignore_result": False}
        tracer = build_tracer(name, task, app=app, eager=eager, propagate=False)
        returned, info, *_ = tracer("id-1", (x,), {}, request)
        return (returned, None) if info is None else (info.retval, info.state)

    return attempt


@pytest.mark.parametrize("name", ["plain", "auto", "classy"])
def test_without_a_script_a_task_runs_its_own_code(attempt: Attempt, name: str) -> None:
    assert attempt(name)[0].endswith("code, 1")


@pytest.mark.parametrize("name", ["plain", "auto", "classy"])
def test_one_step_is_what_every_attempt_does(attempt: Attempt, script: Any, name: str) -> None:
    script({name: returns([5])})
    assert [attempt(name, retries=retries) for retries in (0, 1, 9)] == [([5], None)] * 3


def test_a_list_goes_by_attempts_and_ends_with_the_tasks_own_code(attempt: Attempt, script: Any) -> None:
    script({"plain": [returns("first"), calls_through(), returns("third")]})
    found = [attempt("plain", retries=retries)[0] for retries in range(4)]
    assert found == ["first", "own code, 1", "third", "own code, 1"]


def test_a_script_is_of_one_task_and_no_other(attempt: Attempt, script: Any) -> None:
    script({"plain": returns(5)})
    assert attempt("auto")[0] == "own code, 1"


def test_an_exception_is_raised_with_its_arguments(attempt: Attempt, script: Any) -> None:
    script({"plain": raises(LookupError("no", 3))})
    error, state = attempt("plain")
    assert state == "FAILURE"
    assert (type(error), error.args) == (LookupError, ("no", 3))


def test_an_exception_whose_constructor_takes_other_things_is_raised_as_it_was(attempt: Attempt, script: Any) -> None:
    script({"plain": raises(OwnError(3, "why"))})
    error, _ = attempt("plain")
    assert (type(error).__qualname__, str(error), error.code) == ("OwnError", "3: why", 3)


def test_the_tasks_own_code_may_run_before_what_a_script_says(app: Celery, attempt: Attempt, script: Any) -> None:
    script({"plain": calls_through(then=returns(5)), "auto": calls_through(then=sleeps(0, raises(OSError("late"))))})
    assert attempt("plain", 3)[0] == 5
    assert attempt("auto", 4)[1] == "RETRY"
    assert app.done == [3, 4]


def test_where_the_tasks_own_code_raises_nothing_comes_after_it(attempt: Attempt, script: Any) -> None:
    script({"failing": calls_through(then=returns(5))})
    error, state = attempt("failing")
    assert (type(error), state) == (LookupError, "FAILURE")


def test_autoretry_takes_a_scripted_exception_for_the_tasks_own(attempt: Attempt, script: Any) -> None:
    script({"auto": raises(OSError("down")), "plain": raises(OSError("down"))})
    assert attempt("auto")[1] == "RETRY"
    assert attempt("plain")[1] == "FAILURE"


def test_what_a_tasks_class_does_around_its_code_it_does_around_a_script(attempt: Attempt, script: Any) -> None:
    script({"counting": returns(5)})
    assert attempt("counting") == (["called", 5], None)


def test_a_sleep_takes_its_time_and_then_the_next_step_comes(
    attempt: Attempt, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("harness.app.scripted.time.sleep", slept.append)
    script({"plain": [sleeps(3), sleeps(1, sleeps(2, returns(7)))]})
    assert attempt("plain")[0] == "own code, 1"
    assert attempt("plain", retries=1)[0] == 7
    assert slept == [3, 1, 2]


def test_a_task_that_another_calls_as_a_function_runs_its_own_code(attempt: Attempt, script: Any) -> None:
    script({"plain": returns("scripted")})
    assert attempt("calls_another") == ("called: own code, 1", None)


def test_a_task_that_is_run_eagerly_runs_its_own_code(attempt: Attempt, script: Any) -> None:
    script({"plain": returns("scripted")})
    assert attempt("plain", eager=True)[0] == "own code, 1"


def test_a_new_script_takes_the_place_of_the_old_one_and_none_ends_it(attempt: Attempt, script: Any) -> None:
    found = []
    for behaviour in ({"plain": returns(1)}, {"plain": returns(2)}, {"auto": returns(3)}, {"plain": returns(4)}, {}):
        script(behaviour)
        found.append(attempt("plain")[0])
    assert found == [1, 2, "own code, 1", 4, "own code, 1"]


def test_a_script_that_has_not_changed_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "behaviour.json"
    behaviour = Behaviour(path)
    behaviour.write({"A": {"do": "call"}})
    stamp = path.stat().st_mtime_ns
    assert behaviour.step("A", 0) == {"do": "call"}
    with path.open("r+b") as file:  # the same file, and a time that says nothing has happened
        file.write(b"?")
    os.utime(path, ns=(stamp, stamp))
    assert behaviour.step("A", 5) == {"do": "call"}
    assert behaviour.step("B", 0) == {"do": "call"}


def test_a_testbeds_script_is_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TESTBED_VARIABLE, str(tmp_path))
    behaviour_at_hand().write({"A": [{"do": "call"}]})
    assert [path.name for path in tmp_path.iterdir()] == ["behaviour.json"]
