"""What a report's page costs in a browser: to open, to zoom, to move, to filter; against an empty page, turn by turn.

Both pages have the same script and style, and are opened by the same browser one after the other, so what differs is
what the history costs. `python tests/bench/browser.py [EVENTS ...]`; prints figures, asserts none.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "drawing"))

from playwright.sync_api import sync_playwright
from told_runs import ToldRun  # found by the line above

from harness.report.writing import write_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = (10_000, 100_000)
ONE_CHORD = 40  # events: as empty as a page can be that has a timeline to zoom
REPEATS, FRAMES = 7, 60
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# The first paint that has content; and the first frame after the page's script has drawn what it draws at once.
OPENED = """async () => {
    const painted = () => performance.getEntriesByType('paint').find(one => one.name === 'first-contentful-paint');
    while (!painted()) await new Promise(tell => requestAnimationFrame(tell));
    return { painted: painted().startTime, drawn: window.drawnAt };
}"""
MARK_DRAWN = """addEventListener('DOMContentLoaded', () => requestAnimationFrame(() => requestAnimationFrame(() => {
    window.drawnAt = performance.now();
})));"""
# One step a frame; returns how long each frame was, from one to the next.
STEPS = """async ([frames, kind]) => {
    const canvas = document.querySelector('.timeline-canvas');
    const { left, top, width } = canvas.getBoundingClientRect();
    const turn = (options) => canvas.dispatchEvent(new WheelEvent('wheel',
        { bubbles: true, cancelable: true, clientX: left + width * 0.6, clientY: top + 8, ...options }));
    const step = (i) => kind === 'zoom' ? turn({ ctrlKey: true, deltaY: i < frames / 2 ? -60 : 60 })
        : turn({ deltaX: i < frames / 2 ? 40 : -40, deltaY: 0 });
    const times = [];
    let before = await new Promise(requestAnimationFrame);
    for (let i = 0; i < frames; i += 1) {
        step(i);
        const now = await new Promise(requestAnimationFrame);
        times.push(now - before);
        before = now;
    }
    return times;
}"""
# From a choice to the frame that shows it everywhere.
CHOICE = """async () => {
    const began = performance.now();
    const choose = document.querySelector('#events select');
    choose.value = choose.options[Math.min(1, choose.options.length - 1)].value;
    choose.dispatchEvent(new Event('change'));
    await new Promise(tell => requestAnimationFrame(() => requestAnimationFrame(tell)));
    const took = performance.now() - began;
    choose.value = choose.options[0].value;
    choose.dispatchEvent(new Event('change'));
    return took;
}"""


def main(sizes: tuple[int, ...]) -> None:
    found = os.environ.get("CANVAS_HARNESS_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        sys.exit("expected a Chromium, found none: run .ci/chromium, or name one in CANVAS_HARNESS_CHROMIUM")
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = {size: written(Path(folder), size) for size in (ONE_CHORD, *sizes)}
        browser = playwright.chromium.launch(executable_path=found, args=[*rights, "--disable-dev-shm-usage"])
        for size in sizes:
            compare(browser, pages[ONE_CHORD], pages[size], size)
        browser.close()


def written(folder: Path, size: int) -> Path:
    run = ToldRun(size)
    run.grow_to(size)
    path = run.save(folder / str(size), str(size))
    write_run(path)
    return path / "report.html"


def compare(browser: Browser, empty: Path, full: Path, size: int) -> None:
    """Measure both pages turn by turn, and print what each costs and the median of the differences."""
    turns = [(measured(browser, empty), measured(browser, full)) for _ in range(REPEATS + 1)][1:]  # one to warm up
    print(f"{size:,} events, {full.stat().st_size / 1e6:.2f} MB ({REPEATS} turns each, medians)")
    for name in turns[0][0]:
        mine, yours = ([turn[place][name] for turn in turns] for place in (0, 1))
        differences = [two - one for one, two in zip(mine, yours, strict=True)]
        print(
            f"  {name:<34} empty {statistics.median(mine):8.1f} ms   full {statistics.median(yours):8.1f} ms"
            f"   difference {statistics.median(differences):+8.1f} ms (largest {max(differences):+.1f})"
        )


def measured(browser: Browser, path: Path) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.add_init_script(MARK_DRAWN)
    page.goto(path.as_uri())
    page.wait_for_function("() => window.drawnAt")
    figures = {f"open: {name}": float(took) for name, took in page.evaluate(OPENED).items()}
    if page.locator(".timeline-canvas").count():
        figures |= steps(page, "zoom") | steps(page, "pan")
    figures["follow a task, everywhere"] = choice(page)
    context.close()
    return figures


def steps(page: Page, kind: str) -> dict[str, float]:
    times: list[float] = page.evaluate(STEPS, [FRAMES, kind])
    return {f"{kind}: frame, median": statistics.median(times), f"{kind}: frame, 95 %": quantile(times, 0.95)}


def quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def choice(page: Page) -> float:
    page.locator("#events").scroll_into_view_if_needed()
    page.locator("#events[data-drawn]").wait_for()
    took: Any = page.evaluate(CHOICE)
    return float(took)


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
