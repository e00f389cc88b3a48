from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from harness.app.serial import encode
from harness.history.events import CanvasSent, ResultRead
from harness.history.parts import PlannedTask
from harness.proof.proved import Proved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.run.run import Run
    from tests.unit.conftest import Process, Record

    MakeRun = Callable[..., Run]


@pytest.fixture
def sender(record: Record) -> Process:
    """A sender that has sent A and B, of which A took two attempts."""
    sender, worker = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    planned = [PlannedTask(task_id=f"id-{task}", task=task) for task in "AB"]
    sender.write(CanvasSent, order="order-1", canvas={}, result_id="id-B", planned=planned)
    worker.retried("A", delay_s=2)
    record.wait(2)
    worker.ran("A", retries=1)
    worker.ran("B", returned="seen by the probe")
    sender.state("A", "SUCCESS")
    return sender


def read(sender: Process, value: object, serializer: str = "json", *, size: int = 10) -> None:
    kind, encoding, body = encode(value, serializer)
    text = base64.b64encode(body).decode()
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    about = {"order": "order-3", "content_type": kind, "content_encoding": encoding, "parts": len(parts)}
    for number, part in enumerate(parts):
        sender.write(ResultRead, body=part, part=number, **about)


@pytest.mark.parametrize("serializer", ["json", "pickle"])
@pytest.mark.parametrize("value", [None, 0, "grün" * 50, [1, {"a": None}]])
def test_the_result_is_put_together_from_its_parts(sender: Process, run: MakeRun, value: Any, serializer: str) -> None:
    read(sender, value, serializer)
    assert Proved(run()).result == value


def test_where_nothing_was_stored_the_result_is_what_the_last_attempt_returned(sender: Process, run: MakeRun) -> None:
    sender.write(ResultRead, order="order-3", content_type="", content_encoding="", body="", part=0, parts=1)
    assert Proved(run()).result == "seen by the probe"


def test_where_nothing_was_read_and_nobody_returned_anything_there_is_no_result(record: Record, run: MakeRun) -> None:
    record.process("sender").canvas()
    assert Proved(run()).result is None


def test_attempts_and_delays_are_asked_for_by_name_by_id_by_the_task_or_all(sender: Process, run: MakeRun) -> None:
    assert sender.written
    proved = Proved(run())
    for task in ("A", "id-A", SimpleNamespace(name="A")):
        assert [attempt.started.retries for attempt in proved.attempts(task)] == [0, 1]
        assert proved.retry_delays(task) == pytest.approx([2.004], abs=0.001)
    assert len(proved.attempts()) == 3
    assert proved.attempts("unheard of") == ()
    assert len(proved.retry_delays()) == 1


def test_a_run_says_in_what_order_what_ran_and_what_was_stored(sender: Process, run: MakeRun) -> None:
    assert sender.written
    proved = Proved(run())
    assert proved.order == ["A", "A", "B"]
    assert proved.states == {"A": "SUCCESS"}
    assert (proved.exception, proved.failed_task, proved.verdicts) == (None, None, ())
    assert proved.virtual_s == pytest.approx(2.0, abs=0.1)
    assert (proved.timing.clock, proved.timing.virtual_s, proved.timing.pins) == ("virtual", proved.virtual_s, ())
    assert repr(proved) == f"<a proved run: success, 3 attempts, {proved.virtual_s:.1f} s>"


def test_a_run_that_failed_says_where_and_with_what(record: Record, run: MakeRun) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").failed("A", message="no")
    proved = Proved(run())
    assert proved.failed_task == "A"
    assert proved.exception is not None
    assert (proved.exception.type, proved.exception.message) == ("builtins.ValueError", "no")


def test_what_processes_printed_is_read_from_the_runs_directory(sender: Process, run: MakeRun, tmp_path: Path) -> None:
    assert sender.written
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "worker-1.log").write_bytes("gr\xfcn".encode("latin-1"))
    proved = Proved(run(directory=tmp_path))
    assert proved.directory == tmp_path
    assert list(proved.logs) == ["worker-1"]
    assert proved.logs["worker-1"].startswith("gr")
