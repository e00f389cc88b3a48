"""The command that has a run made again: what is printed at the end of it, and stands at the top of its report."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from harness.scenario import IMAGES, Conditions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DEFAULTS = asdict(Conditions())
_OPTIONS = ("testbed", "clock", "workers", "pool", "concurrency", "redis_server", "broker", *IMAGES)
_OF_PYTEST = ("clock", "redis_server", "broker", *IMAGES)


def run_words(
    scenarios: Sequence[str], conditions: Mapping[str, Any], suits: Mapping[str, Any] | None = None
) -> list[str]:
    """Return the words of the command for scenarios under conditions, without what is the default anyway.

    `suits` are the conditions that a scenario has where nobody asks for others.
    """
    words = ["harness", "run", *scenarios, *_options(_OPTIONS, conditions, {**_DEFAULTS, **(suits or {})})]
    if not conditions.get("records_commands", True):
        words.append("--no-recorder")
    return words


def is_test(scenario: Mapping[str, Any]) -> bool:
    """Say whether a run was made by `prove`: its title is the test's, as pytest calls it."""
    return "::" in str(scenario.get("title")) and _kind(scenario) in ("given", "own")


def repeat_of(scenario: Mapping[str, Any], conditions: Mapping[str, Any], provenance: Mapping[str, Any]) -> str | None:
    """Return the command for a run that was written down; None where its directory does not tell."""
    if not scenario.get("name"):
        return None
    if is_test(scenario):
        return shlex.join(["pytest", str(scenario["title"]), *_options(_OF_PYTEST, conditions, _DEFAULTS)])
    if campaign := _campaign(str(provenance.get("command") or "")):
        return campaign
    suits = scenario.get("suits")
    words = run_words([str(scenario["name"])], conditions, suits if isinstance(suits, dict) else {})
    canvas = scenario.get("canvas")
    arguments = canvas.get("arguments") if isinstance(canvas, dict) else None
    if isinstance(arguments, dict) and "seeds" in arguments:
        words += ["--seeds", str(arguments["seeds"])]
    return shlex.join(words)


def _kind(scenario: Mapping[str, Any]) -> object:
    canvas = scenario.get("canvas")
    return canvas.get("kind") if isinstance(canvas, dict) else None


def _campaign(command: str) -> str | None:
    """Return the command of a campaign, whose scenarios are batches that nobody can name; None for all others."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if "races" not in words[1:] or PurePath(words[0]).name not in ("harness", "__main__.py"):
        return None
    if "--directory" in words:  # it is there now, and would be refused
        at = words.index("--directory")
        del words[at : at + 2]
    return shlex.join(["harness", *words[1:]])


def _options(names: Sequence[str], conditions: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    words: list[str] = []
    for name in names:
        value = conditions.get(name)
        if value is not None and value != defaults[name]:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words
