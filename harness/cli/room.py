"""Whether a table can be shown as one: in a terminal, and only where none of its lines has to be broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.measure import Measurement

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_ENDLESS = 10_000  # how wide a table is asked how wide it would like to be


def has_room(console: Console, table: Table) -> bool:
    """Say whether a table fits into a console that is a terminal."""
    return (
        console.is_terminal
        and Measurement.get(console, console.options.update(max_width=_ENDLESS), table).maximum <= console.width
    )
