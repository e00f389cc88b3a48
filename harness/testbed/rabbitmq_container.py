"""RabbitMQ in a container: what it is told, and what its counts mean to a run.

Its password goes in by a file in the testbed's folder, which only its owner may read. All that it writes is there too:
it runs as whoever runs the harness, who owns nothing else in its image. Its node is known by the loopback alone.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.history.outstanding import consuming
from harness.testbed.queue_counter import count
from harness.testbed.testbed import Backlog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.events import AnyEvent
    from harness.testbed.premises import Premises

_LOOPBACK, _PORT, _USER = "127.0.0.1", 5672, "harness"
_FOLDER = "rabbitmq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where a testbed's RabbitMQ is."""

    url: str
    folder: str  # a short name of the premises
    command: tuple[str, ...]
    environment: dict[str, str]


def furnish(premises: Premises, folder: str) -> Broker:
    """Write the configuration; return where RabbitMQ will be, and how it is started inside the premises."""
    password = secrets.token_urlsafe(24)
    home = premises.directory / _FOLDER
    home.mkdir(mode=0o700)
    path = home / "rabbitmq.conf"
    path.touch(mode=0o600)
    path.write_text(
        f"listeners.tcp.1 = {_LOOPBACK}:{_PORT}\n"
        f"default_user = {_USER}\n"
        f"default_pass = {password}\n"
        "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        # It is private and short-lived, and refuses to work below a free gigabyte of somebody else's disk.
        "disk_free_limit.absolute = 1MB\n"
    )
    environment = {
        "HOME": str(home),  # Erlang keeps a cookie there
        "RABBITMQ_CONFIG_FILE": str(path),
        "RABBITMQ_NODENAME": "rabbit@localhost",
        "RABBITMQ_MNESIA_BASE": str(home),
        "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_FEATURE_FLAGS_FILE": str(home / "feature_flags"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(home),
        "ERL_EPMD_ADDRESS": _LOOPBACK,
        # One scheduler that does not spin while it has nothing to do: the workers need the processors.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
    }
    # `//` at the end is the virtual host `/`. By its full name: where librabbitmq is installed, `amqp` would be that.
    url = f"pyamqp://{_USER}:{password}@{_LOOPBACK}:{_PORT}//"
    return Broker(url=url, folder=folder, command=("rabbitmq-server",), environment=environment)


def backlog(broker: Broker, founding: Iterable[AnyEvent], living: Iterable[str]) -> Backlog:
    """Say what the workers may still get: what is ready in the queues that they take from.

    And whether RabbitMQ has yet to miss a worker that is dead: it counts that one's consumer as long as it keeps what
    it had handed to it, for the queue takes the consumer away and puts its messages back in one step
    (`handle_ch_down` in rabbit_amqqueue_process.erl, 3.10 to 4.1).
    """
    said = consuming(founding)
    queues = {queue for worker in said.values() for queue in worker.queues}
    expected = Counter(queue for name in living if name in said for queue in said[name].queues)
    counts = count(broker.folder, queues) if queues else {}
    return Backlog(
        queued={queue: found.ready for queue, found in counts.items()},
        lingering=max((found.consumers - expected[queue] for queue, found in counts.items()), default=0),
        broker="RabbitMQ",
    )
