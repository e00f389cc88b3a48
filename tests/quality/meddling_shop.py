"""Authors' code around a task's own, which sends what Celery sends as well: hooks, handlers of signals, forks.

None of that is Celery's doing, and no law may take it for that.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from celery import Task, signals
from sabotaged_shop import app, mourn, notify, pack

if TYPE_CHECKING:
    from collections.abc import Callable

app.conf.task_annotations = {
    "annotated": {"retry_backoff": 30, "autoretry_for": (KeyError,), "retry_jitter": False},
    "annotated_only": {"autoretry_for": (OSError,), "retry_backoff": 4, "retry_jitter": False},
}


class Hooked(Task):
    """Sends in every hook what follows it, and what mourns it."""

    def before_start(self, *_: Any) -> None:
        self._send()

    def on_success(self, *_: Any) -> None:
        self._send()

    def on_failure(self, *_: Any) -> None:
        self._send()

    def on_retry(self, *_: Any) -> None:
        self._send()

    def after_return(self, *_: Any) -> None:
        self._send()

    def _send(self) -> None:
        notify.delay("by a hook")
        mourn.delay("by a hook")
        pack.delay("by a hook")


class Called(Task):
    """Sends when its code has returned."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        returned = super().__call__(*args, **options)
        notify.delay("by a call")
        return returned


class SentItsOwnWay(Task):
    """Passes on what Celery sends."""

    def apply_async(self, *args: Any, **options: Any) -> Any:
        return super().apply_async(*args, **options)


@app.task(shared=False, name="hooked", base=Hooked, autoretry_for=(OSError,), default_retry_delay=1, max_retries=1)
def hooked(*args: Any) -> str:
    return "done"


@app.task(shared=False, name="hooked_with_more", base=Hooked)
def hooked_with_more(*args: Any) -> str:
    return "done"


# Hooks that are no methods of that name.
hooked_with_more.on_success = lambda *_: notify.delay("by a hook")


@app.task(shared=False, name="called", base=Called)
def called(*args: Any) -> str:
    return "done"


@app.task(shared=False, name="sent_its_own_way", base=SentItsOwnWay)
def sent_its_own_way(*args: Any) -> list[Any]:
    return list(args)


@app.task(shared=False, name="sends_when_called")
def sends_when_called(request: Any, exc: BaseException, traceback: Any) -> None:
    """Hear of a failure as a call, and send what hears of it as well."""
    mourn.delay("by an errback")


@app.task(shared=False, name="heard")
def heard(*args: Any) -> str:
    return "done"


@app.task(shared=False, name="forks")
def forks() -> str:
    """Leave the sending to a child."""
    return _with_a_child(lambda: pack.delay("by a child"))


@app.task(shared=False, name="leaves_orphans")
def leaves_orphans() -> str:
    """Leave the sending to a child of a child that is no more."""
    sending, sent = os.pipe()

    def grandchild() -> None:
        os.close(sending)
        if not os.fork():
            pack.delay("by an orphan")
            os._exit(0)  # which closes its end

    told = _with_a_child(grandchild)
    os.close(sent)
    os.read(sending, 1)
    os.close(sending)
    return told


def _with_a_child(does: Callable[[], object]) -> str:
    pid = os.fork()
    if not pid:
        try:
            does()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    return "forked"


# What a decorator says of autoretry stands, whatever annotations, or who comes later, make of the attributes.
@app.task(shared=False, name="annotated", autoretry_for=(OSError,), retry_backoff=2, retry_jitter=False, max_retries=3)
def annotated(*args: Any) -> str:
    return "done"


@app.task(shared=False, name="annotated_only", max_retries=3)
def annotated_only(*args: Any) -> str:
    return "done"


@app.task(shared=False, name="changed_later", max_retries=3)
def changed_later(*args: Any) -> str:
    return "done"


changed_later.autoretry_for = (OSError,)


# ---- handlers of signals --------------------------------------------------------------------------------------------


def _tell(sender: Any, **_: object) -> None:
    if sender.name == "heard":
        notify.delay("by a handler")


for _signal in (signals.task_prerun, signals.task_success, signals.task_postrun):
    _signal.connect(_tell, weak=False)


@signals.worker_init.connect
def _connect_more(**_: object) -> None:
    """Connect handlers after all others."""

    def tell_late(sender: Any, **_: object) -> None:
        _tell(sender)

    for signal in (signals.task_prerun, signals.task_success, signals.task_postrun):
        signal.connect(tell_late, weak=False)
