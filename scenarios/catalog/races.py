"""The races: what is sent for a batch of chords, and what must come of it."""

from harness.scenario import Batch, Canvas, Expected, Scenario

# What each batch must show. What else a run happens to show is judged as well.
_LAWS = (
    "chord.body_once",
    "chord.none_missed",
    "chord.retries_do_not_count",
    "ordering.body_after_header",
    "ordering.results_in_header_order",
    "ordering.members_do_not_wait",
    "delivery.attempts_are_delivered",
    "delivery.one_start_a_message",
    "delivery.sent_by_a_running_task",
    "states.of_what_ran",
    "independence.model_agrees",
)
# By when the members of an instant have started and sleep: several times what a machine with better things to do was
# seen to need. More costs a little: workers that have nothing to do look for messages every second.
_GAP_S, _GAP_FOR_A_MEMBER_S = 0.5, 0.05
# Before kombu 5.7 workers of threads may take a message so much later than they could: tests/findings/slow_threads.py.
_LATE_S = 10.0


def races(batch: Batch) -> Scenario:
    """Return the scenario of a batch: every member once, every body once, all of it a success."""
    gap_s = _GAP_S + _GAP_FOR_A_MEMBER_S * batch.members * batch.at_once
    return Scenario(
        name=batch.name,
        title=f"{batch.chords} chords of {batch.members} members that end at once, {batch.at_once} at a time",
        app="scenarios.races.app:app",
        canvas=Canvas(
            call="scenarios.races.canvas:batch",
            arguments={
                "chords": batch.chords,
                "members": batch.members,
                "at_once": batch.at_once,
                "gap_s": gap_s,
            },
        ),
        laws=_LAWS,
        expected=Expected(
            outcome="success",
            attempts={"races.member": batch.chords * batch.members, "races.body": batch.chords},
        ),
        budget_s=120.0 + 2 * (gap_s + _LATE_S) * batch.chords,
    )
