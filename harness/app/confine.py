"""Keeps an app to its testbed: its real broker and result backend are never touched, whatever it sets and whenever.

`enclose` comes before the app is imported: from then on the settings of every app in this process are laid over with
the testbed's when they are read, and once more before each connection, and the guard stands behind that. `confine`
comes after the import: it looks whether all that leads out of the app does lead to the testbed, and tells what is
different from what the app says. What cannot be changed is refused.

Celery's own functions that are wrapped: `Celery._load_config`, `_get_backend`, `connection_for_read`,
`connection_for_write`, `_connection`, `_acquire_connection` (celery/app/base.py, 5.4 to 5.7).
"""

from __future__ import annotations

import functools
import os
import weakref
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery._state import _get_active_apps  # of every app in this process that is still there, 5.4 to 5.7

from harness.app.bounds import Bounds
from harness.app.guard import Guard
from harness.app.overrides import Override, hold_environment, hold_settings
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

# Options of the `celery` command that come from the environment (celery/bin/celery.py, 5.4 to 5.7): a BROKER_URL that
# somebody has in their shell would win over everything else as soon as the app is started as a worker.
_COMMAND_VARIABLES = frozenset({"APP", "BROKER_URL", "RESULT_BACKEND", "LOADER", "CONFIG_MODULE"})

_enclosures: list[Enclosure] = []  # at most one: a process belongs to one testbed


def _tell_nobody(_: UsageError) -> None:
    pass


def enclose(broker_url: str, result_backend: str, tell: Callable[[UsageError], None] = _tell_nobody) -> Enclosure:
    """Keep all apps of this process to these URLs, before any is imported; `tell` hears of every refusal.

    Said again, it is passed over: the first one holds.
    """
    if not _enclosures:
        _enclosures.append(Enclosure(Bounds(broker_url, result_backend), tell))
        _enclosures[0].stand()
    return _enclosures[0]


def confine(app: Celery, broker_url: str, result_backend: str) -> tuple[Override, ...]:
    """Keep an app that has been imported to its testbed; return what that changed, or refuse what it cannot change."""
    enclosure = enclose(broker_url, result_backend)
    if enclosure.bounds != (wanted := Bounds(broker_url, result_backend)):
        raise UsageError("one testbed a process", (enclosure.bounds, wanted), "start a process for each testbed")
    _leave_variables_to_the_app()
    others = [other for other in _get_active_apps() if other is not app and other.configured]
    for each in (app, *others):
        enclosure.hold(each)
        enclosure.inspect(each)
    own = enclosure.overrides(app)
    return own + tuple(
        Override(f"{override.setting} of the app {other.main!r}", override.had, override.has, override.why)
        for other in others
        for override in enclosure.overrides(other)
    )


class Enclosure:
    """What keeps the apps of one process to one testbed."""

    def __init__(self, bounds: Bounds, tell: Callable[[UsageError], None]) -> None:
        self.bounds = bounds
        self._guard = Guard(bounds, tell)
        self._overrides: weakref.WeakKeyDictionary[Celery, dict[str, Override]] = weakref.WeakKeyDictionary()

    def stand(self) -> None:
        """Keep them there from now on, those that have not been made yet as well."""
        for _ in hold_environment(self.bounds):
            pass  # what a shell said before the app was there is no setting of the app's
        self._guard.stand()
        _wrap("_load_config", after=self.hold)
        _wrap("_get_backend", before=self.hold)
        _wrap("connection_for_read", before=self.hold)
        _wrap("connection_for_write", before=self.hold)
        _wrap("_connection", judge=self._judge)
        _wrap("_acquire_connection", judge=self._judge)

    def hold(self, app: Celery) -> None:
        """Lay the testbed's settings over an app's. What the app said first is kept, to be told."""
        overrides = self._overrides.setdefault(app, {})
        for override in (*hold_environment(self.bounds), *_hold_classes(app)):
            overrides.setdefault(override.setting, override)
        conf = app.conf.finalize()
        for url in ("broker_url", "broker_read_url", "broker_write_url"):
            self._guard.remember(conf.get(url))
        for override in hold_settings(conf, self.bounds):
            overrides.setdefault(override.setting, override)

    def overrides(self, app: Celery) -> tuple[Override, ...]:
        """Return what is different from what an app says."""
        return tuple(self._overrides.get(app, {}).values())

    def inspect(self, app: Celery) -> None:
        """Look where everything leads that an app connects by; refuse what does not lead to the testbed."""
        if self._stray_pools(app):
            # Made before the settings were held; `Celery._after_fork` forgets them in the same way.
            app._pool = None  # noqa: SLF001
            app.amqp._producer_pool = None  # noqa: SLF001
        strays = {
            "connection_for_read()": self.bounds.stray_broker(app.connection_for_read()),
            "connection_for_write()": self.bounds.stray_broker(app.connection_for_write()),
            "connection()": self.bounds.stray_broker(app.connection()),
            **self._stray_pools(app),
        }
        for way, stray in strays.items():
            if stray:
                raise _refused(app, way, stray, "a Celery or AMQP class of the app's own goes there")
        self._inspect_backends(app)

    def _stray_pools(self, app: Celery) -> dict[str, str]:
        found = {
            "pool": self.bounds.stray_broker(app.pool.connection),
            "amqp.producer_pool": self.bounds.stray_broker(app.amqp.producer_pool.connections.connection),
        }
        return {way: stray for way, stray in found.items() if stray}

    def _inspect_backends(self, app: Celery) -> None:
        if self.bounds.stray_backend(app.backend):
            app._backend_cache = None  # noqa: SLF001 - made before the settings were held
            app._local.__dict__.pop("backend", None)  # noqa: SLF001
        if stray := self.bounds.stray_backend(app.backend):
            raise _refused(app, "backend", stray, "a class of the app's own, or a package that names its class `redis`")
        for name, task in app.tasks.items():
            if task.backend is not app.backend and (stray := self.bounds.stray_backend(task.backend)):
                raise _refused(app, f"tasks[{name!r}].backend", stray, "the task has a result backend of its own")

    def _judge(self, connection: Any) -> None:
        """Refuse a connection that an app hands out and that leads elsewhere."""
        if stray := self.bounds.stray_broker(connection):
            raise self._guard.refuse(stray)


def _hold_classes(app: Celery) -> list[Override]:
    """Take away the two ways to a result backend that win over its URL (celery/app/base.py, celery/app/backends.py)."""
    overrides = []
    if app.backend_cls is not None:
        overrides.append(Override("backend_cls", str(app.backend_cls), "not said", "it wins over the backend's URL"))
        app.backend_cls = None
    if replaced := getattr(app.loader, "override_backends", None):
        why = "it would put other classes in the place of Celery's own backends"
        overrides.append(Override("override_backends", ", ".join(replaced), "not said", why))
        app.loader.override_backends = {}
    return overrides


def _refused(app: Celery, way: str, where: str, cause: str) -> UsageError:
    return UsageError(
        f"{way} of the app {app.main!r} to lead to the testbed",
        f"{where}: {cause}",
        "let it follow the app's settings, at least when CELERY_BROKER_URL is in the environment",
    )


def _wrap(
    method: str,
    *,
    before: Callable[[Celery], None] | None = None,
    after: Callable[[Celery], None] | None = None,
    judge: Callable[[Any], None] | None = None,
) -> None:
    """Wrap a method of Celery's: something is done with the app before or after, or its return value is judged."""
    original = getattr(Celery, method)

    @functools.wraps(original)
    def wrapped(self: Celery, *args: Any, **kwargs: Any) -> Any:
        if before is not None:
            before(self)
        returned = original(self, *args, **kwargs)
        if after is not None:
            after(self)
        if judge is not None:
            judge(returned)
        return returned

    setattr(Celery, method, wrapped)


def _leave_variables_to_the_app() -> None:
    """Let the `celery` command take no option from the environment that was meant for the app or for somebody else."""
    if _COMMAND_VARIABLES.isdisjoint(os.environ):
        return
    from celery.bin.celery import celery  # noqa: PLC0415 - 0.1 s that the sender does not need

    for option in celery.params:
        if getattr(option, "envvar", None) in _COMMAND_VARIABLES:
            option.envvar = None
