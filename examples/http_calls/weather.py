import os

import requests
from celery import Celery

app = Celery("weather", broker="redis://localhost")


@app.task(autoretry_for=(requests.RequestException,), retry_backoff=2, retry_jitter=False)
def forecast(city):
    answer = requests.get(f"{os.environ['WEATHER_URL']}/{city}", timeout=5)
    answer.raise_for_status()
    return answer.text
