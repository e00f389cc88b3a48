import pytest
import requests
from celery import group

from canvas_harness import raises
from weather import forecast


def test_time_does_not_jump_over_an_answer_that_is_awaited(prove, weather):
    run = prove(forecast.s("Oslo"))  # answered after 0.3 s; a jump to the time-out, 5 s away, would fail it
    assert run.result == "sunny"
    assert len(run.attempts(forecast)) == 1


def test_the_run_says_who_kept_time_from_jumping(prove, weather):
    timing = prove(forecast.s("Oslo")).timing
    if timing.clock == "real":
        pytest.skip(f"real time never jumps: {timing.reason}")
    assert any(pin.endswith(f" for 127.0.0.1:{weather.server_port}") for pin in timing.pins)


def test_time_jumps_over_the_waits_between_attempts(prove, weather):
    weather.troubles = [503, 503]
    run = prove(forecast.s("Oslo"))
    assert run.result == "sunny"
    assert run.retry_delays(forecast) == pytest.approx([2, 4], abs=0.05)


def test_a_server_that_does_not_answer_is_asked_four_times(prove, weather):
    run = prove(forecast.s("Oslo"), behaviour={forecast: raises(requests.Timeout)}, raises=requests.Timeout)
    assert run.retry_delays(forecast) == pytest.approx([2, 4, 8], abs=0.05)


def test_ten_cities_are_all_answered(prove, weather):
    assert prove(group(forecast.s(f"city {number}") for number in range(10))).result == ["sunny"] * 10
