from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery
from celery.app.defaults import DEFAULTS

from harness.app.bounds import Bounds
from harness.app.overrides import FIXED, URLS, VARIABLES, Override, hold_environment, hold_settings, masked

if TYPE_CHECKING:
    from collections.abc import Callable

BOUNDS = Bounds("redis://:word@127.0.0.1:7777/0", "redis://:word@127.0.0.1:7777/1")
OTHER = "amqp://shop:hush@broker.shop.example:5672//"


@pytest.fixture(autouse=True)
def _environment_without_celerys_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL", "CELERY_RESULT_BACKEND"):
        monkeypatch.delenv(variable, raising=False)


def held(app: Celery) -> dict[str, Override]:
    return {override.setting: override for override in hold_settings(app.conf.finalize(), BOUNDS)}


def an_app(**settings: Any) -> Celery:
    app = Celery("shop", set_as_current=False)
    app.conf.update(settings)
    return app


def by_arguments() -> Celery:
    return Celery("shop", broker=OTHER, backend="rpc://", set_as_current=False)


def by_an_object() -> Celery:
    app = Celery("shop", set_as_current=False)
    app.config_from_object(type("Config", (), {"broker_url": OTHER, "result_backend": "rpc://"}))
    return app


def by_old_names() -> Celery:
    app = Celery("shop", set_as_current=False)
    app.config_from_object({"BROKER_URL": OTHER, "CELERY_RESULT_BACKEND": "rpc://"})
    return app


def by_a_namespace() -> Celery:
    app = Celery("shop", set_as_current=False)
    app.config_from_object({"CELERY_BROKER_URL": OTHER, "CELERY_RESULT_BACKEND": "rpc://"}, namespace="CELERY")
    return app


def by_a_namespace_and_a_later_change() -> Celery:
    app = by_a_namespace()
    app.conf.finalize()
    app.conf.update(CELERY_BROKER_URL=OTHER, broker_url="amqp://nobody@nowhere//")
    return app


def by_defaults() -> Celery:
    app = Celery("shop", set_as_current=False)
    app.add_defaults({"broker_url": OTHER, "result_backend": "rpc://"})
    return app


@pytest.mark.parametrize(
    "make",
    [by_arguments, by_an_object, by_old_names, by_a_namespace, by_a_namespace_and_a_later_change, by_defaults],
)
def test_the_urls_of_an_app_give_way_however_it_names_them(make: Callable[[], Celery]) -> None:
    app = make()
    overrides = held(app)

    assert app.conf.broker_url == app.conf.broker_read_url == app.conf.broker_write_url == BOUNDS.broker_url
    assert app.conf.result_backend == BOUNDS.result_backend
    assert overrides["broker_url"].had == "amqp://shop:**@broker.shop.example:5672//"
    assert overrides["result_backend"].had == "rpc://"
    assert "word" not in overrides["broker_url"].has


SAID = {
    "broker_host": "broker.shop.example",
    "broker_port": 5672,
    "broker_vhost": "/shop",
    "broker_user": "shop",
    "broker_password": "hush",
    "broker_transport": "amqp",
    "broker_use_ssl": {"keyfile": "shop.key"},
    "broker_failover_strategy": "shuffle",
    "redis_host": "redis.shop.example",
    "redis_port": 6379,
    "redis_db": 7,
    "redis_username": "shop",
    "redis_password": "hush",
    "redis_backend_credential_provider": "shop.credentials:Provider",
    "redis_backend_use_ssl": {"ssl_keyfile": "shop.key"},
    "task_always_eager": True,
    "worker_enable_remote_control": False,
    "control_exchange": "shop",
    "worker_state_db": "worker.state",
}


@pytest.mark.parametrize("setting", SAID)
def test_a_setting_that_leads_elsewhere_is_what_it_is_in_every_testbed_and_is_told(setting: str) -> None:
    app = an_app(**{setting: SAID[setting]})
    override = held(app)[setting]

    assert app.conf[setting] == FIXED[setting][0]
    assert override.why == FIXED[setting][1]
    assert "hush" not in override.had


@pytest.mark.parametrize("setting", FIXED)
def test_what_a_setting_is_fixed_to_is_what_celery_has_where_an_app_says_nothing(setting: str) -> None:
    # Otherwise it would be changed for apps that say nothing about it, and untold. One is unknown to old versions.
    assert DEFAULTS.get(setting) == FIXED[setting][0]


def test_nothing_is_told_of_an_app_that_says_nothing_or_the_same() -> None:
    app = an_app(
        broker_url=BOUNDS.broker_url, task_always_eager=False, broker_use_ssl=None, broker_transport_options={}
    )

    assert held(app) == {}
    assert app.conf.broker_url == BOUNDS.broker_url


def test_what_was_held_before_is_not_told_again() -> None:
    app = by_arguments()

    assert held(app)
    assert not held(app)


def test_a_setting_that_is_said_again_later_gives_way_again() -> None:
    app = by_arguments()
    held(app)
    app.conf.broker_transport = "amqp"

    assert held(app)["broker_transport"].had == "amqp"
    assert app.conf.broker_transport is None


@pytest.mark.parametrize(
    ("setting", "gone"),
    [
        (
            "broker_transport_options",
            """
            global_keyprefix unacked_key unacked_index_key unacked_mutex_key sep
            master_name min_other_sentinels sentinel_kwargs sentinel_fanout_compat
            """,
        ),
        ("result_backend_transport_options", "global_keyprefix master_name min_other_sentinels sentinel_kwargs"),
    ],
)
def test_of_the_transports_options_what_leads_elsewhere_or_hides_goes_and_what_the_app_means_stays(
    setting: str, gone: str
) -> None:
    stays = {"visibility_timeout": 5, "priority_steps": [0, 9], "queue_order_strategy": "priority", "retry_policy": {}}
    app = an_app(**{setting: stays | dict.fromkeys(gone.split(), "shop")})
    overrides = held(app)

    assert app.conf[setting] == stays
    assert {f"{setting}[{option!r}]" for option in gone.split()} == set(overrides)
    assert all("shop" in override.had or override.had == "**" for override in overrides.values())


def test_settings_that_are_what_an_app_means_stay() -> None:
    meant = {
        "task_acks_late": True,
        "task_protocol": 1,
        "broker_connection_retry_on_startup": False,
        "broker_pool_limit": None,
        "redis_max_connections": 3,
        "redis_socket_timeout": 5.0,
        "task_eager_propagates": True,
        "worker_prefetch_multiplier": 1,
        "result_expires": 60,
    }
    app = an_app(**meant)

    assert held(app) == {}
    assert {setting: app.conf[setting] for setting in meant} == meant


def test_the_variables_that_celery_prefers_are_set_and_one_that_an_app_has_set_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in VARIABLES:  # set and taken away: so that they are taken away at the end as well
        monkeypatch.setenv(variable, OTHER)
        monkeypatch.delenv(variable)
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", OTHER)
    told = list(hold_environment(BOUNDS))

    assert [(override.setting, override.had) for override in told] == [
        ("CELERY_BROKER_WRITE_URL (environment)", "amqp://shop:**@broker.shop.example:5672//")
    ]
    assert {os.environ[f"CELERY_{name}"] for name in ("BROKER_URL", "BROKER_READ_URL", "BROKER_WRITE_URL")} == {
        BOUNDS.broker_url
    }
    assert os.environ["CELERY_RESULT_BACKEND"] == BOUNDS.result_backend
    assert list(hold_environment(BOUNDS)) == []
    assert set(URLS.values()) == {"broker_url", "result_backend"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("redis://:hush@host:1/0", "redis://:**@host:1/0"),
        ("amqp://shop:hu@s/h@one//;amqp://shop:hush@two//", "amqp://shop:**@one//;amqp://shop:**@two//"),
        ("db+postgresql://shop:hush@host/name", "db+postgresql://shop:**@host/name"),
        ("rediss://host/0?password=hush&ssl_cert_reqs=none", "rediss://host/0?password=**&ssl_cert_reqs=none"),
        (["amqp://shop:hush@one", "memory://"], "[amqp://shop:**@one, memory://]"),
        (
            {"password": "hush", "url": "redis://:hush@host", "db": 1},
            "{'password': **, 'url': redis://:**@host, 'db': 1}",
        ),
        (object(), "a object"),
    ],
)
def test_no_password_is_told(value: object, shown: str) -> None:
    assert masked(value) == shown
