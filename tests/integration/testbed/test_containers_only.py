"""What is particular to containers. What every testbed must do is in test_conformance.py."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.history.events import ProcessDied
from harness.scenario import Conditions, Service
from harness.testbed.abandoned_containers import remove_abandoned_containers
from harness.testbed.containers import ContainerTestbed
from harness.testbed.sweep import TESTBED_LABEL
from harness.testbed.timekeeping import page_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from harness.scenario import Scenario

PATIENCE_S = 20.0


@pytest.fixture
def testbed(unstarted: ContainerTestbed) -> Iterator[ContainerTestbed]:
    """Return a testbed that is up."""
    unstarted.start()
    yield unstarted
    unstarted.stop()


def containers_of(engine: DockerClient, directory: Path) -> list[dict[str, Any]]:
    """Return what the engine knows of each container of a testbed."""
    wanted = {"label": f"{TESTBED_LABEL}={directory.name}"}
    return [engine.api.inspect_container(found["Id"]) for found in engine.api.containers(all=True, filters=wanted)]


def volumes(engine: DockerClient) -> set[str]:
    return {volume.name for volume in engine.volumes.list()}


def volumes_of(containers: list[dict[str, Any]]) -> set[str]:
    return {mount["Name"] for one in containers for mount in one["Mounts"] if mount["Type"] == "volume"}


def await_death(testbed: ContainerTestbed, name: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while name not in {death.name for death in testbed.deaths}:
        assert time.monotonic() < deadline, f"{name} did not die"
        testbed.wait(PATIENCE_S)  # it is woken; without that the test would run into its deadline


@pytest.mark.parametrize("name", ["worker-1", "sender", "redis"])
def test_a_container_that_dies_by_itself_is_heard_of_and_written_down(
    testbed: ContainerTestbed, engine: DockerClient, name: str
) -> None:
    engine.api.kill(f"{testbed.premises.directory.name}-{name}", "SIGKILL")
    await_death(testbed, name)
    # Others may follow: a recorder ends with its Redis.
    assert (name, 9, False) in [(death.name, death.signal, death.expected) for death in testbed.deaths]
    died = [event for event in testbed.feed.pull() if isinstance(event, ProcessDied)]
    assert (name, 9, False) in [(event.process, event.signal, event.expected) for event in died]


def test_time_is_virtual_in_containers_and_killing_a_worker_takes_its_pool_along(
    testbed: ContainerTestbed, here: Conditions
) -> None:
    if here.clock == "real":
        pytest.skip("real time was asked for")
    assert (testbed.clock.name, testbed.clock_reason) == ("virtual", None)
    before = family_of(testbed.pids()["worker-1"])
    assert len(before) == 1 + here.concurrency
    testbed.kill_worker("worker-1")
    await_death(testbed, "worker-1")
    for pid in before:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            ended, _, _ = select.select([handle], [], [], PATIENCE_S)
            os.close(handle)
            assert ended, f"process {pid} lives on"


def family_of(pid: int) -> list[int]:
    """Return a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def test_an_engine_on_another_kernel_makes_time_real(
    unstarted: ContainerTestbed, engine: DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.testbed.containers.ContainerTestbed.obstacle", lambda _: "another kernel")
    unstarted.start()
    try:
        assert (unstarted.clock.name, unstarted.clock_reason) == ("real", "another kernel")
        container = containers_of(engine, unstarted.premises.directory)[0]
        assert container["HostConfig"]["PidMode"] == ""
    finally:
        unstarted.stop()


def test_the_log_of_a_dead_container_is_there_to_the_last_line(testbed: ContainerTestbed) -> None:
    testbed.kill_worker("worker-1")
    await_death(testbed, "worker-1")
    last = testbed.logs()["worker-1"].read_text().splitlines()[-1]
    assert last.endswith(" ready.")


def test_a_service_that_does_not_start_is_trouble_with_its_log(here: Conditions, happy: Scenario) -> None:
    service = Service(module="scenarios.no_such_service", url_variable="MODEL_SERVICE_URL")
    testbed = ContainerTestbed(happy.app, here, service)
    with pytest.raises(HarnessError, match="no_such_service"):
        start_and_await_death(testbed, "service")
    testbed.stop()


def start_and_await_death(testbed: ContainerTestbed, name: str) -> None:
    testbed.start()
    # It has bound its socket before it died: should all others have been that quick, the start has seen nothing wrong.
    await_death(testbed, name)
    raise testbed.trouble(f"{name} to live", "its death", name)


def test_the_engine_is_told_no_password(testbed: ContainerTestbed, engine: DockerClient) -> None:
    known = json.dumps(containers_of(engine, testbed.premises.directory))
    assert "redis-server" not in known  # the command is in the folder as well
    assert testbed.inspector.server.password not in known
    secrets = [testbed.premises.directory / "redis.conf", *(testbed.premises.directory / "commands").iterdir()]
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}


def test_redis_has_no_address_that_anybody_outside_could_know(testbed: ContainerTestbed, engine: DockerClient) -> None:
    for container in containers_of(engine, testbed.premises.directory):
        assert not container["NetworkSettings"]["Ports"]
        assert not any(net["IPAddress"] for net in container["NetworkSettings"]["Networks"].values())


def test_what_containers_write_belongs_to_whoever_runs_the_harness(testbed: ContainerTestbed) -> None:
    found = list(testbed.premises.directory.rglob("*"))
    assert len(found) > 10
    assert {(path.stat().st_uid, path.stat().st_gid) for path in found} == {(os.getuid(), os.getgid())}


def test_a_testbed_says_what_it_is_made_of(testbed: ContainerTestbed) -> None:
    assert {"docker engine", "redis image", "worker image"} == set(testbed.description)
    assert testbed.description["worker image"].startswith("canvas-harness/worker:")


def test_stopping_removes_containers_and_their_volumes(unstarted: ContainerTestbed, engine: DockerClient) -> None:
    before = volumes(engine)
    unstarted.start()
    directory = unstarted.premises.directory
    ours = volumes_of(containers_of(engine, directory))
    assert not ours & before
    unstarted.stop()
    unstarted.stop()
    assert containers_of(engine, directory) == []
    assert not ours & volumes(engine)


def test_a_supervisor_that_was_killed_is_replaced_at_the_end(unstarted: ContainerTestbed, engine: DockerClient) -> None:
    unstarted.start()
    directory = unstarted.premises.directory
    unstarted.supervisor.process.kill()
    unstarted.stop()
    assert containers_of(engine, directory) == []
    assert not directory.exists()


@pytest.mark.parametrize("stage", ["half", "whole"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_a_harness_that_was_killed(
    engine: DockerClient, a_harness: str, tmp_path: Path, stage: str, number: signal.Signals
) -> None:
    harness = subprocess.Popen(
        [sys.executable, "-P", "-c", a_harness, stage],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    with harness:
        assert harness.stdout is not None
        directory = Path(os.fsdecode(harness.stdout.readline().strip()))
        assert containers_of(engine, directory)
        (supervisor,) = supervisors_of(directory)
        handle = os.pidfd_open(supervisor)
        harness.send_signal(number)
    ended, _, _ = select.select([handle], [], [], PATIENCE_S)
    os.close(handle)
    assert ended, "the supervisor lives on"
    assert containers_of(engine, directory) == []
    assert not directory.exists()


def supervisors_of(directory: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"harness.testbed.supervise" in command and os.fsencode(directory) in command:
            found.append(int(process.name))
    return found


def test_a_folder_with_a_long_name_does_no_harm(
    here: Conditions, happy: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("a folder with spaces and a long name " * 3)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    testbed = ContainerTestbed(happy.app, replace(here, pool="solo"), happy.service)
    testbed.start()
    assert testbed.premises.directory.parent == deep
    assert testbed.backlog().is_empty
    testbed.stop()
    assert list(deep.iterdir()) == []


def test_what_a_harness_and_its_supervisor_left_that_were_killed_at_once_is_removed_by_the_next_testbed(
    unstarted: ContainerTestbed, engine: DockerClient, a_harness: str, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", a_harness, "whole"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    ) as harness:
        assert harness.stdout is not None
        directory = Path(os.fsdecode(harness.stdout.readline().strip()))
        (supervisor,) = supervisors_of(directory)
        handle = os.pidfd_open(supervisor)
        os.kill(supervisor, signal.SIGKILL)
        harness.kill()
    select.select([handle], [], [], PATIENCE_S)
    os.close(handle)
    left = containers_of(engine, directory)
    assert len(left) == 5
    assert directory.exists()
    unstarted.start()
    assert containers_of(engine, directory) == []
    assert not directory.exists()
    assert not page_directory(directory).exists()
    assert containers_of(engine, unstarted.premises.directory)
    unstarted.stop()
    # Volumes went with their containers; a network of its own nobody made.
    assert not volumes_of(left) & volumes(engine)
    assert {one["HostConfig"]["NetworkMode"].partition(":")[0] for one in left} == {"none", "container"}


def test_what_somebody_owns_is_not_taken_for_abandoned(testbed: ContainerTestbed, engine: DockerClient) -> None:
    before = containers_of(engine, testbed.premises.directory)
    remove_abandoned_containers(engine)
    assert [one["State"]["Running"] for one in containers_of(engine, testbed.premises.directory)] == [True] * len(
        before
    )
    assert testbed.backlog().is_empty
