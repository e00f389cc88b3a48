from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.testbed import versions
from harness.testbed.versions import LEAST, is_old, refuse_old


@pytest.mark.parametrize(
    ("found", "least", "old"),
    [
        ("5.3.6", "5.4", True),
        ("5.4.0", "5.4", False),
        ("5.10.0", "5.4", False),
        ("5.4.0rc1", "5.4", False),
        ("4.5.1", "4.5.2", True),
        ("10.0", "6.2", False),
    ],
)
def test_versions_are_compared_by_their_numbers(
    found: str,
    least: str,
    old: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert is_old(found, least) is old


def test_the_least_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    asked = {line.partition(">=")[0].partition("[")[0]: line.partition(">=")[2] for line in project["dependencies"]}
    assert {package: asked[package] for package in LEAST} == LEAST


@pytest.mark.parametrize("found", [None, "5.3.6"])
def test_what_is_too_old_or_missing_is_refused_with_the_line_to_type(
    found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "installed", lambda _: found)
    with pytest.raises(HarnessError, match=r"celery 5\.4 or later") as caught:
        refuse_old()
    assert caught.value.remedy == "type: pip install 'celery>=5.4'"
