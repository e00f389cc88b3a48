"""A Django project is set up in worker and sender by Celery's own means, and its settings are confined like others."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Shop

pytest.importorskip("django", reason="Django is not installed")

APP = """
import os
from celery import Celery
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_settings")
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""
SETTINGS = """
from pathlib import Path
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parent / "shop.sqlite3"}}
INSTALLED_APPS = ["reports"]
USE_TZ = True
CELERY_BROKER_URL = "redis://:hush@<a>/0"
CELERY_BROKER_WRITE_URL = "redis://:hush@<b>/0"
CELERY_RESULT_BACKEND = "redis://:hush@<c>/0"
CELERY_BROKER_TRANSPORT = "redis"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_DEFAULT_QUEUE = "shop"
CELERY_TASK_ROUTES = {"shop.*": {"queue": "money"}}
"""
MODELS = """
from django.db import models
class Report(models.Model):
    total = models.IntegerField()
"""
TASKS = """
from celery import shared_task
from .models import Report
@shared_task(name="shop.add")
def add(a, b):
    return Report.objects.create(total=a + b).total
"""
LET_GO = """
import shop
from harness.app.django import let_databases_go
let_databases_go()
shop.app.loader.import_default_modules()
from django.db import connection
from reports.models import Report
print("REPORTS", Report.objects.count(), connection.connection is not None)
let_databases_go()
print("OPEN", connection.connection is not None)
"""


@pytest.fixture
def project(shop: Shop) -> Shop:
    for name, source in {
        "shop": APP,
        "shop_settings": SETTINGS,
        "reports/__init__": "",
        "reports/models": MODELS,
        "reports/tasks": TASKS,
    }.items():
        shop.write(source, name)
    run(shop, "-m", "django", "migrate", "--run-syncdb", "--settings", "shop_settings", "--pythonpath", ".")
    return shop


def run(shop: Shop, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(shop.folder), str(shop.root)))}
    return subprocess.run(
        [sys.executable, *arguments], cwd=shop.folder, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("pool", ["solo", "prefork"])
def test_a_django_project_runs_in_its_testbed(project: Shop, pool: str) -> None:
    project.environment = {"POOL": pool}
    project.start("worker")
    said = project.finish("sender")

    assert "RESULT 5\nANSWERS 1" in said, said + project.said("worker")
    assert "hush" not in said
    assert project.decoys.close() == []
    assert run(project, "-c", LET_GO) == "REPORTS 1 True\nOPEN False\n"


def test_there_is_nothing_to_let_go_of_where_django_is_not_set_up(project: Shop) -> None:
    begin = "from harness.app.django import let_databases_go as go; go(); import django.apps, django.db; "

    assert run(project, "-c", begin + "go(); print('fine')") == "fine\n"
