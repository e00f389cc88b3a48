"""What a report says of a history that was told by hand."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

from storytelling import RECORDER, WORKER, step
from told_stories import CHORD, task

from harness.history import events as e
from harness.history import redis_events
from harness.laws.case import Case
from harness.laws.own import Account, OwnLaws

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from storytelling import Story

    from harness.report.format import Report


def a_retried_task(story: Story, *, late_s: float = 0.0) -> None:
    story.options("add", autoretry_for=["builtins.OSError"], retry_backoff=2, retry_jitter=False)
    story.sent("add")
    story.retried("add", delay_s=2.0, automatic=True)
    story.wait(2.0 - 0.005 + late_s)
    story.delivered("add", 1)
    story.started("add", 1)
    story.ended("add", retries=1, returned=3)
    story.closed("add", retries=1)


def a_chord(story: Story) -> None:
    body = step("total")
    for place, member in enumerate(("add#0", "add#1")):
        story.member(member, place, body)
    for member in ("add#0", "add#1"):
        with story.runs(member, returned=1):
            story.counted(member)
    story.sent("total", by="add#1")
    story.ran("total")
    story.canvas_sent(CHORD, "add#0", "add#1", "total")


def test_a_retry_has_what_was_asked_by_which_formula_and_what_was_waited(
    story: Story, told: Callable[..., Report]
) -> None:
    a_retried_task(story, late_s=0.03)
    (retry,) = told(story).retries
    assert (retry.asked_us, retry.low_us, retry.high_us) == (2_000_000, 2_000_000, 2_000_000)
    assert retry.observed_us is not None
    assert retry.error_us == retry.observed_us - 2_000_000
    assert 25_000 <= retry.error_us <= 35_000
    assert retry.formula == "min(600, 2 * 2**0) = 2 s"
    assert (retry.from_, retry.to, retry.is_jittered) == (0, 1, False)


def test_a_retry_with_jitter_has_the_range_of_its_delay(story: Story, told: Callable[..., Report]) -> None:
    story.options("add", autoretry_for=["builtins.OSError"], retry_backoff=8)
    story.sent("add")
    story.retried("add", delay_s=3.0, automatic=True)
    (retry,) = told(story).retries
    assert (retry.low_us, retry.high_us, retry.is_jittered) == (0, 8_000_000, True)
    assert (retry.to, retry.observed_us, retry.error_us) == (None, None, None)


def test_an_attempt_is_a_bar_with_its_process_its_ending_and_what_it_came_to(
    story: Story, told: Callable[..., Report]
) -> None:
    a_retried_task(story)
    report = told(story)
    first, second = report.attempts
    assert (first.ending, second.ending) == ("retried", "succeeded")
    assert [report.processes[one.process].role for one in (first, second)] == ["pool", "pool"]
    assert first.start < (first.end or 0) <= (first.closed or 0) < second.start
    assert second.returned is not None
    assert report.values[second.returned] == 3
    assert first.exception is not None
    assert report.values[first.exception]["type"] == "builtins.OSError"


def test_times_begin_with_the_first_message_and_start_up_lies_before_it(
    story: Story, told: Callable[..., Report]
) -> None:
    story.wait(100)
    a_retried_task(story)
    report = told(story)
    assert report.messages[0].sent >= 0
    assert all(process.began_us is not None and process.began_us < -99_000_000 for process in report.processes)
    assert report.run.span_us == (0, report.attempts[-1].closed)


def test_a_message_leads_from_its_sender_to_the_attempt_that_it_is_for(
    story: Story, told: Callable[..., Report]
) -> None:
    a_retried_task(story)
    first, again = told(story).messages
    assert (first.from_, first.to, first.by) == (None, 0, "experiment")
    assert (again.from_, again.to, again.retries) == (0, 1, 1)
    assert again.delivered is not None
    assert again.sent < again.delivered


def test_of_two_messages_of_one_kind_each_has_the_attempt_that_came_after_it(
    story: Story, told: Callable[..., Report]
) -> None:
    for _ in range(2):
        story.sent("add")
        story.ran("add")
    assert [message.to for message in told(story).messages] == [0, 1]


def test_a_chord_has_its_counts_in_their_order_and_the_moment_at_which_its_body_was_sent(
    story: Story, told: Callable[..., Report]
) -> None:
    a_chord(story)
    report = told(story)
    (chord,) = report.chords
    assert [report.tasks[one.task or 0].id for one in chord.counts] == ["add#0", "add#1"]
    assert chord.counts[0].at < chord.counts[1].at < (chord.triggered or 0)
    assert chord.size == 2
    assert chord.body is not None
    assert report.tasks[chord.body].is_body
    assert chord.overlap is not None
    assert not chord.overlap.is_race
    assert chord.overlap.distance_us == chord.counts[1].at - chord.counts[0].at


def test_a_canvas_is_drawn_with_the_tasks_that_its_parts_became(story: Story, told: Callable[..., Report]) -> None:
    a_chord(story)
    report = told(story)
    assert report.dag == {
        "kind": "chord",
        "header": [{"kind": "task", "task": 0, "name": "add"}, {"kind": "task", "task": 1, "name": "add"}],
        "body": {"kind": "task", "task": 2, "name": "total"},
    }
    assert [one.id for one in report.tasks] == ["add#0", "add#1", "total"]


def test_an_attempt_that_died_with_its_worker_is_lost(story: Story, told: Callable[..., Report]) -> None:
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.died()
    report = told(story)
    assert report.attempts[0].ending == "lost"
    assert task(report, "add").final == "lost"
    assert report.processes[report.attempts[0].process].died == "killed by signal 9"


def test_a_violation_has_its_evidence_step_by_step_with_the_events(story: Story, told: Callable[..., Report]) -> None:
    story.sent("add")
    story.ran("add")
    story.state("add", "FAILURE")
    report = told(story)
    (law,) = [one for one in report.laws if one.ruling == "violated"]
    assert law.name == "states.of_what_ran"
    assert law.statement
    assert law.source
    assert not law.is_as_expected
    assert report.run.is_as_expected is False
    (evidence,) = law.evidence
    kinds = [report.events.kinds[report.events.rows[index][0]] for index in evidence.events]
    assert "StateRead" in kinds
    assert [one.event for one in evidence.steps if one.event is not None] == evidence.events
    assert "add: read as FAILURE" in [one.says for one in evidence.steps]


def test_a_violation_that_the_scenario_names_is_as_expected(story: Story, told: Callable[..., Report]) -> None:
    story.sent("add")
    story.ran("add")
    story.state("add", "FAILURE")
    report = told(story, violates=("states.of_what_ran",))
    assert report.run.is_as_expected
    assert all(law.is_as_expected for law in report.laws)


def test_a_law_that_is_to_be_shown_and_was_not_is_not_as_expected(story: Story, told: Callable[..., Report]) -> None:
    story.sent("add")
    story.ran("add")
    report = told(story, laws=("chord.body_once",))
    assert [law.name for law in report.laws if not law.is_as_expected] == ["chord.body_once"]


def test_a_fault_lasts_until_who_was_killed_is_there_again(story: Story, told: Callable[..., Report]) -> None:
    a_chord(story)
    story.broken("kill_worker", "add#0")
    story.died()
    story.lives_in("worker-1.2", "worker-1.2-5")
    (fault,) = told(story).faults
    assert fault.to is not None
    assert fault.to - fault.from_ == 3_000  # each thing a millisecond after the one before it
    assert len(fault.events) == 3
    assert "SIGKILL" in fault.what


def test_many_chords_say_how_their_members_overlapped(story: Story, told: Callable[..., Report]) -> None:
    a_chord(story)
    assert "races" not in told(story).own  # one is no distribution


def test_every_event_is_there_with_its_task_and_what_it_says(story: Story, told: Callable[..., Report]) -> None:
    a_retried_task(story)
    report = told(story)
    history = story.history()
    events = report.events
    assert len(events.rows) == len(history.events)
    virtual = 0
    for row, event in zip(events.rows, history.events, strict=True):
        virtual += row[2]
        kind = row[0]
        assert events.kinds[kind] == type(event).__name__
        assert events.sources[row[1]] == event.source
        assert len(row) - 6 <= len(events.fields[kind])
        assert all(-1 <= place < len(report.values) for place in row[6:])
        assert (report.tasks[row[4]].id if row[4] >= 0 else None) == getattr(event, "task_id", None)
    assert virtual == (history.events[-1].virtual_ns - min_of_messages(story)) // 1000
    texts = [events.texts[row[5]] for row in events.rows]
    assert "attempt 2 succeeded" in texts


def min_of_messages(story: Story) -> int:
    return next(event.virtual_ns for event in story.events if type(event).__name__ == "Sent")


def test_each_attempt_names_the_message_that_led_to_it(story: Story, told: Callable[..., Report]) -> None:
    a_retried_task(story)
    assert [attempt.message for attempt in told(story).attempts] == [0, 1]


def test_a_row_ends_with_its_last_value_and_what_is_seldom_set_comes_last(
    story: Story, told: Callable[..., Report]
) -> None:
    a_retried_task(story)
    story.sent("pack", eta="2026-11-21T15:00:00+00:00")
    events = told(story).events
    fields = events.fields[events.kinds.index("Sent")]
    assert fields.index("queue") < fields.index("eta") < fields.index("expires")
    lengths = [len(row) - 6 for row in events.rows if events.kinds[row[0]] == "Sent"]
    assert len(lengths) == 3
    assert max(lengths) < len(fields)
    assert all(row[-1] != -1 for row in events.rows if len(row) > 6)


def test_what_was_written_down_at_the_end_of_a_run_goes_before_what_could_be_made_of_it(
    story: Story, told: Callable[..., Report]
) -> None:
    story.sent("add")
    story.ran("add")
    assert told(story, {"is_as_expected": False}).run.is_as_expected is False


def test_an_acknowledgement_is_of_the_task_whose_delivery_it_names_and_by_who_opened_its_connection(
    story: Story, told: Callable[..., Report]
) -> None:
    story.write(WORKER, e.ConnectionOpened, address="127.0.0.1:1")
    story.sent("add")
    for kind, fields in (
        (redis_events.Queued, {"client": "nobody's", "queue": "q", "task_id": "add"}),
        (redis_events.Unacked, {"client": "127.0.0.1:1", "task_id": "add"}),
        (redis_events.Acked, {"client": "127.0.0.1:1"}),
    ):
        story.write(RECORDER, kind, delivery_tag="tag", **fields)
    report = told(story)
    rows = [(what, who, task, key) for _, what, who, task, key, _ in report.redis.rows]
    worker = [one.source for one in report.processes].index(WORKER)
    assert rows == [("queued", -1, 0, "q"), ("taken", worker, 0, "unacked"), ("acked", worker, 0, "unacked")]
    assert [events_kind(report, row[5]) for row in report.redis.rows] == ["Queued", "Unacked", "Acked"]


def events_kind(report: Report, index: int) -> str:
    return report.events.kinds[report.events.rows[index][0]]


def test_what_a_scenario_tells_of_its_own_is_shown_by_the_clock_of_the_report(
    story: Story, told: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    story.sent("add")
    story.ran("add")
    first_ns = min_of_messages(story)
    shown = {"log": [{"task": "add", "created_ns": first_ns + 7_000, "finished_ns": None, "untrue_us": 5}]}
    own = OwnLaws(
        laws=(),
        case_of=lambda history, *_: Case(history, late_s=0.05),
        account_of=lambda _: Account(outcome="told in its own words", shown=(), whole=()),
        shown_of=lambda _: shown,
    )
    monkeypatch.setitem(sys.modules, "somebodys", SimpleNamespace(LAWS=own))
    report = told(story, own_laws="somebodys:LAWS")
    assert report.own == {"log": [{"task": "add", "created": 7, "finished": None, "untrue_us": 5}]}
    assert report.run.outcome_text == "told in its own words"


def test_a_scenario_whose_own_files_are_not_there_is_shown_without_them(
    story: Story, told: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Case:
        raise OSError("no such database")

    story.sent("add")
    own = OwnLaws(laws=(), case_of=fails, account_of=lambda _: Account(outcome="", shown=(), whole=()))
    monkeypatch.setitem(sys.modules, "somebodys", SimpleNamespace(LAWS=own))
    report = told(story, own_laws="somebodys:LAWS")
    assert report.own == {}
    assert "no such database" in report.missing[0].what
