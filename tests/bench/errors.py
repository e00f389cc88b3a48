"""Every error that a person can run into, as a Markdown table: its text, exit code, seconds, and what it left behind.

    python tests/bench/errors.py [PYTEST'S OPTIONS...]

Runs `tests/integration/cli/test_errors.py`, in which every error is provoked by a command as a person would type it,
and lays out what those commands said. Seconds are those of the whole command, from its start to its end (where
something is killed in the middle of a run, that includes the run up to there). Exits with 1 if a test failed, or an
error took longer than 5 s.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1] / "integration" / "cli" / "test_errors.py"
TABLE, PATIENCE_S, LONGEST_LINES = "CANVAS_HARNESS_ERROR_TABLE", 5.0, 14
STARTED = re.compile(r"^ *\d+\.\d s  |^again: |^$")


def text_of(output: str, folder: str) -> str:
    """Return what was said of the error, without what was said before and after it, fit for a cell of a table."""
    lines = [line.strip() for line in output.replace(folder, "...").splitlines() if not STARTED.match(line)]
    lines = [re.sub(r"\S*/(tests/integration/cli|site-packages)/", r".../", line) for line in lines]
    if len(lines) > LONGEST_LINES:
        lines = [*lines[: LONGEST_LINES // 2], "[...]", *lines[-LONGEST_LINES // 2 :]]
    return "<br>".join(line.replace("|", "\\|").replace("<", "&lt;") for line in lines)


def main() -> int:
    """Run, lay out, print."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "table"
        command = [sys.executable, "-m", "pytest", "-q", str(TESTS), "--basetemp", f"{folder}/t", *sys.argv[1:]]
        done = subprocess.run(
            command,
            env=os.environ | {TABLE: str(kept)},
            cwd=TESTS.parents[3],
            capture_output=True,
            text=True,
            check=False,
        )
        rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    print("| error | text | exit code | seconds | left behind |\n| --- | --- | --- | --- | --- |")
    for row in rows:
        name = row["error"].removeprefix("test_").replace("_", " ")
        left = ", ".join(row["left"]) or "nothing"
        print(f"| {name} | {text_of(row['text'], folder)} | {row['code']} | {row['seconds']:.1f} | {left} |")
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"\n{os.cpu_count()} cores, with a load of {busy} over 1, 5 and 15 minutes")
    slow = [row["error"] for row in rows if row["seconds"] > PATIENCE_S]
    slowest = max((row["seconds"] for row in rows), default=0.0)
    print(f"{len(rows)} errors; slowest {slowest:.1f} s, {len(slow)} above {PATIENCE_S:.0f} s: {' '.join(slow) or '-'}")
    print(done.stdout.splitlines()[-1] if done.stdout else done.stderr)
    return 1 if done.returncode or slow else 0


if __name__ == "__main__":
    sys.exit(main())
