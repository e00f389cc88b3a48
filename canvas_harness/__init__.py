"""The way in that no folder of the user's can block, for its name is nobody else's.

pytest and `python -m` look for modules in the user's folders first, and one of those may well be called `harness`. Owns
finding ours all the same, and not before it is needed: until a test asks for something of the harness, and for whoever
never asks, `harness` means what it meant before this was installed. Refuses to mix two packages of one name: says so.
"""

from __future__ import annotations

import os
import sys
from importlib import util
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from harness.behaviour import calls_through, raises, returns, sleeps

__all__ = ["OtherPackageError", "calls_through", "load_harness", "raises", "returns", "sleeps"]

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib is not loaded yet


class OtherPackageError(ImportError):
    """Another package has our name in this process."""


def load_harness() -> ModuleType:
    """Return the package `harness` that lies beside this one; from here on it is what that name means."""
    loaded = sys.modules.get("harness")
    if loaded is None:
        spec = PathFinder.find_spec("harness", [HOME])
        assert spec is not None
        assert spec.loader is not None
        loaded = sys.modules["harness"] = util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return loaded
    places = getattr(loaded, "__path__", [str(loaded.__file__)])  # a package's, or a module's
    if (folders := [os.path.abspath(place) for place in places]) != [_join("harness")]:  # noqa: PTH100
        raise OtherPackageError(
            f"\n    expected: the package harness of canvas-harness, in {HOME}"
            f"\n       found: another package or module of that name, in {', '.join(folders)}, imported before"
            "\n       to do: run the tests that prove canvases in a pytest without those that import the other"
        )
    return loaded


def __getattr__(name: str) -> object:
    """Hand on what tests script their tasks with: `from canvas_harness import raises, returns`."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    load_harness()
    from harness import behaviour  # noqa: PLC0415 - not before it is certain whose `harness` this is

    return getattr(behaviour, name)


def _join(*names: str) -> str:
    return os.path.join(HOME, *names)  # noqa: PTH118 - as above
