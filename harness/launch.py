"""Starts a worker or the sender: `python -P launch.py SEARCH_PATH worker|sender|modules APP FILE QUEUES [ARGUMENT]...`.

Or imports the app, and that is all: `modules` writes down which modules that took.

Owns that in such a process `harness` is this harness, whatever folders lie around where the app is found; that modules
are found where the author's own process found them; and that an app that cannot be imported is told of by its author's
traceback. Run by its file and not by `-m`, because a search path may have a folder named `harness` in front.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from celery import Celery

_BEFORE = frozenset(sys.modules)  # what every Python here loads, by the files of its own that it reads at its start
_OWN_PARENT = str(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    before = list(sys.path)
    sys.path.insert(0, _OWN_PARENT)
    import harness

    sys.path[:] = before
    assert harness.__path__  # from here on its modules are found through it

from harness.errors import TroubleError  # noqa: E402 - not before it is certain whose `harness` this is
from harness.journal import BROKER_VARIABLE, FAULTS_VARIABLE, RESULTS_VARIABLE, TROUBLE, UNUSABLE  # noqa: E402


def main() -> None:
    """Find the app, keep it to its testbed, and become what was asked for."""
    search_path, role, name, file, queues, *arguments = sys.argv[1:]
    # What the author's process looked through first, this one does too.
    sys.path[:] = list(dict.fromkeys([*json.loads(search_path), *sys.path]))
    app = _found(name, file or None)
    if role == "modules":
        _list_modules(Path(*arguments))
    if role == "worker":
        _work(app, [*filter(None, queues.split(","))], arguments)
    from harness.sender.sender import serve  # noqa: PLC0415 - a worker has no need of it

    serve(app)


def _work(app: Celery, queues: list[str], arguments: list[str]) -> NoReturn:
    """Become a worker that takes from every queue of the app's."""
    from harness.app.promptless import load_commands  # noqa: PLC0415 - as in `_found`
    from harness.app.queues import consume_all  # noqa: PLC0415
    from harness.app.scripted import make_scriptable  # noqa: PLC0415

    load_commands()
    make_scriptable(app)
    if FAULTS_VARIABLE in os.environ:
        from harness.app.strikes import make_breakable  # noqa: PLC0415 - nothing of Celery's is wrapped without need

        make_breakable()
    sys.exit(app.start(["worker", *arguments, *consume_all(app, *queues)]))


def _list_modules(path: Path) -> NoReturn:
    """Write down what was loaded, by name, with the file that it came from."""
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    loaded = {name: file for name, file in files.items() if file and name not in _BEFORE | {"__main__"}}
    path.write_text(json.dumps(loaded, default=str))
    sys.exit()


def _found(name: str, file: str | None) -> Celery:
    try:
        from harness.app.broadcasts import refuse_broadcasts  # noqa: PLC0415 - it imports Celery, which may be missing
        from harness.app.confine import confine, enclose  # noqa: PLC0415
        from harness.app.find import find_app  # noqa: PLC0415

        testbed = os.environ[BROKER_VARIABLE], os.environ[RESULTS_VARIABLE]
        enclose(*testbed, _tell)
        refuse_broadcasts(_write_down)
        try:
            app = find_app(name, file)
            app.loader.import_default_modules()
            app.finalize()
        except TroubleError:
            raise
        except BaseException:  # noqa: BLE001 - an app may raise anything, SystemExit too
            traceback.print_exc()
            sys.exit(UNUSABLE)
        overrides = confine(app, *testbed)
        # Not before the app: what that wraps at its import, the probe wraps once more, and so sees who calls Celery.
        from harness.probe import journal  # noqa: PLC0415

        if overrides and journal is not None:
            journal.append("SettingsOverridden", app=name, overrides=[asdict(override) for override in overrides])
    except TroubleError as trouble:
        _give_up(trouble.expected, str(trouble.found), trouble.remedy)
    return app


def _write_down(refusal: TroubleError) -> None:
    """Have the run fail with a refusal, whatever becomes of it where it is raised."""
    from harness.probe import journal  # noqa: PLC0415 - as in `_found`

    if journal is not None:
        journal.append("SendingRefused", expected=refusal.expected, found=str(refusal.found), remedy=refusal.remedy)


def _tell(refusal: TroubleError) -> None:
    """Leave word of a connection that was refused: whoever asked for it may swallow what is raised."""
    os.write(2, f"canvas-harness: refused: {refusal}\n".encode(errors="replace"))


def _give_up(expected: str, found: str, remedy: str) -> NoReturn:
    """Tell the harness, through the log, what it shall tell its user."""
    said = json.dumps({"expected": expected, "found": found, "remedy": remedy})
    # Past sys.stderr, which may be the app's by now, and on a line of its own, whatever the app has begun to print.
    os.write(2, f"\n{TROUBLE}{said}\n".encode())
    sys.exit(UNUSABLE)


if __name__ == "__main__":
    main()
