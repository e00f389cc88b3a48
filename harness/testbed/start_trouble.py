"""Why a testbed did not come up: whose trouble it is, told by the last words of the process that died.

An app that cannot be imported is its author's trouble, and he gets his own traceback. Everything else is ours, or the
machine's. Refuses to look at processes: it is given a death and a log.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from harness import last_words
from harness.errors import HarnessError, TroubleError, UsageError

if TYPE_CHECKING:
    from harness.testbed.supervisor import Death

# What `celery` prints before it says why (celery/bin/celery.py, 5.7).
_CELERY_CANNOT_LOAD = "Unable to load celery application"
# What the sender, and what `celery`, asks of an app first (celery/bin/celery.py, 5.7).
_NOT_AN_APP = re.compile(r"^AttributeError: (.*) has no attribute '(?:set_current|user_options)'$", re.MULTILINE)
_SILENCE = "it printed nothing"


def tells_less_than_the_sender(death: Death, log: str) -> bool:
    """Say whether this is a worker that cannot load its app: the sender cannot either, and gives a traceback."""
    return death.role == "worker" and _CELERY_CANNOT_LOAD in log


def start_trouble(app: str, death: Death, log: str) -> TroubleError:
    """Describe the death of a process that should have come up."""
    said = last_words.of_log(log)
    if _is_of_the_app(death, log):
        return _app_trouble(app, log)
    python = "Traceback (most recent call last)" in log
    return HarnessError(
        f"{death.name} to start and to stay",
        f"{death}; its last words:\n{said}" if said else f"{death}; {_SILENCE}",
        "mend what its last words name" if python or said else _advice(death),
    )


def _is_of_the_app(death: Death, log: str) -> bool:
    """Whether importing the app is what failed: a sender does nothing else before it is up."""
    if death.signal is not None:
        return False
    return (
        _CELERY_CANNOT_LOAD in log
        or bool(_NOT_AN_APP.search(log))
        or (death.role == "sender" and "Traceback (most recent call last)" in log)
    )


def _app_trouble(app: str, log: str) -> UsageError:
    module, _, attribute = app.partition(":")
    if _NOT_AN_APP.search(log):
        return UsageError(f"{app} to be a Celery app", _NOT_AN_APP.findall(log)[-1], "name the app as `celery -A` does")
    missing = re.search(r"No module named '([^']+)'|The module (\S+) was not found", log)
    name = (missing[1] or missing[2]) if missing else ""
    if attribute and f"module '{module}' has no attribute '{attribute}'" in log:
        return UsageError(
            f"the app {app} to be there",
            f"{module} has no {attribute!r}",
            f"name the variable that holds the app, as `celery -A {module}:NAME` does",
        )
    if name and (module == name or module.startswith(f"{name}.")):
        return UsageError(
            f"the app {app} to be there",
            f"no module named {name!r} can be imported by {sys.executable}",
            "install it, or put the folder that holds it on PYTHONPATH, for instance `PYTHONPATH=. harness run`",
        )
    said = last_words.of_log(log)
    return UsageError(
        f"the app {app} to be imported",
        f"{last_words.headline(said)}\n{said}",
        f"mend the app, so that this ends without an error: {sys.executable} -c 'import {module}'",
    )


def _advice(death: Death) -> str:
    if death.signal is not None:
        return "see who ended it: a machine out of memory does (`dmesg`), and so does another program"
    return "see what ends the process in the app's own signal handlers and bootsteps"
