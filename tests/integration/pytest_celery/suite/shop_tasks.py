"""Tasks as a suite of pytest-celery's brings them: copied into the worker, imported by the tests."""

import time

from celery import shared_task


@shared_task
def charge(amount):
    return 2 * amount


@shared_task(bind=True, max_retries=3)
def charge_later(self, amount):
    if self.request.retries < 2:
        raise self.retry(countdown=30)
    return amount


@shared_task
def tell(results):
    return sum(results)


@shared_task
def pack(seconds):
    print("packing begins")
    time.sleep(seconds)
    print("packing is done")
    return seconds


@shared_task(time_limit=2)
def hang():
    time.sleep(60)


@shared_task
def note(failed_id): ...
