"""pytest-celery's Redis container over a process: all of it, but for where it is."""

from __future__ import annotations

from pytest_celery import RedisContainer


class ProcessRedisContainer(RedisContainer):  # type: ignore[misc]  # pytest-celery ships no types
    """A Redis container whose Redis is a process of this machine: the same address for tests and for workers."""

    @property
    def hostname(self) -> str:
        """Return the loopback, which is where everybody is."""
        return "127.0.0.1"

    @property
    def port(self) -> int:
        """Return its port here.

        pytest-celery asks for the published one, which within a container (a devcontainer, CI) it takes to be 6379.
        """
        return int(self._container.port)

    @property
    def url(self) -> str:
        """Return the address for workers."""
        return f"{self.prefix()}{self.hostname}:{self.port}/{self.vhost}"

    @property
    def host_url(self) -> str:
        """Return the address for tests: the same."""
        return self.url
