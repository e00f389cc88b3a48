"""One suite of pytest-celery's, in its containers and without Docker: it passes both ways, observed and judged."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.testbed.engine import unavailable

if TYPE_CHECKING:
    from conftest import Suite

HANGS = """
    import pytest
    import shop_tasks
    from celery.exceptions import TimeLimitExceeded

    def hangs():
        with pytest.raises(TimeLimitExceeded):
            shop_tasks.hang.s().on_error(shop_tasks.note.s()).delay().get(timeout=30)

    def test_unnamed(celery_setup):
        hangs()

    @pytest.mark.observed(violates=["callbacks.errback_once"])
    def test_named(celery_setup):
        hangs()

    @pytest.mark.observed(violates=["callbacks.errback_once"])
    def test_named_and_not_violated(celery_setup):
        assert shop_tasks.charge.s(1).delay().get(timeout=10) == 2
"""


def test_without_docker_it_passes_under_virtual_time(suite: Suite) -> None:
    outcomes, output = suite.pytest("--testbed", "local", "-rs")
    assert outcomes == {"passed": 12}
    assert "nodes are processes, without Docker, in virtual time" in output
    assert suite.left() == []


def test_without_docker_it_passes_in_real_time(suite: Suite) -> None:
    outcomes, output = suite.pytest("--testbed", "local", "--clock", "real", "test_shop.py")
    assert outcomes == {"passed": 10}
    assert "in real time: it was asked for" in output
    assert suite.left() == []


def test_in_its_containers_it_passes_and_is_observed(suite: Suite) -> None:
    if reason := unavailable():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no containers here: {reason}")
    outcomes, _ = suite.pytest("-rs")
    assert outcomes == {"passed": 11, "skipped": 1}
    killed = next(suite.runs.glob("*killed*"))
    kinds = {kind for journal in (killed / "journals").glob("*.jsonl") for kind in kinds_in(journal.read_text())}
    assert kinds >= {"ProcessStarted", "WorkerStarted", "ProcessDied", "Sent", "Delivered", "AttemptEnded"}
    assert suite.left() == []


def kinds_in(journal: str) -> set[str]:
    return {json.loads(line)["kind"] for line in journal.splitlines()}


def test_laws_fail_a_test_unless_it_names_what_is_broken(suite: Suite) -> None:
    suite.write("test_hangs", HANGS)
    outcomes, output = suite.pytest("--testbed", "local", "test_hangs.py")
    assert outcomes == {"passed": 1, "failed": 2}
    assert "expected: the law callbacks.errback_once to hold" in output
    assert "expected: the law callbacks.errback_once to be violated, as violates=[...] says" in output
    assert "shop_tasks.hang  attempt 1" in output


def test_a_run_is_kept_and_can_be_judged_again(suite: Suite) -> None:
    assert suite.pytest("--testbed", "local", "-k", "chord", "test_shop.py")[0]["passed"] == 1
    assert (suite.runs / "index.html").is_file()
    (run,) = (path for path in suite.runs.iterdir() if path.is_dir())
    assert "shop_tasks.tell" in (run / "report.html").read_text()
    command = [sys.executable, "-m", "canvas_harness", "judge", str(run)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    verdicts = {verdict["law"]: verdict["ruling"] for verdict in json.loads((run / "run.json").read_text())["verdicts"]}
    assert verdicts["chord.body_once"] == "holds"


def test_a_failing_test_is_told_what_its_nodes_did(suite: Suite) -> None:
    suite.write(
        "test_wrong",
        "import shop_tasks\ndef test_wrong(celery_setup):\n    assert not shop_tasks.charge.delay(1).get()\n",
    )
    outcomes, output = suite.pytest("--testbed", "local", "test_wrong.py")
    assert outcomes == {"failed": 1}
    assert "shop_tasks.charge  attempt 1  returned 2" in output


def test_what_cannot_be_a_process_is_skipped_with_that_reason(suite: Suite) -> None:
    suite.write(
        "test_rabbit",
        """
        import pytest
        from pytest_celery import CeleryBrokerCluster

        @pytest.fixture
        def celery_broker_cluster(celery_rabbitmq_broker):
            return CeleryBrokerCluster(celery_rabbitmq_broker)

        def test_rabbit(celery_setup): ...
        """,
    )
    outcomes, output = suite.pytest("--testbed", "local", "-rs", "test_rabbit.py")
    assert outcomes == {"skipped": 1}
    assert "rabbitmq:latest cannot be had as a process" in output


def test_prove_is_refused_under_a_clock_that_pytest_lives_under(suite: Suite) -> None:
    suite.write("test_proof", "def test_proof(prove): ...\n")
    outcomes, output = suite.pytest("--testbed", "local", "test_proof.py")
    assert outcomes == {"error": 1}
    assert "to do: run these tests by a command of their own, or give --clock real" in output
    assert suite.left() == []  # it was under a clock, and no test had nodes


def test_what_the_page_shows_passes(suite: Suite) -> None:
    page = Path(__file__).parents[3] / "docs" / "pytest-celery.md"
    line, *shown = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    assert (suite.folder / "conftest.py").read_text().count(line) == 1
    for number, block in enumerate(shown):
        suite.write(f"test_shown_{number}", block)
    outcomes, _ = suite.pytest("--testbed", "local", "-k", "shown")
    assert outcomes == {"passed": 2, "deselected": 12}
