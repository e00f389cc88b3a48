"""Races while they go on: a live table in a terminal, a plain line for each batch elsewhere; and what came of them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from harness.campaign import RunFailed, TestbedUp, TimeIsReal
from harness.campaign.figures import Figures
from harness.campaign.races import BatchEnded, FleetStarts
from harness.cli import race_words, words
from harness.cli.room import has_room
from harness.laws.prose import accuse
from harness.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from harness.campaign.fleets import Fleet
    from harness.campaign.races import RaceProgress

_HEADINGS = ("", "Members", "Workers", "Chords", "Races", "Share", "Rate", "Slowest", "Failures at 95 %", "Laws")


class Tally:
    """What a campaign has come to so far: the figures of each fleet, what differed, and what failed."""

    def __init__(self, fleets: Sequence[Fleet]) -> None:
        self.fleets = {fleet.name: fleet for fleet in fleets}
        self.figures = {fleet.name: Figures() for fleet in fleets}
        self.differing: list[BatchEnded] = []
        self.failed: list[RunFailed] = []
        self.clocks: set[str] = set()
        self.at = ""  # the fleet whose turn it is
        self.news = ""

    def take(self, progress: RaceProgress) -> None:
        """Take in what has gone on."""
        match progress:
            case FleetStarts():
                self.at, self.news = progress.fleet.name, "its workers start"
            case TestbedUp():
                self.news = "its workers are up"
            case BatchEnded():
                self.figures[progress.fleet.name].add(progress.figures)
                self.clocks.add(progress.clock)
                if not progress.is_as_expected or progress.unproved:
                    self.differing.append(progress)
                self.news = race_words.summary(progress.figures)
            case RunFailed():
                self.failed.append(progress)
                self.figures[self.at].failed += 1
                self.news = words.failure(progress.error)
            case TimeIsReal():
                self.news = words.real_time(progress.reason)

    @property
    def total(self) -> Figures:
        """The figures of all fleets."""
        total = Figures()
        for figures in self.figures.values():
            total.add(figures)
        return total

    def mark(self, name: str) -> RenderableType:
        """Return a sign for how a fleet has done."""
        figures = self.figures[name]
        if figures.failed:
            return Text("!", "red")
        if not figures.runs:
            return Text(" ")
        if figures.as_expected < figures.runs:
            return Text("✗", "red")
        return Text("✓", "green") if figures.is_proof else Text("?", "yellow")


@contextmanager
def display(tally: Tally) -> Iterator[Callable[[RaceProgress], None]]:
    """Show progress until the block is left; what is yielded takes it."""
    console = Console()
    began = time.monotonic()
    if not console.is_terminal:

        def say(progress: RaceProgress) -> None:
            tally.take(progress)
            click.echo(f"{time.monotonic() - began:6.1f} s  {tally.at}: {tally.news}")

        yield say
        return
    live = _Live(tally, began)
    with Live(live, console=console, refresh_per_second=10, transient=True):
        yield tally.take


class _Live:
    """The table as far as it is known, drawn anew ten times a second."""

    def __init__(self, tally: Tally, began: float) -> None:
        self._tally = tally
        self._began = began
        self._spinner = Spinner("dots")

    def __rich__(self) -> Table:
        table = _table(self._tally, {self._tally.at: self._spinner})
        elapsed_s = time.monotonic() - self._began
        table.caption = Text(f"{elapsed_s:.0f} s  {self._tally.at}: {self._tally.news}", style="dim")
        return table


def show(tally: Tally) -> None:
    """Print what came of it: the figures, what differs, and what they prove."""
    console = Console()
    table = _table(tally, {})
    if has_room(console, table):
        console.print(table)
    else:
        _print_lines(tally)
    for batch in tally.differing:
        for line in race_words.trouble(batch):
            click.secho(line, fg="red")
        for verdict in batch.violations:
            click.secho(f"{batch.name}: a law is violated:", fg="red")
            click.echo("\n".join(f"    {printable(line)}" for line in accuse(verdict)))
        if batch.settlement.reason:
            click.secho(f"{batch.name}: {batch.settlement.ending}, with this left:", fg="red")
            click.echo("\n".join(f"    {printable(line)}" for line in batch.settlement.reason.splitlines()))
    for failure in tally.failed:
        click.secho(f"{failure.experiment.scenario.name}: {words.failure(failure.error)}", fg="red")
        click.echo("\n".join(f"    {line}" for line in printable(words.told(failure.error)).splitlines()))
    click.echo(race_words.conclusion(tally.total))


def _table(tally: Tally, marks: Mapping[str, RenderableType]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading in {"", "Workers", "Laws"} else "right")
    for name, fleet in tally.fleets.items():
        mark = marks.get(name, tally.mark(name))
        table.add_row(mark, str(fleet.members), race_words.workers(fleet), *_cells(tally.figures[name]))
    if len(tally.fleets) > 1:
        table.add_section()
        table.add_row("", "all", "", *_cells(tally.total))
    return table


def _cells(figures: Figures) -> tuple[str, ...]:
    if not figures.runs:
        return ("-",) * (len(_HEADINGS) - 3)
    return (
        str(figures.chords),
        str(figures.races),
        race_words.share(figures),
        race_words.rate(figures),
        race_words.slowest(figures),
        race_words.bound(figures),
        race_words.laws(figures),
    )


def _print_lines(tally: Tally) -> None:
    for name, fleet in tally.fleets.items():
        figures = tally.figures[name]
        if figures.runs:
            of = f"headers of {fleet.members}, workers {race_words.workers(fleet)}"
            click.echo(f"{race_words.verdict(figures)} {of}: {race_words.summary(figures)}")
            click.echo(f"       failures at 95 %: {race_words.bound(figures)}; laws: {race_words.laws(figures)}")
    click.echo(f"all: {race_words.summary(tally.total)}")
