"""What `harness doctor` says of a Docker engine: none, not for this user, old, silent, or one that lacks an image."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import TYPE_CHECKING, Any

import pytest

from harness.doctor.remedies import distribution
from harness.testbed.engine import unavailable
from harness.testbed.redis_server import find_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Command

pytest.importorskip("docker")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no containers")
START = r"(sudo )?(systemctl|service) (docker )?start( docker)?"
RESTART = START.replace("start", "restart")
ABSENT = {"CANVAS_HARNESS_PYTHON_IMAGE": "here:1", "CANVAS_HARNESS_REDIS_IMAGE": "absent.invalid/redis:1"}


class Engine(ThreadingMixIn, UnixStreamServer):
    """As much of an engine as doctor asks for: versions, what it is, which images it has."""

    daemon_threads = True
    api_version = "1.41"
    refuses: str | None = None  # paths that hold this text
    has_registry = True

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.refuses is not None and self.refuses in path:
            return 500, {"message": "the disk of images is broken"}
        if path.endswith("/version"):
            return 200, {"ApiVersion": self.api_version, "Version": "20.10"}
        if path.endswith("/info"):
            return 200, {"KernelVersion": platform.release(), "SecurityOptions": []}
        if path.endswith("/images/here:1/json"):
            return 200, {"Id": "sha256:1"}
        if self.has_registry and "/distribution/" in path:
            return 200, {"Descriptor": {"digest": "sha256:2"}, "Platforms": []}
        return 404, {"message": "no such image"}


class Conversation(BaseHTTPRequestHandler):
    """One connection to it."""

    protocol_version = "HTTP/1.1"
    server: Engine

    def address_string(self) -> str:
        return "a socket"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        code, said = self.server.answer(self.path)
        body = json.dumps(said).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine that answers at a socket of its own."""
    with Engine(str(tmp_path / "docker.sock"), Conversation) as engine:
        thread = threading.Thread(target=engine.serve_forever)
        thread.start()
        yield engine
        engine.shutdown()
        thread.join()


@pytest.fixture
def containers(harness: Callable[..., Command], folder: Path) -> Callable[..., dict[str, Any]]:
    """Return what asks doctor about an engine at a socket, with these programs on the path besides a Redis."""

    def ask(where: Path, *programs: str, wrapper: tuple[str, ...] = (), **environment: str) -> dict[str, Any]:
        path = folder / "bin"
        path.mkdir()
        (path / "redis-server").symlink_to(find_program())
        for program in programs:
            (path / program).touch(mode=0o700)
        command = harness(
            *("doctor", "--json"), wrapper=wrapper, PATH=str(path), DOCKER_HOST=f"unix://{where}", **environment
        )
        assert command.finish() == 0, command.output  # there may be runs without containers
        findings = {finding["name"]: finding for finding in json.loads(command.output)["findings"]}
        return findings["Containers"]

    return ask


def test_without_docker_it_says_how_to_install_and_to_start_it(containers: Any, folder: Path) -> None:
    found = containers(folder / "no.sock")
    assert found["state"] == "limited"
    assert found["found"].startswith(f"no Docker engine at {folder}/no.sock: ")
    install, start = found["remedies"]
    assert re.search(r"install|-S|add", install)
    assert re.fullmatch(START, start)


def test_an_engine_that_is_installed_and_does_not_run_is_to_be_started(containers: Any, folder: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as left_behind:  # what an engine that was killed leaves
        left_behind.bind(str(folder / "docker.sock"))
    found = containers(folder / "docker.sock", "dockerd", "docker")
    assert (found["state"], found["found"]) == (
        "limited",
        f"no Docker engine at {folder}/docker.sock: [Errno 111] Connection refused",
    )
    (start,) = found["remedies"]
    assert re.fullmatch(START, start)


def test_who_may_not_use_the_engine_is_told_which_group_may(containers: Any, engine: Engine, tmp_path: Path) -> None:
    assert engine.server_address
    (tmp_path / "docker.sock").chmod(0)
    wrapper: tuple[str, ...] = ()
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv") or pytest.skip("root may use every socket, and there is no setpriv")
        wrapper = (setpriv, "--bounding-set=-dac_override,-dac_read_search")
    found = containers(tmp_path / "docker.sock", wrapper=wrapper)
    assert found["state"] == "limited"
    assert found["found"].endswith(f": uid {os.geteuid()} has no permission to use that socket")
    assert found["remedies"] == ["sudo usermod -aG docker $USER", "newgrp docker"]


def test_an_engine_that_is_too_old_is_to_be_replaced(containers: Any, engine: Engine, tmp_path: Path) -> None:
    engine.api_version = "1.12"
    found = containers(tmp_path / "docker.sock", "dockerd", "docker")
    assert found["state"] == "limited"
    assert found["found"].startswith(f"the Docker engine at {tmp_path}/docker.sock is too old: ")
    install, restart = found["remedies"]
    assert re.search(r"install|-S|add", install)
    assert re.fullmatch(RESTART, restart)


def test_an_engine_that_says_nothing_is_to_be_started_again(containers: Any, tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as silent:
        silent.bind(str(tmp_path / "docker.sock"))
        silent.listen()
        found = containers(tmp_path / "docker.sock", "dockerd", "docker")
    assert found["state"] == "limited"
    assert re.search(r"no answer|[Tt]imed out", found["found"])
    assert re.fullmatch(RESTART, *found["remedies"])


def test_an_image_that_is_not_here_is_named_with_the_line_that_gets_it(
    containers: Any, engine: Engine, tmp_path: Path
) -> None:
    assert engine.server_address
    found = containers(tmp_path / "docker.sock", "docker", **ABSENT)
    assert found == {
        "name": "Containers",
        "state": "ok",
        "found": "a Docker engine answers; the first run pulls absent.invalid/redis:1",
        "remedies": ["docker pull absent.invalid/redis:1"],
    }


def test_a_machine_without_a_registry_is_told_how_to_do_without(
    containers: Any, engine: Engine, tmp_path: Path
) -> None:
    engine.has_registry = False
    found = containers(tmp_path / "docker.sock", "docker", **ABSENT)
    assert (found["state"], found["found"]) == (
        "limited",
        "a Docker engine answers; the first run needs absent.invalid/redis:1, which cannot be pulled: no such image",
    )
    if distribution() == "debian":
        stand_ins, no_ryuk = found["remedies"]
        assert ".ci/base-images" in stand_ins
        assert no_ryuk == "export TESTCONTAINERS_RYUK_DISABLED=true"
    else:
        assert [line.partition("=")[0] for line in found["remedies"]] == [f"export {name}" for name in ABSENT]


def test_without_the_docker_program_there_is_no_line_to_get_an_image_by(
    containers: Any, engine: Engine, tmp_path: Path
) -> None:
    assert engine.server_address
    assert containers(tmp_path / "docker.sock", **ABSENT)["remedies"] == []


def test_an_engine_in_trouble_of_its_own_is_quoted(containers: Any, engine: Engine, tmp_path: Path) -> None:
    engine.refuses = "/images/"
    found = containers(tmp_path / "docker.sock", "docker", **ABSENT)
    assert (found["state"], found["found"]) == (
        "limited",
        "a Docker engine answers, but does not tell which images are here: the disk of images is broken",
    )


@pytest.mark.parametrize("name", ["here:1", "redis:7"])
def test_images_that_are_here_are_no_matter(containers: Any, engine: Engine, tmp_path: Path, name: str) -> None:
    everything = dict.fromkeys(ABSENT, name)
    if name != "here:1":
        engine.answer = lambda path: Engine.answer(engine, path.replace(name, "here:1"))  # type: ignore[method-assign]
    found = containers(tmp_path / "docker.sock", "docker", **everything)
    assert (found["state"], found["found"], found["remedies"]) == ("ok", "a Docker engine answers", [])


def test_the_engine_of_this_machine_is_found(harness: Callable[..., Command]) -> None:
    if reason := unavailable():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no containers here: {reason}")
    command = harness("doctor", "--json", CANVAS_HARNESS_REDIS_IMAGE="absent.invalid/redis:1")
    assert command.finish() == 0
    (found,) = (one for one in json.loads(command.output)["findings"] if one["name"] == "Containers")
    assert found["found"].startswith("a Docker engine answers; the first run needs ")
    assert "absent.invalid/redis:1, which cannot be pulled: " in found["found"]
