"""Code that sends by itself, run by the sender."""

from __future__ import annotations

import functools
from typing import Any

import proof_shop
import pytest

from harness.errors import UsageError
from harness.proof.ending import ProofFailedError

pytestmark = pytest.mark.testbed(app="proof_shop:app")


def test_what_a_function_sends_is_waited_for_and_what_it_returns_is_the_result(prove: Any) -> None:
    run = prove(functools.partial(proof_shop.checkout, amount=5))
    assert run.result == 105
    assert run.order == ["proof_shop.charge", "proof_shop.add"]


def test_everything_that_a_function_sends_is_waited_for(prove: Any) -> None:
    run = prove(functools.partial(proof_shop.checkout, amount=5, twice=True))
    assert len(run.attempts("proof_shop.charge")) == 2
    assert prove(proof_shop.sends_several).result == [2, 4]


def test_a_function_may_return_what_no_serializer_holds(prove: Any) -> None:
    run = prove(proof_shop.answers_like_a_view)
    assert run.result is None
    assert run.order == ["proof_shop.add"]


def test_a_function_lives_by_the_testbeds_clock(prove: Any) -> None:
    then, before = prove(proof_shop.sends_later).result
    assert then - before == pytest.approx(30, abs=0.5)


def test_a_function_that_sends_nothing_proves_nothing(prove: Any) -> None:
    with pytest.raises(ProofFailedError, match="something to be sent"):
        prove(proof_shop.sends_nothing)


def test_a_function_that_raises_is_told_by_its_own_traceback(prove: Any) -> None:
    with pytest.raises(UsageError) as caught:
        prove(proof_shop.breaks)
    assert "LookupError: no stock" in str(caught.value)
    assert "in breaks" in str(caught.value)
    assert "harness/sender" not in str(caught.value)
    assert prove(proof_shop.sends_several).result == [2, 4]
