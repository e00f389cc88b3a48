"""Writes pages: one HTML file each that holds everything, opens from a disk, and may fetch nothing from anywhere.

Owns that nothing which came out of a run can be taken for a page's own: text is escaped by the templates, data by
`_inert`, and the content-security policy names the only script and the only style by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.errors import HarnessError
from harness.report.bundle import bundle
from harness.report.packed import as_packed_json

if TYPE_CHECKING:
    from jinja2 import Template

    from harness.report.format import Report
    from harness.report.index import Index

PAGE = Path(__file__).with_name("page")
_INERT = {
    b"<": b"\\u003c",
    b">": b"\\u003e",
    b"&": b"\\u0026",
    "\u2028".encode(): b"\\u2028",
    "\u2029".encode(): b"\\u2029",
}


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all pages of a kind have in common."""

    template: Template
    script: Markup
    style: Markup
    csp: str


def scenario_page(report: Report, index_href: str | None) -> str:
    """Return the page of one run. `index_href` leads to the page of all."""
    frame = _frame("scenario.html", "main.js")
    return _filled(frame, as_packed_json(report), report=report, index_href=index_href)


def index_page(index: Index) -> str:
    """Return the page of all runs of a directory."""
    frame = _frame("index.html", "index.js")
    return _filled(frame, index.as_json(), index=index)


def _filled(frame: _Frame, data: bytes, **given: Any) -> str:  # noqa: ANN401 - what a template is about
    inert = Markup(_inert(data).decode())  # noqa: S704 - as JSON without a character that HTML knows
    return frame.template.render(data=inert, script=frame.script, style=frame.style, csp=frame.csp, **given)


def _inert(data: bytes) -> bytes:
    """Return JSON that means the same and holds nothing that could end its element."""
    for character, escaped in _INERT.items():
        data = data.replace(character, escaped)
    return data


@cache
def _frame(template: str, entry: str) -> _Frame:
    sheets = sorted(PAGE.glob("*.css"), key=lambda sheet: (sheet.name != "style.css", sheet.name))
    script, style = bundle(PAGE / entry), "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    if "</style" in style.lower():
        raise HarnessError("a style sheet that does not end its element", "</style", "mend harness/report/page")
    environment = Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return _Frame(
        template=environment.get_template(template),
        script=Markup(script),  # noqa: S704 - ours
        style=Markup(style),  # noqa: S704 - ours
        csp="; ".join(
            (
                "default-src 'none'",
                f"script-src {_hash(script)}",
                f"style-src {_hash(style)}",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
    )


def _hash(text: str) -> str:
    """Return what a policy calls an element that holds exactly this text."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
