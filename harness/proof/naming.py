"""What things of a test's are called in another process: modules, the app, functions.

Owns how an object becomes `module:attribute`. Refuses what a worker could not import: things that are made inside of
functions, and interactive ones.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def app_of(app: object) -> tuple[str, str | None]:
    """Return the name of an app that was given as a name or as itself, and its module's file if that may be needed."""
    if isinstance(app, str):
        return app, _file_of(sys.modules.get(app.partition(":")[0]))
    wanted = _itself(app)
    found = [
        (module, attribute)
        for module in list(sys.modules.values())
        for attribute, value in list(getattr(module, "__dict__", {}).items())
        if value is wanted and module.__name__ != "__main__"
    ]
    if not found:
        raise UsageError(
            "an app that can be imported by a worker",
            f"{app!r}, which no module holds",
            "name it, or the factory that makes it: @pytest.mark.testbed(app='module:attribute')",
        )
    # The module that calls itself the app's (`app.main`), else the one that is not a test, else the first.
    main = getattr(wanted, "main", None)
    module, attribute = min(found, key=lambda pair: (pair[0].__name__ != main, _is_test(pair[0])))
    return f"{module.__name__}:{attribute}", _file_of(module)


def function_of(function: Callable[..., Any]) -> tuple[str, str | None]:
    """Return the name of a function that the sender shall call, and its module's file."""
    name = getattr(function, "__qualname__", "")
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    if module is None or module.__name__ == "__main__" or not name or "<" in name:
        raise UsageError(
            "a function that the sender can import",
            function,
            "define it at the top of a module, not inside of a function; give it arguments by functools.partial",
        )
    return f"{module.__name__}:{name}", _file_of(module)


def _itself(app: object) -> object:
    """Return what a proxy (celery.current_app, say) stands for."""
    resolve = getattr(app, "_get_current_object", None)
    return resolve() if resolve is not None else app


def _file_of(module: ModuleType | None) -> str | None:
    """Return where a module of one file comes from; a package is found by its name or not at all."""
    file = getattr(module, "__file__", None)
    return None if file is None or file.endswith("__init__.py") else file


def _is_test(module: ModuleType) -> bool:
    name = module.__name__.rpartition(".")[2]
    return name.startswith("test_") or name.endswith("_test") or name == "conftest"
