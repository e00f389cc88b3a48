"""Where an app may go: its testbed's broker and result backend. And whether something leads there.

Looks at connections without opening them. Refuses to mend what it finds.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from celery.backends.redis import RedisBackend
from kombu.connection import Connection
from kombu.utils.url import parse_url
from redis.connection import SSLConnection, UnixDomainSocketConnection

from harness.app.overrides import masked


@dataclass(frozen=True, slots=True)
class Bounds:
    """The URLs of a testbed's broker and of its result backend."""

    broker_url: str
    result_backend: str

    def admit(self, host: object, port: object) -> bool:
        """Say whether a server is the testbed's."""
        allowed = (parse_url(url) for url in (self.broker_url, self.result_backend))
        return any((url["hostname"], url["port"]) == (host, port) for url in allowed)

    def stray_broker(self, connection: Any) -> str | None:
        """Return where a connection of kombu's leads to, unless that is the testbed's broker."""
        if not isinstance(connection, Connection):
            return f"{connection!r}, which is no connection of kombu's"
        try:
            transport = _transport(connection)
        except Exception as error:  # noqa: BLE001 - a name of a transport may be anything
            return f"the transport {connection.transport_cls!r} ({type(error).__name__})"
        wanted, target = _leads_to(self.broker_url)
        if transport is wanted and not connection.alt and _target(connection) == target:
            return None
        others = f", or another of {len(connection.alt)}" if connection.alt else ""
        return f"{place_of(connection)} (transport {transport.__module__}{others})"

    def stray_backend(self, backend: Any) -> str | None:
        """Return what a result backend is and where it leads to, unless it is Celery's for Redis at the testbed's."""
        kind = f"{type(backend).__module__}.{type(backend).__qualname__}"
        if type(backend) is not RedisBackend:
            return kind
        url = parse_url(self.result_backend)
        wanted = {"host": url["hostname"], "port": url["port"], "db": int(url["virtual_host"] or 0)}
        wanted |= {"username": url["userid"], "password": url["password"]}
        asked = backend.connparams
        same = all(asked.get(name) == value for name, value in wanted.items())
        connects = asked.get("connection_class")
        if same and not asked.get("credential_provider") and not (connects and _is_other_way(connects)):
            return None
        return f"{kind} at {asked.get('host', asked.get('path'))}:{asked.get('port')}/{asked.get('db')}"


def place_of(connection: Any) -> str:
    """Write where a connection leads to, without its password."""
    host = connection.hostname or "localhost"
    if "://" in host:
        return masked(host)
    return f"{connection.transport_cls}://{host}:{connection.port or _transport(connection).default_port}"


def _transport(connection: Any) -> Any:
    return connection.get_transport_cls()


@functools.cache
def _leads_to(url: str) -> tuple[type, tuple[object, ...]]:
    connection = Connection(url)  # type: ignore[no-untyped-call]
    return _transport(connection), _target(connection)


def _target(connection: Any) -> tuple[object, ...]:
    return (
        *(connection.hostname, connection.port, connection.virtual_host),
        *(connection.userid, connection.password, bool(connection.ssl)),
    )


def _is_other_way(connection_class: type) -> bool:
    return issubclass(connection_class, SSLConnection | UnixDomainSocketConnection)
