"""Counts what waits in RabbitMQ's queues, from inside the testbed: nobody outside can reach the broker.

Its process answers on a unix socket in the testbed's folder. It asks by AMQP's passive declaration, which makes nothing
and takes nothing, and tells of a queue how many messages are ready and how many consumers there are. Messages that were
handed over and not acknowledged are in neither count: RabbitMQ tells of them only to its administrators.

Owns that question on both sides of the socket. Refuses to judge what the figures mean (`rabbitmq_container` does).
"""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from amqp import Connection
from amqp.exceptions import NotFound
from kombu.utils.url import parse_url

from harness.errors import HarnessError
from harness.journal import BROKER_VARIABLE, journal_from

if TYPE_CHECKING:
    from collections.abc import Iterable

SOCKET = "counts.sock"
_LOOK_AGAIN_S = 0.01
_LONGEST = 1 << 20
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Count:
    """What RabbitMQ tells of a queue."""

    ready: int
    consumers: int


def count(folder: str, queues: Iterable[str]) -> dict[str, Count]:
    """Return the counts of those of these queues that there are. `folder` is a short name of the testbed's."""
    try:
        with socket.socket(socket.AF_UNIX) as counter:
            counter.settimeout(_PATIENCE_S)
            counter.connect(f"{folder}/{SOCKET}")
            counter.sendall(json.dumps(sorted(queues)).encode() + b"\n")
            counter.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: counter.recv(_LONGEST), b""))
            return {queue: Count(*figures) for queue, figures in json.loads(answer).items()}
    except (OSError, ValueError) as error:
        raise HarnessError(
            "the testbed's RabbitMQ to tell what is in its queues",
            f"{type(error).__name__}: {error}",
            "see counter.log and rabbitmq.log in the run directory",
        ) from error


class Counter:
    """The process: one connection to the broker, one question at a time."""

    def __init__(self, url: str) -> None:
        about = parse_url(url)
        self._connection = Connection(
            host=f"{about['hostname']}:{about['port']}",
            userid=about["userid"],
            password=about["password"],
            virtual_host=about["virtual_host"],
        )
        self._address = (about["hostname"], about["port"])
        self._channel: Any = None

    def connect(self) -> tuple[str, str]:
        """Connect as soon as somebody listens; return the broker's name and version."""
        while True:
            with suppress(ConnectionRefusedError):
                socket.create_connection(self._address).close()
                break
            time.sleep(_LOOK_AGAIN_S)  # it rings no bell; whoever waits for us bounds this
        self._connection.connect()
        said = self._connection.server_properties
        return str(said.get("product", "?")), str(said.get("version", "?"))

    def serve(self, listener: socket.socket) -> NoReturn:
        """Answer for as long as the broker lives."""
        while True:
            visitor, _ = listener.accept()
            with visitor, visitor.makefile("rb") as lines:
                queues = json.loads(lines.readline() or b"[]")
                found = {queue: count for queue in queues if (count := self._count(queue))}
                with suppress(OSError):  # whoever asked may be gone
                    visitor.sendall(json.dumps(found).encode())

    def _count(self, queue: str) -> tuple[int, int] | None:
        if self._channel is None or not self._channel.is_open:
            self._channel = self._connection.channel()
        try:
            declared = self._channel.queue_declare(queue, passive=True)
        except NotFound:  # which closes the channel
            self._channel = None
            return None
        return declared.message_count, declared.consumer_count


def main() -> None:
    """Be there when the broker is, and answer."""
    journal = journal_from(os.environ)
    counter = Counter(os.environ[BROKER_VARIABLE])
    product, version = counter.connect()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(SOCKET)  # in the folder that it was started in, whose name may be too long for an address
        os.chmod(SOCKET, 0o600)  # noqa: PTH101 - as above
        listener.listen()
        journal.append("BrokerStarted", product=product, version=version)
        counter.serve(listener)


if __name__ == "__main__":
    main()
