from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from .models import Report


@shared_task
def chapter(report_id, region):
    return f"{Report.objects.get(pk=report_id).title} in the {region}"


@shared_task
def finish(chapters, report_id):
    Report.objects.filter(pk=report_id).update(text="\n".join(chapters))


@shared_task(autoretry_for=(OSError,), retry_backoff=2, retry_jitter=False)
def publish(report_id):
    mail_once(report_id)
    archive(report_id)  # if this fails, all of the task is tried again


@transaction.atomic
def mail_once(report_id):
    """Send the mail for whoever comes first. If sending fails, nobody has come yet: the update is undone."""
    if Report.objects.filter(pk=report_id, mailed_at=None).update(mailed_at=timezone.now()):
        send_mail(f"Report {report_id}", "It is finished.", "reports@example.com", ["boss@example.com"])


def archive(report_id):
    (settings.ARCHIVE / f"{report_id}.txt").write_text(Report.objects.get(pk=report_id).text)
