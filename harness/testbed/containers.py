"""The testbed of containers: Testcontainers starts Redis, recorder, service, workers and sender, each in its own.

Its folder is mounted into all of them, so journals, bell and orders work as they do between local processes.

They share one network, which has a loopback and nothing else: nobody outside can reach Redis, whatever port it has; the
harness looks into it through a unix socket in the folder. Addresses in Redis's command stream are those that the probe
writes down. It is also the fastest (a private bridge costs 0.2 s for each container). Redis's container brings the
network; it lives as long as any container is in it, so that a Redis that comes back can join it through another one.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

from harness.errors import HarnessError
from harness.history.events import BrokerStarted
from harness.journal import BROKER_VARIABLE
from harness.scenario import Surroundings
from harness.testbed import celery_commands
from harness.testbed.abandoned_containers import remove_abandoned_containers
from harness.testbed.container_parts import Part, container_name, start, start_ryuk
from harness.testbed.death_watch import DeathWatch
from harness.testbed.engine import connect, obeying, unavailable
from harness.testbed.image.belongings import belongings, known_distributions
from harness.testbed.images import RABBITMQ_IMAGE, REDIS_IMAGE, present_image, worker_image
from harness.testbed.importing import await_import, recall, remember, start_import
from harness.testbed.redis_container import LOOPBACK, furnish, listens
from harness.testbed.supervised import SupervisedTestbed
from harness.testbed.sweep import sweep
from harness.testbed.testbed import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker import DockerClient

    from harness.scenario import Conditions, Service
    from harness.testbed.images import Image
    from harness.testbed.rabbitmq_container import Broker
    from harness.testbed.redis_server import Server
    from harness.testbed.testbed import Backlog

__all__ = ["ContainerTestbed", "unavailable"]

_PYTHON = "python"
APP_IN_IMAGE = "/opt/app"  # as the Dockerfile has it
_LAUNCHER = (_PYTHON, "-P", "-m", "harness.launch")
_SERVICE_PORT = 8000  # the network is private: any port is free in it
_REDIS_TIMEOUT_S = 10.0
_RABBITMQ_TIMEOUT_S = 60.0
# Redis rings no bell when it is ready: it takes some 10 ms, and the next containers' start waits for it.
_REDIS_LOOK_AGAIN_S = 0.005


class ContainerTestbed(SupervisedTestbed):
    """A private Redis and workers in containers of this machine's own engine."""

    name: ClassVar[str] = "containers"
    abilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.ADD_WORKER,
            Capability.KILL_WORKER,
            Capability.PAUSE_WORKER,
            Capability.RESTART_WORKER,
            Capability.KILL_POOL_PROCESS,
            Capability.RECORD_COMMANDS,
        }
    )

    def __init__(
        self,
        app: str,
        conditions: Conditions,
        service: Service | None = None,
        surroundings: Surroundings = Surroundings(),  # noqa: B008 - it is immutable
    ) -> None:
        super().__init__(app, conditions, service, surroundings)
        self._engine: DockerClient | None = None
        self._death_watch: DeathWatch | None = None
        self._to_close = ExitStack()
        self._killed: set[str] = set()
        self._part_names: list[str] = []
        self._kernel: str | None = None
        self._is_engine_silent = False
        self._worker_image = self._folder = ""
        self._celery: dict[str, str] = {}  # what workers and sender are told
        self._broker: Broker | None = None  # where that is not Redis

    def bring_up(self) -> Server:
        """Start Redis, and when it is ready everything else at once."""
        if why := unavailable():
            raise HarnessError(
                "a Docker engine on this machine and the extra `containers`", why, "mend that, or use the local testbed"
            )
        self._engine = self._to_close.enter_context(closing(connect()))
        about = self._engine.version()
        self._kernel = about.get("KernelVersion")
        self._watch_over()
        modules = recall(self.app, self.surroundings)
        if modules is None:
            # It takes longer than all that is done meanwhile, and needs no engine.
            start_import(self.supervisor, self.premises, self.app, self.surroundings)
            Thread(target=known_distributions, daemon=True).start()
        redis = present_image(REDIS_IMAGE, self.conditions.redis_image)
        rabbitmq = self._rabbitmq_image()
        remove_abandoned_containers(self._engine)
        start_ryuk()
        server = self._start_redis(redis.name)
        if rabbitmq is not None:
            self._start_rabbitmq(rabbitmq.name)
        if modules is None:
            modules = await_import(self.supervisor, self.premises, self.app, self.wait)
            remember(self.app, self.surroundings, modules)
        app = belongings(modules)
        service = () if self.service is None else (self.service.module.partition(".")[0],)
        worker = worker_image(*service, app=app, python=self.conditions.python_image)
        self._worker_image = worker.name
        self.description = {
            "docker engine": about["Version"],
            "redis image": str(redis),
            **({"rabbitmq image": str(rabbitmq)} if rabbitmq is not None else {}),
            "worker image": str(worker),
        }
        self._await_rabbitmq()
        self._start_all(self._parts(server))
        return server

    def awaited(self) -> set[str]:
        """Wait for the service as well: its socket is bound inside its own container."""
        return super().awaited() | ({"service"} if self.service is not None else set())

    def obstacle(self) -> str | None:
        """Say why time cannot be virtual: nobody here could see whether processes on another kernel sleep."""
        if self._kernel != os.uname().release:
            return f"the Docker engine runs on another kernel ({self._kernel}): its processes cannot be seen from here"
        return None

    def pids(self) -> Mapping[str, int]:
        """Return the first process of each container that lives, with its number on this machine."""
        assert self._engine is not None
        found = {}
        dead = {death.name for death in self.deaths}
        with obeying("tell the processes of containers"):
            for name in (part for part in self._part_names if part not in dead):
                container = self._engine.api.inspect_container(container_name(self.premises, name))
                found[name] = int(container["State"]["Pid"])
        return found

    def wait(self, timeout_s: float, *, for_room: bool = False) -> None:
        """Sleep until something may have happened, but no longer than this; `for_room`: or there is room for orders."""
        super().wait(timeout_s, for_room=for_room)
        if self._is_engine_silent:
            raise HarnessError(
                "the Docker engine to live as long as its testbed",
                "it closed its stream of events",
                "see the engine's own log, and run again when it answers",
            )

    def hire(self, name: str, node: str) -> None:
        """Start one more worker like the others, under this name; `node` is what Celery is to call it."""
        self._start(self._worker(name, node), self._network)

    @property
    def importer(self) -> str:
        """Which Python imports the app in it."""
        return f"{_PYTHON} of the image {self._worker_image}"

    def backlog(self) -> Backlog:
        """Look into the broker."""
        if self._broker is None:
            return super().backlog()
        from harness.testbed.rabbitmq_container import backlog  # noqa: PLC0415 - an AMQP client that few need

        return backlog(self._broker, self.feed.founding_events, self.workers)

    def kill_worker(self, name: str) -> None:
        """Kill a worker's first process; all else in its container is killed with it.

        The kernel does so, or, where the container shares the machine's process numbers, the engine's runtime.
        """
        assert self._engine is not None
        self._killed.add(name)
        with obeying(f"kill {name}"):
            self._engine.api.kill(container_name(self.premises, name), "SIGKILL")

    def stop(self) -> None:
        """Stop everything and leave nothing behind. It may be called at any time and more than once."""
        watch, supervisor, premises, to_close = self._death_watch, self._supervisor, self._premises, self._to_close
        self._death_watch, self._engine, self._to_close = None, None, ExitStack()
        with to_close:
            if watch is not None:
                watch.close()  # from now on deaths are no news
            super().stop()  # the supervisor sweeps
            if premises is not None and supervisor is not None and supervisor.process.returncode:
                sweep(premises.directory.name)  # it was killed itself

    def _watch_over(self) -> None:
        """See to it, before there is a first container, that none outlives us and that deaths are heard of."""
        supervisor = self.supervise()
        testbed = self.premises.directory.name
        supervisor.farewell([sys.executable, "-P", "-m", "harness.testbed.sweep", testbed])

        def on_death(process: str, role: str, code: int) -> None:
            supervisor.bury(process, role, code, expected=process in self._killed)

        def on_silence() -> None:
            self._is_engine_silent = True
            self.premises.ring()

        with obeying("report deaths"):
            self._death_watch = DeathWatch(self._engine, testbed, on_death, on_silence)

    def _start_redis(self, image: str) -> Server:
        """Start Redis, and with it the network."""
        # An address of a unix socket holds 107 bytes, less than some folders' names: this names the folder by a number.
        folder = os.open(self.premises.directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._to_close.callback(os.close, folder)
        self._folder = f"/proc/self/fd/{folder}"
        server, command = furnish(self.premises, self._folder)
        self._start(Part(name="redis", role="redis", image=image, command=command), "none")
        self._await_redis(server)
        self.await_clock()
        return server

    def _await_redis(self, server: Server) -> None:
        """Return when Redis listens; look again and again, but no longer than it can reasonably take."""
        deadline = time.monotonic() + _REDIS_TIMEOUT_S
        while not listens(server):
            for death in self.deaths:
                if death.name == "redis":
                    raise self.trouble("redis to start and to stay", str(death), "redis")
            if time.monotonic() > deadline:
                raise self.trouble(f"redis to be up in {_REDIS_TIMEOUT_S:.0f} s", "silence", "redis")
            self.wait(_REDIS_LOOK_AGAIN_S)

    def _rabbitmq_image(self) -> Image | None:
        if self.conditions.broker != "rabbitmq":
            return None
        return present_image(RABBITMQ_IMAGE, self.conditions.rabbitmq_image)

    def _start_rabbitmq(self, image: str) -> None:
        """Start RabbitMQ; it takes some seconds, and other things can be done meanwhile."""
        from harness.testbed.rabbitmq_container import furnish  # noqa: PLC0415 - an AMQP client that few need

        self._broker = broker = furnish(self.premises, self._folder)
        self._start(
            Part(
                name="rabbitmq",
                role="rabbitmq",
                image=image,
                command=broker.command,
                environment=broker.environment,
            ),
            self._network,
        )

    def _await_rabbitmq(self) -> None:
        """Return when RabbitMQ takes messages: a worker that finds none waits for seconds before it tries again."""
        if self._broker is None:
            return
        command = [_PYTHON, "-m", "harness.testbed.queue_counter"]
        told = {BROKER_VARIABLE: self._broker.url}
        part = Part(name="counter", role="counter", image=self._worker_image, command=command, environment=told)
        self._start(part, self._network)
        deadline = time.monotonic() + _RABBITMQ_TIMEOUT_S
        while not any(isinstance(event, BrokerStarted) for event in self.feed.pull()):
            for death in self.deaths:
                if death.name in ("rabbitmq", "counter"):
                    raise self.trouble("RabbitMQ to start and to stay", str(death), death.name)
            if (left_s := deadline - time.monotonic()) <= 0:
                raise self.trouble(f"RabbitMQ to be up in {_RABBITMQ_TIMEOUT_S:.0f} s", "silence", "rabbitmq")
            self.wait(left_s)

    def _worker(self, name: str, node: str) -> Part:
        command = celery_commands.worker_command(_LAUNCHER, self.app, self._surroundings, node, self.conditions)
        return Part(name=name, role="worker", image=self._worker_image, command=command, environment=self._celery)

    @property
    def _surroundings(self) -> Surroundings:
        """Modules lie where the image has them, whatever they are called on this machine."""
        return replace(self.surroundings, search_path=(APP_IN_IMAGE,), file=None)

    @property
    def _network(self) -> str:
        return f"container:{container_name(self.premises, 'redis')}"

    def _parts(self, server: Server) -> Iterator[Part]:
        """List everything that runs in the one image; workers first, they take longest."""
        broker_url = None if self._broker is None else self._broker.url
        image = self._worker_image
        self._celery = {**self.app_environment(), **celery_commands.celery_environment(server, broker_url)}
        if self.service is not None:
            self._celery[self.service.url_variable] = f"http://{LOOPBACK}:{_SERVICE_PORT}"
        for name in celery_commands.worker_names(self.conditions):
            yield self._worker(name, name)
        if self.service is not None:
            command = [_PYTHON, "-m", "harness.testbed.activation", str(_SERVICE_PORT), self.service.module]
            yield Part(name="service", role="service", image=image, command=command)
        if self.conditions.records_commands:
            yield Part(
                name="recorder",
                role="recorder",
                image=image,
                command=celery_commands.recorder_command(_PYTHON),
                environment=celery_commands.recorder_environment(server),
            )
        command = celery_commands.sender_command(_LAUNCHER, self.app, self._surroundings)
        yield Part(name="sender", role="sender", image=image, command=command, environment=self._celery)

    def _start_all(self, parts: Iterator[Part]) -> None:
        """Start containers side by side; return when the engine has answered for each of them."""
        with ThreadPoolExecutor(thread_name_prefix="start") as threads:
            for started in [threads.submit(self._start, part, self._network) for part in parts]:
                started.result()

    def _start(self, part: Part, network: str) -> None:
        start(part, self.premises, network, self.clock)
        self._part_names.append(part.name)
