"""What becomes of a task whose code raises one of Celery's own words, `Ignore` or `Reject`, and is under autoretry.

Real Redis, real workers. Celery lets `Ignore` through whatever `autoretry_for` says, and takes `Reject` up like any
other exception: what is to be rejected is first retried as often as may be (celery/app/autoretry.py, 5.4.0 to 5.7.0).
"""

from __future__ import annotations

from typing import Any

from celery.exceptions import Reject
from ways_out_app import leave, mourn

from harness.history.events import WorkerStarted
from harness.laws.verdict import Ruling
from harness.semantics.defects import version_of


def test_what_is_ignored_is_not_retried_whatever_autoretry_takes_up(prove: Any) -> None:
    run = prove(leave.si("ignored").on_error(mourn.s()))
    assert [attempt.ending for attempt in run.attempts()] == ["ignored"]
    assert run.states == {"ways_out.leave": "PENDING"}


def test_what_is_rejected_is_retried_first_if_autoretry_takes_up_everything(prove: Any) -> None:
    run = prove(leave.si("rejected"), raises=Reject)
    assert [attempt.ending for attempt in run.attempts(leave)] == ["retried", "retried", "rejected"]
    assert [attempt.ended.retry_delay_s for attempt in run.attempts(leave)] == [2, 2, None]
    # The laws have judged that: the retries that were due, the limit, and the last word, which is the code's own.
    judged = {verdict.law: (verdict.ruling, verdict.instances) for verdict in run.verdicts}
    assert judged["retries.exhausted"] == (Ruling.HOLDS, 2)
    assert judged["retries.limited"] == judged["retries.original_exception"] == (Ruling.HOLDS, 1)


def test_whether_a_rejected_task_has_failed_depends_on_the_version_of_celery(prove: Any) -> None:
    # Celery 5.7.0 stores a failure for what is rejected and not put back, and calls its errbacks
    # (celery/worker/request.py, Request.on_failure); 5.4.0, 5.5.3 and 5.6.0 leave it as it was, and tell nobody.
    run = prove(leave.si("rejected").on_error(mourn.s()), raises=Reject)
    version = next(event.versions["celery"] for event in run.history.events if isinstance(event, WorkerStarted))
    is_a_failure = version_of(version) >= (5, 7)
    assert run.states["ways_out.leave"] == ("FAILURE" if is_a_failure else "RETRY")
    assert len(run.attempts(mourn)) == is_a_failure
