"""What things of a test's are called in another process: modules, the app, functions.

Owns how an object becomes `module:attribute`. Refuses what a worker could not import: things that are made inside of
functions, and interactive ones.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from celery import Celery

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def app_of(app: object) -> tuple[str, str | None]:
    """Return the name of an app that was given as a name or as itself, and its module's file if that may be needed."""
    if isinstance(app, str):
        if not app.strip():
            raise UsageError("an app's name", app, "write app='module:attribute'")
        return app, _file_of(sys.modules.get(app.partition(":")[0]))
    wanted = _itself(app)
    if not (isinstance(wanted, Celery) or hasattr(wanted, "extensions") or callable(wanted)):
        raise UsageError("an app, its name, or a factory", app, "write app='module:attribute'")
    # Under the name by which a module is imported, which need not be what it calls itself (os.path). Celery's own
    # modules hold an app too, for whoever has none (celery/_state.py, `default_app`): no worker would find that there.
    found = [
        (name, module, attribute)
        for name, module in list(sys.modules.items())
        for attribute, value in list(getattr(module, "__dict__", {}).items())
        if value is wanted and name != "__main__" and name.partition(".")[0] != "celery"
    ]
    if not found:
        raise UsageError(
            "an app that can be imported by a worker",
            f"{app!r}, which no module holds",
            "name it, or the factory that makes it: @pytest.mark.testbed(app='module:attribute')",
        )
    # The module that calls itself the app's (`app.main`), else the one that is not a test, else the first.
    main = getattr(wanted, "main", None)
    name, module, attribute = min(found, key=lambda place: (place[0] != main, _is_test(place[0])))
    return f"{name}:{attribute}", _file_of(module)


def function_of(function: Callable[..., Any]) -> tuple[str, str | None]:
    """Return the name of a function that the sender shall call, and its module's file."""
    name = getattr(function, "__qualname__", "")
    module_name = getattr(function, "__module__", None) or ""
    module = sys.modules.get(module_name)
    if module is None or module_name == "__main__" or _at(module, name) != function:
        raise UsageError(
            "a function that the sender can import",
            function,
            "define it at the top of a module, not inside of a function; give it arguments by functools.partial",
        )
    return f"{module_name}:{name}", _file_of(module)


def _at(module: ModuleType, path: str) -> object:
    """Return what is at a path of attributes in a module; None if nothing is, as with what a function has inside."""
    found: object = module
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _itself(app: object) -> object:
    """Return what a proxy (celery.current_app, say) stands for."""
    resolve = getattr(app, "_get_current_object", None)
    return resolve() if resolve is not None else app


def _file_of(module: ModuleType | None) -> str | None:
    """Return where a module of one file comes from; a package is found by its name or not at all."""
    file = getattr(module, "__file__", None)
    return None if file is None or file.endswith("__init__.py") else file


def _is_test(module: str) -> bool:
    name = module.rpartition(".")[2]
    return name.startswith("test_") or name.endswith("_test") or name == "conftest"
