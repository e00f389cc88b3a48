"""Which versions of what is installed the harness works with. `pip` sees to it, until somebody installs another one.

Read from what is installed, without importing it. Refuses to judge more than the numbers.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

from harness.errors import HarnessError

# As in pyproject.toml, which a test compares with this.
LEAST = {"celery": "5.4", "redis": "4.5.2"}


def installed(package: str) -> str | None:
    """Return the version of a package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def is_old(found: str, least: str) -> bool:
    """Say whether a version is older than the least one that will do."""
    return _numbers(found) < _numbers(least)


def refuse_old() -> None:
    """Fail where Celery or redis-py is older than what the harness knows its way about in."""
    for package, least in LEAST.items():
        found = installed(package)
        if found is None or is_old(found, least):
            raise HarnessError(f"{package} {least} or later", found or "none", f"type: {install_line(package, least)}")


def install_line(package: str, least: str) -> str:
    """Return what to type to get that version or a later one."""
    return f"pip install '{package}>={least}'"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", re.split(r"[a-zA-Z+-]", text)[0]))
