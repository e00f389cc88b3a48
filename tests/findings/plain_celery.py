"""What the harness has found out about canvases, shown with Celery and a Redis alone: no harness, no pytest.

    python tests/findings/plain_celery.py redis://localhost:6379/0

Prints for each finding which calls were made, which were promised and not made, and what became of the result. It waits
for two seconds in which nothing happens, so it is no test: the tests are in tests/proofs/test_drawn_canvases.py.
"""

from __future__ import annotations

import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

import celery
from celery import Celery, chain, chord, group
from celery.contrib.testing.worker import start_worker

if TYPE_CHECKING:
    from collections.abc import Callable

URL = sys.argv[1] if len(sys.argv) > 1 else "redis://localhost:6379/0"
QUIET_S = 2.0

app = Celery("plain", broker=URL, backend=URL)
calls: list[str] = []


@app.task
def works(*args: Any) -> str:
    calls.append(f"works{args}")
    return str(args[-1])


@app.task
def fails(*args: Any) -> None:
    calls.append(f"fails{args}")
    raise ValueError("on purpose")


@app.task
def told(failed_id: str) -> None:  # noqa: ARG001 - what an errback is given
    calls.append("told")


@app.task
def wail(request: Any, exc: BaseException, traceback: Any) -> None:  # noqa: ARG001 - what an errback is given
    calls.append(f"wail({exc})")


@app.task
def wail_badly(request: Any, exc: BaseException, traceback: Any) -> None:  # noqa: ARG001 - as above
    calls.append("wail_badly")
    raise OSError("nobody to tell")


def with_link(signature: Any, callback: Any) -> Any:
    signature.link(callback)
    return signature


# By name: the canvas, and what must be among its calls.
FINDINGS: dict[str, tuple[Callable[[], Any], str]] = {
    "nested_groups_reversed": (
        lambda: chord([group(works.s("a"), works.s("b"))], works.s("body")),
        "works(['a', 'b'], 'body')",
    ),
    "inner_chord_fails_untold": (
        lambda: chord([chord([fails.s()], works.s("inner"))], works.s("body").on_error(told.s())),
        "told",
    ),
    "failed_before_group_untold": (
        lambda: chord([chain(fails.s(), group(works.s("a"), works.s("b")))], works.s("body").on_error(told.s())),
        "told",
    ),
    "failed_before_chord_untold": (
        lambda: chord([chain(fails.s(), chord([works.s("a")], works.s("b")))], works.s("body").on_error(told.s())),
        "told",
    ),
    "group_body_untold": (
        lambda: chord([fails.s()], group(works.s("a").on_error(told.s()), works.s("b"))),
        "told",
    ),
    "chord_body_untold": (
        lambda: chain(group(fails.s(), works.s("a")), group(works.s("b"), works.s("c")), works.s("end")).on_error(
            told.s()
        ),
        "told",
    ),
    "chain_as_errback_not_called": (lambda: fails.s().on_error(chain(told.s(), works.s("then"))), "told"),
    "links_of_members_replaced": (
        lambda: with_link(
            chain(works.s("a"), group(with_link(works.s("b"), works.s("of b")), works.s("c"))), works.s("of all")
        ),
        "works('b', 'of b')",
    ),
    "nested_chain_forgets": (lambda: chain(chain(fails.s(), works.s("b")).on_error(told.s())), "told"),
    "chain_body_fails_twice": (
        lambda: chord([fails.s().on_error(wail.s())], chain(works.s("a"), works.s("b"))),
        "wail(on purpose)",
    ),
    "raising_errback_ends_handling": (lambda: fails.s().on_error(wail_badly.s()).on_error(told.s()), "told"),
}
# The two about hard time limits need a pool of processes, whose calls this process does not see.


def wait_until_quiet() -> None:
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_S:
        if len(calls) != seen:
            seen, since = len(calls), time.monotonic()
        time.sleep(0.05)


def main() -> None:
    print(f"Celery {celery.__version__}")
    warnings.simplefilter("ignore")
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="CRITICAL", shutdown_timeout=30):
        for name, (build, promised) in FINDINGS.items():
            calls.clear()
            result = build().apply_async()
            wait_until_quiet()
            verdict = "as promised" if promised in calls else f"NOT CALLED: {promised}"
            print(f"{name:30} {verdict:40} calls: {calls}, the result is {getattr(result, 'state', 'a group')}")


if __name__ == "__main__":
    main()
