from __future__ import annotations

import os
import tarfile
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.testbed import images
from harness.testbed.image.context import Context, code, context, requirements

if TYPE_CHECKING:
    from pathlib import Path

SOME = Context({"Dockerfile": b"FROM x", "code/app.py": b"answer = 42"})


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that can be imported, and its folder."""
    folder = tmp_path / "an_app_to_pack"
    folder.mkdir()
    (folder / "__init__.py").write_bytes(b"")
    (folder / "tasks.py").write_bytes(b"answer = 42")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def digest_of(app: Path) -> str:
    return Context(dict(code(app.name))).digest()


def test_equal_content_has_an_equal_digest_whatever_its_order() -> None:
    assert SOME.digest("base") == Context(dict(reversed([*SOME.files.items()]))).digest("base")


@pytest.mark.parametrize(
    "other",
    [
        {"Dockerfile": b"FROM y", "code/app.py": b"answer = 42"},
        {"Dockerfile": b"FROM x", "code/app.py": b"answer = 43"},
        {"Dockerfile": b"FROM x", "code/App.py": b"answer = 42"},
        {"Dockerfile": b"FROM x", "code/app.py": b"answer = 42", "more.py": b""},
        {"Dockerfile": b"FROM x"},
        {"Dockerfile": b"FROM", "xcode/app.py": b"answer = 42"},
    ],
)
def test_any_other_content_has_another_digest(other: dict[str, bytes]) -> None:
    assert Context(other).digest("base") != SOME.digest("base")


def test_what_an_image_stands_on_is_part_of_its_digest() -> None:
    digests = {
        SOME.digest("python:3.12", "id1"),
        SOME.digest("python:3.13", "id1"),
        SOME.digest("python:3.12", "id2"),
    }
    assert len(digests) == 3


def test_a_digest_can_be_part_of_a_tag() -> None:
    assert SOME.digest("base").isalnum()


def test_the_context_can_be_read_by_any_user_and_says_nothing_of_who_made_it() -> None:
    with tarfile.open(fileobj=SOME.tar()) as archive:
        entries = archive.getmembers()
        assert {e.name: archive.extractfile(e).read() for e in entries} == SOME.files  # type: ignore[union-attr]
    assert {(e.mode, e.uid, e.gid, e.mtime) for e in entries} == {(0o644, 0, 0, 0)}


def test_the_context_has_dockerfile_pins_and_the_code_as_it_is_imported(app: Path) -> None:
    files = context(["harness", app.name]).files
    assert b"PYTHON_IMAGE" in files["Dockerfile"]
    assert f"celery=={version('celery')}\n".encode() in files["requirements.txt"]
    assert files["code/an_app_to_pack/tasks.py"] == b"answer = 42"
    assert "code/harness/errors.py" in files


def test_a_change_of_code_changes_the_digest_and_undoing_it_brings_the_old_one_back(app: Path) -> None:
    before = digest_of(app)
    (app / "tasks.py").write_bytes(b"answer = 43")
    assert digest_of(app) != before
    (app / "tasks.py").write_bytes(b"answer = 42")
    os.utime(app / "tasks.py", (0, 0))
    assert digest_of(app) == before


@pytest.mark.parametrize("name", ["__pycache__/tasks.cpython-311.pyc", ".tasks.py.swp", "clock.so", ".git/HEAD"])
def test_what_only_this_machine_can_use_is_not_in_the_context(app: Path, name: str) -> None:
    before = digest_of(app)
    (app / name).parent.mkdir(exist_ok=True)
    (app / name).write_bytes(b"made here")
    assert digest_of(app) == before


def test_data_files_and_packages_inside_go_along(app: Path) -> None:
    (app / "inner").mkdir()
    (app / "inner" / "table.json").write_bytes(b"{}")
    assert dict(code(app.name))["an_app_to_pack/inner/table.json"] == b"{}"


@pytest.mark.parametrize("package", ["no_such_package_anywhere", "sys"])
def test_a_package_that_cannot_be_packed_is_named(package: str) -> None:
    with pytest.raises(HarnessError, match=package):
        list(code(package))


def test_the_pins_are_the_installed_versions_of_all_that_is_needed() -> None:
    pins = requirements(["celery[redis]"]).splitlines()
    assert {f"{name}=={version(name)}" for name in ("celery", "kombu", "billiard", "vine", "redis")} <= set(pins)
    assert pins == sorted(set(pins))


def test_what_an_extra_brings_is_pinned_only_when_it_is_asked_for() -> None:
    assert "redis==" not in requirements(["celery"])


def test_a_requirement_that_is_not_installed_here_is_left_to_pip() -> None:
    assert requirements(["no-such-distribution-anywhere"]) == ""


def test_a_worker_image_without_an_engine_is_trouble_in_three_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    with pytest.raises(HarnessError, match=r"no\.sock") as caught:
        images.worker_image()
    assert caught.value.expected
    assert caught.value.remedy


def test_an_app_of_one_file_is_packed_as_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "an_app_of_one_file.py").write_text("app = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert dict(code("an_app_of_one_file")) == {"an_app_of_one_file.py": b"app = 1\n"}


def test_an_option_wins_over_the_variable_and_that_over_the_official_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANVAS_HARNESS_REDIS_IMAGE", raising=False)
    assert images.REDIS_IMAGE.name() == "redis:7"
    monkeypatch.setenv("CANVAS_HARNESS_REDIS_IMAGE", "mine:1")
    assert images.REDIS_IMAGE.name() == "mine:1"
    assert images.REDIS_IMAGE.name("valkey/valkey:8") == "valkey/valkey:8"
