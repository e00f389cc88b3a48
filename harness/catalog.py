"""Finds scenarios. The harness knows none: whoever has some names them under the entry point `harness.scenarios`."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from harness import last_words
from harness.errors import UsageError
from harness.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import EntryPoint

GROUP = "harness.scenarios"


def find_scenarios(names: Iterable[str] = ()) -> tuple[Scenario, ...]:
    """Return the scenarios of these names in their order, or all that are installed and need not be named."""
    known = all_scenarios()
    wanted = tuple(dict.fromkeys(names)) or tuple(name for name in known if known[name].is_run_by_default)
    for name in wanted:
        if name not in known:
            raise UsageError(f"a scenario, one of {', '.join(known)}", name, _advice(name, known))
    return tuple(known[name] for name in wanted)


def all_scenarios() -> dict[str, Scenario]:
    """Return all scenarios that are installed, by their names."""
    known: dict[str, Scenario] = {}
    for entry in entry_points(group=GROUP):
        for scenario in _load(entry):
            if not isinstance(scenario, Scenario):
                raise UsageError(f"{entry.value} to list scenarios", scenario, "mend the package that names it")
            known[scenario.name] = scenario
    if not known:
        raise UsageError(f"installed scenarios (entry point {GROUP})", "none", "install canvas-harness anew")
    return known


def _load(entry: EntryPoint) -> Iterable[object]:
    try:
        return tuple(entry.load())
    except Exception as error:  # noqa: BLE001 - it is the code of whoever wrote the package, and anything may be in it
        raise UsageError(
            f"the scenarios of {_distribution(entry)} ({entry.value}) to be imported",
            f"{type(error).__name__}: {error}\n{last_words.of_exception(error)}",
            "mend that module, or uninstall the package that names it",
        ) from None


def _distribution(entry: EntryPoint) -> str:
    return f"the package {entry.dist.name}" if entry.dist is not None else "a package"


def _advice(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"write {close[0]!r}" if close else "choose one of those, or name none to run them all"
