from celery import Celery

app = Celery("shop", broker="redis://localhost")


@app.task(autoretry_for=(OSError,), retry_backoff=2, retry_jitter=False)
def charge(amount):
    return amount


@app.task
def ship(amount):
    return f"shipped for {amount}"
