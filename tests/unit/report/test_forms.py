"""The other forms: JSON, JUnit XML, Markdown, a trace. All from the same report."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from storytelling import step
from told_runs import ToldRun
from told_stories import HOSTILE

from harness.report.junit import junit_of
from harness.report.markdown import summary_of, text
from harness.report.packed import as_json, as_packed_json, from_json
from harness.report.perfetto import trace_of
from harness.report.report_of import report_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storytelling import Story

    from harness.report.format import Report


@pytest.fixture
def violated(story: Story, told: Callable[..., Report]) -> Report:
    """Return the report of a run whose state is not what its history says."""
    story.sent("add", chain=[step("pack")])
    with story.runs("add", returned=1):
        story.sent("pack", args=[1])
    story.ran("pack")
    story.state("pack", "FAILURE")
    return told(story, {"discrepancies": ["outcome: expected success, found incomplete"]})


@pytest.fixture
def big(tmp_path: Path) -> Report:
    """Return the report of a run in which much happens at once."""
    run = ToldRun(5)
    run.grow_to(2_000)
    return report_of(run.save(tmp_path / "big", "big"))


def unpacked(part: Any) -> Any:
    """Undo what keeps a page small, as docs/reports.md says."""
    match part:
        case {"$rows": rows, **more}:
            for column, texts in more.get("$texts", {}).items():
                for row in rows:
                    row[int(column)] = None if row[int(column)] is None else texts[row[int(column)]]
            columns = more.get("$columns")
            return [
                unpacked(row) if columns is None else unpacked(dict(zip(columns, row, strict=True))) for row in rows
            ]
        case dict():
            return {name: unpacked(value) for name, value in part.items()}
        case list():
            return [unpacked(one) for one in part]
        case _:
            return part


def test_a_page_has_the_same_data_as_report_json(big: Report) -> None:
    assert unpacked(json.loads(as_packed_json(big))) == json.loads(as_json(big))
    assert len(as_packed_json(big)) < 0.8 * len(as_json(big))


def test_what_was_written_as_json_is_read_back_as_the_same_report(big: Report, violated: Report) -> None:
    assert from_json(as_json(big)) == big
    assert from_json(as_json(violated)) == violated


def test_another_format_is_not_read(violated: Report) -> None:
    violated.format = 2
    with pytest.raises(ValueError, match="format 1, found 2"):
        from_json(as_json(violated))


# ---- JUnit XML ---------------------------------------------------------------------------------------------------


def cases(*reports: Report) -> list[ET.Element]:
    return ET.fromstring(junit_of("runs", reports)).findall("testsuite/testcase")  # noqa: S314 - it was made a moment ago


def test_a_run_is_a_case_with_a_property_for_each_law(violated: Report) -> None:
    (case,) = cases(violated)
    properties = {one.get("name"): one.get("value") for one in case.findall("properties/property")}
    assert {f"law.{law.name}" for law in violated.laws} <= set(properties)
    assert properties["law.states.of_what_ran"] == "violated (1)"
    assert properties["clock"] == "virtual"
    failure = case.find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "states.of_what_ran violated" in failure.text
    assert "expected success, found incomplete" in failure.text


def test_a_run_that_was_cut_short_is_an_error_and_no_failure(violated: Report) -> None:
    violated.run.is_as_expected = None
    (case,) = cases(violated)
    assert case.find("error") is not None
    assert case.find("failure") is None


def test_a_run_that_is_as_expected_is_neither(violated: Report, big: Report) -> None:
    suite = ET.fromstring(junit_of("runs", [violated, big])).find("testsuite")  # noqa: S314 - as above
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert [len(case.findall("failure")) for case in suite.findall("testcase")] == [1, 0]


def test_what_xml_cannot_hold_is_spelled_out(violated: Report) -> None:
    violated.run.name = f"a\x00\x1b\ufffe{HOSTILE}"
    assert cases(violated)[0].get("name") == f"a\\x00\\x1b\\ufffe{HOSTILE}"


# ---- Markdown ----------------------------------------------------------------------------------------------------


def test_a_summary_has_a_row_for_each_run_and_details_of_what_differs(violated: Report, big: Report) -> None:
    summary = summary_of("runs", [violated, big])
    assert summary.startswith("## canvas-harness: 1 of 2 as expected\n")
    rows = [line for line in summary.splitlines() if line.startswith("| ")]
    assert len(rows) == 4
    assert "**states.of_what_ran** violated: " in summary
    assert "### run" in summary
    assert "### big" not in summary


@pytest.mark.parametrize(
    "hostile",
    [
        HOSTILE,
        "a | b",
        "a\nb\n\n# c",
        "[x](http://x)",
        "`x`",
        "![x](y)",
        "@somebody",
        "#12",
        "**x**",
        "_x_",
        "&lt;",
        "\x1b[1m",
    ],
)
def test_text_of_a_run_is_no_markup(hostile: str) -> None:
    told = text(hostile)
    assert "\n" not in told
    assert not set("<>|`[]()*@!\x1b") & set(told)
    assert not told.startswith(("_", "#"))


# ---- trace -------------------------------------------------------------------------------------------------------


def slices(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(trace_of(report))["traceEvents"]
    return found


def test_each_attempt_is_a_slice_and_no_two_of_a_track_overlap(big: Report) -> None:
    tracks: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    of_attempts = [one for one in slices(big) if one["ph"] == "X" and "ending" in one["args"]]
    assert len(of_attempts) == len(big.attempts)
    for one in of_attempts:
        tracks[one["pid"], one["tid"]].append((one["ts"], one["ts"] + one["dur"]))
    for spans in tracks.values():
        spans.sort()
        assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_attempts_that_last_at_the_same_time_in_one_process_have_tracks_of_their_own(
    story: Story, told: Callable[..., Report]
) -> None:
    for name in ("a", "b"):
        story.sent(name)
    story.started("a")
    story.started("b")
    for name in ("b", "a"):
        story.ended(name)
        story.closed(name)
    story.sent("c")
    story.ran("c")
    tracks = [one["tid"] for one in slices(told(story)) if one["ph"] == "X" and "ending" in one["args"]]
    assert tracks == [1, 2, 1]


def test_messages_are_flows_and_retries_are_waits_each_with_an_end(big: Report) -> None:
    kinds: dict[str, set[int]] = defaultdict(set)
    for one in slices(big):
        kinds[one["ph"]].add(one.get("id", -1))
    assert kinds["s"] == kinds["f"] == {place for place, one in enumerate(big.messages) if one.to is not None}
    assert kinds["b"] == kinds["e"] == set(range(len(big.retries)))


def test_a_chord_is_a_counter(big: Report) -> None:
    counted = [one["args"]["counted"] for one in slices(big) if one["ph"] == "C" and one["name"].startswith("chord 1:")]
    assert counted == [1, 2, 3, 4]
