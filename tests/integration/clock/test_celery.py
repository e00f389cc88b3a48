"""What Celery and Redis do with time, in virtual time: unmodified workers and an unmodified server."""

import importlib.util
import shutil
from collections.abc import Callable

import pytest
from clocked import Fleet

POOLS = ["prefork", "threads", "solo", "gevent", "eventlet"]
pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH")


@pytest.fixture(params=POOLS, scope="module")
def any_fleet(request: pytest.FixtureRequest, start_fleet: Callable[[str], Fleet]) -> Fleet:
    if request.param in {"gevent", "eventlet"} and importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return start_fleet(request.param)


@pytest.fixture
def fleet(start_fleet: Callable[[str], Fleet]) -> Fleet:
    return start_fleet("prefork")


def test_a_task_sleeps_in_virtual_time(any_fleet: Fleet) -> None:
    assert any_fleet.ask("nap", 60) == pytest.approx(60, abs=0.1)


def test_a_backoff_of_1023_seconds_has_the_gaps_it_asks_for(any_fleet: Fleet) -> None:
    assert any_fleet.ask("ladder", 10) == pytest.approx([2**i for i in range(10)], abs=0.05)


def test_countdown_is_kept_after_the_clock_has_moved_by_an_hour(any_fleet: Fleet) -> None:
    any_fleet.ask("move_on", 3600)
    assert any_fleet.ask("countdown", 10) == pytest.approx(10, abs=0.1)


def test_eta_is_kept(fleet: Fleet) -> None:
    fleet.ask("move_on", 3600)
    assert fleet.ask("eta", 20) == pytest.approx(20, abs=0.1)


def test_a_task_expires_in_virtual_time(fleet: Fleet) -> None:
    fleet.ask("move_on", 3600)
    assert fleet.ask("expires", 30, 31) == "expired"
    assert fleet.ask("expires", 30, 29) == pytest.approx(29, abs=0.1)


def test_the_soft_time_limit_fires_at_its_time(fleet: Fleet) -> None:
    assert fleet.ask("soft_limit") == pytest.approx(3, abs=0.1)


def test_the_hard_time_limit_fires_at_its_time(fleet: Fleet) -> None:
    assert fleet.ask("hard_limit") == pytest.approx(5, abs=0.1)


def test_a_key_of_redis_expires_at_its_time(fleet: Fleet) -> None:
    assert fleet.ask("key_expiry") == [1, None]


def test_tasks_that_call_outside_do_not_time_out(fleet: Fleet, outside_port: int) -> None:
    assert fleet.ask("fetch_outside", 10, f"http://127.0.0.1:{outside_port}/", 5) == [200] * 10


def test_tasks_that_run_a_busy_child_do_not_time_out(fleet: Fleet) -> None:
    assert fleet.ask("run_children", 10, 100, 5) == [0] * 10
