"""Finds a Celery app by what its author calls it: an object in a module, a factory, or a Flask app that carries one."""

from __future__ import annotations

import importlib.util
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.app.utils import find_app as find_by_celerys_rules

from harness.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType


def find_app(name: str, file: str | None = None) -> Celery:
    """Return the app of this name, `module:attribute` or anything that `celery -A` takes.

    `file` is where its module was loaded from by whoever named it, in case that module cannot be imported by its name.
    """
    module, _, attribute = name.partition(":")
    if file is not None:
        load(module, file)
    # `celery -A` asks a module for `app` and `celery`; what is named outright may be anything, so it is taken as it is.
    import_module(module if attribute else module.partition(".")[0])  # Celery says what is missing by a page of frames
    found: Any = _attribute(sys.modules[module], attribute, name) if attribute else find_by_celerys_rules(name)
    if not isinstance(found, Celery) and callable(found) and not hasattr(found, "extensions"):
        found = found()
    found = getattr(found, "extensions", {}).get("celery", found)  # how Flask apps carry theirs
    if not isinstance(found, Celery):
        raise UsageError(f"{name} to be a Celery app, or to return one", found, "name it as `module:attribute`")
    return found


def load(module: str, file: str) -> ModuleType:
    """Import a module by its name or, where that leads nowhere or elsewhere, from its file.

    pytest gives test modules names by which nobody else finds them (`--import-mode=importlib`).
    """
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # something that it needs is missing
    else:
        if _is_same_file(getattr(found, "__file__", None), file):
            return found
    spec = importlib.util.spec_from_file_location(module, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"a Python module {module} in {file}", "a file that cannot be imported", "name another")
    found = importlib.util.module_from_spec(spec)
    sys.modules[module] = found
    spec.loader.exec_module(found)
    return found


def _attribute(module: ModuleType, path: str, name: str) -> Any:
    found: Any = module
    for part in path.split("."):
        if not hasattr(found, part):
            apps = sorted(key for key, value in vars(module).items() if isinstance(value, Celery))
            advice = f"name the variable that holds the app, as `celery -A {module.__name__}:NAME` does"
            remedy = f"write {module.__name__}:{apps[0]}" if apps else advice
            raise UsageError(f"the app {name} to be there", f"{module.__name__} has no {path!r}", remedy)
        found = getattr(found, part)
    return found


def _is_same_file(found: str | None, file: str) -> bool:
    return found is not None and Path(found).resolve() == Path(file).resolve()
