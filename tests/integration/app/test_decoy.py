"""An app's real broker and result backend are never touched: wherever it says they are, somebody stands and listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Shop

HEADER = """
import os, socket
from celery import Celery, signals
from celery.backends.redis import RedisBackend
"""
TASK = """
@app.task(name="shop.add")
def add(a, b):
    return a + b
"""

# The decoys that hear of an app where nobody keeps it from them, and what the app says.
APPS = {
    "arguments": (
        "ab",
        """
app = Celery("shop", broker="redis://<a>/0", backend="redis://<b>/0")
""",
    ),
    "settings": (
        "ab",
        """
app = Celery("shop", broker="redis://:hush@<a>/0", backend="redis://:hush@<b>/0")

""",
    ),
    "reading and writing apart": (
        "bcd",
        """
app = Celery("shop", broker="redis://:hush@<a>/0", backend="redis://:hush@<b>/0")
app.conf.update(broker_read_url="redis://<c>/0", broker_write_url="redis://<d>/0")
""",
    ),
    "an object": (
        "ab",
        """
app = Celery("shop")
app.config_from_object(type("C", (), dict(broker_url="redis://:hush@<a>/0", result_backend="redis://:hush@<b>/0")))
""",
    ),
    "an object, forced": (
        "ab",
        """
app = Celery("shop")
app.config_from_object(dict(broker_url="redis://:hush@<a>/0", result_backend="redis://:hush@<b>/0"), force=True)
""",
    ),
    "a namespace": (
        "abc",
        """
app = Celery("shop")
settings = dict(SHOP_BROKER_URL="redis://<a>/0", SHOP_BROKER_WRITE_URL="redis://<c>/0")
settings["SHOP_RESULT_BACKEND"] = "redis://<b>/0"
app.config_from_object(settings, namespace="SHOP")
""",
    ),
    "old names": (
        "ab",
        """
app = Celery("shop")
app.config_from_object(dict(BROKER_URL="redis://<a>/0", CELERY_RESULT_BACKEND="redis://<b>/0"))
""",
    ),
    "defaults": (
        "ab",
        """
app = Celery("shop")
app.add_defaults(lambda: dict(broker_url="redis://:hush@<a>/0", result_backend="redis://:hush@<b>/0"))
""",
    ),
    "a handler of the configuration": (
        "a",
        """
app = Celery("shop")
@app.on_after_configure.connect
def configure(sender, **_): sender.conf.update(broker_transport="redis", broker_write_url="redis://<a>/0")
""",
    ),
    "a handler of the worker's start": (
        "a",
        """
app = Celery("shop")
@signals.worker_init.connect
def configure(**_): app.conf.update(broker_read_url="redis://<a>/0", broker_transport="pyamqp")
""",
    ),
    "RabbitMQ, and results by messages": (
        "a",
        """
app = Celery("shop", broker="amqp://shop:hush@<a>//shop", backend="rpc://")
""",
    ),
    "a transport, a host and a port": (
        "a",
        """
app = Celery("shop")
app.conf.update(broker_url="127.0.0.1", broker_port=<port_a>, broker_user="shop")
app.conf.update(broker_password="hush", broker_transport="redis")
""",
    ),
    "several brokers": (
        "ab",
        """
app = Celery("shop", broker=["redis://<a>/0", "redis://<b>/0"])
app.conf.update(broker_failover_strategy="round-robin")
""",
    ),
    "sentinels": (
        "abcd",
        """
app = Celery("shop", broker="sentinel://<a>;sentinel://<b>", backend="sentinel://<c>/0;sentinel://<d>/0")
options = {"master_name": "shop", "sentinel_kwargs": {"password": "hush"}, "global_keyprefix": "shop-"}
app.conf.update(broker_transport_options=options, result_backend_transport_options=options)
""",
    ),
    "TLS": (
        "ab",
        """
app = Celery("shop", broker="rediss://<a>/0", backend="rediss://<b>/0")
app.conf.update(broker_use_ssl={"ssl_cert_reqs": 0}, redis_backend_use_ssl={"ssl_cert_reqs": 0})
""",
    ),
    "a backend in parts": (
        "a",
        """
app = Celery("shop", backend="redis")
app.conf.update(redis_host="127.0.0.1", redis_port=<port_a>, redis_username="shop", redis_password="hush", redis_db=3)
""",
    ),
    "a backend of a class": (
        "c",
        """
class Backend(RedisBackend):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs | {"url": "redis://<c>/0"})
class Shop(Celery): backend_cls = "shop:Backend"
app = Shop("shop")
""",
    ),
    "a backend of one's own for Redis": (
        "c",
        """
class Backend(RedisBackend):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs | {"url": "redis://<c>/0"})
app = Celery("shop")
app.config_from_object({"override_backends": {"redis": "shop:Backend"}, "result_backend": "redis://"})
""",
    ),
    "variables that the app sets": (
        "abc",
        """
os.environ.update(CELERY_BROKER_URL="redis://<a>/0", CELERY_BROKER_WRITE_URL="redis://<b>/0", CELERY_RESULT_BACKEND="redis://<c>/0")
app = Celery("shop")
""",
    ),
    "a message sent by the import": (
        "a",
        """
app = Celery("shop")
app.conf.update(broker_write_url="redis://<a>/0", broker_transport="redis", task_publish_retry=False)
try: app.send_task("shop.add", (1, 1), ignore_result=True)
except Exception as error: print(repr(error))
""",
    ),
    "a result read by the import": (
        "c",
        """
class Backend(RedisBackend):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs | {"url": "redis://<c>/0"})
class Shop(Celery): backend_cls = "shop:Backend"
app = Shop("shop")
try: app.backend.get("anything")
except Exception as error: print(repr(error))
""",
    ),
    "another app in the same process": (
        "c",
        """
other = Celery("other", broker="redis://<a>/0", backend="redis://<b>/0", set_as_current=False)
other.conf.update(task_publish_retry=False, broker_write_url="redis://<c>/0")
app = Celery("shop")
@signals.task_prerun.connect
def prepare(**_): other.send_task("other.task", ignore_result=True)
@signals.worker_init.connect
def visit(sender, **_): sender or other.send_task("other.task", ignore_result=True)
""",
    ),
    "everything at once, nothing eager": (
        "ab",
        """
app = Celery("shop", broker="redis://:hush@<a>/0", backend="redis://:hush@<b>/0")
app.conf.update(task_always_eager=True, worker_enable_remote_control=False, control_exchange="x")
app.conf.update(broker_pool_limit=0, task_protocol=1, worker_send_task_events=True)
""",
    ),
    "queues": (
        "ab",
        """
app = Celery("shop", broker="redis://:hush@<a>/0", backend="redis://:hush@<b>/0")
app.conf.update(task_routes={"shop.*": {"queue": "money"}}, task_default_queue="shop")
""",
    ),
}


@pytest.mark.parametrize(("visited", "source"), APPS.values(), ids=APPS)
def test_a_task_is_run_in_its_testbed_and_nobody_goes_where_the_app_says(shop: Shop, visited: str, source: str) -> None:
    assert visited
    shop.write(HEADER + source + TASK)
    shop.start("worker")
    said = shop.finish("sender")

    assert "RESULT 5\nANSWERS 1" in said, said + shop.said("worker")
    assert "REFUSED" not in said + shop.said("worker")
    assert "hush" not in said
    assert shop.decoys.close() == []


@pytest.mark.parametrize(("visited", "source"), APPS.values(), ids=APPS)
def test_the_decoys_hear_of_each_of_these_apps_where_nothing_keeps_it(shop: Shop, visited: str, source: str) -> None:
    shop.write(HEADER + source + TASK)
    shop.start("visitor")
    shop.decoys.wait_for(visited)

    assert set(shop.decoys.visited) == set(visited), shop.said("visitor")


def test_a_broker_in_somebodys_shell_is_not_the_testbeds(shop: Shop) -> None:
    # Options of the `celery` command come from such variables, and win over everything (celery/bin/celery.py).
    shop.write(HEADER + "app = Celery('shop')\n" + TASK)
    places = shop.decoys.places()
    shop.environment = {
        "BROKER_URL": f"redis://{places['a']}/0",
        "RESULT_BACKEND": f"redis://{places['b']}/0",
        "CELERY_BROKER_READ_URL": f"redis://{places['c']}/0",
        "APP": "another",
    }
    shop.start("worker")
    said = shop.finish("sender")

    assert "RESULT 5\nANSWERS 1" in said, said + shop.said("worker")
    assert shop.decoys.close() == []


def test_the_processes_of_a_pool_are_confined_too(shop: Shop) -> None:
    shop.write(
        HEADER
        + """
app = Celery("shop")
@signals.worker_process_init.connect
def configure(**_):
    app.conf.update(broker_write_url="redis://<a>/0", broker_transport="pyamqp", redis_username="shop")
@app.task(name="shop.other")
def other(total):
    return total
@app.task(name="shop.add", bind=True)
def add(self, a, b):
    return self.replace(other.si(a + b))
"""
    )
    shop.environment = {"POOL": "prefork"}
    shop.start("worker")
    said = shop.finish("sender")

    assert "RESULT 5\nANSWERS 1" in said, said + shop.said("worker")
    assert "ForkPoolWorker" in shop.said("worker")
    assert shop.decoys.close() == []


def test_settings_are_held_from_the_moment_they_are_first_read(shop: Shop) -> None:
    shop.write(
        HEADER
        + """
app = Celery("shop", broker="redis://<a>/0")
app.config_from_object({"task_always_eager": True})
print("EAGER", app.conf.task_always_eager, app.conf["broker_url"])
"""
        + TASK
    )
    shop.start("worker")
    said = shop.finish("sender")

    assert f"EAGER False {shop.urls[0]}" in said
    assert shop.decoys.close() == []


def test_what_is_different_is_told_of_every_app_and_without_a_password(shop: Shop) -> None:
    shop.write(
        HEADER
        + """
other = Celery("other", broker="redis://:hush@<a>/0", set_as_current=False)
other.conf.update(broker_use_ssl={"keyfile": "hush"})
other.conf.finalize()
app = Celery("shop", broker="redis://:hush@<b>/0")
app.conf.update(broker_read_url="redis://:hush@<c>/0")
os.environ["CELERY_BROKER_WRITE_URL"] = "redis://:hush@<d>/0"
"""
        + TASK
    )
    shop.start("worker")
    said = shop.finish("sender")

    for setting in ("broker_url", "broker_read_url", "CELERY_BROKER_WRITE_URL (environment)", "broker_use_ssl"):
        assert f"Override(setting='{setting}" in said.replace('"', "'"), setting
    assert "broker_use_ssl of the app 'other'" in said
    assert "hush" not in said
