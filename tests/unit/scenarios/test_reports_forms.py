from __future__ import annotations

import warnings
from typing import Any

import pytest
from celery.exceptions import CPendingDeprecationWarning

from scenarios.reports.orders import FORMS
from scenarios.reports.tasks import PARTS


def form(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CPendingDeprecationWarning)  # Celery's, of a setting that is at its default
        return FORMS[name](7, [PARTS[part].si(7) for part in ("long", "short", "medium")])


@pytest.mark.parametrize("name", FORMS)
def test_both_forms_have_the_same_members_in_the_order_of_the_plan(name: str) -> None:
    members = form(name).tasks
    assert [(member.task, member.args, member.immutable) for member in members] == [
        ("long", (7,), True),
        ("short", (7,), True),
        ("medium", (7,), True),
    ]


def test_a_group_has_both_callbacks_linked_to_it_as_celery_links_them() -> None:
    long, short, medium = form("group").tasks
    assert [link.task for link in long.options["link"]] == ["report_finished"]
    assert "link" not in short.options
    assert "link" not in medium.options
    for member in (long, short, medium):
        assert [link.task for link in member.options["link_error"]] == ["report_failed"]


def test_a_chord_has_one_callback_for_its_body_and_the_other_linked_to_that() -> None:
    chord = form("chord")
    assert chord.body.task == "report_finished"
    assert [link.task for link in chord.body.options["link_error"]] == ["report_failed"]
    assert all("link_error" not in member.options for member in chord.tasks)


@pytest.mark.parametrize("name", FORMS)
def test_callbacks_are_immutable_and_told_the_number(name: str) -> None:
    canvas = form(name)
    finished = canvas.body if name == "chord" else canvas.tasks[0].options["link"][0]
    (failed,) = (canvas.body if name == "chord" else canvas.tasks[0]).options["link_error"]
    for callback in (finished, failed):
        assert (tuple(callback.args), callback.immutable) == ((7,), True)


@pytest.mark.parametrize("name", PARTS)
def test_parts_are_made_with_patience(name: str) -> None:
    task = PARTS[name]
    assert task.acks_late
    assert tuple(task.autoretry_for) == (Exception,)
    assert task.max_retries == 5
    assert task.retry_jitter is True
    assert (task.retry_backoff, task.retry_backoff_max) == (40, 500)
