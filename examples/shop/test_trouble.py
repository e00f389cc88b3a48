import pytest
from celery import chord, group

from canvas_harness import raises, returns, sleeps
from shop import charge, ship


class Declined(Exception):
    """The bank says no."""


def test_a_bank_that_is_down_is_asked_again_after_2_and_4_seconds(prove):
    run = prove(charge.s(5) | ship.s(), behaviour={charge: [raises(OSError), raises(OSError)]})
    assert run.result == "shipped for 5"
    assert run.retry_delays(charge) == pytest.approx([2, 4], abs=0.05)


def test_a_bank_that_stays_down_is_asked_four_times_and_nothing_is_shipped(prove):
    run = prove(charge.s(5) | ship.s(), behaviour={charge: raises(OSError("down"))}, raises=OSError)
    assert len(run.attempts(charge)) == 4
    assert not run.attempts(ship)


def test_a_card_that_is_declined_is_not_tried_again(prove):
    run = prove(charge.s(5) | ship.s(), behaviour={charge: raises(Declined("no"))}, raises=Declined)
    assert len(run.attempts(charge)) == 1


def test_shipping_waits_for_the_slowest_of_all_charges(prove):
    bill = chord([charge.s(1), charge.s(2), charge.s(3)], ship.s())
    run = prove(bill, behaviour={charge: sleeps(10)})
    assert run.result == "shipped for [1, 2, 3]"
    assert run.order[-1] == ship.name


def test_a_countdown_of_a_minute_takes_a_minute_of_the_testbeds_clock(prove):
    assert prove(charge.s(5).set(countdown=60)).virtual_s == pytest.approx(60, abs=1)


def test_what_a_group_returns_is_a_list(prove):
    run = prove(group(charge.s(5), charge.s(6)), behaviour={charge: returns(7)})
    assert run.result == [7, 7]
