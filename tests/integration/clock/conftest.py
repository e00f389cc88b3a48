"""A clock with its autojump loop, and processes that live under it. The tests themselves run in real time, outside."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.clock.availability import Unavailable, availability

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from clocked import Datagram, DatagramServer, Fleet, Greeting, Jumping, Slow, SlowTls, serving  # noqa: E402 - found beside us
from run_case import registry  # noqa: E402


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", list(registry.CASES.values()), ids=list(registry.CASES))


@pytest.fixture(scope="session", autouse=True)
def _time_can_be_virtual() -> None:
    match availability():
        case Unavailable(reason):
            pytest.skip(reason)


@pytest.fixture(scope="session")
def clock_python() -> str:
    """The interpreter under test: HARNESS_CLOCK_PYTHON, or the one that runs pytest."""
    return os.environ.get("HARNESS_CLOCK_PYTHON", sys.executable)


@pytest.fixture(scope="module")
def shared_jumping() -> Iterator[Jumping]:
    jumping = Jumping()
    yield jumping
    jumping.stop()


@pytest.fixture
def jumping() -> Iterator[Jumping]:
    own = Jumping()
    yield own
    own.stop()


@pytest.fixture(scope="session")
def outside_port() -> Iterator[int]:
    """Port of an HTTP server outside of virtual time, which answers after 0.3 s."""
    with serving(Slow) as port:
        yield port


@pytest.fixture(scope="session")
def outside_environment(outside_port: int) -> Iterator[dict[str, str]]:
    """What a case finds the servers outside by."""
    with serving(SlowTls) as tls, serving(Greeting) as greeting, serving(Datagram, DatagramServer) as datagrams:
        ports = {"OUTSIDE": outside_port, "TLS": tls, "GREETING": greeting, "DATAGRAM": datagrams}
        yield {f"CLOCK_{name}_PORT": str(port) for name, port in ports.items()}


@pytest.fixture(scope="session")
def native_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("no C compiler to build native.c with")
    program = tmp_path_factory.mktemp("native") / "native"
    program.parent.chmod(0o755)
    command = [compiler, "-O1", "-Wall", "-Wextra", "-o", program, HERE / "native.c", "-lpthread", "-lrt"]
    subprocess.run(command, check=True)
    return program


@pytest.fixture(scope="module")
def start_fleet(shared_jumping: Jumping, clock_python: str) -> Iterator[Callable[[str], Fleet]]:
    fleets = {}

    def start(pool: str) -> Fleet:
        for other in set(fleets) - {pool}:
            fleets.pop(other).stop()
        if pool not in fleets:
            fleets[pool] = Fleet(shared_jumping, pool, clock_python)
        return fleets[pool]

    yield start
    for fleet in fleets.values():
        fleet.stop()


@pytest.fixture
def run_case(
    shared_jumping: Jumping, clock_python: str, outside_environment: dict[str, str], native_program: Path
) -> Callable[[str], Any]:
    def run(name: str) -> Any:
        env = {**outside_environment, "CLOCK_NATIVE": str(native_program), **registry.CASES[name].environment}
        with shared_jumping.clock.released():
            process = shared_jumping.start(
                [clock_python, str(HERE / "run_case.py"), name], env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            try:
                out, err = process.communicate(timeout=120)
            except subprocess.TimeoutExpired:
                pytest.fail(shared_jumping.clock.describe())
        shared_jumping.processes.remove(process)
        assert process.returncode == 0, err.decode()
        return json.loads(out.splitlines()[-1])

    return run
