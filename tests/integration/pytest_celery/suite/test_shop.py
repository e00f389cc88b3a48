"""pytest-celery's documented API, all of it that a suite mostly uses. Not one line here knows of the harness."""

import pytest
import shop_tasks
from celery import chord
from celery.exceptions import TimeoutError as TooLateError
from pytest_celery import CeleryTestSetup, RedisTestBackend, RedisTestBroker


def test_a_setup_is_ready_and_a_task_answers(celery_setup: CeleryTestSetup):
    assert celery_setup.ready(ping=True, control=True, docker=True)
    assert shop_tasks.charge.s(5).delay().get(timeout=10) == 10


def test_a_log_is_found_and_another_is_not(celery_setup: CeleryTestSetup):
    shop_tasks.pack.s(1).delay().get(timeout=10)
    celery_setup.worker.assert_log_exists("packing is done")
    celery_setup.worker.assert_log_does_not_exist("a thing that nobody prints")


def test_a_worker_that_was_killed_is_started_again(celery_setup: CeleryTestSetup):
    worker = celery_setup.worker
    worker.kill()
    assert worker.container.status == "exited"
    worker.restart()
    assert worker.ready()
    assert shop_tasks.charge.s(6).delay().get(timeout=10) == 12


def test_a_worker_that_is_restarted_ends_what_it_has_begun(celery_setup: CeleryTestSetup):
    result = shop_tasks.pack.s(3).delay()
    celery_setup.worker.wait_for_log("packing begins")
    celery_setup.worker.restart()
    assert result.get(timeout=10) == 3
    celery_setup.worker.assert_log_exists("packing is done")


def test_redis_can_be_looked_into(celery_setup: CeleryTestSetup):
    assert isinstance(celery_setup.broker, RedisTestBroker)
    assert isinstance(celery_setup.backend, RedisTestBackend)
    result = shop_tasks.charge.s(1).delay()
    result.get(timeout=10)
    assert celery_setup.backend.container.client.exists(f"celery-task-meta-{result.id}")
    assert celery_setup.broker.container.client.ping()


def test_a_broker_that_is_restarted_is_found_again(celery_setup: CeleryTestSetup):
    celery_setup.broker.restart()
    celery_setup.broker.ready()
    celery_setup.worker.restart()
    assert shop_tasks.charge.s(2).delay().get(timeout=20) == 4


def test_a_chord_comes_to_its_end(celery_setup: CeleryTestSetup):
    result = chord(shop_tasks.charge.s(number) for number in range(5))(shop_tasks.tell.s())
    assert result.get(timeout=10) == 20


def test_a_time_out_is_one(celery_setup: CeleryTestSetup):
    result = shop_tasks.pack.s(6).delay()
    with pytest.raises(TooLateError):
        result.get(timeout=2)
    assert result.get(timeout=10) == 6


def test_a_worker_can_be_looked_into(celery_setup: CeleryTestSetup):
    worker = celery_setup.worker
    processes = worker.get_running_processes_info(["pid", "cmdline"])
    assert any(worker.worker_name in " ".join(process["cmdline"] or ()) for process in processes)
    assert worker.hostname() in str(celery_setup.app.control.ping())
    assert b"def charge" in worker.container.get_files("/app/shop_tasks.py")["shop_tasks.py"]
    assert worker.container.env["CELERY_BROKER_URL"] == celery_setup.broker.config()["url"]


def test_a_worker_that_is_asked_to_end_does(celery_setup: CeleryTestSetup):
    celery_setup.worker.restart(force=True)
    assert shop_tasks.charge.s(2).delay().get(timeout=20) == 4
    celery_setup.worker.kill("SIGTERM")
    celery_setup.worker.wait_for_log("Warm shutdown")
