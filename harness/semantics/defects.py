"""Where Celery is known not to keep what it promises of a canvas, by name, version and source.

The model predicts what is promised. With a defect assumed it predicts what that version does instead, so that a
difference can be told by its name; it stays a difference.
"""

from __future__ import annotations

from dataclasses import dataclass

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing that Celery does otherwise than it promises."""

    name: str
    statement: str
    source: str
    since: Version = (5, 4)
    before: Version = (99,)  # the first version that has it no more

    def is_in(self, version: Version) -> bool:
        """Say whether a version has it."""
        return self.since <= version < self.before


NESTED_GROUPS_REVERSED = Defect(
    name="nested_groups_reversed",
    statement="The members of a group inside of a group come in reverse order where the outer one is a step, a header "
    "or a body.",
    source="celery/canvas.py, group._freeze_unroll: stack.extendleft(task.tasks) (5.4.0 to 5.7.0)",
)
INNER_CHORD_FAILS_UNTOLD = Defect(
    name="inner_chord_fails_untold",
    statement="When the header of a chord fails that is itself a member of a chord's header, the outer chord never "
    "learns of it: its body stays PENDING and its errbacks are not called.",
    source="celery/backends/base.py, chord_error_from_stack: mark_as_failure without a request (5.4.0 to 5.7.0)",
)
CHAIN_AFTER_INNER_CHORD_UNTOLD = Defect(
    name="chain_after_inner_chord_untold",
    statement="The same where the inner chord is not the last step of its chain.",
    source="celery/backends/base.py, chord_error_from_stack fails no chain (5.4.0 to 5.6.0)",
    before=(5, 7),
)
GROUP_BODY_UNTOLD = Defect(
    name="group_body_untold",
    statement="When a chord's header fails whose body is a group, the errbacks of that group's members are not called.",
    source="celery/backends/base.py, _handle_group_chord_error takes the group's own only; none before 5.6",
    before=(5, 7),
)

DEFECTS = (NESTED_GROUPS_REVERSED, INNER_CHORD_FAILS_UNTOLD, CHAIN_AFTER_INNER_CHORD_UNTOLD, GROUP_BODY_UNTOLD)


def known_in(version: Version) -> frozenset[Defect]:
    """Return the defects of a version."""
    return frozenset(defect for defect in DEFECTS if defect.is_in(version))


def version_of(text: str) -> Version:
    """Read a version as numbers: of `5.7.0rc1` what can be compared."""
    parts = []
    for part in text.split(".")[:3]:
        digits = "".join(letter for letter in part if letter.isdigit()) if part.isdigit() else part[:1]
        if not digits.isdigit():
            break
        parts.append(int(digits))
    return tuple(parts)
