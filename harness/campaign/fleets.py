"""Who runs a campaign's chords: for every size of header, workers with at least as many slots as it has members.

Owns how many chords go to which workers, and in what batches. Pure: nothing here starts anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.scenario import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.scenario import Conditions, Pool

# A batch is one run. Its whole canvas must fit into a line of a journal (harness/journal.py), or the model that knows
# canvases cannot judge it; and what a person waits for should show some progress.
MOST_MEMBERS, _MOST_CHORDS_A_BATCH = 200, 50
# More processes than this for one header are a burden to a small machine: then only half a header's members in each of
# the two workers, and not twice as many; and unless they are asked for, threads instead.
_MOST_PROCESSES = 16
WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Workers of one kind, the size of the headers that they get, and how many chords (None: until time is up)."""

    members: int
    conditions: Conditions
    chords: int | None

    @property
    def name(self) -> str:
        """What distinguishes it from others: `2-prefork-2x2`."""
        conditions = self.conditions
        return f"{self.members}-{conditions.pool}-{conditions.workers}x{conditions.concurrency}"

    @property
    def at_once(self) -> int:
        """How many chords it has room for at a time."""
        return self.conditions.workers * self.conditions.concurrency // self.members

    def batches(self, race: str) -> Iterator[Batch]:
        """Yield its batches: of one size, as far as that goes."""
        most = min(MOST_MEMBERS // self.members, _MOST_CHORDS_A_BATCH)
        left = self.chords
        for number in count(1):
            size = most if left is None else min(most, left)
            if not size:
                return
            name = f"{race}-{self.name}-{number:03}"
            yield Batch(name=name, chords=size, members=self.members, at_once=self.at_once)
            left = None if left is None else left - size


def fleets_for(
    members: Sequence[int],
    chords: Sequence[int] | None,
    conditions: Conditions,
    *,
    pools: Sequence[Pool] = (),
    slots: tuple[int, int] | None = None,
) -> list[Fleet]:
    """Return the fleets for headers of these sizes.

    `chords` is how many for each size, None for as many as there is time for. `pools` and `slots` (workers, and the
    concurrency of each) are what was asked for; without, both pools share the chords of a size, and two workers have
    room for two chords at a time.
    """
    found: list[Fleet] = []
    for number, size in enumerate(members):
        of_size = _conditions_for(size, conditions, pools, slots)
        for share, one in enumerate(of_size):
            wanted = None if chords is None else _share(chords[number], share, len(of_size))
            if wanted != 0:
                found.append(Fleet(members=size, conditions=one, chords=wanted))
    return found


def deal(chords: int, members: Sequence[int]) -> list[int]:
    """Divide a number of chords among sizes of headers, at least one for each: fewer of those that take more work."""
    weights = [size**-0.5 for size in members]
    shares = [max(1, int(chords * weight / sum(weights))) for weight in weights]
    # What rounding has left over goes to the smallest headers, which cost least.
    smallest = members.index(min(members))
    shares[smallest] = max(1, shares[smallest] + chords - sum(shares))
    return shares


def _conditions_for(
    members: int, conditions: Conditions, pools: Sequence[Pool], slots: tuple[int, int] | None
) -> list[Conditions]:
    if not pools:
        pools = ("prefork", "threads") if members <= _MOST_PROCESSES else ("threads",)
    found = []
    for pool in pools:
        workers, concurrency = slots or (WORKERS, _concurrency(members, pool))
        room = workers * (1 if pool == "solo" else concurrency)
        if room < members:
            raise UsageError(
                f"at least as many slots as a header has members: {members}",
                f"{workers} workers of {room // workers}",
                "give more --workers or --concurrency, or smaller --members",
            )
        found.append(replace(conditions, pool=pool, workers=workers, concurrency=concurrency))
    return found


def _concurrency(members: int, pool: Pool) -> int:
    if pool == "prefork" and members > _MOST_PROCESSES:
        return -(-members // WORKERS)
    return members


def _share(chords: int, number: int, of: int) -> int:
    """Return one part of a number that is divided evenly; the first parts get what is left over."""
    return chords // of + (number < chords % of)
