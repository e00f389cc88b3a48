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


def is_kept(took: list[float], asked_s: float) -> bool:
    """Say whether something came when it was asked for: never early, and no later than the real time that work took.

    So time jumped over what was asked and over nothing else. How busy the machine is does not matter.
    """
    virtual_s, real_s = took
    return virtual_s > asked_s - 0.002 and virtual_s - real_s < asked_s + 0.02


def test_a_task_sleeps_in_virtual_time(any_fleet: Fleet) -> None:
    took = any_fleet.ask("nap", 60)
    assert is_kept(took, 60), took


def test_a_backoff_of_1023_seconds_has_the_gaps_it_asks_for(any_fleet: Fleet) -> None:
    gaps = any_fleet.ask("ladder", 10)
    assert len(gaps) == 10
    assert all(is_kept(gap, 2**i) for i, gap in enumerate(gaps)), gaps


def test_countdown_is_kept_after_the_clock_has_moved_by_an_hour(any_fleet: Fleet) -> None:
    any_fleet.ask("move_on", 3600)
    took = any_fleet.ask("countdown", 10)
    assert is_kept(took, 10), took


def test_eta_is_kept(fleet: Fleet) -> None:
    fleet.ask("move_on", 3600)
    took = fleet.ask("eta", 20)
    assert is_kept(took, 20), took


def test_a_task_expires_in_virtual_time(fleet: Fleet) -> None:
    fleet.ask("move_on", 3600)
    assert fleet.ask("expires", 30, 31) == "expired"
    took = fleet.ask("expires", 30, 29)
    assert is_kept(took, 29), took


def test_the_soft_time_limit_fires_at_its_time(fleet: Fleet) -> None:
    took = fleet.ask("soft_limit")
    assert is_kept(took, 3), took


def test_the_hard_time_limit_fires_at_its_time(fleet: Fleet) -> None:
    took = fleet.ask("hard_limit")
    assert is_kept(took, 5), took


def test_a_key_of_redis_expires_at_its_time(fleet: Fleet) -> None:
    assert fleet.ask("key_expiry") == [1, None]


def test_tasks_that_call_outside_do_not_time_out(fleet: Fleet, outside_port: int) -> None:
    assert fleet.ask("fetch_outside", 10, f"http://127.0.0.1:{outside_port}/", 5) == [200] * 10


def test_tasks_that_run_a_busy_child_do_not_time_out(fleet: Fleet) -> None:
    assert fleet.ask("run_children", 10, 100, 5) == [0] * 10
