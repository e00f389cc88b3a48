from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import celery
import iniconfig
import pytest

from harness.testbed.image.belongings import belongings
from harness.testbed.image.context import context

if TYPE_CHECKING:
    from collections.abc import Callable

    Written = Callable[..., str]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return what writes a file and tells its path."""

    def write(path: str, text: str = "") -> str:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return str(file)

    return write


def test_a_package_goes_whole_and_a_module_as_its_file(written: Written) -> None:
    written("shop/data/prices.json", "{}")
    written("shop/later.py", "imported in a task")
    written("shop/__pycache__/later.pyc")
    written("beside.py", "never imported")
    modules = {
        "shop": written("shop/__init__.py"),
        "shop.tasks": written("shop/tasks.py"),
        "helper": written("helper.py", "help"),
    }
    found = belongings(modules)
    assert set(found.files) == {
        *("shop/__init__.py", "shop/tasks.py", "shop/later.py", "shop/data/prices.json"),
        "helper.py",
    }
    assert found.files["helper.py"] == b"help"
    assert found.distributions == ()


def test_of_folders_that_are_no_packages_only_what_was_loaded_goes(written: Written) -> None:
    written("tests/other.py")
    written("tests/unit/own/data.txt")
    modules = {
        "tests.unit.test_shop": written("tests/unit/test_shop.py"),
        "tests.unit.own": written("tests/unit/own/__init__.py"),
        "tests.unit.own.part": written("tests/unit/own/part.py"),
    }
    assert set(belongings(modules).files) == {
        *("tests/unit/test_shop.py", "tests/unit/own/__init__.py", "tests/unit/own/part.py", "tests/unit/own/data.txt"),
    }


def test_a_module_lies_where_its_name_says_wherever_it_was_found(written: Written) -> None:
    assert set(belongings({"shop-1.0.test_dotted": written("somewhere/test_dotted.py")}).files) == {
        "shop-1/0/test_dotted.py"
    }


def test_what_comes_from_an_index_is_named_and_what_is_pythons_own_or_ours_is_not() -> None:
    modules = {
        "celery.app": celery.__file__,
        "iniconfig": iniconfig.__file__,
        "json": json.__file__,
        "harness.errors": str(Path(__file__).parents[3] / "harness" / "errors.py"),
    }
    found = belongings(modules)
    assert found.distributions == ("celery", "iniconfig")
    assert not found.files


def test_what_was_installed_from_a_folder_is_copied_for_no_index_has_it(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ours", "theirs"):
        written(f"site-packages/{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        written(f"site-packages/{name}-1.dist-info/top_level.txt", name)
    written("site-packages/ours-1.dist-info/direct_url.json", '{"url": "file:///ours", "dir_info": {}}')
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    modules = {name: written(f"site-packages/{name}/__init__.py") for name in ("ours", "theirs", "nobodys")}
    found = belongings(modules)
    assert set(found.files) == {"ours/__init__.py", "nobodys/__init__.py"}
    assert found.distributions == ("theirs",)


def test_what_belongs_to_an_app_is_in_the_image_apart_from_what_is_ours(written: Written) -> None:
    found = belongings({"harness_of_his": written("harness_of_his.py", "x"), "iniconfig": iniconfig.__file__})
    files = context(["harness"], found).files
    assert files["app/harness_of_his.py"] == b"x"
    assert b"\niniconfig==" in files["requirements.txt"]
    assert b"iniconfig" not in context(["harness"]).files["requirements.txt"]
