"""The `prove` of one test: has a canvas run on the testbed that the test wishes, and fails or returns the run."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from harness.behaviour import encode
from harness.errors import TroubleError, UsageError
from harness.proof.canvases import canvas_of
from harness.proof.ending import ProofFailedError, refuse_no_exceptions, refuse_no_names, refuse_other_ending
from harness.proof.proved import Proved
from harness.proof.wishes import BUDGET_S, Wishes, seconds, wishes_of
from harness.run.run import carry_out
from harness.scenario import Conditions, Experiment, Scenario
from harness.testbed.timekeeping import is_virtual

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from harness.behaviour import Script
    from harness.proof.ending import Exceptions
    from harness.proof.testbeds import Testbeds
    from harness.run.run import Run

_LONGEST_NAME = 120


class Prover:
    """Proves canvases for one test."""

    def __init__(  # noqa: PLR0913 - what a test is made of
        self,
        *,
        test: str,
        marked: Mapping[str, Any],
        defaults: Conditions,
        testbeds: Testbeds,
        directory: Path,
        folders: Iterable[str] = (),
        reports: bool = False,
    ) -> None:
        self._test = test
        self._marked = marked
        self._defaults = defaults
        self._testbeds = testbeds
        self._directory = directory
        self._folders = tuple(folders)
        self._reports = reports
        self._numbers = count(1)
        self.directories: list[Path] = []  # of the runs that it has made

    def __call__(
        self,
        canvas: object,
        *,
        raises: Exceptions | None = None,
        behaviour: Mapping[Any, Script] | None = None,
        budget_s: float | None = None,
        violates: Collection[str] = (),
    ) -> Proved:
        """Send a canvas, settle, and return the run; fail unless it comes to the end that is asked for.

        `canvas` is a signature of any kind, or a function that the sender calls and that sends by itself. It must
        succeed, or fail with what `raises` names. `behaviour` scripts what tasks do, attempt by attempt
        (harness.behaviour). `budget_s` is how much of the testbed's time it may take. `violates` names the laws that
        Celery is known to violate here: these must be violated, and no other.
        """
        __tracebackhide__ = True  # pytest then shows the line of the test, and not these
        try:
            refuse_no_names(violates)
            return self._prove(canvas, raises, behaviour or {}, budget_s, tuple(violates))
        except (TroubleError, ProofFailedError) as error:  # they say all that there is to say
            raise error.with_traceback(None) from None

    def _prove(
        self,
        canvas: object,
        raises: Exceptions | None,
        behaviour: Mapping[Any, Script],
        budget_s: float | None,
        violates: tuple[str, ...],
    ) -> Proved:
        refuse_no_exceptions(raises)
        what = canvas_of(canvas)
        wishes = wishes_of(self._marked, self._defaults, self._app(canvas), self._folders)
        scenario = Scenario(
            name=f"{_folder_name(self._test)}-{next(self._numbers)}",
            title=self._test,
            app=wishes.app,
            canvas=what,
            violates=violates,
            behaviour=encode(behaviour),
            surroundings=wishes.surroundings,
            budget_s=seconds(budget_s) or wishes.budget_s or _budget_s(wishes),
        )
        testbed = self._testbeds.get(wishes, scenario, wishes.conditions)
        is_clean = False
        try:
            experiment = Experiment(scenario=scenario, conditions=wishes.conditions)
            run = carry_out(experiment, testbed, self._new_directory(scenario.name))
            is_clean = run.settlement.ending == "settled"
        finally:
            if not is_clean:
                self._testbeds.drop(wishes)
        self._report(run)
        refuse_other_ending(run, raises)
        return Proved(run)

    def _new_directory(self, name: str) -> Path:
        self.directories.append(_free(self._directory / name))
        return self.directories[-1]

    def _report(self, run: Run) -> None:
        """Write the page of a run, where somebody wants to keep it: beside it the session's end makes an index."""
        if self._reports:
            # Nobody's test fails because of its report. At the end of the session it is tried again, and told.
            with suppress(Exception):
                from harness.report.writing import write_run  # noqa: PLC0415 - most sessions keep nothing

                write_run(run.directory, "../index.html")

    def _app(self, canvas: object) -> object:
        """Return whose canvas it is: a signature knows, a function does not."""
        app = getattr(canvas, "app", None)
        if app is None and "app" not in self._marked:
            raise UsageError(
                "to know which app the workers shall run",
                f"{canvas!r}, which does not say",
                "mark the test: @pytest.mark.testbed(app='module:attribute')",
            )
        return app


def _folder_name(test: str) -> str:
    """Return a test's id as a folder can be called; what a file system finds too long is told apart by a hash."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", test).strip("-._") or "test"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{hashlib.sha256(test.encode()).hexdigest()[:8]}"


def _free(path: Path) -> Path:
    """Return a folder that is not there yet: the one that --report-dir names may hold runs of former sessions."""
    others = (path.with_name(f"{path.name}.{number}") for number in count(2))
    return next(candidate for candidate in chain([path], others) if not candidate.exists())


def _budget_s(wishes: Wishes) -> float:
    return BUDGET_S["virtual" if is_virtual(wishes.conditions) else "real"]
