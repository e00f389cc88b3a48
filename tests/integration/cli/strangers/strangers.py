"""Scenarios of apps that get into trouble, named by a package of their own as a stranger's would be."""

from __future__ import annotations

from harness.scenario import Canvas, Expected, Scenario

APPS = {
    "no_module": "no_such_module:app",
    "no_attribute": "patient_app:no_such_app",
    "no_app": "patient_app:no_app",
    "fails_at_import": "failing_app:app",
    "dies_at_start": "dying_app:app",
    "wrong_settings": "misconfigured_app:app",
    "waits": "patient_app:app",
}
SCENARIOS = tuple(
    Scenario(
        name=name,
        title=name,
        app=app,
        canvas=Canvas(call="patient_app:canvas"),
        expected=Expected(outcome="success", attempts={"waits": 1}),
    )
    for name, app in APPS.items()
)
