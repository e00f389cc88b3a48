"""What leads out of a testbed and is no setting is refused, in words; what is the user's own business is let alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Shop

HEADER = """
import redis
from celery import Celery
from celery.app.amqp import AMQP
from celery.backends.redis import RedisBackend
from kombu import Connection
"""
TASK = """
@app.task(name="shop.add")
def add(a, b):
    return a + b
"""
# In each, a task goes to decoy `a` and says what came of it.
GOING = """
@app.task(name="shop.add")
def add(a, b):
    try:
        go()
    except Exception as error:
        return type(error).__name__
"""
LATER = """
class Shop(Celery):
    def connection_for_write(self, url=None, **kwargs):
        return Connection("redis://<a>/0") if gone else super().connection_for_write(url, **kwargs)
app, gone = Shop("shop"), False
def go():
    global gone
    gone = True
"""
REFUSED_AT_THE_START = {
    "a connection of one's own": (
        "connection_for_write()",
        """
class Shop(Celery):
    def connection_for_write(self, url=None, **kwargs):
        return Connection("redis://shop:hush@<a>/0")
app = Shop("shop")
""",
    ),
    "a connection for whoever asks without saying what for": (
        "connection()",
        """
class Shop(Celery):
    def connection(self, *args, **kwargs):
        return Connection("redis://shop:hush@<a>/0")
app = Shop("shop")
""",
    ),
    "connections of a class of one's own": (
        "a connection to",
        """
class Elsewhere(Connection):
    def __init__(self, url, *args, **kwargs):
        super().__init__("redis://shop:hush@<a>/0")
class Amqp(AMQP):
    Connection = Elsewhere
app = Celery("shop", amqp=Amqp)
""",
    ),
    "a backend of one's own": (
        "backend",
        """
class Shop(Celery):
    def _get_backend(self):
        return RedisBackend(app=self, url="redis://:hush@<a>/0")
app = Shop("shop")
""",
    ),
    "a task's own backend": (
        "tasks['shop.save'].backend",
        """
app = Celery("shop")
@app.task(name="shop.save", backend=RedisBackend(app=app, url="redis://:hush@<a>/0"))
def save():
    pass
""",
    ),
}
REFUSED_ON_THE_WAY = {
    "a connection asked of the app": """
app = Celery("shop")
def go(): app.connection("redis://<a>/0").connect()
""",
    "a message sent by such a connection": """
app = Celery("shop")
def go(): app.send_task("shop.other", connection=Connection("redis://<a>/0"), retry=False)
""",
    "the broker that the app names, without the app": """
app = Celery("shop", broker="redis://<a>/0")
def go(): Connection("redis://<a>/7").connect()
""",
    "a result read elsewhere": """
app = Celery("shop")
def go(): RedisBackend(app=app, url="redis://<a>/0").get_task_meta("anything")
""",
    "a connection that goes elsewhere later": LATER
    + """
    with app.connection_or_acquire(pool=False) as connection: connection.connect()
""",
    "Celery's own use of one that goes elsewhere later": LATER
    + """
    app._after_fork()
    app.send_task("shop.other", retry=False, ignore_result=True)
""",
}
LET_ALONE = {
    "a Redis of the task's": """
app = Celery("shop")
def go(): redis.Redis.from_url("redis://<a>/0").ping()
""",
    "a Redis of the task's that is the app's broker as well": """
app = Celery("shop", broker="redis://<a>/0", backend="redis://<a>/1")
def go(): redis.Redis.from_url("redis://<a>/2").ping()
""",
    "an exchange of the task's": """
app = Celery("shop", broker="redis://<b>/0")
def go(): Connection("amqp://shop:hush@<a>//").connect()
""",
}


@pytest.mark.parametrize(("way", "source"), REFUSED_AT_THE_START.values(), ids=REFUSED_AT_THE_START)
def test_an_app_that_cannot_be_confined_is_refused_before_anything_connects(shop: Shop, way: str, source: str) -> None:
    shop.write(HEADER + source + TASK)

    for role in ("sender", "worker"):
        said = shop.finish(role)
        assert "harness.errors.UsageError: expected: " in said
        assert way in said
        assert shop.decoys.places()["a"] in said
        assert "hush" not in said.partition("UsageError: ")[2]
    assert shop.decoys.close() == []


@pytest.mark.parametrize("source", REFUSED_ON_THE_WAY.values(), ids=REFUSED_ON_THE_WAY)
def test_a_task_that_leads_celery_elsewhere_is_refused_and_the_refusal_is_told(shop: Shop, source: str) -> None:
    shop.write(HEADER + source + GOING)
    shop.start("worker")

    assert "RESULT UsageError" in shop.finish("sender"), shop.said("worker")
    told = shop.said("worker").partition("REFUSED ")[2]
    assert f"a connection to redis://{shop.decoys.places()['a']}" in told or "the Redis at 127.0.0.1" in told
    assert f"{shop.folder / 'shop.py'}, line " in told
    assert shop.decoys.close() == []


@pytest.mark.parametrize("source", LET_ALONE.values(), ids=LET_ALONE)
def test_what_a_task_does_without_celery_is_its_own_business(shop: Shop, source: str) -> None:
    shop.write(HEADER + source + GOING)
    shop.start("worker")
    shop.start("sender")
    shop.decoys.wait_for("a")

    assert set(shop.decoys.close()) == {"a"}
    assert "REFUSED" not in shop.said("worker")
