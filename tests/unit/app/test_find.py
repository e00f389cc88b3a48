from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from celery import Celery

from harness.app.find import find_app, load
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

PLAIN = "from celery import Celery\napp = Celery('found', set_as_current=False)\n"
FACTORY = "from celery import Celery\ndef make_app():\n    return Celery('made', set_as_current=False)\n"
FLASK_LIKE = """
from celery import Celery
class Flask:
    def __init__(self):
        self.extensions = {'celery': Celery('carried', set_as_current=False)}
    def __call__(self, environ, start_response):
        raise AssertionError('an app of the web was called')
web = Flask()
def create_app():
    return Flask()
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return what writes a module into a folder where modules are found, and see that none of them stays."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))

    def write(name: str, text: str) -> Path:
        path: Path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "attribute", "main"),
    [
        (PLAIN, "app", "found"),
        (FACTORY, "make_app", "made"),
        (FLASK_LIKE, "web", "carried"),
        (FLASK_LIKE, "create_app", "carried"),
        (f"{PLAIN}class Settings:\n    celery = app\n", "Settings.celery", "found"),
    ],
)
def test_an_app_is_found_however_its_author_holds_it(write: Write, text: str, attribute: str, main: str) -> None:
    write("held_app.py", text)
    found = find_app(f"held_app:{attribute}")
    assert isinstance(found, Celery)
    assert found.main == main


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("bare_app.py", "bare_app"),
        ("bare/celery.py", "bare"),
        ("bare/__init__.py", "bare"),
        ("bare/app.py", "bare.app.app"),
    ],
)
def test_a_name_without_an_attribute_is_what_celery_takes_it_for(write: Write, file: str, name: str) -> None:
    if "/" in file:
        write("bare/__init__.py", "")
    write(file, PLAIN)
    assert find_app(name).main == "found"


def test_an_attribute_that_is_not_there_is_named_with_one_that_is(write: Write) -> None:
    write("typo_app.py", PLAIN)
    with pytest.raises(UsageError) as caught:
        find_app("typo_app:ap")
    assert (caught.value.found, caught.value.remedy) == ("typo_app has no 'ap'", "write typo_app:app")


def test_what_is_no_app_is_refused(write: Write) -> None:
    write("no_app.py", "app = 5\ndef make():\n    return 'x'\n")
    for name in ("no_app:app", "no_app:make"):
        with pytest.raises(UsageError, match="to be a Celery app, or to return one"):
            find_app(name)


@pytest.mark.parametrize("name", ["nowhere_at_all:app", "nowhere_at_all", "nowhere_at_all.app"])
def test_a_module_that_is_not_there_is_an_import_error(name: str) -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        find_app(name)
    assert caught.value.name == "nowhere_at_all"
    assert not [entry for entry in caught.traceback if "celery/app" in str(entry.path)]


# ---- by its file -------------------------------------------------------------------------------------------------


def test_a_module_whose_name_leads_nowhere_is_loaded_from_its_file(write: Write, tmp_path: Path) -> None:
    file = write("elsewhere/test_app.py", PLAIN)
    found = find_app("tests.of.nobody.test_app:app", str(file))
    assert found.main == "found"
    assert sys.modules["tests.of.nobody.test_app"].__file__ == str(file)
    assert not (tmp_path / "tests").exists()


def test_a_module_whose_name_leads_elsewhere_is_loaded_from_its_file(write: Write) -> None:
    write("test_twice.py", "app = None\n")
    file = write("other/test_twice.py", PLAIN)
    assert find_app("test_twice:app", str(file)).main == "found"


def test_a_module_that_is_loaded_already_is_not_loaded_again(write: Write) -> None:
    file = write("once.py", PLAIN)
    assert load("once", str(file)) is load("once", str(file))


def test_a_module_that_lacks_something_says_what_it_lacks(write: Write) -> None:
    file = write("lacking.py", "import something_that_is_not_there\n")
    with pytest.raises(ModuleNotFoundError) as caught:
        load("lacking", str(file))
    assert caught.value.name == "something_that_is_not_there"


def test_a_file_that_is_no_module_is_refused(write: Write) -> None:
    with pytest.raises(UsageError, match="a Python module"):
        load("nowhere_at_all", str(write("notes.txt", "")))
