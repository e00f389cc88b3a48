"""The pipeline's five scenarios: what the model service does, and what must come of it."""

from harness.scenario import Canvas, Expected, Scenario, Service

_SERVICE = Service(module="scenarios.pipeline.service", url_variable="MODEL_SERVICE_URL")
_UP_TO_A = {"start": 1, "TASK_A": 4, "TASK_B": 0, "TASK_C": 0, "TASK_D": 0, "end": 0}
_EACH_ONCE = {"start": 1, "TASK_A": 1, "TASK_B": 1, "TASK_C": 1, "TASK_D": 1, "end": 1}


def _scenario(name: str, title: str, expected: Expected) -> Scenario:
    return Scenario(
        name=name,
        title=title,
        app="scenarios.pipeline.app:app",
        canvas=Canvas(
            call="scenarios.pipeline.canvas:pipeline",
            arguments={"raw": "Celery says what it will do; we write down what it does.", "scenario": name},
        ),
        service=_SERVICE,
        expected=expected,
    )


SCENARIOS = (
    _scenario(
        "happy",
        "Nothing goes wrong",
        Expected(outcome="success", attempts=_EACH_ONCE),
    ),
    _scenario(
        "flaky",
        "The service fails A's first two calls",
        Expected(outcome="success", attempts=_EACH_ONCE | {"TASK_A": 3}, retry_delays={"TASK_A": (2, 4)}),
    ),
    _scenario(
        "slow",
        "The service answers A after 8 s; A waits 5 s",
        Expected(outcome="error", root_cause="TASK_A", attempts=_UP_TO_A, retry_delays={"TASK_A": (2, 4, 8)}),
    ),
    _scenario(
        "down",
        "The service fails all of A's calls",
        Expected(outcome="error", root_cause="TASK_A", attempts=_UP_TO_A, retry_delays={"TASK_A": (2, 4, 8)}),
    ),
    _scenario(
        "partial_fail",
        "The service fails all of B's calls, in a chord with C",
        Expected(
            outcome="error",
            root_cause="TASK_B",
            attempts=_EACH_ONCE | {"TASK_B": 4, "TASK_D": 0, "end": 0},
            retry_delays={"TASK_B": (3, 3, 3)},
        ),
    ),
)
