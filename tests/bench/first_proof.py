"""From an empty folder to a proof that has passed: every command that docs/first-proof.md has typed, and its seconds.

    python tests/bench/first_proof.py            what pip makes of this checkout
    python tests/bench/first_proof.py WHEEL      anything else that pip can install

How long pip takes is mostly the network's and the cache's doing, so the second time says more.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/first-proof.md").read_text()
FILES = ("shop.py", "test_shop.py")  # the page's first two snippets


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        what = sys.argv[1] if len(sys.argv) > 1 else copy_of_checkout(Path(place) / "checkout")
        folder, seconds = Path(place), []
        for command in commands():
            if command.endswith("pytest"):
                write_files(folder)
            began = time.perf_counter()
            folder = run(command.replace("install canvas-harness", f"install --quiet '{what}'"), folder)
            seconds.append(time.perf_counter() - began)
            print(f"{seconds[-1]:7.1f} s  {command}", flush=True)
    print(f"{sum(seconds):7.1f} s  from an empty folder to a passed proof, in {len(seconds)} commands")


def commands() -> list[str]:
    """Return what the page indents, outside of its snippets."""
    return re.findall(r"^    (\S.*)$", re.sub(r"^```.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)


def copy_of_checkout(place: Path) -> str:
    """Copy what git knows, and what is new: pip would leave its build in the checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)
    return str(place)


def write_files(folder: Path) -> None:
    """Write what the page has one type into an editor, which takes nobody's time here."""
    snippets = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    for name, content in zip(FILES, snippets, strict=False):
        (folder / name).write_text(content)
        print(f"           {name}: {len(content.split(chr(10)))} lines")


def run(command: str, folder: Path) -> Path:
    """Run a command as a shell would; return the folder in which it leaves that shell."""
    done = subprocess.run(
        ["bash", "-c", f"{{ {command}; }} >&2 && pwd"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command}\n{done.stderr}")
    return Path(done.stdout.strip())


if __name__ == "__main__":
    main()
