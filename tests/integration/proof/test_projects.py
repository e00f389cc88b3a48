"""Projects as people lay them out: where the app is, what it is called, and how pytest is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

APP = """
from celery import Celery

app = Celery("shop", broker="redis://broker.invalid/0")

@app.task
def charge(amount):
    return amount
"""
TEST = """
from shop import charge

def test_charge(prove):
    assert prove(charge.s(5)).result == 5
"""
# Every line of it is a layout that has to be found by workers; one session runs them all.
LAYOUTS = {
    "shop": APP,
    "test_plain": TEST,
    # App and test in one file, with an exception and a function that only this file has.
    "test_one_file": """
from celery import Celery
from harness.behaviour import raises

app = Celery("one", broker="redis://broker.invalid/0")

class Own(Exception):
    def __init__(self, a, b):
        super().__init__(a)
        self.b = b

@app.task
def double(x):
    return 2 * x

def sends():
    return double.delay(4)

def test_signature(prove):
    assert prove(double.s(3)).result == 6

def test_own_exception(prove):
    assert prove(double.s(3), behaviour={double: raises(Own(1, 2))}, raises=Own).exception.message == "1"

def test_function(prove):
    import pytest
    prove._marked["app"] = app
    assert prove(sends).result == 8
""",
    # A folder from which pytest makes a name that leads nowhere (`shop-1_0.test_dotted`), unless it prepends it.
    "shop-1.0/test_dotted": """
from celery import Celery

app = Celery("dotted", broker="redis://broker.invalid/0")

@app.task
def halve(x):
    return x / 2

def test_halve(prove):
    assert prove(halve.s(3)).result == 1.5
""",
    # A factory, and modules of tasks that only `include` names.
    "factory": """
from celery import Celery

def make_app():
    return Celery("made", broker="redis://broker.invalid/0", include=["factory_tasks"])
""",
    "factory_tasks": """
from celery import shared_task

@shared_task
def triple(x):
    return 3 * x
""",
    "test_factory": """
import pytest
from factory import make_app

app = make_app()

from factory_tasks import triple

@pytest.mark.testbed(app="factory:make_app")
def test_by_name(prove):
    assert prove(triple.s(2)).result == 6

@pytest.mark.testbed(app=make_app)
def test_by_itself(prove):
    assert prove(triple.s(2)).result == 6
""",
    # A package with its app in celery.py, shared tasks, and a folder named like one of ours.
    "big/celery": """
from celery import Celery

app = Celery("big", broker="redis://broker.invalid/0", include=["big.tasks"])
""",
    "big/__init__": "from big.celery import app as celery_app\n",
    "big/tasks": """
from celery import shared_task

@shared_task
def shout(text):
    return text.upper()
""",
    "scenarios/__init__": "raise AssertionError('a folder of the user that nobody asked for')\n",
    "tests/test_big": """
import big
from big.tasks import shout

def test_shared(prove):
    big.celery_app.set_current()
    run = prove(shout.s("x"))
    assert run.result == "X"
""",
}


# What a test says by `monkeypatch.setenv` is for its own workers, whoever had some before; the others share theirs.
MODES = """
import os
from celery import Celery

app = Celery("modes", broker="redis://broker.invalid/0")

@app.task
def mode():
    return os.environ.get("MODE"), os.getppid()
"""
TEST_MODES = """
import pytest
from modes import mode

workers = {}

@pytest.mark.parametrize("wanted", [None, "one", None, "other", "one"])
def test_mode(prove, monkeypatch, wanted):
    if wanted:
        monkeypatch.setenv("MODE", wanted)
    found, worker = prove(mode.s()).result
    assert found == wanted
    assert workers.setdefault(wanted, worker) == worker
    assert len(set(workers.values())) == len(workers)
"""


# It says so to workers and sender alone, as an app does whose settings are wrong there.
RUDE = """
import os
from celery import Celery

app = Celery("rude", broker="redis://broker.invalid/0")

@app.task
def greet():
    pass

if "CANVAS_HARNESS_TESTBED" in os.environ:
    raise RuntimeError("\\x1b[2J\\x1b]0;owned\\x07")
"""
TEST_RUDE = """
from rude import greet

def test_greet(prove):
    prove(greet.s())
"""


@pytest.fixture
def layouts(project: Project) -> Project:
    """A folder with all of them."""
    project.write(**LAYOUTS)
    return project


def test_workers_have_the_environment_of_the_test_that_asks(project: Project) -> None:
    project.write(modes=MODES, test_modes=TEST_MODES)
    assert project.outcomes() == {"passed": 5}


def test_an_app_gives_no_orders_to_the_terminal_in_which_its_trouble_is_read(project: Project) -> None:
    project.write(rude=RUDE, test_rude=TEST_RUDE)
    code, output = project.pytest("-q", "--tb=short")
    assert code == 1
    assert r"found: RuntimeError: \x1b[2J\x1b]0;owned\x07" in output
    assert "\x1b" not in output


def test_three_lines_prove_the_app_of_a_folder_with_nothing_else(project: Project) -> None:
    project.write(shop=APP, test_shop=TEST)
    assert project.outcomes() == {"passed": 1}
    assert project.left() == []


def test_every_layout_is_found_by_the_workers(layouts: Project) -> None:
    assert layouts.outcomes() == {"passed": 8}


def test_every_layout_is_found_under_names_that_pytest_alone_gives(layouts: Project) -> None:
    assert layouts.outcomes("--import-mode=importlib", "-c", "/dev/null", "--rootdir=.") == {"passed": 8}


def test_marks_share_a_testbed_when_they_say_the_same_and_the_nearest_one_decides(project: Project) -> None:
    project.write(
        shop=APP,
        test_marks="""
import pytest
from shop import charge

pytestmark = pytest.mark.testbed(concurrency=1)
seen = {}

def workers(prove):
    run = prove(charge.s(1))
    events = run.history.events
    pools = {e.concurrency for e in events if type(e).__name__ == "WorkerStarted"}
    return pools, {e.pid for e in events if getattr(e, "role", "") == "worker"}

def test_module(prove):
    seen["module"] = workers(prove)
    assert seen["module"][0] == {1}

@pytest.mark.testbed(workers=2)
class TestClass:
    def test_class(self, prove):
        seen["class"] = workers(prove)
        assert seen["class"][0] == {1} and len(seen["class"][1]) == 2

    @pytest.mark.testbed(concurrency=2, workers=1)
    def test_function(self, prove):
        seen["function"] = workers(prove)
        assert seen["function"][0] == {2}

    @pytest.mark.testbed(workers=1)
    def test_as_the_module(self, prove):
        assert workers(prove) == seen["module"]

def test_three_testbeds():
    pids = [pid for _, pids in seen.values() for pid in pids]
    assert len(pids) == len(set(pids)) == 4
""",
    )
    assert project.outcomes() == {"passed": 5}
    assert project.left() == []


def test_side_by_side_every_process_has_testbeds_of_its_own(project: Project) -> None:
    project.write(shop=APP, test_one=TEST, test_two=TEST)
    assert project.outcomes("-n", "2") == {"passed": 2}
    assert project.left() == []


def test_an_app_that_cannot_be_imported_is_told_by_its_own_traceback(project: Project) -> None:
    project.write(
        shop=APP + "\nimport os\nif 'CANVAS_HARNESS_TESTBED' in os.environ:\n    1 / 0\n",
        test_shop=TEST
        + """
import pytest

@pytest.mark.testbed(app="shop:ap")
def test_typo(prove):
    prove(charge.s(5))
""",
    )
    code, output = project.pytest("-q", "--tb=short")
    assert code == 1
    assert "expected: the app shop:app to be imported" in output
    assert "ZeroDivisionError: division by zero" in output
    assert "harness/launch.py" not in output
    assert "importlib" not in output
    assert project.left() == []


def test_what_pytest_says_of_the_mark_the_fixture_and_the_options(project: Project) -> None:
    _, markers = project.pytest("--markers")
    assert "@pytest.mark.testbed(app, workers=1, pool='prefork', concurrency=2" in markers
    _, fixtures = project.pytest("--fixtures")
    described = fixtures[fixtures.index("prove -- ") :].split("\n\n")[0]
    assert "Run a canvas of your own app on real workers" in described
    assert "_testbeds" not in fixtures
    _, options = project.pytest("--help")
    for option in ("--testbed", "--clock", "--redis-server", "--report-dir"):
        assert option in options


def test_collecting_loads_nothing_that_only_proofs_need(project: Project) -> None:
    project.write(
        test_other="import sys\n\ndef test_loaded():\n    pass\n",
        conftest="""
import sys

HEAVY = {"celery", "kombu", "redis", "msgspec", "rich", "click"}

def pytest_collection_finish(session):
    roots = {name.partition(".")[0] for name in sys.modules}
    print("loaded:", sorted(roots & HEAVY))
    print("ours:", sorted(name for name in sys.modules if name.partition(".")[0] == "harness"))
""",
    )
    code, output = project.pytest("--collect-only", "-s", "-q")
    assert code == 0
    assert "loaded: []" in output
    assert "ours: []" in output
