"""Canvases that nobody thought of: drawn, run on real workers, and compared with what the model predicts.

CANVAS_HARNESS_DRAWN names how many (200; none in real time), CANVAS_HARNESS_SEED where to begin (0; `random` for
anywhere). A canvas on which the run and the model differ is shrunk to the smallest one; what is known of this Celery is
in `tests/drawing/findings.py`, and must go on showing (test_known_defects.py).
"""

from __future__ import annotations

import os
import secrets
import warnings
from collections import Counter
from typing import TYPE_CHECKING

import celery
import pytest
from drawing import Drawn, canvases
from hypothesis import HealthCheck, Phase, given, seed, settings

from harness.behaviour import encode
from harness.laws.case import Case
from harness.laws.independence import explain
from harness.laws.prose import accuse
from harness.laws.verdict import Ruling
from harness.proof.canvases import canvas_of
from harness.proof.timeline import timeline
from harness.proof.wishes import wishes_of
from harness.run.run import carry_out
from harness.scenario import DELAY_TOLERANCE_S, Experiment, Scenario
from harness.semantics.defects import CHAIN_BODY_FAILS_TWICE, version_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.proof.testbeds import Testbeds
    from harness.run.run import Run
    from harness.scenario import Conditions

WANTED_COUNT = os.environ.get("CANVAS_HARNESS_DRAWN")
COUNT = int(WANTED_COUNT or "200")
WANTED_SEED = os.environ.get("CANVAS_HARNESS_SEED", "0")
SEED = secrets.randbits(32) if WANTED_SEED == "random" else int(WANTED_SEED)
CELERY = version_of(celery.__version__)  # before 5.7, a chain as an errback leaves its attempt without an end
MODEL = "independence.model_agrees"


@pytest.fixture(scope="session")
def run_of(
    conditions: Conditions, _testbeds: Testbeds, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Drawn], Run]:
    """Return what runs a drawn canvas, each on the same testbed as long as nothing is left there."""
    wishes = wishes_of({"concurrency": 4}, conditions, "drawn_app:app")
    folder = tmp_path_factory.mktemp("drawn")
    numbers = Counter[str]()

    def run(drawn: Drawn) -> Run:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Celery's about errbacks of chords
            canvas = canvas_of(drawn.signature())
        numbers["canvas"] += 1
        scenario = Scenario(
            name=f"canvas-{numbers['canvas']}",
            title=drawn.source,
            app=wishes.app,
            canvas=canvas,
            behaviour=encode(drawn.behaviour),
            surroundings=wishes.surroundings,
            budget_s=600,
        )
        testbed = _testbeds.get(wishes, scenario, wishes.conditions)
        is_clean = False
        try:
            came = carry_out(
                Experiment(scenario=scenario, conditions=wishes.conditions), testbed, folder / scenario.name
            )
            is_clean = came.settlement.ending == "settled"
        finally:
            if not is_clean:
                _testbeds.drop(wishes)
        return came

    return run


def test_drawn_canvases_do_what_the_model_predicts(run_of: Callable[[Drawn], Run], conditions: Conditions) -> None:
    if conditions.clock == "real" and WANTED_COUNT is None:
        pytest.skip(
            "hundreds of retries would be waited for in real time: CANVAS_HARNESS_DRAWN says how many, if wanted"
        )
    named: Counter[str] = Counter()

    @seed(SEED)
    @settings(
        max_examples=COUNT,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(canvases(has_chains_as_errbacks=CELERY >= (5, 7)))
    def agree(drawn: Drawn) -> None:
        named.update(known_differences(drawn, run_of(drawn)))

    print(f"CANVAS_HARNESS_SEED={SEED} CANVAS_HARNESS_DRAWN={COUNT}")
    agree()
    print(f"differences that are known: {dict(named)}")


def known_differences(drawn: Drawn, run: Run) -> list[str]:
    """Return the names of what is known to differ; fail if anything else does."""
    assert run.settlement.ending == "settled", told(drawn, run)
    case = Case(run.history, late_s=DELAY_TOLERANCE_S[run.timing.clock])
    model = next(verdict for verdict in run.verdicts if verdict.law == MODEL)
    assert model.ruling in (Ruling.HOLDS, Ruling.VIOLATED), told(drawn, run)
    known = explain(case)
    assert known is not None, told(drawn, run)
    broken = {verdict.law for verdict in run.violations} - {
        law for defect in known for law in (*defect.breaks, *defect.may_break)
    }
    if broken and CHAIN_BODY_FAILS_TWICE.is_in(CELERY) and may_have_a_chain_as_body(drawn):
        known = (*known, CHAIN_BODY_FAILS_TWICE)
        broken -= set(CHAIN_BODY_FAILS_TWICE.breaks)
    assert not broken, told(drawn, run)
    return [defect.name for defect in known]


def may_have_a_chain_as_body(drawn: Drawn) -> bool:
    """Say whether there is a chain that may come to be a chord's body; the record does not tell, for it has no id."""
    return "chain(" in drawn.source and ("chord(" in drawn.source or "group(" in drawn.source)


def told(drawn: Drawn, run: Run) -> str:
    """Say what was run, what of it differs, and what happened."""
    evidence = [line for verdict in run.violations for line in accuse(verdict)]
    undecided = [str(verdict) for verdict in run.verdicts if verdict.ruling is Ruling.UNDECIDED]
    happened = list(timeline(run.history))
    return "\n".join(
        [f"CANVAS_HARNESS_SEED={SEED}", repr(drawn), run.settlement.reason, *evidence, *undecided, *happened]
    )
