from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import UsageError
from harness.run.run import carry_out
from harness.scenario import Canvas, Conditions, Experiment, Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.run.conftest import Script


def test_laws_that_are_not_there_are_said_before_anything_is_sent_or_kept(script: Script, tmp_path: Path) -> None:
    scenario = Scenario(name="s", title="", app="app:app", canvas=Canvas(call="app:canvas"), own_laws="nobodys:LAWS")
    with pytest.raises(UsageError, match="nobodys:LAWS"):
        carry_out(Experiment(scenario=scenario, conditions=Conditions()), script, tmp_path / "run")
    assert script.orders == []
    assert not (tmp_path / "run").exists()
