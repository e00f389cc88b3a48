"""The chord of the faults: members that end one after another, far apart, so that each has its place in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celery import chord

from scenarios.faults.app import body, early, late, mourn, requeued

if TYPE_CHECKING:
    from celery.canvas import Signature

_KINDS = {"early": early, "late": late, "requeued": requeued}
# The first ends long before the second, also if it has to run again after its process was found to be lost (10 s).
SECONDS = (5, 40, 75)


def header_and_body(kind: str, members: int, *, stamped: bool = False) -> Signature:
    """Make a chord of so many members of this kind; its errback hears if it fails."""
    if kind not in _KINDS or members not in range(1, len(SECONDS) + 1):
        raise ValueError(
            f"expected a kind, one of {', '.join(_KINDS)}, and 1 to {len(SECONDS)} members; found {kind, members}"
        )
    header = [_KINDS[kind].s(place, seconds, stamped=stamped) for place, seconds in enumerate(SECONDS[:members])]
    return chord(header, body.s().on_error(mourn.s()))
