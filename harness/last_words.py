"""What a process said last, with the frames left out that are nobody's business but ours, Celery's and Python's.

Owns how a traceback is shortened: whoever wrote an app wants to see his own lines. Refuses to judge whose fault it is,
and to read files: it takes text and returns text.
"""

from __future__ import annotations

import re
from pathlib import Path
from traceback import format_exception

_BEGINS = "Traceback (most recent call last):"
_FRAME = re.compile(r'  File "(?P<file>.*)", line \d+, in ')
_OURS = f"{Path(__file__).parent}/"
_PACKAGES = ("celery", "kombu", "billiard", "vine", "amqp", "click", "redis", "_pytest", "pluggy")
# What leads to an app's first line: the interpreter's own start, the importing machinery, Celery and its command line.
_MACHINERY = re.compile(
    r"^<frozen |/importlib/(__init__|_bootstrap|metadata/__init__)|/(runpy|functools|contextlib)\.py$"
)
_PACKAGED = re.compile(rf"/(site|dist)-packages/({'|'.join(_PACKAGES)})/")
# What Celery tells everybody who is root (celery/platforms.py, 5.7), which was never the reason of anything.
_ROOT = re.compile(r"^[^\n]*SecurityWarning: You're running.*?_warn_or_raise.*?$\n?", re.MULTILINE | re.DOTALL)
_DEEPEST = 2
_LONGEST = 3000


def of_exception(error: BaseException) -> str:
    """Return the traceback of an exception, from the first frame on that is an author's."""
    return from_the_authors_frame("".join(format_exception(error)))


def of_log(log: str) -> str:
    """Return the end of what a process has printed."""
    text = from_the_authors_frame(_ROOT.sub("", log)).strip("\n")
    if len(text) <= _LONGEST:
        return text
    return "[...]\n" + text[-_LONGEST:].partition("\n")[2]


def headline(text: str) -> str:
    """Return the line of a traceback that names the exception: the last one that is not indented."""
    return next((line for line in reversed(text.splitlines()) if line.strip() and not line.startswith(" ")), "")


def from_the_authors_frame(text: str) -> str:
    """Drop the frames of every traceback in a text that come before the first one of an author's."""
    lines = text.splitlines()
    kept: list[str] = []
    while lines:
        line = lines.pop(0)
        if line.strip() != _BEGINS:
            kept.append(line)
            continue
        # A line of a log may stand before it, or an indentation of somebody who quotes it.
        if frames := _telling(_take_frames(lines)):
            kept += [line, *(part for frame in frames for part in frame)]
    return "\n".join(kept).strip("\n")


def _take_frames(lines: list[str]) -> list[list[str]]:
    """Take a traceback's frames off the beginning of these lines, each with the source lines that belong to it."""
    frames: list[list[str]] = []
    while lines and lines[0].startswith("  "):
        if _FRAME.match(lines[0]):
            frames.append([])
        elif not frames or lines[0].startswith("  File "):  # a SyntaxError says where it is in the same words
            break
        frames[-1].append(lines.pop(0))
    return frames


def _telling(frames: list[list[str]]) -> list[list[str]]:
    """Return an author's frames and all that come after them. Where there are none, what is left to be told by."""
    files = [match["file"] for frame in frames if (match := _FRAME.match(frame[0]))]
    first = next((number for number, file in enumerate(files) if not _is_strange(file)), None)
    if first is not None:
        return frames[first:]
    if not files or _MACHINERY.search(files[-1]):  # something cannot be found, or not be read: the exception says what
        return []
    if files[-1].startswith(_OURS):  # a defect of ours, which nobody shall be spared
        return frames
    return frames[-_DEEPEST:]


def _is_strange(file: str) -> bool:
    return file.startswith(_OURS) or bool(_MACHINERY.search(file)) or bool(_PACKAGED.search(file))
