"""A page that is watched: what it says on the console, what it asks for, what axe-core finds."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, Theme] = ("light", "dark")
NARROW, MIDDLE, WIDE = 360, 800, 1440
PATIENCE_MS = 30_000


class Visit:
    """Opens pages from the disk, and remembers what they should not have done."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.troubles: list[str] = []

    def __call__(
        self, path: Path, *, width: int = 1280, theme: Theme = "light", has_scripts: bool = True, at: str = ""
    ) -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=has_scripts,
            reduced_motion="reduce",
            offline=True,
        )
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        page.on("request", self._asked)
        page.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))
        page.goto(path.as_uri() + at)
        return page

    def end(self) -> None:
        """Close all pages; none of them may have been in trouble."""
        for context in self._contexts:
            context.close()
        assert self.troubles == []

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith("data:") and not request.is_navigation_request():
            self.troubles.append(f"request: {request.url}")


def draw_all(page: Page) -> None:
    """Go to every section, so that each is drawn."""
    for section in page.locator("main .section:visible").all():
        section.scroll_into_view_if_needed()
        if page.locator("#sections").count():
            section.and_(page.locator("[data-drawn]")).wait_for()
    page.evaluate("() => scrollTo(0, 0)")


def open_all(page: Page) -> None:
    """Open all that is folded away; what that draws is there afterwards."""
    page.locator("main details").evaluate_all("all => all.forEach(one => one.open = true)")
    settle(page)


def settle(page: Page) -> None:
    """Wait until what was asked for is painted."""
    page.evaluate("() => new Promise(tell => requestAnimationFrame(() => requestAnimationFrame(tell)))")


def violations(page: Page) -> list[str]:
    """Return what axe-core finds, a line each: the rule, what it wants, and the first places."""
    source = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(source)
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run(document)).violations")
    return [
        f"{one['id']}: {one['help']} "
        + "; ".join(str(node["target"]) + node["html"][:160] for node in one["nodes"][:4])
        for one in found
    ]


def is_overflowing(page: Page) -> bool:
    """Say whether the page is wider than its window."""
    return bool(page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def painted(page: Page) -> Page:
    """Return the page when it has drawn what it puts off to its next frame, as it does with long lists."""
    settle(page)
    return page


def selected(page: Page) -> str:
    """Return what the page says of the filter that is on."""
    settle(page)
    shown = page.locator("#filter")
    return shown.inner_text() if shown.is_visible() else ""
