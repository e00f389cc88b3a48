"""What of this machine belongs to an app: the code that is its author's, and the distributions that it needs.

Read off the modules that a process has loaded which did nothing but import the app (`harness/launch.py`, `modules`).
What is found under `site-packages` comes from a distribution, of which the image gets the same version; all else that
is not Python's own is the author's, and is copied. So is what was installed from a folder and not from an index: pip
could not find it again. Refuses to import anything.
"""

from __future__ import annotations

import functools
import sys
import sysconfig
from dataclasses import dataclass, field
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_READING = Lock()
_OURS = "harness"  # it is in the image anyway
_FROM_ELSEWHERE = "direct_url.json"  # PEP 610: installed from a folder, an archive, or a repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """Files by their paths from where modules are looked for, and distributions by their names."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    distributions: tuple[str, ...] = ()


def belongings(modules: Mapping[str, str]) -> Belongings:
    """Return what belongs to an app that has loaded these modules, each with its file."""
    files: dict[str, bytes] = {}
    distributions: set[str] = set()
    of_package = known_distributions()
    from_an_index = functools.cache(lambda package: _from_an_index(of_package.get(package, ())))
    own: dict[str, str] = {}
    for name, file in modules.items():
        package = name.partition(".")[0]
        if package == _OURS or _is_pythons_own(Path(file)):
            continue
        if found := from_an_index(package) if _is_installed(Path(file)) else ():
            distributions.update(found)
        else:
            own[name] = file
    for name in {_root(name, own) for name in own}:
        files.update(_files(name, Path(own[name])))
    return Belongings(files=files, distributions=tuple(sorted(distributions)))


def known_distributions() -> Mapping[str, list[str]]:
    """Return which distributions each package comes from, as far as this process's search path leads.

    It takes some tenths of a second, for every distribution's list of files is read: nobody does so twice.
    """
    with _READING:
        return _read_distributions(tuple(sys.path))


@functools.lru_cache(maxsize=1)
def _read_distributions(_search_path: tuple[str, ...]) -> Mapping[str, list[str]]:
    return packages_distributions()


def content_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a package's folder that is of use elsewhere, by its path in the folder."""
    for file in folder.rglob("*"):
        inner = file.relative_to(folder)
        is_hidden = any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
        # A library that was built here may not load there: another C library, another Python.
        if file.is_file() and not is_hidden and file.suffix not in {".so", ".pyc"}:
            yield inner.as_posix(), file.read_bytes()


def _is_installed(file: Path) -> bool:
    return not _INSTALLED.isdisjoint(file.parts)


def _is_pythons_own(file: Path) -> bool:
    return not _is_installed(file) and _is_in_its_home(file.parent)


@functools.cache
def _is_in_its_home(folder: Path) -> bool:
    """Say whether Python itself lives there. Asked for every module, and most are in the same few folders."""
    real = folder.resolve()
    return not _pythons_homes().isdisjoint((real, *real.parents))


@functools.cache
def _pythons_homes() -> frozenset[Path]:
    return frozenset(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib"))


def _from_an_index(distributions: list[str] | tuple[str, ...]) -> list[str]:
    return [name for name in distributions if distribution(name).read_text(_FROM_ELSEWHERE) is None]


def _root(name: str, own: Mapping[str, str]) -> str:
    """Return the outermost package that a module is in, or the module itself where folders alone are around it."""
    parts = name.split(".")
    outer = (".".join(parts[:count]) for count in range(1, len(parts)))
    return next((each for each in outer if _is_package(own.get(each, ""))), name)


def _is_package(file: str) -> bool:
    return Path(file).name == "__init__.py"


def _files(name: str, file: Path) -> Iterator[tuple[str, bytes]]:
    path = name.replace(".", "/")
    if not _is_package(str(file)):
        yield f"{path}{file.suffix}", file.read_bytes()
        return
    for inner, data in content_of(file.parent):
        yield f"{path}/{inner}", data
