"""Owns the process in which the autojump loop runs: `python -I -S jump.py LIBRARY DIRECTORY ADOPTS PARENT`.

The loop is a shared object and this tiny program calls it: an extension travels in wheels and editable installs, an
executable does not. Refuses to import anything of the harness: it has to be up within milliseconds.
"""

import ctypes
import os
import sys


def main() -> int:
    """Run the loop until the parent ends or sends SIGTERM."""
    library, directory, adopts, parent = sys.argv[1:]
    if os.getppid() != int(parent):
        return 0
    return int(ctypes.CDLL(library).autojump_run(directory.encode(), int(parent), int(adopts)))


if __name__ == "__main__":
    sys.exit(main())
