"""Containers of testbeds whose harness and supervisor were killed at the same moment: nobody was left to remove them.

Their labels say whose they are and in which folder they live. Whoever starts the next testbed of containers removes
those whose folder nobody owns any more (`abandoned`), and the folder with them. Where Testcontainers' reaper, Ryuk, is
on, it does so some seconds after the death of its harness; this needs no Ryuk.

Refuses to touch what is another user's or another machine's, and what somebody owns.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.testbed.abandoned import CONTAINERS, PREFIX, remove_if_abandoned
from harness.testbed.engine import obeying
from harness.testbed.sweep import FOLDER_LABEL, OWNER_LABEL, owner, sweep

if TYPE_CHECKING:
    from docker import DockerClient


def remove_abandoned_containers(engine: DockerClient) -> None:
    """Remove every container of this user's testbeds that nobody owns any more, and those testbeds' folders."""
    with obeying("list the containers of former testbeds"):
        found = engine.api.containers(all=True, filters={"label": f"{OWNER_LABEL}={owner()}"})
    folders = {Path(container["Labels"][FOLDER_LABEL]) for container in found if FOLDER_LABEL in container["Labels"]}
    # Of those without any container, the folder may be left.
    with suppress(OSError):
        former = Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
        folders |= {folder for folder in former if (folder / CONTAINERS).exists()}
    for folder in folders:
        try:
            remove_if_abandoned(folder, partial(sweep, folder.name))
        except FileNotFoundError:
            # It is removed last: whoever did so was cut short, or somebody has put it away.
            if not folder.exists():
                sweep(folder.name)
        except (OSError, HarnessError):
            continue  # somebody owns it or removes it at this moment; or the engine will not, which is no trouble here
