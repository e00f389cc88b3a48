"""What an app's settings must say in a testbed, and why.

That is everything that names another server, or keeps Celery from going through this one as it would in production.
Owns the list and how it is laid over an app's settings. Refuses to touch anything else: how an app retries, routes,
acknowledges, expires and prioritises is what it is tested for.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.app.bounds import Bounds

_SERVER = "it names a server, and a testbed has its own"
_LOGIN = "it would be said to the testbed's Redis, which knows nobody of that name"
_TRANSPORT = "it wins over the transport that the URL names"
_TLS = "the testbed's Redis is private and speaks no TLS"
_SENTINEL = "the testbed's Redis has no sentinel to be asked where it is"
_HIDING = "the recorder would not know Celery's keys"

# Nothing here is secret; whatever looks secret in what an app says is hidden (as in celery/app/utils.py).
_SECRET = re.compile("API|TOKEN|KEY|SECRET|PASS|SIGNATURE|CREDENTIAL", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"(://[^/\s:;,@'\"]*):[^\s;'\"]*@")
_SECRET_IN_QUERY = re.compile(r"([?&][^=&\s]*(?:pass|secret|token|key)[^=&\s]*=)[^&;\s'\"]*", re.IGNORECASE)
_SOUNDS_SECRET = frozenset({"global_keyprefix", "unacked_key", "unacked_index_key", "unacked_mutex_key"})
_HIDDEN = "**"
_SAID_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Override:
    """One thing that an app says and that is something else in a testbed. What it had is safe to show."""

    setting: str
    had: str
    has: str
    why: str


# Settings that are what they are in every testbed. `None` and `False` are what Celery takes for "not said".
FIXED: Mapping[str, tuple[object, str]] = {
    "broker_host": (None, _SERVER),
    "broker_port": (None, _SERVER),
    "broker_vhost": (None, _SERVER),
    "broker_user": (None, _LOGIN),
    "broker_password": (None, _LOGIN),
    "broker_transport": (None, _TRANSPORT),
    "broker_use_ssl": (False, _TLS),
    "broker_failover_strategy": (None, "there is one broker, and no other to turn to"),
    "redis_host": (None, _SERVER),
    "redis_port": (None, _SERVER),
    "redis_db": (None, _SERVER),
    "redis_username": (None, _LOGIN),
    "redis_password": (None, _LOGIN),
    "redis_backend_credential_provider": (None, _LOGIN),
    "redis_backend_use_ssl": (None, _TLS),
    "task_always_eager": (False, "eager tasks are called by whoever sends them: no broker, no worker, no Celery"),
    "worker_enable_remote_control": (True, "the workers are asked whether they are through with everything"),
    "control_exchange": ("celery", "the workers' answers are told from tasks by the name of their queue"),
    "worker_state_db": (None, "it is a file that the app's other workers write"),
}

# Options inside two settings that are dictionaries; all others stay: visibility_timeout, priority_steps, ...
# Those of kombu are listed in kombu/transport/redis.py, `from_transport_options`; those of the backend are read in
# celery/backends/redis.py and celery/backends/base.py by `_transport_options` (5.4 to 5.7).
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "broker_transport_options": {
        "global_keyprefix": _HIDING,
        "unacked_key": _HIDING,
        "unacked_index_key": _HIDING,
        "unacked_mutex_key": _HIDING,
        "sep": "the recorder would not know the queue of a message that has a priority",
        "master_name": _SENTINEL,
        "min_other_sentinels": _SENTINEL,
        "sentinel_kwargs": _SENTINEL,
        "sentinel_fanout_compat": _SENTINEL,
    },
    "result_backend_transport_options": {
        "global_keyprefix": _HIDING,
        "master_name": _SENTINEL,
        "min_other_sentinels": _SENTINEL,
        "sentinel_kwargs": _SENTINEL,
    },
}

# Celery prefers them to what an app sets (celery/app/utils.py, `Settings`, 5.4 to 5.7), so that they hold from the
# first line of an app on; but an app may read a file of such variables itself.
VARIABLES: Mapping[str, str] = {
    "CELERY_BROKER_URL": "broker_url",
    "CELERY_BROKER_READ_URL": "broker_url",
    "CELERY_BROKER_WRITE_URL": "broker_url",
    "CELERY_RESULT_BACKEND": "result_backend",
}
URLS: Mapping[str, str] = {
    "broker_url": "broker_url",
    "broker_read_url": "broker_url",
    "broker_write_url": "broker_url",
    "result_backend": "result_backend",
}


def hold_environment(bounds: Bounds) -> Iterator[Override]:
    """Let the variables that Celery prefers to an app's settings say where the testbed is."""
    for variable, url in VARIABLES.items():
        wanted = getattr(bounds, url)
        had = os.environ.get(variable)
        if had == wanted:
            continue
        os.environ[variable] = wanted
        if had is not None:
            yield Override(f"{variable} (environment)", masked(had), masked(wanted), _SERVER)


def hold_settings(conf: Any, bounds: Bounds) -> Iterator[Override]:
    """Lay the testbed's settings over an app's, whatever names it has for them, and tell what is different."""
    urls = {setting: (getattr(bounds, url), _SERVER) for setting, url in URLS.items()}
    for setting, (has, why) in {**urls, **FIXED}.items():
        had = _said(conf, setting)
        # Of a setting that is fixed and that the app says nothing about, Celery's default is what it is fixed to.
        if had == has or (had is _SAID_NOTHING and setting in FIXED):
            continue
        _say(conf, setting, has)
        if had is not _SAID_NOTHING and (had or has):
            yield Override(setting, _shown(setting, had), _shown(setting, has), why)
    for setting, reasons in OPTIONS.items():
        had = _said(conf, setting)
        options = dict(had) if had is not _SAID_NOTHING and had else {}
        gone = [option for option in reasons if option in options]
        if gone:
            _say(conf, setting, {option: value for option, value in options.items() if option not in gone})
        for option in gone:
            yield Override(f"{setting}[{option!r}]", _shown(option, options[option]), "not said", reasons[option])


def masked(value: object) -> str:
    """Write a value in words that may be shown: no password of a URL, no value of a key that sounds secret."""
    if isinstance(value, str):
        return _SECRET_IN_QUERY.sub(rf"\1{_HIDDEN}", _PASSWORD_IN_URL.sub(rf"\1:{_HIDDEN}@", value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_shown(str(key), of)}" for key, of in value.items()) + "}"
    if isinstance(value, list | tuple | set | frozenset):
        return "[" + ", ".join(masked(of) for of in value) + "]"
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    return f"a {type(value).__name__}" if not isinstance(value, type) else value.__name__


def _shown(name: str, value: object) -> str:
    if value is None or isinstance(value, bool):
        return "not said" if value is None else repr(value)
    return _HIDDEN if _SECRET.search(name) and name not in _SOUNDS_SECRET else masked(value)


def _said(conf: Any, setting: str) -> Any:
    """Return what the app says, without Celery's defaults, which are the last of the maps (`without_defaults`)."""
    for said in conf.maps[:-1]:
        for name in _names(conf, setting):
            if name in said:
                return said[name]
    return _SAID_NOTHING


def _say(conf: Any, setting: str, value: object) -> None:
    """Say it where Celery looks first: among the changes, under the first of its names and under no other."""
    first, *others = _names(conf, setting)
    for name in others:
        conf.changes.pop(name, None)
    conf.changes[first] = value


def _names(conf: Any, setting: str) -> Iterable[str]:
    """Return all names of a setting, in Celery's order: with the app's namespace, the new one, the one of Celery 3.

    As `ConfigurationView.__getitem__` has them (celery/utils/collections.py): 5.4 to 5.6 ask all maps for one name
    before the next, 5.7 asks one map for all names.
    """
    names = (*conf._to_keys(setting), *(rename(setting) for rename in conf._keys or ()))  # noqa: SLF001
    return dict.fromkeys(names)
