from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from celery.bin.worker import worker

from harness.scenario import POOLS, Conditions, Pool, Surroundings
from harness.testbed.celery_commands import (
    celery_environment,
    launcher,
    recorder_command,
    recorder_environment,
    sender_command,
    worker_command,
    worker_names,
)
from harness.testbed.redis_server import Server

SERVER = Server(host="127.0.0.1", port=6390, password="a-word")  # noqa: S106 - of no server


def test_workers_are_numbered_from_one() -> None:
    assert worker_names(Conditions(workers=3)) == ("worker-1", "worker-2", "worker-3")
    assert worker_names(Conditions()) == ("worker-1",)


@pytest.mark.parametrize("pool", POOLS)
def test_a_worker_runs_as_its_conditions_say_with_the_probe_in_it(pool: Pool) -> None:
    command = worker_command(["python"], "app:app", Surroundings(), "worker-2", Conditions(pool=pool, concurrency=7))
    assert command[:6] == ["python", "[]", "worker", "app:app", "", ""]
    options = dict(zip(command[6:-3:2], command[7:-3:2], strict=True))
    assert options == {
        "-n": "worker-2@%h",
        "-P": pool,
        "-c": "7",
        "-l": "INFO",
        "-I": "harness.probe",
    }
    assert set(command[-3:]) == {"--without-mingle", "--without-gossip", "--without-heartbeat"}


def test_celery_knows_every_option_of_a_workers_command() -> None:
    known = {option for parameter in worker.params for option in parameter.opts}
    command = worker_command(["python"], "app:app", Surroundings(), "w", Conditions())
    assert {part for part in command[6:] if part.startswith("-")} <= known


def test_the_launcher_is_a_file_and_nothing_beside_it_can_be_taken_for_a_module() -> None:
    python, isolated, file = launcher("python")
    assert (python, isolated) == ("python", "-P")
    assert Path(file).is_file()


@pytest.mark.parametrize("role", ["worker", "sender"])
def test_the_launcher_is_told_of_an_apps_surroundings(role: str) -> None:
    surroundings = Surroundings(search_path=("/one", "/an other"), file="/one/app.py", queues=("high", "low"))
    command = (
        sender_command(["launch"], "app:app", surroundings)
        if role == "sender"
        else worker_command(["launch"], "app:app", surroundings, "w", Conditions())
    )
    launch, search_path, *rest = command[:6]
    assert launch == "launch"
    assert json.loads(search_path) == ["/one", "/an other"]
    assert rest == [role, "app:app", "/one/app.py", "high,low"]


def test_the_recorder_is_there_to_be_started() -> None:
    command = recorder_command("python")
    assert command[:2] == ["python", "-m"]
    assert find_spec(command[2]) is not None


def test_broker_and_results_are_given_by_the_variables_that_celery_prefers() -> None:
    assert celery_environment(SERVER) == {
        "CELERY_BROKER_URL": "redis://:a-word@127.0.0.1:6390/0",
        "CELERY_RESULT_BACKEND": "redis://:a-word@127.0.0.1:6390/1",
    }


def test_no_command_line_shows_the_password() -> None:
    commands = [
        worker_command(["p"], "a", Surroundings(), "w", Conditions()),
        sender_command(["p"], "a", Surroundings()),
        recorder_command("p"),
    ]
    assert not any("a-word" in part for command in commands for part in command)
    assert set(recorder_environment(SERVER).values()) == {"127.0.0.1:6390", "a-word"}
