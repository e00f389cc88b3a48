"""A package whose scenarios cannot be imported."""

SCENARIOS = undefined_name  # noqa: F821 - that is the trouble
