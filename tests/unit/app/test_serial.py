from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from kombu.exceptions import EncodeError

from harness.app.serial import decode, encode


@pytest.mark.parametrize("serializer", ["json", "pickle"])
@pytest.mark.parametrize("value", [None, 5, "grün", [1, {"a": None}], datetime(2031, 2, 3, tzinfo=UTC), Decimal("1.5")])
def test_what_goes_in_comes_out_again(serializer: str, value: object) -> None:
    kind, encoding, body = encode(value, serializer)
    assert isinstance(body, bytes)
    assert decode(kind, encoding, body) == value


def test_what_a_serializer_cannot_hold_is_refused_by_it() -> None:
    with pytest.raises(EncodeError):
        encode({1}, "json")
    assert decode(*encode({1}, "pickle")) == {1}
