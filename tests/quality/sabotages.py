"""The table: in which ways Celery is broken, which laws that must violate, and which events each must name.

Written down before anything was run. The events are those of a law's first evidence, in its order: kind and task.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from celery import chord, group
from rare_shop import lost_once
from sabotaged_shop import (
    add,
    capped,
    charge,
    mourn,
    notify,
    pack,
    patient,
    random,
    ship,
    stubborn,
    total,
    wail,
)

from harness.behaviour import raises, returns, sleeps

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIES = raises(OSError), returns("at last")
TRIES_ON = raises(OSError), raises(OSError), returns("at last")
TRIES_TO_THE_END = raises(OSError), raises(OSError), raises(OSError), returns("at last")

# Nobody waits for a start that no message stands for: it must have come before the other one has ended.
LASTING = {"add": sleeps(1)}


@dataclass(frozen=True)
class Sabotage:
    """One way in which Celery is broken, seen by one canvas."""

    name: str
    canvas: Any
    guilty: Mapping[str, tuple[str, ...]]  # by law, the events that its evidence must name
    behaviour: Mapping[str, Any] = field(default_factory=dict)


def linked(task: Any, link: Any) -> Any:
    task.link(link)
    return task


HEADER = chord([add.si(1), pack.si("x")], total.s("own"))
FAILING_HEADER = chord([charge.si(), pack.si("x")], total.s().on_error(mourn.s()))
RETRIED_HEADER = chord([patient.si("x"), pack.si("y")], total.s())
CHAIN = add.si(1) | pack.s("own")
IMMUTABLE_CHAIN = add.si(1) | pack.si("own")
FAILING_CHAIN = charge.si() | pack.s("own")
GROUP = add.si(1) | group(pack.si("a"), ship.si("b"))
LINKED, FAILING_LINKED = linked(add.si(1), notify.s("own")), linked(charge.si(), notify.s())
MOURNED, WAILED = charge.si().on_error(mourn.s()), charge.si().on_error(wail.s())

OF_CHORDS = (
    Sabotage("body_sent_twice", HEADER, {"chord.body_once": ("Sent total", "Sent total")}),
    Sabotage("body_lost", HEADER, {"chord.none_missed": ("AttemptClosed add", "AttemptClosed pack")}),
    Sabotage(
        "results_swapped",
        HEADER,
        {"ordering.results_in_header_order": ("Sent total", "AttemptEnded add", "AttemptEnded pack")},
    ),
    Sabotage(
        "a_result_missing",
        HEADER,
        {"ordering.results_in_header_order": ("Sent total", "AttemptEnded add", "AttemptEnded pack")},
    ),
    Sabotage(
        "body_without_its_results",
        HEADER,
        {"ordering.results_in_header_order": ("Sent total", "AttemptEnded add", "AttemptEnded pack")},
    ),
    Sabotage(
        "body_sent_one_member_early",
        HEADER,
        {"ordering.body_after_header": ("Sent total", "Sent pack")},
        {"pack": sleeps(5)},
    ),
    Sabotage(
        "body_sent_after_a_failure",
        FAILING_HEADER,
        {
            "chord.none_after_failure": ("AttemptStarted charge", "Sent total"),
            "ordering.body_after_header": ("Sent total", "Sent charge"),
        },
    ),
    Sabotage(
        "a_retry_counted",
        RETRIED_HEADER,
        {
            "chord.retries_do_not_count": ("ChordCounted", "AttemptEnded patient", "AttemptEnded patient"),
            "ordering.body_after_header": ("Sent total", "Sent patient"),
        },
        {"patient": TRIES},
    ),
    Sabotage("chord_errback_never", FAILING_HEADER, {"chord.errback_once": ("AttemptStarted charge",)}),
    Sabotage(
        "chord_errback_twice",
        FAILING_HEADER,
        {"chord.errback_once": ("AttemptStarted charge", "Sent mourn", "Sent mourn")},
    ),
)

OF_CHAINS = (
    Sabotage("step_sent_twice", CHAIN, {"delivery.sent_once": ("Sent pack", "Sent pack")}),
    Sabotage("chain_stops_after_a_success", CHAIN, {"ordering.chain_goes_on": ("AttemptClosed add",)}),
    Sabotage("mutable_step_without_the_result", CHAIN, {"ordering.handed_on": ("AttemptEnded add", "Sent pack")}),
    Sabotage(
        "immutable_step_with_the_result", IMMUTABLE_CHAIN, {"ordering.handed_on": ("AttemptEnded add", "Sent pack")}
    ),
    Sabotage("step_with_another_parent", CHAIN, {"delivery.lineage": ("Sent add", "Sent pack")}),
    Sabotage("step_sent_by_somebody_else", CHAIN, {"delivery.sent_by_a_running_task": ("Sent pack",)}),
    Sabotage(
        "chain_goes_on_after_a_failure",
        FAILING_CHAIN,
        {
            "ordering.chain_goes_on": ("AttemptStarted charge", "Sent pack"),
            "ordering.step_after_step": ("Sent pack", "AttemptStarted pack"),
        },
    ),
    Sabotage("step_sent_at_the_start", CHAIN, {"ordering.step_after_step": ("Sent pack", "AttemptStarted pack")}),
    Sabotage(
        "two_messages_for_a_chain",
        CHAIN,
        {"delivery.one_message_for_a_chain": ("CanvasSent", "Sent add", "Sent add")},
    ),
    Sabotage("member_waits_for_another", GROUP, {"ordering.members_do_not_wait": ("Sent ship",)}),
    Sabotage("link_twice", LINKED, {"callbacks.link_once": ("AttemptEnded add", "Sent notify", "Sent notify")}),
    Sabotage("link_never", LINKED, {"callbacks.link_once": ("AttemptEnded add",)}),
    Sabotage("link_with_a_wrong_argument", LINKED, {"callbacks.link_arguments": ("AttemptEnded add", "Sent notify")}),
    Sabotage("link_after_a_failure", FAILING_LINKED, {"callbacks.link_once": ("AttemptEnded charge", "Sent notify")}),
)

DELAY_OF_PATIENT = {"retries.delay_asked": ("RetryAsked patient", "AttemptEnded patient")}
DELAY_OF_RANDOM = {"retries.delay_asked": ("RetryAsked random", "AttemptEnded random")}
DELAY_KEPT = {"retries.delay_kept": ("AttemptStarted patient", "AttemptStarted patient")}

OF_RETRIES = (
    Sabotage("backoff_too_short", patient.si(), DELAY_OF_PATIENT, {"patient": TRIES}),
    Sabotage("backoff_too_long", patient.si(), DELAY_OF_PATIENT, {"patient": TRIES}),
    Sabotage("backoff_not_growing", patient.si(), DELAY_OF_PATIENT, {"patient": TRIES_ON}),
    Sabotage(
        "backoff_beyond_its_maximum",
        capped.si(),
        {"retries.delay_asked": ("RetryAsked capped", "AttemptEnded capped")},
        {"capped": TRIES_ON},
    ),
    Sabotage("jitter_out_of_range", random.si(), DELAY_OF_RANDOM, {"random": TRIES}),
    Sabotage("jitter_not_whole", random.si(), DELAY_OF_RANDOM, {"random": TRIES}),
    Sabotage(
        "a_retry_too_many",
        patient.si(),
        {"retries.limited": ("RetryAsked patient", "Sent patient")},
        {"patient": raises(OSError)},
    ),
    Sabotage(
        "a_retry_too_few",
        patient.si(),
        {"retries.exhausted": ("AttemptStarted patient", "AttemptEnded patient")},
        {"patient": TRIES_TO_THE_END},
    ),
    Sabotage(
        "a_retry_too_few", stubborn.si(2), {"retries.exhausted": ("AttemptStarted stubborn", "AttemptEnded stubborn")}
    ),
    Sabotage(
        "another_exception_at_the_end",
        patient.si(),
        {"retries.original_exception": ("RetryAsked patient", "RetryRefused patient")},
        {"patient": raises(OSError)},
    ),
    Sabotage(
        "retry_under_a_new_id",
        patient.si(),
        {"retries.same_task": ("AttemptEnded patient", "Sent patient")},
        {"patient": TRIES},
    ),
    Sabotage("retry_lost", patient.si(), {"retries.same_task": ("AttemptEnded patient",)}, {"patient": TRIES}),
    Sabotage(
        "retry_sent_twice", patient.si(), {"delivery.sent_once": ("Sent patient", "Sent patient")}, {"patient": TRIES}
    ),
    Sabotage("retry_too_early", patient.si(), DELAY_KEPT, {"patient": TRIES}),
    Sabotage("retry_too_late", patient.si(), DELAY_KEPT, {"patient": TRIES}),
)

OF_ENDINGS = (
    Sabotage("success_stored_as_failure", add.si(1), {"states.of_what_ran": ("AttemptStarted add", "StateRead add")}),
    Sabotage("success_not_stored", add.si(1), {"states.of_what_ran": ("AttemptStarted add", "StateRead add")}),
    Sabotage(
        "failure_stored_as_success",
        charge.si(),
        {"states.of_what_ran": ("AttemptStarted charge", "StateRead charge")},
    ),
    Sabotage("success_stored_for_what_never_ran", FAILING_CHAIN, {"states.of_what_never_ran": ("StateRead pack",)}),
    Sabotage("steps_behind_a_failure_left_pending", FAILING_CHAIN, {"states.of_what_never_ran": ("StateRead pack",)}),
    Sabotage(
        "exception_replaced",
        charge.si(),
        {"states.failure_is_the_codes": ("AttemptEnded charge", "AttemptClosed charge")},
    ),
    Sabotage(
        "errback_twice", MOURNED, {"callbacks.errback_once": ("AttemptStarted charge", "Sent mourn", "Sent mourn")}
    ),
    Sabotage(
        "errback_twice",
        WAILED,
        {"callbacks.errback_once": ("AttemptStarted charge", "ErrbackCalled wail", "ErrbackCalled wail")},
    ),
    Sabotage("errback_never", MOURNED, {"callbacks.errback_once": ("AttemptStarted charge",)}),
    Sabotage("errback_never", WAILED, {"callbacks.errback_once": ("AttemptStarted charge",)}),
    Sabotage(
        "errback_with_another_error",
        WAILED,
        {"callbacks.errback_arguments": ("AttemptStarted charge", "ErrbackCalled wail")},
    ),
    Sabotage(
        "errback_after_a_success",
        add.si(1).on_error(mourn.s()),
        {"callbacks.errback_once": ("AttemptStarted add", "Sent mourn")},
    ),
)

OF_DELIVERIES = (
    Sabotage(
        "lost_attempt_acknowledged",
        lost_once.si(),
        {
            "redelivery.late_acknowledgements": ("AttemptStarted lost_once", "AttemptAborted lost_once"),
            "states.of_what_ran": ("AttemptStarted lost_once", "StateRead lost_once"),
        },
    ),
    Sabotage(
        "started_twice",
        add.si(1),
        {
            "delivery.attempts_are_delivered": ("AttemptStarted add",),
            "delivery.one_start_a_message": ("AttemptStarted add", "AttemptStarted add"),
        },
        LASTING,
    ),
    Sabotage(
        "handled_twice",
        add.si(1),
        {"delivery.one_start_a_message": ("AttemptStarted add", "AttemptStarted add")},
        LASTING,
    ),
    Sabotage("started_without_a_message", pack.si(), {"delivery.attempts_are_delivered": ("AttemptStarted add",)}),
)

# What the model must see by itself. It says nothing of delays, states, parents, and how often a task may be attempted.
SEEN_BY_THE_MODEL = {sabotage.name for sabotage in (*OF_CHORDS, *OF_CHAINS)} - {"step_with_another_parent"} | {
    "errback_twice",
    "errback_never",
    "errback_after_a_success",
    "failure_stored_as_success",
    "success_stored_for_what_never_ran",
}

SABOTAGES = (*OF_CHORDS, *OF_CHAINS, *OF_RETRIES, *OF_ENDINGS, *OF_DELIVERIES)
