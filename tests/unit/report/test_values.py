from __future__ import annotations

from harness.history.parts import Raised
from harness.report.values import LONGEST, Values


def test_a_value_that_is_seen_again_has_the_place_that_it_had() -> None:
    values = Values()
    exception = Raised(type="E", message="m", traceback="t" * 10_000)
    places = [values.place(one) for one in ("text", 3, {"a": [1]}, exception, "text", {"a": [1]}, exception, 3, "3")]
    assert places == [0, 1, 2, 3, 0, 2, 3, 1, 4]
    assert values.all[2] == {"a": [1]}
    assert values.all[3]["message"] == "m"


def test_none_has_no_place() -> None:
    values = Values()
    assert values.place(None) == -1
    assert values.optional(None) is None
    assert values.optional(0) == 0
    assert values.all == [0]


def test_what_is_too_long_is_cut_and_says_so() -> None:
    values = Values()
    values.place("ä" * LONGEST)
    values.place("a" * (LONGEST - 2))
    assert values.all[0]["$bytes"] == 2 * LONGEST + 2
    assert values.all[0]["$cut"].startswith('"ää')
    assert len(values.all[0]["$cut"]) < LONGEST / 2
    assert values.all[1] == "a" * (LONGEST - 2)


def test_a_number_that_javascript_could_not_hold_is_spelled_out() -> None:
    values = Values()
    values.place({"id": 2**63, "many": [2**53, -(2**60)], "text": str(2**63)})
    assert values.all[0] == {
        "id": {"$int": str(2**63)},
        "many": [2**53, {"$int": str(-(2**60))}],
        "text": str(2**63),
    }
