"""What the tests of the clock start: a clock with its loop, processes under it, a Celery fleet, a server outside."""

import contextlib
import http.server
import json
import os
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.clock.virtual_clock import VirtualClock

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


class Jumping:
    """A virtual clock, its autojump loop, and what runs under it."""

    def __init__(self) -> None:
        folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a private directory within
        self.directory = Path(tempfile.mkdtemp(prefix="clock-", dir=folder)) / "clock"
        self.clock = VirtualClock.create(self.directory)
        self.autojump = subprocess.Popen(self.clock.autojump_command(os.getpid()))
        self.processes = []
        self.clock.await_autojump()

    def environment(self, **more: str) -> dict[str, str]:
        path = os.pathsep.join([str(ROOT), str(HERE)])
        return {**os.environ, **self.clock.environment(), "PYTHONPATH": path, **more}

    def start(self, command: list[str], env: Any = (), **options: Any) -> subprocess.Popen[Any]:
        process = subprocess.Popen(command, env=self.environment(**dict(env)), **options)
        self.processes.append(process)
        return process

    def await_registration(self, *processes: subprocess.Popen[Any]) -> None:
        deadline = time.monotonic() + 30
        while self.clock.verify(process.pid for process in processes):
            assert time.monotonic() < deadline, self.clock.verify(process.pid for process in processes)
            os.sched_yield()

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.autojump.terminate()
        assert self.autojump.wait(timeout=10) == 0
        self.clock.remove()
        assert not self.directory.exists()
        self.directory.parent.rmdir()


class Slow(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path != "/parts":
            time.sleep(0.3)
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        if self.path == "/parts":
            time.sleep(0.3)
        self.wfile.write(b"end")

    def log_message(self, *_arguments: object) -> None:
        pass


class SlowServer(http.server.ThreadingHTTPServer):
    request_queue_size = 100
    daemon_threads = True


class SlowTls(Slow):
    """The same over TLS, which sends tickets as soon as the handshake is done."""

    def setup(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(HERE / "nobodys.pem")
        self.request = context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()


class Greeting(socketserver.BaseRequestHandler):
    """Speaks first, as mail and database servers do."""

    def handle(self) -> None:
        time.sleep(0.3)
        self.request.sendall(b"end")
        self.request.recv(1)


class Datagram(socketserver.BaseRequestHandler):
    """Answers a datagram after 0.3 s."""

    def handle(self) -> None:
        _, connection = self.request
        time.sleep(0.3)
        connection.sendto(b"end", self.client_address)


class DatagramServer(socketserver.ThreadingUDPServer):
    daemon_threads = True


@contextlib.contextmanager
def serving(
    handler: type[socketserver.BaseRequestHandler], kind: type[socketserver.BaseServer] = SlowServer
) -> Iterator[int]:
    """Give the port of a server outside of virtual time."""
    server = kind(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Fleet:
    """Redis, one worker, and a sender for each question: all under one clock."""

    def __init__(self, jumping: Jumping, pool: str, python: str, *, concurrency: int = 2) -> None:
        self.jumping, self.python = jumping, python
        self.redis_socket = str(jumping.directory / "redis.sock")
        redis = ["redis-server", "--port", "0", "--unixsocket", self.redis_socket, "--save", "", "--hz", "1"]
        self.own_environment = {"CLOCK_REDIS": self.redis_socket, "CLOCK_NOTES": str(jumping.directory / "notes")}
        self.redis = jumping.start([*redis, "--dynamic-hz", "no"], stdout=subprocess.DEVNULL)
        worker = [python, "-m", "celery", "-A", "programs.celery_app", "worker", "-P", pool, "-c", str(concurrency)]
        quiet = ["-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.log = (jumping.directory / "worker.log").open("wb")
        await_path(jumping.directory / "redis.sock")
        self.worker = jumping.start(
            [*worker, *quiet], self.own_environment, stdout=self.log, stderr=subprocess.STDOUT, cwd=HERE
        )
        self.ask("ready")

    def ask(self, question: str, *arguments: object, timeout_s: float = 15, **environment: str) -> Any:
        """Run one function of programs/celery_sender.py under the released clock, give its answer."""
        command = [self.python, "-m", "programs.celery_sender", question, *map(str, arguments)]
        with self.jumping.clock.released():
            sender = self.jumping.start(
                command, {**self.own_environment, **environment}, stdout=subprocess.PIPE, cwd=HERE
            )
            try:
                out, _ = sender.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                pytest.fail(self.jumping.clock.describe() + Path(self.log.name).read_text())
        self.jumping.processes.remove(sender)
        assert sender.returncode == 0, Path(self.log.name).read_text()
        return json.loads(out)

    def stop(self) -> None:
        """Politely: a killed worker would leave its children behind."""
        self.worker.terminate()
        with self.jumping.clock.released():
            self.worker.wait(timeout=30)
        self.redis.kill()
        self.redis.wait()
        Path(self.redis_socket).unlink()
        self.log.close()


def await_path(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, path
        os.sched_yield()
