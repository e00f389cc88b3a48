from __future__ import annotations

import functools
import os
import sys
from typing import Any

import pytest
from celery import Celery, current_app
from celery.local import Proxy

from harness.errors import UsageError
from harness.proof.naming import app_of, function_of


class Shop:
    def sell(self) -> None: ...

    @staticmethod
    def close() -> None: ...

    @classmethod
    def open(cls) -> None: ...

    def __call__(self) -> None: ...


def sends() -> None: ...


def doubled(function: Any) -> Any:
    @functools.wraps(function)
    def wrapped() -> Any:
        return function(), function()

    return wrapped


@doubled
def decorated() -> None: ...


class FlaskLike:
    def __init__(self, app: Celery) -> None:
        self.extensions = {"celery": app}


# ---- apps --------------------------------------------------------------------------------------------------------


def test_an_app_is_named_by_the_module_that_holds_it(app: Celery, module: Any) -> None:
    module("shop", file="/a/shop.py", celery_app=app)
    assert app_of(app) == ("shop:celery_app", "/a/shop.py")


def test_of_several_modules_the_one_after_which_the_app_calls_itself_is_named(app: Celery, module: Any) -> None:
    for name in ("aaa", "shop", "zzz"):
        module(name, app=app)
    assert app_of(app) == ("shop:app", None)


@pytest.mark.parametrize("test", ["test_shop", "tests.shop_test", "tests.conftest", "tests.unit.test_shop"])
def test_a_test_is_named_last_and_all_the_same_if_nobody_else_holds_the_app(
    app: Celery, module: Any, test: str
) -> None:
    module(test, file="/tests/test_shop.py", app=app)
    assert app_of(app) == (f"{test}:app", "/tests/test_shop.py")
    module("project.queues", app=app)
    assert app_of(app) == ("project.queues:app", None)


def test_a_module_goes_by_the_name_under_which_it_is_imported(app: Celery, module: Any) -> None:
    module("other_name", celery=app).__name__ = "what it calls itself"
    module("odd").__dict__.pop("__name__")
    assert app_of(app)[0] == "other_name:celery"


def test_an_app_behind_a_proxy_is_the_one_that_it_stands_for(app: Celery, module: Any) -> None:
    module("shop", app=app)
    assert app_of(Proxy(lambda: app)) == ("shop:app", None)
    app.set_current()
    assert app_of(current_app)[0] == "shop:app"


def test_a_factory_and_what_carries_an_app_are_named_like_an_app(app: Celery, module: Any) -> None:
    def create_app() -> Celery:
        return app

    web = FlaskLike(app)
    module("shop", create_app=create_app, web=web)
    assert app_of(create_app)[0] == "shop:create_app"
    assert app_of(web)[0] == "shop:web"


def test_a_package_brings_no_file_along_for_its_name_leads_to_it(app: Celery, module: Any) -> None:
    module("shop", file="/a/shop/__init__.py", app=app)
    assert app_of(app) == ("shop:app", None)


def test_a_name_stays_as_it_is_with_the_file_if_its_module_is_known(module: Any) -> None:
    module("shop", file="/a/shop.py")
    assert app_of("shop:anything") == ("shop:anything", "/a/shop.py")
    assert app_of("unheard_of:app") == ("unheard_of:app", None)


@pytest.mark.parametrize("name", ["", "  "])
def test_a_name_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="an app's name"):
        app_of(name)


def test_an_app_that_no_module_holds_is_refused(app: Celery, module: Any) -> None:
    module("__main__", app=app)
    with pytest.raises(UsageError) as caught:
        app_of(app)
    assert "which no module holds" in str(caught.value.found)


def test_the_app_that_celery_makes_for_whoever_has_none_is_refused(
    app: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("celery._state.default_app", app)
    with pytest.raises(UsageError, match="that can be imported by a worker"):
        app_of(app)


@pytest.mark.parametrize("app", [5, None, ["shop:app"], object()])
def test_what_is_no_app_at_all_is_refused(app: object) -> None:
    with pytest.raises(UsageError, match="an app, its name, or a factory"):
        app_of(app)


# ---- functions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "path"),
    [(sends, "sends"), (Shop.close, "Shop.close"), (Shop.open, "Shop.open"), (decorated, "decorated"), (Shop, "Shop")],
)
def test_a_function_is_named_by_its_module_and_what_it_stands_in(function: Any, path: str) -> None:
    assert function_of(function) == (f"{__name__}:{path}", __file__)


def test_a_function_of_a_package_or_of_the_interpreter_brings_no_file_along() -> None:
    assert function_of(len) == ("builtins:len", None)


def local() -> Any:
    def inner() -> None: ...

    return inner


@pytest.mark.parametrize(
    "function",
    [lambda: None, local(), Shop().sell, Shop(), doubled(sends), functools.lru_cache(sends), "".join, os.environ.get],
)
def test_what_the_sender_could_not_find_again_is_refused(function: Any) -> None:
    with pytest.raises(UsageError, match="that the sender can import"):
        function_of(function)


def test_a_function_of_the_interactive_interpreter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sends, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "sends", sends, raising=False)
    with pytest.raises(UsageError, match="that the sender can import"):
        function_of(sends)
