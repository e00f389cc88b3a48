from __future__ import annotations

from importlib.util import find_spec

import pytest
from celery.bin.worker import worker

from harness.scenario import POOLS, Conditions, Pool
from harness.testbed.celery_commands import (
    celery_environment,
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
    command = worker_command("python", "app:app", "worker-2", Conditions(pool=pool, concurrency=7))
    assert command[:6] == ["python", "-m", "celery", "-A", "app:app", "worker"]
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
    options = [part for part in worker_command("python", "app:app", "w", Conditions())[6:] if part.startswith("-")]
    assert set(options) <= known


@pytest.mark.parametrize("command", [sender_command("python", "app:app"), recorder_command("python")])
def test_what_is_started_beside_the_workers_is_there_to_be_started(command: list[str]) -> None:
    assert command[:2] == ["python", "-m"]
    assert find_spec(command[2]) is not None


def test_broker_and_results_are_given_by_the_variables_that_celery_prefers() -> None:
    assert celery_environment(SERVER) == {
        "CELERY_BROKER_URL": "redis://:a-word@127.0.0.1:6390/0",
        "CELERY_RESULT_BACKEND": "redis://:a-word@127.0.0.1:6390/1",
    }


def test_no_command_line_shows_the_password() -> None:
    commands = [worker_command("python", "a", "w", Conditions()), sender_command("p", "a"), recorder_command("p")]
    assert not any("a-word" in part for command in commands for part in command)
    assert set(recorder_environment(SERVER).values()) == {"127.0.0.1:6390", "a-word"}
