"""Runs as JUnit XML, which CI reads: a case for each run, with a property for each law."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.report.format import LawTold, Report

# What XML 1.0 has no place for, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_of(name: str, reports: Sequence[Report]) -> bytes:
    """Return these runs as one suite of tests."""
    cases = [_case(name, report) for report in reports]
    suite = ET.Element(
        "testsuite",
        name=_legal(name),
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped="0",
        time=f"{sum((report.run.wall_us or 0) for report in reports) / 1e6:.3f}",
    )
    suite.extend(cases)
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _case(suite: str, report: Report) -> ET.Element:
    run = report.run
    case = ET.Element(
        "testcase", classname=_legal(suite), name=_legal(run.name), time=f"{(run.wall_us or 0) / 1e6:.3f}"
    )
    properties = ET.SubElement(case, "properties")
    for name, value in _properties(report):
        ET.SubElement(properties, "property", name=_legal(name), value=_legal(value))
    if run.is_as_expected is None:
        error = ET.SubElement(case, "error", message="the run did not come to its end", type="incomplete")
        error.text = _legal("\n".join(one.what for one in report.missing))
    elif not run.is_as_expected:
        failure = ET.SubElement(case, "failure", message=_legal(report.diagnosis.state), type="unexpected")
        failure.text = _legal("\n".join(_complaints(report)))
    return case


def _properties(report: Report) -> Iterator[tuple[str, str]]:
    run = report.run
    yield "outcome", run.outcome_text
    yield "clock", run.clock.kind or "unknown"
    yield "virtual_s", f"{run.virtual_us / 1e6:.3f}"
    yield "attempts", str(len(report.attempts))
    if run.repeat:
        yield "repeat", run.repeat
    for law in report.laws:
        why = f": {law.reason}" if law.reason else ""
        yield f"law.{law.name}", f"{law.ruling} ({law.instances}){why}"


def _complaints(report: Report) -> Iterator[str]:
    """Say all that is otherwise than it should be."""
    yield from (f"{step.kind}: {step.says}" for step in report.diagnosis.steps)
    yield from report.discrepancies
    yield from (one.what for one in report.missing)
    for law in report.laws:
        if not law.is_as_expected:
            yield from _of_law(law)


def _of_law(law: LawTold) -> Iterator[str]:
    yield f"{law.name} {law.ruling}: {law.statement}"
    for evidence in law.evidence:
        yield f"   claim:    {evidence.claim}"
        yield f"   expected: {evidence.expected}"
        yield f"   observed: {evidence.observed}"
        yield from (f"     {step.says}" for step in evidence.steps)


def _legal(text: str) -> str:
    """Spell out what XML could not hold."""
    return _ILLEGAL.sub(lambda found: ascii(found[0])[1:-1], text)
