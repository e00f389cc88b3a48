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
FAILED_BEFORE_GROUP_UNTOLD = Defect(
    name="failed_before_group_untold",
    statement="When a chain in a chord's header ends with a group and fails before it, the chord never learns of it: "
    "its body stays PENDING and its errbacks are not called.",
    source="celery/backends/base.py, _fail_chain counts one part for the group, celery/canvas.py, _chord._descend one "
    "for each of its members (5.4.0 to 5.7.0)",
)
FAILED_BEFORE_CHORD_UNTOLD = Defect(
    name="failed_before_chord_untold",
    statement="The same where the chain ends with a chord.",
    source="celery/backends/base.py, mark_as_failure does not look into chords (5.4.0 to 5.6.0; issue 9674)",
    before=(5, 7),
)
GROUP_BODY_UNTOLD = Defect(
    name="group_body_untold",
    statement="When a chord's header fails whose body is a group, the errbacks of that group's members are not called.",
    source="celery/backends/base.py, _handle_group_chord_error takes the group's own only; none before 5.6",
    before=(5, 7),
)
CHORD_BODY_UNTOLD = Defect(
    name="chord_body_untold",
    statement="When a chord's header fails whose body is a chord, the errbacks of that one's body, which are those of "
    "the whole canvas, are not called.",
    source="celery/backends/base.py, chord_error_from_stack takes the options of the body; celery/canvas.py, "
    "_chord.link_error leaves the errback with the body's body (5.4.0 to 5.7.0)",
)
CHAIN_AS_ERRBACK_NOT_CALLED = Defect(
    name="chain_as_errback_not_called",
    statement="An errback that is a chain is not called.",
    source="celery/backends/base.py, _call_task_errbacks takes the task `celery.chain` for one to be called inline, "
    "with a request that no message can hold (5.4.0 to 5.7.0)",
)
LINKS_OF_MEMBERS_REPLACED = Defect(
    name="links_of_members_replaced",
    statement="A callback of a chain that ends with a group replaces the callbacks of that group's members.",
    source="celery/canvas.py, group.apply_async hands `link` on to each member, whose own Signature._merge replaces "
    "(5.4.0 to 5.7.0)",
)
NESTED_CHAIN_FORGETS = Defect(
    name="nested_chain_forgets",
    statement="A chain that is the only step of a chain loses its callbacks and errbacks.",
    source="celery/canvas.py, _chain.prepare_steps: steps_extend(task.tasks), without the chain's options; `|` keeps "
    "them (5.4.0 to 5.7.0)",
)

DEFECTS = (
    NESTED_GROUPS_REVERSED,
    INNER_CHORD_FAILS_UNTOLD,
    FAILED_BEFORE_GROUP_UNTOLD,
    FAILED_BEFORE_CHORD_UNTOLD,
    GROUP_BODY_UNTOLD,
    CHORD_BODY_UNTOLD,
    CHAIN_AS_ERRBACK_NOT_CALLED,
    LINKS_OF_MEMBERS_REPLACED,
    NESTED_CHAIN_FORGETS,
)


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
