"""What processes of a local testbed get of this process's environment, and by what two environments are told apart.

Refuses to add anything: what a testbed's processes are told besides is its own business.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# What pytest and its plugins write down about themselves, some of it anew for every phase of every test
# (PYTEST_CURRENT_TEST: _pytest/runner.py; PYTEST_XDIST_*: xdist/remote.py).
_OF_PYTEST = "PYTEST_"


def inherited_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return this environment, with PYTHONPATH as it is meant here: a testbed's processes run in another folder."""
    inherited = dict(environment)
    if paths := inherited.get("PYTHONPATH"):
        # An empty part is the current folder, as Python has it.
        inherited["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths.split(os.pathsep)))
    return inherited


def digest_of(environment: Mapping[str, str]) -> str:
    """Return what two environments have in common only if they are the same to a testbed. Its values cannot be read."""
    total = hashlib.sha256()
    for name in sorted(environment):
        if not name.startswith(_OF_PYTEST):
            total.update(os.fsencode(f"{name}={environment[name]}\0"))  # neither can hold a zero byte
    return total.hexdigest()
