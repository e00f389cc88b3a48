"""The page of a clock that pytest lives by: it is removed when nobody can be living by it, and not before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.pytest_celery.under_clock import Time, remove_abandoned_pages, without_clock
from harness.testbed.abandoned import own

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_page_whose_owner_is_gone_is_removed_and_no_other(tmp_path: Path) -> None:
    for name in ("canvas-harness-gone", "canvas-harness-lives", "canvas-harness-of-a-testbed", "other"):
        (tmp_path / name).mkdir()
    for name in ("canvas-harness-gone", "other"):
        os.close(own(tmp_path / name))
    lock = own(tmp_path / "canvas-harness-lives")
    remove_abandoned_pages(tmp_path)
    os.close(lock)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["canvas-harness-lives", "canvas-harness-of-a-testbed", "other"]


def test_a_page_is_removed_by_whoever_lived_by_it(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.mkdir()
    for _ in range(2):  # the supervisor may have been first
        Time(folder=tmp_path, page=page).remove_page()
    assert not page.exists()
    Time(folder=tmp_path, why_real="").remove_page()


def test_who_shall_not_live_under_the_clock_keeps_what_else_is_preloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "/ours/_interposer.so /theirs/libfast.so")
    monkeypatch.setenv("HARNESS_CLOCK_DIRECTORY", "/somewhere/page")
    assert without_clock()["LD_PRELOAD"] == "/theirs/libfast.so"
    assert "HARNESS_CLOCK_DIRECTORY" not in without_clock()
    monkeypatch.setenv("LD_PRELOAD", "/ours/_interposer.so")
    assert "LD_PRELOAD" not in without_clock()
