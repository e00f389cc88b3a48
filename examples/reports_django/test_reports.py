import shutil
import time
from functools import partial

import pytest
from celery import group
from django.db import transaction

from reports.models import Report
from reports.services import order_report
from reports.tasks import chapter, publish

pytestmark = [
    pytest.mark.django_db(transaction=True),  # workers see what is committed, and nothing else
    pytest.mark.testbed(app="project.celery:app"),
]


@pytest.fixture
def archive(folder):
    """An archive to write into. Tests without it have none."""
    (folder / "archive").mkdir()
    yield
    shutil.rmtree(folder / "archive")


@pytest.fixture
def mails(folder):
    """How many mails went out about a report."""
    return lambda pk: sum(file.read_text().count(f"Subject: Report {pk}\n") for file in (folder / "mails").iterdir())


def test_a_report_that_was_ordered_is_finished_and_mailed(prove, archive, mails):
    run = prove(partial(order_report, title="Sales"))
    report = Report.objects.get(pk=run.result)
    assert report.text == "Sales in the north\nSales in the south"
    assert mails(report.pk) == 1


def order_losses_and_think_again():
    try:
        with transaction.atomic():
            order_report(title="Losses")
            raise InterruptedError
    except InterruptedError:
        return order_report(title="Sales")


def test_an_order_that_is_rolled_back_sends_nothing(prove, archive):
    run = prove(order_losses_and_think_again)
    assert [report.title for report in Report.objects.all()] == ["Sales"]
    assert len(run.attempts(publish)) == 1


@transaction.atomic
def send_before_commit():
    chapter.delay(Report.objects.create(title="Sales").pk, "north")
    time.sleep(1)


def test_what_is_sent_before_the_commit_does_not_find_its_report(prove):
    prove(send_before_commit, raises=Report.DoesNotExist)


def test_the_mail_goes_out_once_although_its_task_is_tried_four_times(prove, mails):
    report = Report.objects.create(title="Sales")
    run = prove(publish.s(report.pk), raises=FileNotFoundError)
    assert run.retry_delays(publish) == pytest.approx([2, 4, 8], abs=0.05)
    assert mails(report.pk) == 1


def test_the_mail_goes_out_once_although_its_task_comes_twice(prove, archive, mails):
    report = Report.objects.create(title="Sales")
    prove(group(publish.s(report.pk), publish.s(report.pk)))
    assert mails(report.pk) == 1
