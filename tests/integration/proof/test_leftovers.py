"""However a session with proofs ends, nothing of its testbeds is left: no process, no folder, no page of a clock."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

SHOP = """
from celery import Celery

app = Celery("shop", broker="redis://broker.invalid/0")

@app.task
def charge(amount):
    return amount

@app.task
def declines(amount):
    raise ValueError("no credit")
"""
TESTS = """
from pathlib import Path

from harness.behaviour import sleeps
from shop import charge, declines

def test_good(prove):
    run = prove(charge.s(5))
    Path("folders").write_text("".join(f"{path}\\n" for path in Path("tmp").iterdir()))

def test_bad(prove):
    prove(declines.s(5))

def test_bad_too(prove):
    prove(declines.s(5))

def test_long(prove):
    print("it runs", flush=True)
    prove(charge.s(5), behaviour={charge: sleeps(1000)})
"""


@pytest.fixture
def shop(project: Project) -> Project:
    """A shop whose proofs do not all come to a good end."""
    project.write(shop=SHOP, test_shop=TESTS)
    return project


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-k", "good or bad"], {"passed": 1, "failed": 2}),
        (["--maxfail=1"], {"passed": 1, "failed": 1}),
    ],
)
def test_after_failures_nothing_is_left(shop: Project, arguments: list[str], expected: dict[str, int]) -> None:
    assert shop.outcomes(*arguments) == expected
    assert (shop.folder / "folders").read_text().count("\n") >= 2  # pytest's own, and that of the testbed
    assert shop.left() == []


def test_a_ctrl_c_in_the_middle_of_a_proof_takes_everything_with_it(shop: Project) -> None:
    # In real time it would sleep for a quarter of an hour.
    process = shop.start("-q", "-s", "-k", "good or long", "--clock", "real")
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if "it runs" in line:
            break
    else:
        pytest.fail(f"expected it to run, found\n{printed}")
    assert any("celery" in line or "launch.py" in line for line in shop.left())
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert "KeyboardInterrupt" in output
    assert shop.left() == []


def test_the_account_of_a_failure_is_what_pytest_shows(shop: Project) -> None:
    code, output = shop.pytest("-q", "-k", "bad", "--maxfail=1", "--report-dir", "runs")
    assert code == 1
    shown = [line.removeprefix("E").strip() for line in output.splitlines() if line.startswith("E  ")]
    assert shown[0].endswith("ProofFailedError: expected: the canvas to succeed")
    assert shown[1] == "found: error in shop.declines: builtins.ValueError: no credit"
    assert shown[2] == "to do: mend it; if it shall fail so, ask for that: raises=ValueError"
    assert any("shop.declines  attempt 1  failed: builtins.ValueError: no credit" in line for line in shown)
    assert any('raise ValueError("no credit")' in line for line in shown)
    assert "prove(declines.s(5))" in output
    assert "harness/proof/prover.py" not in output
    runs = [path for path in (shop.folder / "runs").iterdir() if path.is_dir()]  # the others are reports
    assert [run.name for run in runs] == ["test_shop.py-test_bad-1"]
    assert {path.name for path in runs[0].iterdir()} >= {"run.json", "experiment.json", "journals", "logs"}
    assert shown[-1].endswith(f"everything is in {runs[0]}") or str(runs[0].name) in shown[-1]
