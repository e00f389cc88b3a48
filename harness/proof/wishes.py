"""What a test wishes of its testbed, as its mark says it: `@pytest.mark.testbed(app=..., workers=2)`."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from harness.errors import UsageError
from harness.proof.naming import app_of
from harness.scenario import CLOCKS, POOLS, TESTBEDS, Conditions, Surroundings
from harness.testbed.inherited import digest_of, inherited_environment

# A run that has not come to its end by then never will: above Celery's visibility time-out of an hour, and in virtual
# time a matter of seconds. In real time nobody would wait that long.
BUDGET_S: Mapping[str, float] = {"virtual": 7200.0, "real": 120.0}
OPTIONS = {
    "app": "the Celery app: `module:attribute`, a factory's name, or the object",
    "workers": "how many workers",
    "pool": f"their pool: {', '.join(POOLS)}",
    "concurrency": "how many tasks one worker runs at once",
    "queues": "queues to consume besides those that the app itself tells of",
    "environment": "variables for workers and sender",
    "budget_s": "how much of the testbed's time a canvas may take",
    "clock": f"{' or '.join(CLOCKS)}",
    "testbed": f"{' or '.join(TESTBEDS)}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """A testbed as a test wants it. Equal wishes share one."""

    app: str
    surroundings: Surroundings
    conditions: Conditions
    budget_s: float | None = None
    inherited: str = ""  # a digest of what its processes get of this process's environment, if they get any

    @property
    def key(self) -> tuple[str, ...]:
        """What a testbed is found again by: everything but what concerns a single run."""
        return self.app, repr(self.surroundings), repr(self.conditions), self.inherited


def wishes_of(marked: Mapping[str, Any], defaults: Conditions, app: object, folders: Iterable[str] = ()) -> Wishes:
    """Return what a mark wishes. `app` is whose canvas it is, if the mark names none."""
    for option in marked:
        if option not in OPTIONS:
            close = get_close_matches(option, OPTIONS, n=1)
            remedy = f"write {close[0]!r}" if close else "see the documentation of the mark: `pytest --markers`"
            raise UsageError(f"@pytest.mark.testbed to have options out of {', '.join(OPTIONS)}", option, remedy)
    name, file = app_of(marked.get("app", app))
    testbed = _one_of("testbed", marked.get("testbed", defaults.testbed), TESTBEDS)
    return Wishes(
        app=name,
        surroundings=Surroundings(
            search_path=_search_path(folders),
            file=file,
            environment=_environment(marked.get("environment", {})),
            queues=_queues(marked.get("queues", ())),
        ),
        conditions=_of_testbed(
            defaults,
            testbed=testbed,
            clock=_one_of("clock", marked.get("clock", defaults.clock), CLOCKS),
            workers=_count("workers", marked.get("workers", defaults.workers)),
            pool=_one_of("pool", marked.get("pool", defaults.pool), POOLS),
            concurrency=_count("concurrency", marked.get("concurrency", defaults.concurrency)),
        ),
        budget_s=seconds(marked.get("budget_s")),
        # Containers get nothing of it; and Docker's client writes into it where the engine is.
        inherited=digest_of(inherited_environment()) if testbed == "local" else "",
    )


def _of_testbed(defaults: Conditions, **wished: Any) -> Conditions:  # noqa: ANN401 - each is of its own type
    """Return the conditions that are wished; images are a session's, and a test that must be local has none."""
    conditions = replace(defaults, **wished)
    return conditions.on_local() if conditions.testbed == "local" and defaults.testbed != "local" else conditions


def seconds(budget_s: object) -> float | None:
    """Return how much time a canvas may take, if anything is said about it."""
    if budget_s is None:
        return None
    is_number = isinstance(budget_s, int | float) and not isinstance(budget_s, bool)
    if not is_number or not 0 < budget_s < math.inf:  # type: ignore[operator]
        raise UsageError("budget_s to be a number of seconds, more than none", budget_s, "write budget_s=60")
    return float(budget_s)  # type: ignore[arg-type]


def _search_path(folders: Iterable[str]) -> tuple[str, ...]:
    """Return where this process finds its modules: there the workers shall find them too."""
    return tuple(dict.fromkeys(entry or os.getcwd() for entry in (*sys.path, *folders)))  # noqa: PTH109 - a text


def _environment(wanted: object) -> dict[str, str]:
    if not isinstance(wanted, Mapping) or not all(isinstance(part, str) for pair in wanted.items() for part in pair):
        raise UsageError("environment={...} of texts", wanted, "write environment={'NAME': 'value'}")
    return dict(wanted)


def _queues(wanted: object) -> tuple[str, ...]:
    is_list = isinstance(wanted, Iterable) and not isinstance(wanted, str | Mapping)
    if not is_list or not all(isinstance(name, str) for name in wanted):  # type: ignore[attr-defined]
        raise UsageError("queues=[...] of names", wanted, "write queues=['one', 'two']")
    return tuple(wanted)  # type: ignore[arg-type]


def _one_of(option: str, value: Any, allowed: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a Literal of the caller's
    if value not in allowed:
        raise UsageError(f"{option} to be one of {', '.join(allowed)}", value, "choose one of those")
    return value


def _count(option: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UsageError(f"{option} to be a whole number, 1 or more", value, f"write {option}=1, or more")
    return value
