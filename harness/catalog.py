"""Finds scenarios and races. The harness knows none: whoever has some names them as entry points.

`harness.scenarios` names lists of scenarios; `harness.races` names functions that make a scenario of a batch of chords.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from harness import last_words
from harness.errors import UsageError
from harness.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.metadata import EntryPoint

    from harness.scenario import Batch

GROUP, RACES = "harness.scenarios", "harness.races"


def find_scenarios(names: Iterable[str] = ()) -> tuple[Scenario, ...]:
    """Return the scenarios of these names in their order; a name may be that of an entry point, for all in its list.

    Without names all that are installed, but for those that are run on request only.
    """
    known, lists = _installed()
    by_default = tuple(name for name, scenario in known.items() if scenario.is_run_by_default)
    wanted: dict[str, None] = {}
    for name in names:
        if name not in known and name not in lists:
            of_one_list = tuple(one for one, scenarios in lists.items() if not set(scenarios) <= set(by_default))
            choice = ", ".join((*by_default, *of_one_list))
            raise UsageError(f"a scenario, one of {choice}", name, _advice(name, (*known, *lists, *race_names())))
        wanted.update(dict.fromkeys([name] if name in known else lists[name]))
    return tuple(known[name] for name in wanted or by_default)


def names_of_scenarios() -> tuple[str, ...]:
    """Return every name that `find_scenarios` takes."""
    known, lists = _installed()
    return (*known, *(name for name in lists if name not in known))


def _installed() -> tuple[dict[str, Scenario], dict[str, list[str]]]:
    """Return all scenarios by their names, and their names by the entry points that list them."""
    known: dict[str, Scenario] = {}
    lists: dict[str, list[str]] = {}
    for entry in entry_points(group=GROUP):
        for scenario in _listed(entry):
            if not isinstance(scenario, Scenario):
                raise UsageError(f"{entry.value} to list scenarios", scenario, "mend the package that names it")
            known[scenario.name] = scenario
            lists.setdefault(entry.name, []).append(scenario.name)
    if not known:
        raise UsageError(f"installed scenarios (entry point {GROUP})", "none", "install canvas-harness anew")
    return known, lists


def race_names() -> tuple[str, ...]:
    """Return what races are called that are installed."""
    return tuple(entry.name for entry in entry_points(group=RACES))


def find_race(name: str) -> Callable[[Batch], Scenario]:
    """Return what makes scenarios of batches of chords, for races that are installed."""
    (entry,) = [entry for entry in entry_points(group=RACES) if entry.name == name][:1]
    try:
        scenario_of: Callable[[Batch], Scenario] = entry.load()
    except Exception as error:  # noqa: BLE001 - as in `_listed`
        raise _unusable(entry, error) from None
    return scenario_of


def _listed(entry: EntryPoint) -> Iterable[object]:
    try:
        return tuple(entry.load())
    except Exception as error:  # noqa: BLE001 - it is the code of whoever wrote the package, and anything may be in it
        raise _unusable(entry, error) from None


def _unusable(entry: EntryPoint, error: Exception) -> UsageError:
    return UsageError(
        f"the scenarios of {_distribution(entry)} ({entry.value}) to be imported",
        f"{type(error).__name__}: {error}\n{last_words.of_exception(error)}",
        "mend that module, or uninstall the package that names it",
    )


def _distribution(entry: EntryPoint) -> str:
    return f"the package {entry.dist.name}" if entry.dist is not None else "a package"


def _advice(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"write {close[0]!r}" if close else "choose one of those, or name none to run them all"
