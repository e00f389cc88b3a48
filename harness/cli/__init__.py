"""The command line: a thin surface. It shows; it decides nothing but the exit code."""

import sys

# `pip` refuses to install this for an older Python; whoever runs it from a checkout gets here, in an old one's language
# and before anything is imported that it could stumble over.
if sys.version_info < (3, 11):  # noqa: UP036 - see above
    sys.stderr.write(
        "harness: expected: Python 3.11 or later\n"
        f"   found: {sys.version_info[0]}.{sys.version_info[1]} ({sys.executable})\n"
        "   to do: make an environment with a later one, for instance `python3.12 -m venv .venv`\n"
    )
    sys.exit(3)

from harness.cli.main import main

__all__ = ["main"]
