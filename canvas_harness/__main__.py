"""`python -m canvas_harness`: the command `harness`, where that is not on the path and a folder is named like it."""

import sys

from canvas_harness import load_harness

if not sys.flags.safe_path:
    del sys.path[0]  # the folder it was started in: nobody's `scenarios` or `tests` there is taken for ours
load_harness()

from harness.cli import main  # noqa: E402 - not before it is certain whose `harness` this is

main()
