"""The build context of the worker image: the Dockerfile, the versions installed here, the code imported here.

Owns what is in the image, and its hash. Refuses to know Docker: `images` finds, pulls and builds.
"""

from __future__ import annotations

import functools
import hashlib
import io
import sys
import tarfile
from collections import deque
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from harness.errors import HarnessError
from harness.testbed.image.belongings import Belongings, content_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NEEDED_IN_A_WORKER = ("celery[redis]", "msgspec", "requests")
NOTHING = Belongings()


@dataclass(frozen=True, slots=True)
class Context:
    """What an image is built from: the bytes of each file, by its path in the build context."""

    files: Mapping[str, bytes]

    def digest(self, *base: str) -> str:
        """Return the hash of every path and byte, and of what the image stands on."""
        total = hashlib.sha256()
        parts = [part.encode() for part in base]
        for name in sorted(self.files):
            parts += [name.encode(), self.files[name]]
        for part in parts:
            # Each part's length before it: no two contents run together into the same bytes.
            total.update(len(part).to_bytes(8, "big") + part)
        return total.hexdigest()[:16]

    def tar(self) -> io.BytesIO:
        """Return the files as Docker takes them, readable by all: containers run as the caller's user."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for name in sorted(self.files):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(self.files[name]), 0o644
                archive.addfile(entry, io.BytesIO(self.files[name]))
        stream.seek(0)
        return stream


def context(packages: Iterable[str], app: Belongings = NOTHING) -> Context:
    """Return the content of a worker image with an app and the code of these packages, as they are imported here."""
    files = {
        "Dockerfile": Path(__file__).with_name("Dockerfile").read_bytes(),
        "requirements.txt": requirements((*NEEDED_IN_A_WORKER, *app.distributions)).encode(),
        "app/.keep": b"",  # Docker copies no folder that is not there
    }
    for package in packages:
        files.update((f"code/{name}", data) for name, data in code(package))
    files.update((f"app/{name}", data) for name, data in app.files.items())
    return Context(files)


def requirements(wanted: Iterable[str]) -> str:
    """Return the versions installed here of all that is wanted and of all that it needs, one pin a line.

    What a proof says about Celery depends on kombu and redis-py too: a container must not choose its own.
    """
    return _pins(tuple(sorted(wanted)), tuple(sys.path))


@functools.lru_cache(maxsize=8)
def _pins(wanted: tuple[str, ...], _search_path: tuple[str, ...]) -> str:
    """Ask every distribution on the way; for one search path, nobody does so twice."""
    pins: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    pending = deque(Requirement(line) for line in wanted)
    while pending:
        need = pending.popleft()
        name, extras = need.name.lower().replace("_", "-"), frozenset({"", *need.extras})
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            found = distribution(need.name)
        except PackageNotFoundError:  # not needed here; where the image's Python needs it, pip chooses
            continue
        pins.add(f"{name}=={found.version}")
        for below in map(Requirement, found.requires or ()):
            if below.marker is None or any(below.marker.evaluate({"extra": extra}) for extra in extras):
                pending.append(below)
    return "".join(f"{pin}\n" for pin in sorted(pins))


def code(package: str) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a package or module, as it is imported here: its path from the import root, and its bytes."""
    spec = find_spec(package)
    if spec is not None and spec.has_location and not spec.submodule_search_locations:
        yield f"{package.replace('.', '/')}.py", Path(str(spec.origin)).read_bytes()
        return
    if spec is None or not spec.submodule_search_locations:
        raise HarnessError(
            f"a package {package!r} that can be imported here, to put its code into the worker image",
            "no such package" if spec is None else "one without any file",
            "run from where it can be imported, or install it",
        )
    for folder in map(Path, spec.submodule_search_locations):
        for inner, data in content_of(folder):
            yield f"{package.replace('.', '/')}/{inner}", data
