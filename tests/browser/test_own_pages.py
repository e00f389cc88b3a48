"""What only some runs have: group beside chord, races."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watched import draw_all

if TYPE_CHECKING:
    from pathlib import Path

    from watched import Visit


def test_group_and_chord_are_compared_kind_by_kind_and_report_by_report(reports: Path, visit: Visit) -> None:
    page = visit(reports)
    draw_all(page)
    kinds = page.locator(".differences th[scope=rowgroup] .code").all_inner_texts()
    assert {"all_well", "two_fail", "sixth_attempt"} <= set(kinds)
    page.get_by_label("Kind of report").select_option("two_fail")
    titles = page.locator(".side figcaption").all_inner_texts()
    assert [" ".join(title.split()) for title in titles] == ["As a group failed", "As a chord failed"]
    group, chord = page.locator(".side").all()
    assert "not true" in (group.text_content() or "")
    assert "not true" not in (chord.text_content() or "")
    logs = page.locator(".logs table")
    assert logs.count() == 2
    before = logs.first.inner_text()
    page.get_by_label("Seed").select_option("1")
    assert logs.first.inner_text() != before


def test_both_forms_are_drawn_on_one_time_axis(reports: Path, visit: Visit) -> None:
    page = visit(reports)
    draw_all(page)
    page.get_by_label("Kind of report").select_option("first_slowest")
    widths = [side.locator("svg[role=img]").get_attribute("viewBox") for side in page.locator(".side").all()]
    assert {width.split()[2] for width in widths if width} == {"1000"}
    # The longest member takes the same work in both forms, and so about the same width.
    longest = [
        max(float(bar.get_attribute("width") or 0) for bar in side.locator("svg rect").all())
        for side in page.locator(".side").all()
    ]
    assert longest[0] == longest[1] or abs(longest[0] - longest[1]) < 0.02 * longest[0]


def test_races_say_how_many_there_were_how_far_apart_and_what_that_supports(races: Path, visit: Visit) -> None:
    page = visit(races)
    draw_all(page)
    said = page.locator(".conclusion").inner_text()
    assert "were races" in said
    assert "with 95 % certainty" in said or "no bound" in said
    chords = page.locator("#races details.card tbody tr").count()
    assert f"of {chords}" in said
    assert page.locator("#races .overlaps .tick.is-last").count() == 2 * min(chords, 40)
    page.locator("#races .figure summary").click()
    counts = page.locator("#races .figure tbody td").all_inner_texts()
    assert sum(map(int, counts)) == chords
