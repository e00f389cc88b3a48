"""`python -m harness`, for where the command itself is not on the path.

Python found this in the folder that it was started in, or else would have; from here on nobody's `scenarios` or `tests`
in that folder is taken for ours. A `harness` in it that is a package comes before this one: then `python -m
canvas_harness` is the way.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from harness.cli import main

main()
