"""What the harness adds for tests that ask it: what their nodes have done."""

import time

import pytest
import shop_tasks


def test_attempts_and_retry_delays_can_be_asked_for(celery_setup, observed, request):
    if request.config.getoption("--testbed") != "local":
        pytest.skip("it takes a minute of real time")
    began = time.time()
    assert shop_tasks.charge_later.s(5).delay().get(timeout=300) == 5
    assert observed.retry_delays(shop_tasks.charge_later) == pytest.approx([30, 30], abs=0.5)
    assert [attempt.ending for attempt in observed.attempts("shop_tasks.charge_later")] == [
        *("retried", "retried", "succeeded")
    ]
    assert 60 <= time.time() - began < 70


def test_what_a_test_leaves_behind_is_still_judged(celery_setup, observed):
    shop_tasks.charge.s(1).delay()
    assert observed.settle()
    (attempt,) = observed.attempts(shop_tasks.charge)
    assert attempt.ended.returned == 2
    assert (observed.directory / "experiment.json").exists()
