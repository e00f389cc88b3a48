from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery
from kombu import Queue

from harness.app.queues import all_queues, consume_all

if TYPE_CHECKING:
    from collections.abc import Iterator


def an_app(**settings: Any) -> Celery:
    app = Celery("shop", set_as_current=False)
    app.conf.update(settings)
    return app


def declare(app: Celery, name: str, **options: Any) -> None:
    # Not shared: a shared task becomes a task of every app of this process.
    def task() -> None:
        pass

    app.task(name=name, shared=False, **options)(task)


@pytest.fixture
def module() -> Iterator[ModuleType]:
    module = ModuleType("shop_routes")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


@pytest.mark.parametrize(
    ("settings", "queues"),
    [
        ({}, {"celery"}),
        ({"task_default_queue": "shop"}, {"shop"}),
        ({"task_queues": [Queue("a"), Queue("b")]}, {"a", "b", "celery"}),
        ({"task_queues": {"a": {"exchange": "media", "routing_key": "media.#"}}}, {"a", "celery"}),
        ({"task_routes": {"shop.pay": {"queue": "money"}}}, {"celery", "money"}),
        ({"task_routes": {"shop.*": {"queue": "money"}}}, {"celery", "money"}),
        ({"task_routes": {"shop.pay": "money"}}, {"celery", "money"}),
        ({"task_routes": ([("shop.pay", {"queue": "money"}), (re.compile("feed"), {"queue": Queue("feeds")})],)},
         {"celery", "money", "feeds"}),
        ({"task_routes": ({"shop.pay": {"queue": "money"}}, {"shop.post": {"queue": "mail"}})},
         {"celery", "money", "mail"}),
        ({"task_routes": {"shop.pay": {"exchange": "media", "routing_key": "media.film"}}}, {"celery"}),
        ({"task_queues": [Queue("a", alias="one")], "task_routes": {"shop.pay": {"queue": "one"}}}, {"a", "celery"}),
        # Nothing may be created: Celery refuses to send there, and to take from there.
        ({"task_queues": [Queue("a")], "task_create_missing_queues": False, "task_routes": {"shop.*": {"queue": "b"}}},
         {"a"}),
    ],
)  # fmt: skip
def test_every_queue_that_settings_name_is_known(settings: dict[str, Any], queues: set[str]) -> None:
    assert set(all_queues(an_app(**settings))) == queues


@pytest.mark.filterwarnings("ignore::celery.exceptions.CDeprecationWarning")
def test_a_tasks_own_queue_is_known() -> None:
    app = an_app()
    declare(app, "shop.pay", queue="money")

    assert set(all_queues(app)) == {"celery", "money"}


def test_a_router_is_asked_for_every_task_and_may_fail_for_some(module: ModuleType) -> None:
    def route(name: str, _args: Any, kwargs: Any, _options: Any, task: Any = None, **_: Any) -> str | None:
        if name == "shop.pay":
            return {"fast": "express"}[kwargs["speed"]]
        return "mail" if task is not None and name == "shop.post" else None

    module.route = route  # type: ignore[attr-defined]
    for routes in (route, "shop_routes:route", [{"other": "elsewhere"}, route]):
        app = an_app(task_routes=routes)
        declare(app, "shop.pay")
        declare(app, "shop.post")

        assert set(all_queues(app)) - {"elsewhere"} == {"celery", "mail"}


def test_asking_creates_no_queue() -> None:
    app = an_app(task_routes={"shop.pay": {"queue": "money"}})
    all_queues(app)

    assert list(app.amqp.queues) == ["celery"]


def test_a_worker_takes_from_all_of_them_and_from_what_else_is_named() -> None:
    app = an_app(task_routes={"shop.pay": {"queue": "money"}})
    option, queues = consume_all(app, "mail", "money")
    app.amqp.queues.select(queues.split(","))

    assert option == "-Q"
    assert list(app.amqp.queues.consume_from) == ["celery", "money", "mail"]
