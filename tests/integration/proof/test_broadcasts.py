"""An app with queues of which every worker takes a copy: what is proved of it, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from celery import group
from proof_news import publish, tell, trustful

from harness.errors import UsageError

pytestmark = pytest.mark.testbed(workers=2)
TO_ONE = {"queue": "celery", "exchange": "celery", "routing_key": "celery"}


@pytest.mark.parametrize(
    "canvas",
    [
        tell.s("news"),
        group(tell.s("a").set(**TO_ONE), tell.s("b")),
        tell.s("a").set(**TO_ONE) | tell.s(),
        publish.s("news"),
        trustful.s("news"),
    ],
    ids=["by its route", "in a group", "in a chain", "by a task", "by a task that goes on"],
)
def test_what_every_worker_would_run_is_refused_and_nobody_else_is_accused(prove: Any, canvas: Any) -> None:
    with pytest.raises(UsageError, match="to be sent to one worker") as caught:
        prove(canvas)
    assert str(caught.value.found).startswith("proof_news.tell, sent to 'news', a fanout exchange")


def test_what_the_refusal_says_to_do_does_prove_it(prove: Any) -> None:
    with pytest.raises(UsageError) as caught:
        prove(tell.s("news"))
    assert ", ".join(f"{name}={value!r}" for name, value in TO_ONE.items()) in caught.value.remedy
    run = prove(tell.s("news").set(**TO_ONE))
    assert run.result == "news"
    assert len(run.attempts(tell)) == 1
