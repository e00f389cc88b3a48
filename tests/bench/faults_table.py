"""Makes the table of docs/faults.md of what tests/bench/faults.py has found: `faults_table.py FILE.json ...`.

One column for all versions that came to the same in every scenario. Refuses to leave anything out: what did not come to
the same each time is told as that.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def cell(outcomes: dict[str, int]) -> str:
    """Say what came of a scenario on one version."""
    return " OR ".join(
        words(outcome) + (f" ({times} of {sum(outcomes.values())})" if len(outcomes) > 1 else "")
        for outcome, times in sorted(outcomes.items())
    )


def words(outcome: str) -> str:
    attempts, counts, body, members, errbacks, states, lost, violated = outcome.split(" | ")
    sent, runs = map(int, body.split(" / "))
    last = states.rpartition("; ")[2]
    said = [f"ran {attempts.replace(' ', '')}, counted {counts.replace(' ', '')}"]
    if sent:
        said.append(f"body sent {'once' if sent == 1 else f'**{sent} times**'}, with {members}")
    if sent != runs:
        said.append(f"it ran {runs} times" if runs else "**it never ran**")
    if int(errbacks):
        said.append("the chord fails, its errback is told")
    elif not sent:
        said.append(f"**no body, no errback**, body {last}")
    if lost != "-":
        said.append(f"lost: {lost}")
    if violated != "-":
        said.append(f"violates {', '.join(f'`{law}`' for law in violated.split(', '))}")
    return "; ".join(said)


def columns(found: list[dict[str, Any]]) -> list[tuple[str, dict[str, str]]]:
    """Return a column for each set of versions that came to the same throughout."""
    made: list[tuple[list[str], dict[str, str]]] = []
    for one in found:
        cells = {name: cell(outcomes) for name, outcomes in one["outcomes"].items()}
        same = next((versions for versions, others in made if others == cells), None)
        if same is None:
            made.append(([one["versions"]["celery"]], cells))
        else:
            same.append(one["versions"]["celery"])
    return [(", ".join(versions), cells) for versions, cells in made]


def main() -> None:
    """Print the table."""
    found = sorted(
        (json.loads(Path(name).read_text()) for name in sys.argv[1:]), key=lambda one: one["versions"]["celery"]
    )
    made = columns(found)
    print("| scenario | " + " | ".join(f"Celery {versions}" for versions, _ in made) + " |")
    print("| --- |" + " --- |" * len(made))
    for name in found[0]["outcomes"]:
        print(f"| {name.removeprefix('fault-')} | " + " | ".join(cells.get(name, "?") for _, cells in made) + " |")
    for one in found:
        repeats = {sum(outcomes.values()) for outcomes in one["outcomes"].values()}
        same = sum(len(outcomes) == 1 for outcomes in one["outcomes"].values())
        versions = ", ".join(f"{name} {version}" for name, version in one["versions"].items())
        print(f"\n{versions}: {same} of {len(one['outcomes'])} the same each of {min(repeats)} times")


if __name__ == "__main__":
    main()
