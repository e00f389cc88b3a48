from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from harness.errors import UsageError
from harness.history.events import Sent
from harness.scenario import Canvas, Conditions, Expected, Experiment, Scenario
from harness.store import RunDirectory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.history.events import AnyEvent
    from tests.unit.conftest import Record

EXPERIMENT = Experiment(
    scenario=Scenario(
        name="happy",
        title="Nothing goes wrong",
        app="app:app",
        canvas=Canvas(call="app:canvas", arguments={"text": "grün"}),
        expected=Expected(outcome="error", attempts={"A": 4}, retry_delays={"A": (2, 4)}),
    ),
    conditions=Conditions(workers=2),
)


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    """The directory of a run that has begun."""
    return RunDirectory.begin(tmp_path / "runs" / "happy", EXPERIMENT, {"python": "3.11"})


def test_what_is_asked_is_written_down_before_anything_else(directory: RunDirectory) -> None:
    asked = directory.read("experiment")
    assert asked["version"] == 1
    assert asked["id"] == EXPERIMENT.id
    assert asked["scenario"]["canvas"] == {"kind": "built", "call": "app:canvas", "arguments": {"text": "grün"}}
    assert asked["scenario"]["expected"]["retry_delays"] == {"A": [2, 4]}
    assert asked["conditions"]["workers"] == 2
    assert asked["provenance"] == {"python": "3.11"}


def test_a_run_directory_is_for_its_owner_alone(directory: RunDirectory) -> None:
    assert directory.path.stat().st_mode & 0o077 == 0


def test_a_second_run_in_the_same_directory_is_refused_and_the_first_is_left_alone(directory: RunDirectory) -> None:
    before = (directory.path / "experiment.json").read_bytes()
    with pytest.raises(UsageError, match="not there yet") as caught:
        RunDirectory.begin(directory.path, EXPERIMENT, {})
    assert caught.value.found == str(directory.path)
    assert (directory.path / "experiment.json").read_bytes() == before


def test_a_file_in_the_way_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError):
        RunDirectory.begin(tmp_path / "file", EXPERIMENT, {})
    with pytest.raises(UsageError, match="Not a directory"):
        RunDirectory.begin(tmp_path / "file" / "happy", EXPERIMENT, {})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_to_is_wrong_usage_for_a_user(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        RunDirectory.begin(tmp_path / "closed" / "happy", EXPERIMENT, {})


def test_a_place_that_cannot_be_written_to_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="File name too long") as caught:
        RunDirectory.begin(tmp_path / ("x" * 300), EXPERIMENT, {})
    assert "--directory" in caught.value.remedy


def test_logs_are_copied_under_their_processes_names(directory: RunDirectory, tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_bytes(b"\xff said\n")
    directory.keep_logs({"worker-1": tmp_path / "some.txt"})
    assert (directory.path / "logs" / "worker-1.log").read_bytes() == b"\xff said\n"


def test_how_a_run_ended_can_be_read_back(directory: RunDirectory) -> None:
    directory.finish({"ending": "settled", "attempts": {"A": 1}, "delays": (2, 4)})
    assert directory.read("run") == {"version": 1, "ending": "settled", "attempts": {"A": 1}, "delays": [2, 4]}


def test_a_file_is_written_whole_or_not_at_all(directory: RunDirectory) -> None:
    directory.finish({"ending": "settled"})
    loop: dict[str, object] = {}
    loop["loop"] = loop
    with pytest.raises(ValueError, match="Circular"):
        directory.finish(loop)
    assert directory.read("run")["ending"] == "settled"


def test_nothing_but_the_files_of_a_run_is_in_its_directory(directory: RunDirectory) -> None:
    directory.finish({})
    assert sorted(path.name for path in directory.path.iterdir()) == ["experiment.json", "journals", "logs", "run.json"]


def test_the_history_is_read_back_from_the_journals(
    directory: RunDirectory, record: Record, line: Callable[[AnyEvent], bytes]
) -> None:
    sender = record.process("sender")
    sender.sent("A")
    for event in record.events:
        with (directory.journals / f"{event.source}.jsonl").open("ab") as file:
            file.write(line(event))
    history = directory.history()
    assert history.is_complete
    assert [type(event).__name__ for event in history.events] == ["ProcessStarted", "Sent", "Published"]
    assert isinstance(history.events[1], Sent)
    assert history.events[1].source == sender.source


def test_a_run_of_which_nothing_was_recorded_has_an_empty_history(directory: RunDirectory) -> None:
    assert directory.history().events == ()


def test_what_is_written_is_json_that_a_person_can_read(directory: RunDirectory) -> None:
    text = (directory.path / "experiment.json").read_text()
    assert text.endswith("}\n")
    assert text.count("\n") > 10
    json.loads(text)


def test_what_the_app_has_left_is_kept_with_all_that_is_beside_it(directory: RunDirectory, tmp_path: Path) -> None:
    (tmp_path / "testbed" / "more").mkdir(parents=True)
    (tmp_path / "testbed" / "app.sqlite3").write_bytes(b"rows")
    (tmp_path / "testbed" / "more" / "app.sqlite3-wal").write_bytes(b"late rows")
    directory.keep_files(tmp_path / "testbed")
    assert (directory.files / "app.sqlite3").read_bytes() == b"rows"
    assert (directory.files / "more" / "app.sqlite3-wal").read_bytes() == b"late rows"


def test_an_account_is_kept_line_by_line(directory: RunDirectory) -> None:
    directory.tell(["one", "two"])
    assert (directory.path / "account.txt").read_text() == "one\ntwo\n"
