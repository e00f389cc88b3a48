"""An app in containers: what it needs of this machine goes along, and what cannot be imported is told as anywhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.testbed.engine import unavailable

if TYPE_CHECKING:
    from conftest import Project

# The app's own modules stand in two folders, one of which only pytest's settings name; a package comes from an index.
SPREAD = {
    "shop": """
import iniconfig
from celery import Celery
from words import SUFFIX

app = Celery("shop", broker="redis://broker.invalid/0", include=["more_tasks"])

@app.task
def shout(text):
    from words.later import louder
    return louder(text) + SUFFIX
""",
    "more_tasks": """
from celery import shared_task

@shared_task
def twice(text):
    return 2 * text
""",
    "lib/words/__init__": "SUFFIX = '!'\n",
    "lib/words/later": "louder = str.upper\n",
    "harness/__init__": "raise AssertionError('a folder of the user that nobody asked for')\n",
    "test_shop": """
import pytest
from celery import Celery, signature
from shop import app, shout

own = Celery("own", broker="redis://broker.invalid/0")

@own.task
def double(x):
    return 2 * x

def test_modules_beside_it(prove):
    assert prove(shout.s("a") | signature("more_tasks.twice", app=app)).result == "A!A!"

def test_app_of_the_test_itself(prove):
    assert prove(double.s(3)).result == 6
""",
}
INCOMPLETE = {
    "shop": """
from celery import Celery

app = Celery("shop", broker="redis://broker.invalid/0", include=["nowhere_at_all"])

@app.task
def shout(text):
    return text
""",
    "test_shop": """
from shop import shout

def test_shout(prove):
    prove(shout.s("a"))
""",
}


@pytest.fixture
def here(request: pytest.FixtureRequest, project: Project) -> Project:
    """Return a folder for a project; skip, with the reason, where there are no containers."""
    if request.config.getoption("--testbed") == "local":
        pytest.skip("only local testbeds were asked for")
    if reason := unavailable():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no containers here: {reason}")
    return project


def test_what_an_app_imports_goes_into_its_containers(here: Project) -> None:
    here.write(**SPREAD)
    (here.folder / "pytest.ini").write_text("[pytest]\npythonpath = lib\naddopts = --import-mode=append\n")
    assert here.outcomes("--testbed", "containers") == {"passed": 2}


def test_an_app_that_lacks_something_is_told_so_by_its_own_lines(here: Project) -> None:
    here.write(**INCOMPLETE)
    code, output = here.pytest("-q", "--testbed", "containers")
    assert code == 1
    assert "UsageError: expected: the app shop:app to be imported" in output
    assert "ModuleNotFoundError: No module named 'nowhere_at_all'" in output
    assert "/opt/" not in output
    assert here.left() == []
