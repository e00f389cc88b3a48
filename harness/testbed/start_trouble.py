"""Why a testbed did not come up: whose trouble it is, told by the last words of the process that died.

An app that cannot be imported is its author's trouble, and he gets his own traceback. Everything else is ours, or the
machine's. Refuses to look at processes: it is given a death and a log.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from harness import last_words
from harness.errors import HarnessError, TroubleError, UsageError
from harness.journal import TROUBLE, UNUSABLE

if TYPE_CHECKING:
    from harness.testbed.supervisor import Death

_SILENCE = "it printed nothing"
# With which a worker ends, and by exit code 0 (ROOT_DISALLOWED in celery/platforms.py, 5.4 to 5.7).
_ROOT_MAY_NOT = re.compile(r"^worker accepts messages serialized with pickle is a very bad idea!$", re.MULTILINE)
_PARTS = {"expected", "found", "remedy"}


def start_trouble(app: str, death: Death, log: str, importer: str = sys.executable) -> TroubleError:
    """Describe the death of a process that should have come up; `importer` is the Python that had to import its app.

    An image's is not this machine's: what can be imported here may lack a library or a variable there.
    """
    if death.exit_code == UNUSABLE:
        return _said_itself(log) or _app_trouble(app, log, importer)
    if death.role == "worker" and _ROOT_MAY_NOT.search(log):
        return UsageError(
            f"workers of {app}, which takes messages in pickle, to be started by an ordinary user",
            "root, for whom Celery starts none: whoever can send a message could do anything here",
            "run as another user; or say that Redis is private, by C_FORCE_ROOT=1 in the environment, or for one test "
            "by @pytest.mark.testbed(environment={'C_FORCE_ROOT': '1'}); or have the app accept JSON only",
        )
    said = last_words.of_log(log)
    python = "Traceback (most recent call last)" in log
    return HarnessError(
        f"{death.name} to start and to stay",
        f"{death}; its last words:\n{said}" if said else f"{death}; {_SILENCE}",
        "mend what its last words name" if python or said else _advice(death),
    )


def _said_itself(log: str) -> UsageError | None:
    """Return what a process has said that its user shall be told; what an app prints may only look like that."""
    for line in reversed(log.splitlines()):
        if line.startswith(TROUBLE):
            with suppress(ValueError):
                said = json.loads(line.removeprefix(TROUBLE))
                if _is_trouble(said):
                    return UsageError(**said)
    return None


def _is_trouble(said: object) -> bool:
    return isinstance(said, dict) and said.keys() == _PARTS and all(isinstance(part, str) for part in said.values())


def _app_trouble(app: str, log: str, importer: str) -> UsageError:
    if importer != sys.executable:
        return _trouble_in_image(app, log, importer)
    module = app.partition(":")[0]
    missing = re.search(r"No module named '([^']+)'", log)
    name = missing[1] if missing else ""
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


def _trouble_in_image(app: str, log: str, importer: str) -> UsageError:
    said = last_words.of_log(log)
    return UsageError(
        f"the app {app} to be imported in its container, as it can be on this machine",
        f"{last_words.headline(said)}, by {importer}\n{said}",
        "give the containers what is missing there: a variable by environment={...} in the mark (they inherit none), a "
        "system's library by an image of your own with it, --python-image or CANVAS_HARNESS_PYTHON_IMAGE",
    )


def _advice(death: Death) -> str:
    if death.signal is not None:
        return "see who ended it: a machine out of memory does (`dmesg`), and so does another program"
    return "see what ends the process in the app's own signal handlers and bootsteps"
