"""What a worker's container gets so that the probe is in it: our modules, where to write, and one more thing to import.

Owns how the arguments of `docker run` change for that. Whose command is no worker's is left alone. Refuses to touch the
image: what is mounted is read-only, and loads nothing but what Celery needs anyway.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import harness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROBE = ("-I", "harness.probe")
_PACKAGE = Path(harness.__path__[0])
_MODULES = "/opt/canvas-harness"  # as a container sees them
_SHELL = 3  # a command in a shell's form: `/bin/sh -c TEXT`


def words_of(command: Sequence[str] | str | None) -> list[str]:
    """Return a command word by word, also one that a shell takes apart."""
    if isinstance(command, str):
        return shlex.split(command)
    words = list(command or ())
    is_shell = len(words) == _SHELL and words[0].endswith("sh") and words[1] == "-c"
    return shlex.split(words[2]) if is_shell else words


def is_worker(command: Sequence[str] | str | None) -> bool:
    """Say whether a command starts a Celery worker."""
    words = words_of(command)
    return "worker" in words and any("celery" in Path(word).name for word in words)


def with_probe(command: Sequence[str] | str) -> list[str] | str:
    """Return the command of a worker that imports the probe, in the form in which it was given."""
    if isinstance(command, str):
        return f"{command} {shlex.join(PROBE)}"
    words = list(command)
    if words_of(command) != words:  # a shell's
        return [*words[:2], f"{words[2]} {shlex.join(PROBE)}"]
    return [*words, *PROBE]


def environment_of(given: Mapping[str, str] | Sequence[str] | None) -> dict[str, str]:
    """Return an environment as a dictionary: Docker takes lists of `NAME=value` as well."""
    if isinstance(given, (list, tuple)):
        return dict(text.partition("=")[::2] for text in given)
    return dict(given or {})  # type: ignore[arg-type]


def probed(
    arguments: Mapping[str, Any], image: Mapping[str, Any], own: Mapping[str, str], folder: Path
) -> dict[str, Any]:
    """Return the arguments of `docker run` for a worker with a probe in it.

    `image` is the `Config` of its image, `own` tells the probe its name and its folder, which is mounted.
    """
    from docker.types import Mount  # noqa: PLC0415 - there, since somebody has a client

    command = arguments.get("command") or image["Cmd"]
    environment = environment_of(arguments.get("environment"))
    before = environment.get("PYTHONPATH") or environment_of(image.get("Env")).get("PYTHONPATH")
    return {
        **arguments,
        "command": with_probe(command),
        "environment": {**environment, **own, "PYTHONPATH": ":".join(filter(None, (before, _MODULES)))},
        "mounts": [
            *(arguments.get("mounts") or ()),
            Mount(f"{_MODULES}/harness", str(_PACKAGE), type="bind", read_only=True),
            Mount(str(folder), str(folder), type="bind"),
        ],
    }
