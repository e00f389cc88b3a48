"""Imports the app in a process of its own and hears which modules that took: what containers must bring along.

Owns that process, and the words for an app that cannot be imported here, where its author can see why. What an app has
loaded is remembered for as long as this process lives and none of those files has changed: the next testbed of the same
app need not wait for that. Refuses to judge what belongs to whom (`image.belongings` does).
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.journal import BROKER_VARIABLE, RESULTS_VARIABLE
from harness.testbed.celery_commands import launcher, modules_command
from harness.testbed.inherited import digest_of, inherited_environment
from harness.testbed.start_trouble import start_trouble
from harness.testbed.supervisor import ProcessPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.scenario import Surroundings
    from harness.testbed.premises import Premises
    from harness.testbed.supervisor import Death, Supervisor

IMPORT = "import"  # the name of the process, and its role
_MODULES = "modules.json"
# By what decides what an app loads: what it loaded, and each file's time and size.
_REMEMBERED: dict[tuple[str, ...], tuple[dict[str, str], tuple[tuple[int, int] | None, ...]]] = {}
_TIMEOUT_S = 60.0
# Nobody is there: what an app says to a broker while it is imported, it says to nobody.
_NO_REDIS = "redis://127.0.0.1:1/0"


def start_import(supervisor: Supervisor, premises: Premises, app: str, surroundings: Surroundings) -> None:
    """Start the process; other things can be done meanwhile."""
    supervisor.start_process(
        ProcessPlan(
            name=IMPORT,
            role=IMPORT,
            argv=modules_command(launcher(sys.executable), app, surroundings, premises.directory / _MODULES),
            environment=inherited_environment()
            | dict(surroundings.environment)
            | {BROKER_VARIABLE: _NO_REDIS, RESULTS_VARIABLE: _NO_REDIS, "TMPDIR": str(premises.directory / "tmp")},
            cwd=premises.directory,
            log=premises.logs / f"{IMPORT}.log",
        )
    )


def await_import(supervisor: Supervisor, premises: Premises, app: str, wait: Callable[[float], None]) -> dict[str, str]:
    """Return the modules that the app has loaded, with their files."""
    deadline = time.monotonic() + _TIMEOUT_S
    while (death := _death(supervisor)) is None:
        if (left_s := deadline - time.monotonic()) <= 0:
            raise supervisor.trouble(f"the app {app} to be imported within {_TIMEOUT_S:.0f} s", "silence", IMPORT)
        wait(left_s)
    supervisor.forgive(IMPORT)  # that it ends is what it is for
    if death.exit_code != 0:
        raise start_trouble(app, death, supervisor.printed(IMPORT))
    found: dict[str, str] = json.loads((premises.directory / _MODULES).read_text())
    return found


def recall(app: str, surroundings: Surroundings) -> dict[str, str] | None:
    """Return what this app has loaded before, if everything is as it was then."""
    modules, stamps = _REMEMBERED.get(_key(app, surroundings), ({}, ()))
    return modules if modules and _stamps(modules) == stamps else None


def remember(app: str, surroundings: Surroundings, modules: dict[str, str]) -> None:
    """Remember what an app has loaded, and what those files were."""
    _REMEMBERED[_key(app, surroundings)] = modules, _stamps(modules)


def _key(app: str, surroundings: Surroundings) -> tuple[str, ...]:
    return app, repr(surroundings), digest_of(inherited_environment()), str(Path.cwd())


def _stamps(modules: dict[str, str]) -> tuple[tuple[int, int] | None, ...]:
    return tuple(_stamp(file) for file in modules.values())


def _stamp(file: str) -> tuple[int, int] | None:
    try:
        about = os.stat(file)  # noqa: PTH116 - of hundreds of files
    except OSError:  # a module of an archive
        return None
    return about.st_mtime_ns, about.st_size


def _death(supervisor: Supervisor) -> Death | None:
    return next((death for death in supervisor.deaths if death.name == IMPORT), None)
