from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from celery.backends.base import DisabledBackend
from celery.backends.redis import RedisBackend
from kombu import Connection

from harness.app.bounds import Bounds

BOUNDS = Bounds("redis://:word@127.0.0.1:7777/0", "redis://:word@127.0.0.1:7777/1")


def test_the_testbeds_broker_is_within_bounds() -> None:
    assert BOUNDS.stray_broker(Connection(BOUNDS.broker_url)) is None
    assert BOUNDS.stray_broker(Connection(BOUNDS.broker_url, transport_options={"visibility_timeout": 1})) is None


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"hostname": "redis://:word@127.0.0.2:7777/0"}, "redis://127.0.0.2:7777"),
        ({"hostname": "redis://:word@127.0.0.1:7778/0"}, "redis://127.0.0.1:7778"),
        ({"hostname": "redis://:word@127.0.0.1:7777/3"}, "redis://127.0.0.1:7777"),
        ({"hostname": "redis://:hush@127.0.0.1:7777/0"}, "redis://127.0.0.1:7777"),
        ({"hostname": BOUNDS.broker_url, "userid": "shop"}, "redis://127.0.0.1:7777"),
        ({"hostname": BOUNDS.broker_url, "ssl": {"ssl_keyfile": "shop.key"}}, "redis://127.0.0.1:7777"),
        ({"hostname": BOUNDS.broker_url, "transport": "memory"}, "memory://"),
        ({"hostname": BOUNDS.broker_url, "transport": "sentinel"}, "sentinel://"),
        ({"hostname": [BOUNDS.broker_url, "redis://elsewhere/0"]}, "another of 2"),
        ({"hostname": f"{BOUNDS.broker_url};redis://elsewhere/0"}, "another of 2"),
        ({"hostname": "127.0.0.1", "port": 7777}, "amqp://127.0.0.1:7777"),
        ({"hostname": "here", "transport": "shop.transports:Own"}, "ModuleNotFoundError"),
    ],
)
def test_a_connection_that_is_not_the_testbeds_in_every_part_is_out_of_bounds(
    arguments: dict[str, Any], where: str
) -> None:
    stray = BOUNDS.stray_broker(Connection(**arguments))

    assert stray is not None
    assert where in stray
    assert "hush" not in stray
    assert "word" not in stray


def test_what_is_no_connection_is_out_of_bounds() -> None:
    assert "no connection" in (BOUNDS.stray_broker("redis://127.0.0.1:7777/0") or "")


def backend(url: str | None = BOUNDS.result_backend, **settings: Any) -> RedisBackend:
    app = Celery("shop", set_as_current=False)
    app.conf.update(settings)
    return RedisBackend(app=app, url=url)


def test_celerys_backend_for_redis_is_within_bounds_at_the_testbeds() -> None:
    assert BOUNDS.stray_backend(backend()) is None
    assert BOUNDS.stray_backend(backend(redis_max_connections=3, redis_socket_timeout=1)) is None


class OwnBackend(RedisBackend):
    pass


@pytest.mark.parametrize(
    "stray",
    [
        lambda: backend("redis://:word@127.0.0.2:7777/1"),
        lambda: backend("redis://:word@127.0.0.1:7777/2"),
        lambda: backend("redis://127.0.0.1:7777/1"),
        lambda: backend("socket:///run/redis.sock"),
        lambda: backend(redis_username="shop"),
        lambda: backend("rediss://:word@127.0.0.1:7777/1?ssl_cert_reqs=none"),
        lambda: backend(None),
        lambda: OwnBackend(app=Celery("shop", set_as_current=False), url=BOUNDS.result_backend),
        lambda: DisabledBackend(app=Celery("shop", set_as_current=False)),
    ],
    ids=["host", "database", "password", "socket", "user", "TLS", "no url", "subclass", "disabled"],
)
def test_another_backend_is_out_of_bounds(stray: Any) -> None:
    assert BOUNDS.stray_backend(stray()) is not None


def test_only_the_testbeds_redis_is_admitted() -> None:
    assert BOUNDS.admit("127.0.0.1", 7777)
    assert not BOUNDS.admit("127.0.0.1", 7778)
    assert not BOUNDS.admit("localhost", 7777)
    assert not BOUNDS.admit("/run/redis.sock", None)
