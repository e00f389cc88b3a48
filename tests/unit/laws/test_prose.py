from __future__ import annotations

import pytest

from harness.laws.book import NAMES
from harness.laws.prose import accuse
from harness.laws.verdict import Ruling, Verdict


@pytest.mark.parametrize("law", NAMES)
def test_every_law_can_be_told_of_in_words(law: str) -> None:
    first, second = accuse(Verdict(law=law, ruling=Ruling.VIOLATED, instances=1))
    assert first.startswith(f"violated: {law}: ")
    assert first.endswith(".")
    assert second.startswith("   stands in: ")
