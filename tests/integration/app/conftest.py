"""A Redis for everybody, decoys that nobody may connect to, and processes of an app that is written by a test."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.testbed.redis_server import READY, Server, configuration, find_program, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(__file__).parent / "programs" / "shop_process.py"
ROOT = Path(__file__).parents[3]
_BOUND_S = 60


class Decoys:
    """Listening sockets, called by a letter each, that write down who connects and hang up at once."""

    def __init__(self, letters: str) -> None:
        self.visited: list[str] = []
        self._visit = threading.Condition()
        self._listeners = {letter: socket.create_server(("127.0.0.1", 0)) for letter in letters}
        self._end, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def places(self) -> dict[str, str]:
        """Return host and port of each."""
        return {letter: f"127.0.0.1:{self.port(letter)}" for letter in self._listeners} | {
            f"port_{letter}": str(self.port(letter)) for letter in self._listeners
        }

    def port(self, letter: str) -> int:
        port: int = self._listeners[letter].getsockname()[1]
        return port

    def wait_for(self, letters: str) -> None:
        """Wait until all of these have been visited, or long enough."""
        with self._visit:
            self._visit.wait_for(lambda: set(letters) <= set(self.visited), _BOUND_S)

    def close(self) -> list[str]:
        """Hear everybody who has come, and say who it was."""
        if self._thread.is_alive():
            os.write(self._stop, b"!")
            self._thread.join()
            for descriptor in (self._end, self._stop):
                os.close(descriptor)
            for listener in self._listeners.values():
                listener.close()
        return self.visited

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select([self._end, *self._listeners.values()], [], [])
            for letter, listener in self._listeners.items():
                if listener in ready:
                    listener.accept()[0].close()
                    with self._visit:
                        self.visited.append(letter)
                        self._visit.notify_all()
            if ready == [self._end]:
                return  # and nobody is waiting at a door


class Shop:
    """An app in a folder of its own, its testbed's Redis, and its processes."""

    def __init__(self, folder: Path, server: Server, decoys: Decoys) -> None:
        self.folder = folder
        self.decoys = decoys
        self.root = ROOT
        self.environment: dict[str, str] = {}
        self.urls = [server.url(0), server.url(1)]
        self._processes: list[subprocess.Popen[bytes]] = []

    def write(self, source: str, module: str = "shop") -> None:
        """Write the app, or another module of its; `<a>` is where decoy `a` is."""
        for letter, place in self.decoys.places().items():
            source = source.replace(f"<{letter}>", place)
        path = self.folder / f"{module}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)

    def start(self, role: str) -> subprocess.Popen[bytes]:
        own = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"} | self.environment
        if role != "visitor":
            own |= {"CELERY_BROKER_URL": self.urls[0], "CELERY_RESULT_BACKEND": self.urls[1]}
        with (self.folder / f"{role}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, PROGRAM, role, *self.urls],
                cwd=self.folder,
                env=os.environ | own,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._processes.append(process)
        return process

    def finish(self, role: str) -> str:
        """Let a process come to its end, and return what it said."""
        self.start(role).wait(_BOUND_S)
        return self.said(role)

    def said(self, role: str) -> str:
        return (self.folder / f"{role}.log").read_text()

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(host="127.0.0.1", port=free_port(), password="word")  # noqa: S106 - it opens nothing but this test
    process = subprocess.Popen([find_program(), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(configuration(server))
    process.stdin.close()
    assert any(READY in line for line in process.stdout)
    yield server
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def shop(tmp_path: Path, server: Server) -> Iterator[Shop]:
    decoys = Decoys("abcd")
    shop = Shop(tmp_path, server, decoys)
    yield shop
    shop.end()
    decoys.close()
