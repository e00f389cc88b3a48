"""The plugin for suites of pytest-celery's: `pytest_plugins = ["canvas_harness.pytest_celery"]` in the top conftest.py.

    pytest                     their containers, as they are, with our probe in the workers
    pytest --testbed local     the same suite without Docker, its nodes as processes under a virtual clock

Every test that uses a node is judged by the laws at its end, and leaves a run directory. Owns hooks and fixtures;
defines none of those that pytest-celery or Celery's own plugin define, but for `docker_client` and what makes Redis
(see `process_fixtures`). Refuses to change how a test behaves: what it adds happens after the test's last line.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import TroubleError, UsageError
from harness.pytest_celery import under_clock

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from harness.pytest_celery.observation import Observation
    from harness.pytest_celery.observed import Observed
    from harness.pytest_celery.processes.engine import ProcessEngine

__all__ = [
    "_canvas_harness_engine",
    "_canvas_harness_run",
    "observed",
    "pytest_configure",
    "pytest_enter_pdb",
    "pytest_fixture_setup",
    "pytest_leave_pdb",
    "pytest_report_header",
    "pytest_runtest_call",
    "pytest_unconfigure",
]

_OBSERVATION = pytest.StashKey["Observation"]()
_TIME = pytest.StashKey[under_clock.Time]()
# By what a test has to do with nodes. Celery's own plugin has fixtures named celery_... as well, which have none.
_THEIRS = tuple(f"celery_{part}" for part in ("setup", "worker", "broker", "backend", "redis", "rabbitmq"))
_THEIRS += ("docker_client", "default_worker_", "default_redis_", "observed")


def pytest_configure(config: pytest.Config) -> None:
    """See to it that nodes are what was asked for, and that time is; this may begin pytest anew, under a clock."""
    config.addinivalue_line(
        "markers",
        "observed(violates=()): the laws that Celery is known to violate in this test of pytest-celery's nodes.",
    )
    if find_spec("pytest_celery") is None:
        raise pytest.UsageError(
            str(UsageError("pytest-celery", "not installed", "pip install 'canvas-harness[pytest-celery]'"))
        )
    if config.getoption("--testbed") == "all":
        remedy = "run it twice: `pytest --testbed local`, and without"
        raise pytest.UsageError(str(UsageError("--testbed local or containers, for pytest-celery", "all", remedy)))
    if _is_without_docker(config):
        config.stash[_TIME] = under_clock.time_of(config)
        from harness.pytest_celery import process_fixtures as fixtures  # noqa: PLC0415 - one of the two
    else:
        from harness.pytest_celery import container_fixtures as fixtures  # type: ignore[no-redef]  # noqa: PLC0415
    # Last of all plugins, and so before them: of two fixtures of one name, that of the later plugin is the one.
    config.pluginmanager.register(fixtures, "canvas-harness-pytest-celery-fixtures")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no page of a clock behind, also where no test has needed a node."""
    if (time := config.stash.get(_TIME, None)) is not None:
        time.remove_page()


def pytest_report_header(config: pytest.Config) -> str:
    """Say what nodes are, and what time it is for them."""
    if not _is_without_docker(config):
        return "canvas-harness: pytest-celery's workers are observed in their containers"
    why = config.stash[_TIME].why_real
    time = "virtual time" if why is None else f"real time: {why}"
    return f"canvas-harness: pytest-celery's nodes are processes, without Docker, in {time}"


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> None:
    """Refuse `prove` under a clock that pytest itself lives under: its testbeds have clocks of their own."""
    time = request.config.stash.get(_TIME, None)
    if fixturedef.argname == "prove" and time is not None and time.page is not None:
        trouble = UsageError(
            "`prove` in a pytest that lives in real time",
            "one that lives under the virtual clock of pytest-celery's nodes",
            "run these tests by a command of their own, or give --clock real",
        )
        pytest.fail(str(trouble), pytrace=False)


def pytest_enter_pdb(config: pytest.Config) -> None:
    """Hold the clock while somebody thinks."""
    if (observation := config.stash.get(_OBSERVATION, None)) is not None:
        observation.clock.hold()


def pytest_leave_pdb(config: pytest.Config) -> None:
    """Let it go on."""
    if (observation := config.stash.get(_OBSERVATION, None)) is not None:
        observation.clock.release()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge what a test's nodes did, when its last line has run and they are all still there."""
    observation = item.config.stash.get(_OBSERVATION, None)
    if observation is None or observation.watched is None:
        return (yield)
    from harness.pytest_celery.judgement import conclude  # noqa: PLC0415 - laws, for whoever has something to judge

    try:
        result = yield
    except pytest.skip.Exception:
        raise
    except BaseException:
        item.add_report_section("call", "canvas-harness", conclude(observation).account)
        raise
    conclude(observation).refuse_surprises()
    return result


@pytest.fixture(scope="session")
def _canvas_harness_engine(pytestconfig: pytest.Config) -> Iterator[Observation | ProcessEngine]:
    """Observe nodes, and where they are processes, own them, for as long as tests run."""
    if _is_without_docker(pytestconfig):
        from harness.pytest_celery.processes.engine import ProcessEngine  # noqa: PLC0415 - not with Docker

        program = pytestconfig.getoption("--redis-server")
        with ProcessEngine.running(pytestconfig.stash[_TIME], program) as engine:
            pytestconfig.stash[_OBSERVATION] = engine.observation
            yield engine
    else:
        from harness.pytest_celery.observation import Observation  # noqa: PLC0415 - as above

        with Observation.of_containers() as observation:
            pytestconfig.stash[_OBSERVATION] = observation
            yield observation
    del pytestconfig.stash[_OBSERVATION]


@pytest.fixture(autouse=True)
def _canvas_harness_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Begin the record of a test that has to do with nodes."""
    if not any(name.startswith(_THEIRS) for name in request.fixturenames):
        yield
        return
    from harness.pytest_celery.places import run_directory, violated  # noqa: PLC0415 - as above

    request.getfixturevalue("_canvas_harness_engine")
    observation = request.config.stash[_OBSERVATION]
    wanted = request.config.getoption("--report-dir")
    where = tmp_path_factory.mktemp("runs") if wanted is None else Path(request.config.invocation_params.dir, wanted)
    try:
        folder, test = run_directory(where, request.node.nodeid), request.node.nodeid
        observation.begin(folder, test, violated(request.node), is_reported=wanted is not None)
    except TroubleError as trouble:
        pytest.fail(str(trouble), pytrace=False)
    yield
    observation.end()


@pytest.fixture
def observed(_canvas_harness_run: None, request: pytest.FixtureRequest) -> Observed:
    """Ask what the nodes of this test have done so far: attempts, retry delays, the whole history.

    assert [attempt.ending for attempt in observed.attempts("charge")] == ["retried", "succeeded"]
    """
    from harness.pytest_celery.observed import Observed  # noqa: PLC0415 - as above

    return Observed(request.config.stash[_OBSERVATION])


def _is_without_docker(config: pytest.Config) -> bool:
    return bool(config.getoption("--testbed") == "local")
