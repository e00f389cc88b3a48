"""What goes on, while it goes on: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from harness.campaign import EventsSeen, Progress, RunEnded, RunFailed, TestbedUp, TimeIsReal
from harness.cli import words
from harness.history.attempt_events import AttemptEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.scenario import Experiment


@contextmanager
def display(experiments: Sequence[Experiment]) -> Iterator[Callable[[Progress], None]]:
    """Show progress until the block is left; what is yielded takes it."""
    console = Console()
    if not console.is_terminal:
        yield _Lines().show
        return
    rows = _Rows([experiment.scenario.name for experiment in experiments])
    with Live(rows, console=console, refresh_per_second=10, transient=True):

        def show(progress: Progress) -> None:
            if isinstance(progress, TimeIsReal):
                console.print(words.real_time(progress.reason), markup=False, highlight=False)
            else:
                rows.show(progress)

        yield show


class _Lines:
    """Plain lines: one for each thing that a reader of a log wants to know."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def show(self, progress: Progress) -> None:
        match progress:
            case TimeIsReal():
                click.echo(words.real_time(progress.reason))
            case TestbedUp():
                self._say(progress.experiment.scenario.name, "testbed up")
            case EventsSeen():
                if progress.experiment.scenario.own_laws is not None:
                    return  # it tells at the end, in its own words, what would be hundreds of lines
                for event in progress.events:
                    if isinstance(event, AttemptEnded) and event.ending in ("retried", "failed"):
                        self._say(progress.experiment.scenario.name, words.mishap(event))
            case RunEnded():
                self._say(progress.run.experiment.scenario.name, words.outcome(progress.run))
            case RunFailed():
                self._say(progress.experiment.scenario.name, words.failure(progress.error))

    def _say(self, scenario: str, what: str) -> None:
        click.echo(f"{time.monotonic() - self._began:6.1f} s  {scenario}: {what}")


class _Rows:
    """A row for each run, drawn anew ten times a second."""

    def __init__(self, scenarios: Sequence[str]) -> None:
        self._began = time.monotonic()
        self._news: dict[str, Text] = {name: Text("starting its testbed", style="dim") for name in scenarios}
        self._spinners = {name: Spinner("dots") for name in scenarios}
        self._marks: dict[str, Text] = {}

    def show(self, progress: TestbedUp | EventsSeen | RunEnded | RunFailed) -> None:
        match progress:
            case TestbedUp():
                self._news[progress.experiment.scenario.name] = Text("waiting for its turn", style="dim")
            case EventsSeen():
                if news := words.latest_news(progress.events):
                    self._news[progress.experiment.scenario.name] = Text(news)
            case RunEnded():
                name = progress.run.experiment.scenario.name
                self._marks[name] = Text("✓", "green") if progress.run.is_as_expected else Text("✗", "red")
                self._news[name] = Text(words.outcome(progress.run))
            case RunFailed():
                name = progress.experiment.scenario.name
                self._marks[name] = Text("!", "red")
                self._news[name] = Text(words.failure(progress.error), style="red")

    def __rich__(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for name, news in self._news.items():
            table.add_row(self._marks.get(name, self._spinners[name]), Text(name), news)
        table.add_row("", "", Text(f"{time.monotonic() - self._began:.0f} s", style="dim"))
        return table
