from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import UsageError
from harness.proof.wishes import OPTIONS, Wishes, wishes_of
from harness.scenario import Conditions

if TYPE_CHECKING:
    from pathlib import Path

DEFAULTS = Conditions(clock="virtual", redis_server="embedded")


def wished(**marked: Any) -> Wishes:
    return wishes_of({"app": "shop:app", **marked}, DEFAULTS, None)


OTHERS: dict[str, Any] = {
    "app": "other:app",
    "workers": 2,
    "pool": "solo",
    "concurrency": 3,
    "queues": ["high"],
    "environment": {"NAME": "value"},
    "clock": "real",
    "testbed": "containers",
}


def test_without_wishes_it_is_as_the_options_of_pytest_say() -> None:
    assert wished().conditions == DEFAULTS
    assert wished().app == "shop:app"
    assert wished().budget_s is None


def test_the_app_is_the_canvass_own_unless_the_mark_names_another(module: Any, app: Any) -> None:
    module("shop", app=app)
    assert wishes_of({}, DEFAULTS, app).app == "shop:app"
    assert wishes_of({"app": "other:app"}, DEFAULTS, app).app == "other:app"


@pytest.mark.parametrize("option", OTHERS)
def test_what_is_wished_otherwise_is_another_testbed(option: str) -> None:
    assert wished(**{option: OTHERS[option]}).key != wished().key
    assert wished(**{option: OTHERS[option]}).key == wished(**{option: OTHERS[option]}).key


def test_every_option_can_be_wished_and_is_described() -> None:
    wishes = wished(**OTHERS, budget_s=5)
    assert {*OTHERS, "budget_s"} == set(OPTIONS)
    assert wishes.surroundings.queues == ("high",)
    assert wishes.surroundings.environment == {"NAME": "value"}
    found = wishes.conditions
    assert (found.workers, found.pool, found.concurrency, found.clock, found.testbed) == (
        *(2, "solo", 3, "real", "containers"),
    )


def test_another_environment_is_another_testbed_and_the_former_one_the_former(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_MODE", "a-secret")
    before = wished().key
    with monkeypatch.context() as patch:
        patch.setenv("SHOP_MODE", "other")
        assert wished().key != before
        patch.delenv("SHOP_MODE")
        assert wished().key != before
    assert wished().key == before
    assert "a-secret" not in repr(before)


def test_a_path_that_means_another_folder_is_another_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "apps")
    before = wished().inherited
    monkeypatch.chdir(tmp_path)
    assert wished().inherited != before


@pytest.mark.parametrize("name", ["PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_WORKER"])
def test_what_pytest_says_of_itself_is_no_matter_of_the_testbed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = wished().key
    monkeypatch.setenv(name, "tests/test_shop.py::test_other (call)")
    assert wished().key == before


def test_containers_get_nothing_of_this_environment_and_care_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    before = wished(testbed="containers").key
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/elsewhere.sock")
    assert wished(testbed="containers").key == before


def test_a_budget_is_no_matter_of_the_testbed() -> None:
    assert wished(budget_s=5).budget_s == 5.0
    assert wished(budget_s=5).key == wished(budget_s=6).key == wished().key


def test_an_option_that_there_is_not_is_named_with_the_closest_that_there_is() -> None:
    with pytest.raises(UsageError) as caught:
        wished(wrkers=2)
    assert (caught.value.found, caught.value.remedy) == ("wrkers", "write 'workers'")
    with pytest.raises(UsageError, match="pytest --markers"):
        wished(xyz=2)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("workers", value) for value in (0, -1, 1.5, "2", True, None)),
        *(("concurrency", value) for value in (0, "4")),
        *(("pool", value) for value in ("gevent", None, 3)),
        *(("clock", value) for value in ("wall", None)),
        *(("testbed", value) for value in ("all", "docker")),
        *(("queues", value) for value in ("high", 5, [5], None, {"high": 1})),
        *(("environment", value) for value in (None, "NAME=1", {"NAME": 1}, {1: "x"}, [("NAME", "x")])),
        *(("budget_s", value) for value in (0, -1, "60", True, math.inf, math.nan)),
    ],
)
def test_a_wish_that_cannot_be_is_refused_by_its_name(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=option) as caught:
        wished(**{option: value})
    assert caught.value.found == value or value != value  # noqa: PLR0124 - there is one number like that


def test_workers_look_for_modules_where_this_process_does_and_then_where_pytest_began(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "/one", "/two", "/one"])
    surroundings = wishes_of({"app": "a"}, DEFAULTS, None, ["/two", "/root"]).surroundings
    assert surroundings.search_path == (str(tmp_path), "/one", "/two", "/root")


def test_images_and_the_broker_are_the_sessions_and_mean_nothing_to_a_test_that_must_be_local() -> None:
    session = Conditions(testbed="containers", redis_image="valkey/valkey:8", broker="rabbitmq")
    there = wishes_of({"app": "shop:app"}, session, None)
    assert there.conditions == session
    here = wishes_of({"app": "shop:app", "testbed": "local"}, session, None)
    assert here.conditions == Conditions()
