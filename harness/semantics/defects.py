"""Where Celery is known not to keep what it promises of a canvas, by name, version and source.

The model predicts what is promised. With a defect assumed it predicts what that version does instead, so that a
difference can be told by its name; it stays a difference. Of some defects the model knows the name only: it is other
laws that see them.
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
    breaks: tuple[str, ...] = (
        "independence.model_agrees",
    )  # the laws that it breaks, in the canvas that shows it best
    may_break: tuple[str, ...] = ()  # others, that see it in larger canvases

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
    may_break=("chord.errback_once",),
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
CHAIN_BODY_FAILS_TWICE = Defect(
    name="chain_body_fails_twice",
    statement="When a chord's header fails whose body is a chain, Celery fails over an id that this body has not got, "
    "and fails the last member once more: it is counted twice, and its errbacks are told of that error.",
    source="celery/canvas.py, _chord.run freezes the body without an id; celery/backends/base.py, "
    "fail_from_current_stack wants one; celery/app/trace.py, build_tracer handles what that raises (5.4.0 to 5.5.3)",
    before=(5, 6),
    breaks=("chord.retries_do_not_count", "callbacks.errback_arguments"),
)
HARD_LIMIT_TOLD_TWICE = Defect(
    name="hard_limit_told_twice",
    statement="The errbacks of a task that ran past its hard time limit are called twice.",
    source="celery/worker/request.py, Request.on_failure and then Request.on_timeout fail it (5.4.0 to 5.7.0)",
    breaks=("callbacks.errback_once", "independence.model_agrees"),
)
HARD_LIMIT_FAILS_CHORD_TWICE = Defect(
    name="hard_limit_fails_chord_twice",
    statement="When the last member of a chord's header to end ran past its hard time limit, it is counted twice, and "
    "the chord's errbacks are called twice.",
    source="celery/worker/request.py, as above; celery/backends/redis.py, on_chord_part_return takes every count, and "
    "leaves the keys of a chord that has failed (5.4.0 to 5.6.3)",
    before=(5, 7),
    breaks=("chord.retries_do_not_count", "chord.errback_once", "independence.model_agrees"),
)
RAISING_ERRBACK_ENDS_HANDLING = Defect(
    name="raising_errback_ends_handling",
    statement="An errback that is called inline and raises keeps those after it from being called, and is itself "
    "called up to three times, with its own error from the second time on.",
    source="celery/backends/base.py, _call_task_errbacks lets it through; celery/app/trace.py, build_tracer handles "
    "what it raises, and celery/worker/request.py, Request.on_failure once more (5.4.0 to 5.6.3)",
    before=(5, 7),
    breaks=("callbacks.errback_once", "callbacks.errback_arguments", "independence.model_agrees"),
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
    CHAIN_BODY_FAILS_TWICE,
    HARD_LIMIT_TOLD_TWICE,
    HARD_LIMIT_FAILS_CHORD_TWICE,
    RAISING_ERRBACK_ENDS_HANDLING,
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
