from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.history import events, parts, redis_events
from harness.history.aftermath import aftermath_of

if TYPE_CHECKING:
    from tests.unit.conftest import Process, Record

BODY = parts.Following(task="body", task_id="id-body", errbacks=["mourn"])


def sends(process: Process, task_id: str, args: list[Any], **fields: Any) -> None:
    """Send a task of that id."""
    nothing = dict.fromkeys(("sender_id", "eta", "expires", "root_id", "parent_id", "group_id", "chord_id"))
    about = {"task": task_id.partition("-")[2], "retries": 0, "by": "experiment", "kwargs": {}, "queue": "q"}
    process.write(events.Sent, **{**nothing, "group_index": None, "task_id": task_id, "args": args, **about, **fields})


def member(process: Process, task_id: str, place: int, chord_id: str = "id-body", retries: int = 0) -> None:
    of = {"group_id": "g", "group_index": place, "chord_id": chord_id, "retries": retries}
    sends(process, task_id, [], **of, chord=BODY)


@pytest.fixture
def worker(record: Record) -> Process:
    sender, worker = record.process("sender"), record.process("worker-1")
    member(sender, "id-b", 1)
    member(sender, "id-a", 0)
    return worker


def counted(worker: Process, task_id: str) -> None:
    worker.write(redis_events.ChordCounted, client="c", group_id="g", task_id=task_id)


def test_members_are_counted_one_by_one_in_the_order_of_the_header(record: Record, worker: Process) -> None:
    worker.delivered("a")
    worker.ran("a", returned="of a")
    counted(worker, "id-a")
    worker.delivered("a", redelivered=True)
    worker.ran("a", returned="of a again")
    counted(worker, "id-a")
    worker.ran("b", returned="of b")
    worker.state("b", "SUCCESS")
    first, second = aftermath_of(record.history()).members
    assert (first.place, first.deliveries, first.attempts, first.counts, first.state) == (0, 2, 2, 2, None)
    assert (second.place, second.deliveries, second.attempts, second.counts, second.state) == (1, 0, 1, 0, "SUCCESS")


def test_a_body_tells_whose_results_it_brings(record: Record, worker: Process) -> None:
    worker.ran("a", returned="of a")
    worker.ran("a", returned="of a again")
    worker.ran("b", returned="of b")
    sends(worker, "id-body", [["of a again", "of b"]])
    sends(worker, "id-body", [["of a", "of nobody"]])
    worker.started("body")
    after = aftermath_of(record.history())
    assert (after.sent, after.runs, after.received) == (2, 1, ((0, 1), (0, -1)))


def test_a_chord_of_which_nothing_came_says_so(record: Record, worker: Process) -> None:
    worker.started("a")
    after = aftermath_of(record.history())
    assert (after.sent, after.runs, after.received, after.errbacks, after.state) == (0, 0, (), 0, None)
    assert "body sent 0, run 0, of members -" in str(after)


def test_members_are_those_of_the_first_chord_each_once(record: Record, worker: Process) -> None:
    member(worker, "id-c", 2, chord_id="id-another")
    member(worker, "id-a", 5, retries=1)
    assert [one.place for one in aftermath_of(record.history()).members] == [0, 1]


def test_errbacks_and_strikes_are_counted(record: Record, worker: Process) -> None:
    about = {"point": "before_count", "member": 0, "task_id": "id-a", "task": "a", "target": "worker-1"}
    worker.write(events.FaultInjected, strike="kill_worker", **about)
    sends(worker, "id-mourn", ["id-body"])
    after = aftermath_of(record.history())
    assert (after.errbacks, after.strikes) == (1, ("kill_worker",))


def test_where_there_is_no_chord_there_is_nothing_to_say(record: Record) -> None:
    record.process("sender").sent("a")
    with pytest.raises(ValueError, match="a chord's header"):
        aftermath_of(record.history())
