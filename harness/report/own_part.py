"""What a scenario tells of its run beyond what every report has: its own words, and what its page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.report.format import Missing

if TYPE_CHECKING:
    from harness.laws.own import Account, OwnLaws
    from harness.report.format import Json
    from harness.report.moments import Moments
    from harness.report.remains import Remains

_NS = "_ns"


def own_part(
    remains: Remains, own: OwnLaws[Any] | None, moments: Moments, late_s: float
) -> tuple[Account | None, dict[str, Json]]:
    """Return a scenario's account of its run, and what is shown of it; neither of what has left no files."""
    if own is None:
        return None, {}
    files = remains.path / "files"
    try:
        case = own.case_of(remains.history, files, late_s)
        shown = {} if own.shown_of is None else own.shown_of(case)
        return own.account_of(case), {name: _counted(part, moments) for name, part in shown.items()}
    except Exception as error:  # noqa: BLE001 - it is the scenario's code, and the files may be half written
        what = f"what this scenario tells of its run in its own words cannot be had: {type(error).__name__}: {error}"
        remains.missing.append(Missing(what=what, file="files"))
        return None, {}


def _counted(part: Json, moments: Moments) -> Json:
    """Turn moments, which an application has noted as nanoseconds (`x_ns`), into those of a report (`x`)."""
    match part:
        case dict():
            return dict(_member(name, value, moments) for name, value in part.items())
        case list() | tuple():
            return [_counted(one, moments) for one in part]
        case _:
            return part


def _member(name: str, value: Json, moments: Moments) -> tuple[str, Json]:
    if not name.endswith(_NS):
        return name, _counted(value, moments)
    return name.removesuffix(_NS), None if value is None else moments.of_ns(value)
