"""The pytest plugin: the `prove` fixture, the `testbed` mark, options. Every pytest loads it, so it loads nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from harness.proof.prover import Prover
    from harness.proof.testbeds import Testbeds

_RUNS: pytest.StashKey[list[Path]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the harness's options."""
    group = parser.getgroup("canvas-harness", "canvas-harness: real Celery canvases, proved")
    group.addoption(
        "--testbed",
        choices=("local", "containers", "all"),
        help="where canvases run: local, containers, or all, one after the other (default: local)",
    )
    group.addoption(
        "--clock",
        choices=("virtual", "real"),
        default="virtual",
        help="the time of testbeds: virtual where that works, with waits jumped over, or real (default: virtual)",
    )
    group.addoption(
        "--redis-server",
        metavar="PROGRAM",
        help="the Redis or Valkey of local testbeds, or `embedded` (default: the one on PATH, else that)",
    )
    group.addoption(
        "--broker",
        choices=("redis", "rabbitmq"),
        default="redis",
        help="containers: what carries messages; with RabbitMQ time is real (default: redis)",
    )
    for program, official in (("redis", "redis:7"), ("python", "python:3.12-slim"), ("rabbitmq", "rabbitmq:3")):
        group.addoption(
            f"--{program}-image",
            metavar="IMAGE",
            help=f"containers: the image with it (default: CANVAS_HARNESS_{program.upper()}_IMAGE, else {official})",
        )
    group.addoption(
        "--report-dir",
        metavar="DIR",
        help="where to keep the runs that `prove` makes, a folder each, with a page that shows what happened, and an "
        "index.html of all (default: pytest's temporary folder, without pages)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known to `pytest --markers` and --strict-markers."""
    config.addinivalue_line(
        "markers",
        "testbed(app, workers=1, pool='prefork', concurrency=2, queues=(), environment={}, budget_s=None, "
        "clock=..., testbed=...): on what testbed `prove` runs this test's canvases, and whose. Tests of the same mark "
        "share one.",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that proves something on every testbed that was asked for."""
    if "_kind_of_testbed" in metafunc.fixturenames and metafunc.config.getoption("--testbed") == "all":
        metafunc.parametrize("_kind_of_testbed", ("local", "containers"), indirect=True, scope="session")


@pytest.fixture(scope="session")
def _kind_of_testbed(request: pytest.FixtureRequest) -> str:
    """Return where this test's canvases run, unless its mark says otherwise."""
    return getattr(request, "param", None) or request.config.getoption("--testbed") or "local"


@pytest.fixture(scope="session")
def _testbeds() -> Iterator[Testbeds]:
    """Keep testbeds for as long as tests run."""
    from harness.proof.testbeds import Testbeds  # noqa: PLC0415 - not before a test needs it

    kept = Testbeds()
    yield kept
    kept.close()


@pytest.fixture
def prove(
    request: pytest.FixtureRequest,
    _kind_of_testbed: str,
    _testbeds: Testbeds,
    tmp_path_factory: pytest.TempPathFactory,
) -> Prover:
    """Run a canvas of your own app on real workers and a real Redis, and fail unless it comes to a good end.

    run = prove(charge.s(5) | ship.s())
    run = prove(charge.s(5), raises=CardDeclined)
    run = prove(charge.s(5), behaviour={"shop.charge": [raises(OSError), returns(5)]})
    run = prove(chord([charge.s(5)], group(ship.s())), violates=["independence.model_agrees"])  # and no other law
    """
    from harness.proof.prover import Prover  # noqa: PLC0415 - as above
    from harness.scenario import Conditions  # noqa: PLC0415

    marked: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("testbed"))):  # what is nearer to the test goes before
        if len(mark.args) > 1:
            from harness.errors import UsageError  # noqa: PLC0415 - as above

            raise UsageError("@pytest.mark.testbed(app, option=value)", mark.args, "name what comes after the app")
        marked |= mark.kwargs | ({"app": mark.args[0]} if mark.args else {})
    option = request.config.getoption
    defaults = Conditions(
        testbed=_kind_of_testbed,
        clock=option("--clock"),
        redis_server=option("--redis-server"),
        broker=option("--broker"),
        redis_image=option("--redis-image"),
        python_image=option("--python-image"),
        rabbitmq_image=option("--rabbitmq-image"),
    )
    if _kind_of_testbed == "local" and option("--testbed") == "all":
        defaults = defaults.on_local()
    prover = Prover(
        test=request.node.nodeid,
        marked=marked,
        defaults=defaults,
        testbeds=_testbeds,
        directory=_directory(request.config, tmp_path_factory),
        folders=(str(request.config.rootpath),),
        reports=option("--report-dir") is not None,
    )
    request.node.stash[_RUNS] = prover.directories
    return prover


def _directory(config: pytest.Config, factory: pytest.TempPathFactory) -> Path:
    """Return a folder for the runs of one test; a relative one is where pytest was called, wherever the test goes."""
    return report_directory(config) or factory.mktemp("runs")


def report_directory(config: pytest.Config) -> Path | None:
    """Return where runs are kept and reported, if somebody wants that."""
    wanted = config.getoption("--report-dir")
    return None if wanted is None else Path(config.invocation_params.dir, wanted)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Lead from a test to the pages of its runs: in pytest's own JUnit XML, and in pytest-html where that is used."""
    pages = [run / "report.html" for run in item.stash.get(_RUNS, ())] if call.when == "call" else []
    pages = [page for page in pages if page.exists()]  # none without --report-dir
    item.user_properties += [("canvas-harness report", str(page)) for page in pages]
    report = yield
    if pages and item.config.pluginmanager.hasplugin("html"):
        from pytest_html import extras  # noqa: PLC0415 - mostly not there

        folder = Path(item.config.getoption("htmlpath", None) or ".").absolute().parent
        links = [extras.url(os.path.relpath(page, folder), name="timing report") for page in pages]
        report.extras = [*getattr(report, "extras", ()), *links]
    return report


def write_index(directory: Path) -> str | None:
    """Write the index of all runs of a session, and say where; nothing where there are none."""
    from harness.errors import TroubleError  # noqa: PLC0415 - as above
    from harness.report.writing import is_run, write_index  # noqa: PLC0415

    if not directory.is_dir() or not any(map(is_run, directory.iterdir())):
        return None
    try:
        return f"canvas-harness: what canvases did is shown in {write_index(directory).first}"
    except TroubleError as trouble:
        return f"canvas-harness: there is no report\n{trouble}"
