from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from scenarios.catalog.reports.log import FILE, read_log
from scenarios.reports import database

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the application's database is; this process has no connection to another one."""
    monkeypatch.setenv(database.VARIABLE, str(tmp_path / FILE))
    monkeypatch.setattr(database, "_kept", database._Kept())  # noqa: SLF001 - as a process has it that has just begun
    return tmp_path


def test_a_report_that_was_ordered_is_there_with_its_kind_and_seed(files: Path) -> None:
    number = database.add_report("group", "all_well", 3)
    assert database.report(number) == database.Ordered("all_well", 3)
    row = read_log(files)[number]
    assert (row.form, row.kind, row.seed, row.status, row.lines) == ("group", "all_well", 3, "ordered", ())


def test_every_report_has_a_number_of_its_own() -> None:
    assert len({database.add_report("chord", "all_well", 3) for _ in range(5)}) == 5


def test_the_last_status_that_was_set_stands(files: Path) -> None:
    number = database.add_report("group", "all_well", 0)
    database.set_status(number, "failed")
    failed_s = read_log(files)[number].changed_s
    database.set_status(number, "finished")
    assert read_log(files)[number].status == "finished"
    assert read_log(files)[number].changed_s >= failed_s


def test_the_status_of_one_report_is_not_that_of_another(files: Path) -> None:
    one, other = database.add_report("group", "all_well", 0), database.add_report("chord", "all_well", 0)
    database.set_status(one, "finished")
    assert read_log(files)[other].status == "ordered"


def test_a_line_of_the_log_says_how_an_attempt_went(files: Path) -> None:
    number = database.add_report("group", "all_well", 0)
    with database.logged(number, "short", 2):
        (running,) = read_log(files)[number].lines
    (line,) = read_log(files)[number].lines
    assert (running.status, running.finished_s) == ("running", None)
    assert (line.task, line.status, line.retry) == ("short", "succeeded", 2)
    assert line.finished_s is not None
    assert running.created_s == line.created_s <= line.finished_s


def test_a_line_of_the_log_says_that_an_attempt_failed_and_the_failure_goes_on(files: Path) -> None:
    number = database.add_report("group", "all_well", 0)
    with pytest.raises(OSError, match="down"), database.logged(number, "long", 0):
        raise OSError("down")
    (line,) = read_log(files)[number].lines
    assert line.status == "failed"
    assert line.finished_s is not None


def test_threads_write_side_by_side(files: Path) -> None:
    number = database.add_report("group", "all_well", 0)
    together = threading.Barrier(8)

    def write(retry: int) -> None:
        together.wait()
        with database.logged(number, "short", retry):
            pass

    threads = [threading.Thread(target=write, args=(retry,)) for retry in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line.retry for line in read_log(files)[number].lines) == list(range(8))


def test_a_log_that_is_not_there_is_said_in_three_parts(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="the reports' database") as caught:
        read_log(tmp_path / "elsewhere")
    assert "sender.log" in caught.value.remedy


def test_a_log_that_is_no_database_is_said_in_three_parts(files: Path) -> None:
    (files / FILE).write_text("no database at all, but long enough to be looked at as if it were one" * 20)
    with pytest.raises(HarnessError, match="DatabaseError"):
        read_log(files)


def test_reading_changes_nothing(files: Path) -> None:
    database.add_report("group", "all_well", 0)
    before = {path.name: path.read_bytes() for path in files.iterdir() if not path.name.endswith("-shm")}
    read_log(files)
    assert {path.name: path.read_bytes() for path in files.iterdir() if not path.name.endswith("-shm")} == before
