"""The pipeline's five scenarios: what the model service does, and what must come of it."""

from harness.scenario import Canvas, Expected, Scenario, Service

_SERVICE = Service(module="scenarios.pipeline.service", url_variable="MODEL_SERVICE_URL")
_UP_TO_A = {"start": 1, "TASK_A": 4, "TASK_B": 0, "TASK_C": 0, "TASK_D": 0, "end": 0}
_EACH_ONCE = {"start": 1, "TASK_A": 1, "TASK_B": 1, "TASK_C": 1, "TASK_D": 1, "end": 1}


# What each of them must show. What else a run happens to show is judged as well.
_CHAIN = (
    "ordering.step_after_step",
    "ordering.chain_goes_on",
    "ordering.handed_on",
    "delivery.one_message_for_a_chain",
    "delivery.attempts_are_delivered",
    "delivery.one_start_a_message",
    "delivery.sent_once",
    "delivery.lineage",
    "delivery.sent_by_a_running_task",
    "states.of_what_ran",
)
_CHORD = ("ordering.body_after_header", "ordering.results_in_header_order", "chord.body_once", "chord.none_missed")
_RETRIES = ("retries.same_task", "retries.delay_asked", "retries.delay_kept")
_FAILURE = ("retries.limited", "retries.original_exception", "states.of_what_never_ran")


def _scenario(name: str, title: str, laws: tuple[str, ...], expected: Expected) -> Scenario:
    return Scenario(
        name=name,
        title=title,
        app="scenarios.pipeline.app:app",
        canvas=Canvas(
            call="scenarios.pipeline.canvas:pipeline",
            arguments={"raw": "Celery says what it will do; we write down what it does.", "scenario": name},
        ),
        service=_SERVICE,
        laws=(*_CHAIN, *laws),
        expected=expected,
    )


SCENARIOS = (
    _scenario(
        "happy",
        "Nothing goes wrong",
        _CHORD,
        Expected(outcome="success", attempts=_EACH_ONCE),
    ),
    _scenario(
        "flaky",
        "The service fails A's first two calls",
        (*_CHORD, *_RETRIES, "retries.exhausted"),
        Expected(outcome="success", attempts=_EACH_ONCE | {"TASK_A": 3}, retry_delays={"TASK_A": (2, 4)}),
    ),
    _scenario(
        "slow",
        "The service answers A after 8 s; A waits 5 s",
        (*_RETRIES, *_FAILURE, "retries.exhausted"),
        Expected(outcome="error", root_cause="TASK_A", attempts=_UP_TO_A, retry_delays={"TASK_A": (2, 4, 8)}),
    ),
    _scenario(
        "down",
        "The service fails all of A's calls",
        (*_RETRIES, *_FAILURE, "retries.exhausted"),
        Expected(outcome="error", root_cause="TASK_A", attempts=_UP_TO_A, retry_delays={"TASK_A": (2, 4, 8)}),
    ),
    _scenario(
        "partial_fail",
        "The service fails all of B's calls, in a chord with C",
        (*_RETRIES, *_FAILURE, "chord.none_after_failure"),
        Expected(
            outcome="error",
            root_cause="TASK_B",
            attempts=_EACH_ONCE | {"TASK_B": 4, "TASK_D": 0, "end": 0},
            retry_delays={"TASK_B": (3, 3, 3)},
        ),
    ),
)
