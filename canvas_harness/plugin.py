"""What every pytest loads at its start: a door to `harness/plugin.py`, which holds the options and fixtures.

Refuses to load the package `harness` before one of its fixtures is asked for: tests of a project that has a `harness`
of its own find that, as before.
"""

from __future__ import annotations

import os
import sys
from importlib import util
from typing import TYPE_CHECKING

from canvas_harness import HOME, OtherPackageError, load_harness

if TYPE_CHECKING:
    import pytest

_NAME = "canvas_harness.plugin_proper"


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the plugin proper by its file: by its name it might be somebody else's."""
    file = os.path.join(HOME, "harness", "plugin.py")  # noqa: PTH118 - HOME says why
    spec = util.spec_from_file_location(_NAME, file)
    assert spec is not None
    assert spec.loader is not None
    plugin = sys.modules[_NAME] = util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    pluginmanager.register(plugin, _NAME)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Make an index of the runs that were kept, once, when all have been made: xdist's controller does, no worker."""
    plugin = sys.modules[_NAME]
    directory = plugin.report_directory(session.config)
    if directory is None or hasattr(session.config, "workerinput"):
        return
    try:
        load_harness()
        told = plugin.write_index(directory)
    except OtherPackageError as error:
        told = f"canvas-harness: there is no report: {error}"
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if told is not None and reporter is not None:
        reporter.ensure_newline()
        reporter.write_line(told)


def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> None:
    """Load the harness before the first of its fixtures."""
    if fixturedef.func.__module__ == _NAME:
        try:
            load_harness()
        except OtherPackageError as error:
            import pytest  # noqa: PLC0415 - loaded by now, whoever asked for a fixture

            pytest.fail(str(error), pytrace=False)
