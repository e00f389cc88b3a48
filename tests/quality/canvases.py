"""Canvases that do what is rare and right, by what they do; and what their tasks do instead of their own doing."""

from __future__ import annotations

from functools import reduce
from typing import Any

from celery import chain, chord, group
from meddling_shop import (
    annotated,
    annotated_only,
    called,
    changed_later,
    forks,
    heard,
    hooked,
    hooked_with_more,
    leaves_orphans,
    sends_when_called,
    sent_its_own_way,
)
from rare_shop import (
    as_often_as_it_says,
    at_a_moment,
    catches,
    eager,
    goes_on,
    ignored,
    ignores_under_autoretry,
    joins,
    long,
    lost_for_good,
    lost_once,
    moment,
    odd,
    quiet,
    rejected,
    rejects_under_autoretry,
    replaced,
    requeued,
    sends,
    sends_and_fails,
    softly_too_slow,
    too_slow,
    unpickleable,
)
from sabotaged_shop import add, charge, mourn, notify, pack, patient, ship, stubborn, total, wail

from harness.behaviour import raises, returns, sleeps


def linked(task: Any, *links: Any) -> Any:
    return reduce(lambda task, link: (task.link(link), task)[1], links, task)


TWO = (add.si(1), pack.si("x"))
BUSY = {"patient": [raises(OSError), sleeps(3, returns(1))], "pack": sleeps(7)}

# Authors' code around a task's own.
AUTHORS_CODE = {
    "hooks that send": linked(hooked.si().on_error(mourn.s()), notify.s()) | pack.s(),
    "hooks that are set later and send": linked(hooked_with_more.si().on_error(mourn.s()), notify.s()) | pack.s(),
    "hooks of a task that fails": linked(hooked.si("fails").on_error(mourn.s()), notify.s()) | pack.s(),
    "hooks of a member": chord([hooked.si().on_error(mourn.s()), add.si(1)], pack.s()),
    "a call of its class's own that sends": linked(called.si(), notify.s()) | pack.s(),
    "an errback that sends another one": charge.si().on_error(sends_when_called.s()).on_error(mourn.s()),
    "handlers of signals that send": linked(heard.si(), notify.s()) | pack.s(),
    "what is sent its own way": linked(add.si(1), sent_its_own_way.s()) | sent_its_own_way.s(),
    "a child that sends": forks.si() | pack.s(),
    "an orphan that sends": leaves_orphans.si() | pack.s(),
}
CANVASES = {
    # chords
    "a chord in a header": chord([chord(TWO, total.s()), add.si(3)], total.s()),
    "a chord in a header that fails": chord([chord([charge.si(), add.si(1)], total.s()), add.si(3)], ship.s()),
    "a chord in a chain": chain(add.si(1), group(add.s(1), add.s(2)), total.s(), pack.s()),
    "a chord in a chain that fails": chain(add.si(1), group(add.s(1), charge.si()), total.s(), pack.s()),
    "chains in a header": chord([add.si(1) | add.s(4), add.si(3) | pack.s()], total.s("own")),
    "chains in a header that fail": chord([charge.si() | add.s(4), add.si(3) | pack.s()], total.s("own")),
    "a chord in a chain in a header": chord([add.si(1) | group(add.s(1), add.s(2)) | total.s(), add.si(3)], ship.si()),
    "a group of groups": group(group(TWO), group(add.si(5), group(add.si(6), add.si(7)))),
    "a group of groups as a header": chord(group(group(TWO), group(add.si(5), group(add.si(6)))), total.s()),
    "a chain as a body": chord(TWO, total.s("own") | pack.s() | ship.s()),
    "a chain as the body of a chord that fails": chord([charge.si(), add.si(1)], total.s("own") | pack.s()),
    "a group as a body": chord(TWO, group(total.s(), ship.si("y"), add.si(1) | pack.s())),
    "a group as the body of a chord that fails": chord([charge.si(), add.si(1)], group(total.s(), ship.si("y"))),
    "an immutable body": chord(TWO, total.si("own")),
    "a body without arguments": chord(TWO, total.si()),
    "a chord of one": chord([add.si(1)], total.s()),
    "a chord whose members retry": chord([patient.si(), stubborn.si(2), add.si(1)], total.s()),
    "a chord all of whose members fail": chord([charge.si(), charge.si()], total.s().on_error(mourn.s())),
    "a chord whose body's errback is called": chord([charge.si(), add.si(1)], total.s().on_error(wail.s())),
    "a chord whose body fails": chord(TWO, charge.si().on_error(mourn.s())),
    "a chord that gains a member": chord([joins.si(), add.si(1)], total.s()),
    # chains, links and names
    "the same task several times": chain(pack.si(1), pack.s(2), group(pack.s(3), pack.s(3)), pack.s(4), pack.s(5)),
    "links of links": linked(add.si(1), linked(add.s(2), linked(add.s(3), pack.s()))) | add.s(7),
    "links of one name": linked(add.si(1), notify.s("a"), notify.s("a"), notify.s("b")),
    "a link named as the next step": linked(add.si(1), pack.s("link")) | pack.s("step"),
    "a link named as the errback": linked(add.si(1).on_error(mourn.s()), mourn.s()),
    "a link that is a group": linked(add.si(1), group(notify.s(), notify.s())).on_error(notify.s()),
    "a link in a header": chord([linked(add.si(1), total.s()), add.si(2)], total.s()),
    "errbacks of a chain": chain(add.si(1), charge.si(), pack.s()).on_error(mourn.s()),
    "errbacks of a group": group(charge.si(), add.si(1)).on_error(mourn.s()),
    "errbacks of several kinds": charge.si().on_error(mourn.s()).on_error(wail.s()).on_error(mourn.s()),
    "a chain that ends with a group": add.si(1) | group(add.s(1), add.s(2) | pack.s()),
    # code that does more
    "a task that sends by itself": linked(sends.si().on_error(mourn.s()), notify.s()) | pack.s(),
    "a task that sends its errback and fails": sends_and_fails.si().on_error(mourn.s()),
    "a task that is replaced": add.si(1) | replaced.si("task") | ship.s(),
    "a task that is replaced by a chain": linked(replaced.si("chain"), notify.s()) | ship.s(),
    "a task that is replaced by a group": add.si(1) | replaced.si("group") | ship.s(),
    "a member that is replaced": chord([replaced.si("task"), replaced.si("chain"), add.si(1)], total.s()),
    "an eager call": eager.si() | ship.s(),
    **AUTHORS_CODE,
    # results
    "results that are ignored": quiet.si() | pack.s() | quiet.s(),
    "a chord of members that ignore results": chord([quiet.si(), add.si(1)], total.s()),
    "a result that is ignored for once": add.si(1).set(ignore_result=True) | pack.s(),
    "a result that is no JSON": odd.si().on_error(mourn.s()),
    "a result that is no JSON in a chain": chain(odd.si(), pack.si("next"), ship.s()),
    "a result that is no JSON in a header": chord([odd.si(), add.si(1)], total.s()),
    "a result that is a moment": moment.si() | pack.s() | ship.s(),
    "a long result": long.si() | pack.s("own") | ship.s(),
    "long results in a header": chord([long.si(), long.si()], total.s()),
    "an exception that cannot be pickled": unpickleable.si().on_error(mourn.s()),
    # ends
    "a task that is rejected": rejected.si().on_error(mourn.s()) | pack.s(),
    "a member that is rejected": chord([rejected.si(), add.si(1)], total.s()),
    "a task that is ignored": ignored.si() | pack.s(),
    "a task that is put back": linked(requeued.si(), notify.s()) | pack.s(),
    "a task whose process is lost": lost_for_good.si().on_error(mourn.s()) | pack.s(),
    "a member whose process is lost": chord([lost_for_good.si(), add.si(1)], total.s()),
    "a task whose process is lost once": linked(lost_once.si().on_error(mourn.s()), notify.s()) | pack.s(),
    "a member whose process is lost once": chord([lost_once.si(), add.si(1)], total.s()),
    "a task that expires": add.si(1).set(countdown=10, expires=5) | pack.s(),
    "a member that expires": chord([add.si(1).set(countdown=10, expires=5), add.si(1)], total.s()),
    "a hard time limit": too_slow.si() | pack.s(),
    "a member past its hard time limit": chord([too_slow.si(), add.si(1)], total.s()),
    "a soft time limit": softly_too_slow.si() | pack.s(),
    # retries
    "a task that gives up in its own way": catches.si().on_error(mourn.s()),
    "a task that asks for a retry and goes on": goes_on.si(),
    "a retry at a moment": at_a_moment.si() | pack.s(),
    "a limit that the call names": as_often_as_it_says.si(),
    "ignored under autoretry": ignores_under_autoretry.si() | pack.s(),
    "rejected under autoretry": rejects_under_autoretry.si() | pack.s(),
    "a decorator that annotations contradict": annotated.si() | pack.s(),
    "autoretry by annotations": annotated_only.si() | pack.s(),
    "autoretry that comes too late": changed_later.si() | pack.s(),
    "retries while all slots are busy": group([patient.si() for _ in range(12)] + [pack.si() for _ in range(12)]),
}
FAILS_TWICE = [raises(OSError), raises(OSError), returns(1)]
BEHAVIOURS = {
    "hooks of a task that fails": {"hooked": raises(OSError)},
    "hooks of a member": {"hooked": FAILS_TWICE[1:]},
    "a decorator that annotations contradict": {"annotated": FAILS_TWICE},
    "autoretry by annotations": {"annotated_only": FAILS_TWICE},
    "autoretry that comes too late": {"changed_later": raises(OSError)},
    "a chord whose members retry": {"patient": FAILS_TWICE},
    "retries while all slots are busy": BUSY,
}
