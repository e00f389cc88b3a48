from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scenarios.pipeline.canvas import pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator


def signatures(node: object) -> Iterator[dict[str, Any]]:
    """Every signature in a canvas as it is sent, the outer before the inner, in the order it was written."""
    if isinstance(node, dict):
        if "task" in node:
            yield node
        for value in node.values():
            yield from signatures(value)
    elif isinstance(node, list):
        for value in node:
            yield from signatures(value)


@pytest.fixture
def sent() -> list[dict[str, Any]]:
    return list(signatures(json.loads(json.dumps(pipeline("hello", "happy")))))


def own(sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [signature for signature in sent if not signature["task"].startswith("celery.")]


def test_the_tasks_stand_in_the_order_in_which_they_run(sent: list[dict[str, Any]]) -> None:
    names = [signature["task"] for signature in own(sent)]
    assert names == ["start", "TASK_A", "TASK_B", "TASK_C", "TASK_D", "end"]


def test_the_group_of_b_and_c_became_the_header_of_a_chord(sent: list[dict[str, Any]]) -> None:
    (chord,) = (signature for signature in sent if signature["task"] == "celery.chord")
    header = own(list(signatures(chord["kwargs"]["header"])))
    body = own(list(signatures(chord["kwargs"]["body"])))
    assert [signature["task"] for signature in header] == ["TASK_B", "TASK_C"]
    assert body[0]["task"] == "TASK_D"


def test_every_task_is_given_the_payload(sent: list[dict[str, Any]]) -> None:
    payload = {"raw": "hello", "scenario": "happy"}
    assert [signature["kwargs"] for signature in own(sent)] == [{"payload": payload}] * 6


def test_only_the_bookkeeping_tasks_refuse_the_result_before_them(sent: list[dict[str, Any]]) -> None:
    assert [signature["task"] for signature in own(sent) if signature["immutable"]] == ["start", "end"]


def test_a_scenario_nobody_wrote_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="one of happy, flaky, slow, down, partial_fail; found 'hapyp'"):
        pipeline("hello", "hapyp")
