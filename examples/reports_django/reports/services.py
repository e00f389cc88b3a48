from celery import chord
from django.db import transaction

from .models import Report
from .tasks import chapter, finish, publish


@transaction.atomic
def order_report(title):
    """Save a report, and have it made once it is there for everybody to see."""
    report = Report.objects.create(title=title)
    chapters = [chapter.s(report.pk, region) for region in ("north", "south")]
    canvas = chord(chapters, finish.s(report.pk)) | publish.si(report.pk)
    transaction.on_commit(canvas.delay)  # for a single task: publish.delay_on_commit(report.pk)
    return report.pk
