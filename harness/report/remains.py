"""What is left of a run: whatever of its directory can be read, and what is missing of it.

Owns reading. Never fails because of what a directory holds: a run that crashed half-way is the one that people most
want to look at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.history.history import History
from harness.history.reader import read_journals
from harness.journal import JOURNALS
from harness.report.format import Missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CUT_SHORT = "the run was cut short, or goes on; how it ended is not known, and laws judge what is there"
_NOT_ASKED = "what was asked for, and under what conditions, is not known"


@dataclass(frozen=True)
class Remains:
    """What there is of a run. `asked` is experiment.json, `ended` is run.json; empty where they cannot be read."""

    path: Path
    asked: Mapping[str, Any]
    ended: Mapping[str, Any]
    history: History
    missing: list[Missing] = field(default_factory=list)

    @property
    def scenario(self) -> Mapping[str, Any]:
        """What was run."""
        return mapping(self.asked.get("scenario"))

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Under what circumstances."""
        return mapping(self.asked.get("conditions"))

    @property
    def provenance(self) -> Mapping[str, Any]:
        """By what versions, where, by which command."""
        return mapping(self.asked.get("provenance"))

    @property
    def clock(self) -> Mapping[str, Any]:
        """By which clock, and what that one did."""
        return mapping(self.ended.get("clock"))

    @property
    def name(self) -> str:
        """The scenario's name; the folder's where nobody has told it."""
        return str(self.scenario.get("name") or self.path.absolute().name)


def mapping(value: object) -> Mapping[str, Any]:
    """Return what should be a mapping, empty if it is something else: a file may have been edited or cut."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """Return what should be a list, empty if it is something else."""
    return value if isinstance(value, list) else []


def remains_of(path: Path) -> Remains:
    """Read what there is of a run."""
    asked, ended, missing = read_summaries(path)
    missing += _of_journals(path)
    journals, corrupt = read_journals(path / JOURNALS)
    missing += [
        Missing(
            what=f"a line cannot be read: {bad.reason}",
            file=f"{JOURNALS}/{bad.source}.jsonl",
            line=bad.line,
        )
        for bad in corrupt
    ]
    return Remains(path, asked, ended, History.of(journals, corrupt), missing)


def read_summaries(path: Path) -> tuple[Mapping[str, Any], Mapping[str, Any], list[Missing]]:
    """Read what was asked and how it ended, and say what of these two files cannot be had."""
    missing: list[Missing] = []
    asked = _read(path, "experiment.json", _NOT_ASKED, missing)
    ended = _read(path, "run.json", _CUT_SHORT, missing)
    if ended.get("ending") == "harness failed":
        missing.append(Missing(what=f"the harness itself failed in this run: {ended.get('reason')}", file="run.json"))
    return asked, ended, missing


def _read(path: Path, name: str, without: str, missing: list[Missing]) -> Mapping[str, Any]:
    try:
        content = _sound(json.loads((path / name).read_text(encoding="utf-8")))
    except FileNotFoundError:
        missing.append(Missing(what=f"{name} is missing: {without}"))
    except (OSError, ValueError, RecursionError) as error:
        missing.append(Missing(what=f"{name} cannot be read ({error}): {without}", file=name))
    else:
        if isinstance(content, dict):
            return content
        missing.append(Missing(what=f"{name} holds no object: {without}", file=name))
    return {}


def _sound(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Spell halves of characters out, which JSON can hold and no file: a file's name may have some."""
    match value:
        case str():
            return value if value.isascii() else value.encode(errors="backslashreplace").decode()
        case dict():
            return {_sound(key): _sound(part) for key, part in value.items()}
        case list():
            return [_sound(part) for part in value]
        case _:
            return value


def _of_journals(path: Path) -> Iterator[Missing]:
    journals = path / JOURNALS
    if not journals.is_dir():
        yield Missing(what=f"{JOURNALS}/ is missing: nothing of what happened is known")
    elif not any(journals.glob("*.jsonl")):
        yield Missing(what=f"{JOURNALS}/ is empty: nothing of what happened is known")
