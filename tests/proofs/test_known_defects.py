"""What Celery is known to break: each defect in its smallest canvas, by the laws that it breaks and by no other.

Strictly: a version that has the defect must show it, and one that has it no more must not. What each is, where it
stands in Celery's code, and since and before which version: `harness/semantics/defects.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import celery
import pytest
from findings import FINDINGS

from harness.laws.case import Case
from harness.laws.independence import explain
from harness.scenario import DELAY_TOLERANCE_S
from harness.semantics.defects import DEFECTS, version_of

if TYPE_CHECKING:
    from harness.semantics.defects import Defect

VERSION = version_of(celery.__version__)
MODEL = "independence.model_agrees"

pytestmark = [
    pytest.mark.testbed(app="drawn_app:app", concurrency=4),
    pytest.mark.filterwarnings("ignore"),  # Celery's about errbacks of chords
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_known_defect_shows_where_it_is_and_nowhere_else(prove: Any, defect: Defect) -> None:
    finding = FINDINGS[defect.name]
    proved = prove(
        finding.signature(),
        behaviour=finding.behaviour,
        raises=Exception if finding.scripts else None,
        violates=defect.breaks if defect.is_in(VERSION) else (),
    )
    if defect.is_in(VERSION) and defect.breaks == (MODEL,):  # then the model can name it
        case = Case(proved.history, late_s=DELAY_TOLERANCE_S[proved.run.timing.clock])
        assert explain(case) == (defect,)


def test_every_defect_has_a_canvas_that_shows_it() -> None:
    assert list(FINDINGS) == [defect.name for defect in DEFECTS]
