from __future__ import annotations

from typing import Any, get_args

import pytest

from harness.errors import UsageError
from harness.faults import POINTS, STRIKES, Fault, Point, Strike


def test_every_strike_and_every_point_is_explained() -> None:
    assert tuple(STRIKES) == get_args(Strike)
    assert tuple(POINTS) == get_args(Point)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"strike": "kill_redis"}, "the strike of a fault, one of deliver_again"),
        ({"point": "somewhere"}, "the point of a fault, one of taken"),
        ({"member": -1}, "the place of a member"),
        ({"message_of": -2}, "the place of a member"),
        ({"strike": "kill_worker", "message_of": 1}, "`message_of` with deliver_again only"),
        ({"point": "on_its_way"}, "a message on its way to a worker that is killed"),
        ({"strike": "kill_pool_process", "point": "taken"}, "a point that a pool's process comes to"),
    ],
)
def test_what_could_not_be_carried_out_is_refused(fields: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        Fault(**{"strike": "deliver_again", "point": "after_count", "member": 0, **fields})


def test_a_fault_says_what_it_does_where_and_to_whom() -> None:
    fault = Fault(strike="deliver_again", point="after_count", member=1, message_of=0)
    assert str(fault) == "deliver_again at after_count of member 1 (message of member 0)"
    assert str(Fault(strike="kill_worker", point="taken", member=0)) == "kill_worker at taken of member 0"
