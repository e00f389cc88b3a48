"""Every law accepts what is right and rejects what is not, and no other law is disturbed by either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from accepted_and_rejected import accepted, rejected

from harness.laws.book import LAWS
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from storytelling import Story

every_law = pytest.mark.parametrize("law", [law.name for law in LAWS])


@every_law
def test_a_law_accepts_what_is_right(law: str, story: Story) -> None:
    accepted[law](story)
    verdict = story.verdicts()[law]
    assert verdict.ruling is Ruling.HOLDS
    assert verdict.instances > 0
    assert story.violated() == set()


@every_law
def test_a_law_rejects_what_is_wrong_and_names_events_of_it(law: str, story: Story) -> None:
    rejected[law](story)
    assert story.violated() == {law}
    evidence, *_ = story.verdicts()[law].evidence
    assert evidence.events
    assert all(0 <= index < len(story.events) for index in evidence.events)
    assert evidence.expected != evidence.observed


@every_law
def test_a_law_says_where_celery_promises_it(law: str) -> None:
    (found,) = [one for one in LAWS if one.name == law]
    assert found.statement.endswith(".")
    assert "5." in found.source or "documentation" in found.source


def test_nothing_is_told_of_laws_that_there_are_not() -> None:
    assert accepted.keys() == rejected.keys() == {law.name for law in LAWS}
