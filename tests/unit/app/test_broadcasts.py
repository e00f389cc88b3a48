from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery
from celery.app.amqp import AMQP
from kombu import Exchange, Queue
from kombu.common import Broadcast

from harness.app.broadcasts import refuse_broadcasts
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


def tell() -> None:
    pass


@pytest.fixture
def told() -> list[UsageError]:
    """What whoever is told of refusals has heard."""
    return []


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, told: list[UsageError]) -> Iterator[Celery]:
    """An app with queues of both kinds, which sends to a broker in memory and refuses broadcasts."""
    monkeypatch.setattr(AMQP, "_create_task_sender", vars(AMQP)["_create_task_sender"])  # put back after the test
    refuse_broadcasts(told.append)
    app = Celery("news", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.task_queues = (
        Broadcast("news"),
        Broadcast(queue="named", name="weather"),
        Queue("celery"),
        Queue("topics", Exchange("topics", "topic"), routing_key="topics.#"),
    )
    app.task(tell, name="tell", shared=False)
    app.finalize()
    yield app
    app.close()


@pytest.mark.parametrize(
    ("exchange", "options"),
    [
        ("news", {"queue": "news"}),
        ("weather", {"queue": "named"}),
        ("news", {"queue": Broadcast("news")}),
        ("news", {"queue": "news", "exchange": "news"}),
        ("weather", {"exchange": "weather", "routing_key": "x"}),
        ("other", {"exchange": Exchange("other", "fanout"), "routing_key": "x"}),
        ("other", {"exchange": "other", "exchange_type": "fanout", "routing_key": "x"}),
    ],
)
def test_what_goes_to_every_worker_is_refused_and_told(
    app: Celery, told: list[UsageError], exchange: str, options: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="to be sent to one worker") as caught:
        app.tasks["tell"].apply_async(**options)
    assert str(caught.value.found).startswith(f"tell, sent to {exchange!r}, ")
    assert told == [caught.value]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"queue": "celery"},
        {"queue": "made when it is asked for"},
        {"queue": Queue("own", Exchange("own"), routing_key="own")},
        {"queue": "topics", "routing_key": "topics.one"},
        {"exchange": "celery", "routing_key": "celery"},
        {"queue": "news", "exchange": "celery", "routing_key": "celery"},
    ],
)
def test_what_goes_to_one_worker_is_sent(app: Celery, options: dict[str, Any]) -> None:
    with app.connection_for_write() as connection:
        queues = connection.default_channel.queues  # of all connections in memory, those of former tests as well
        before = sum(queue.qsize() for queue in queues.values())
        app.tasks["tell"].apply_async(connection=connection, **options)
        assert sum(queue.qsize() for queue in queues.values()) == before + 1


def test_a_default_queue_may_be_one_of_every_worker_as_well(app: Celery) -> None:
    app.conf.task_default_queue = "news"
    with pytest.raises(UsageError, match="to be sent to one worker"):
        app.tasks["tell"].delay()
