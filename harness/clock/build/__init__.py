"""How setuptools builds the clock's two libraries, and what it calls the wheel that they are in.

Owns that neither is taken for a module of Python: they are compiled without Python's flags (which would carry paths of
the building machine into them), are called `_interposer.so` and `_autojump.so` whatever the version, and one wheel
serves all. Refuses to fail: whoever has no compiler gets a harness in real time. No part of a wheel.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

if TYPE_CHECKING:
    from setuptools import Extension


class BuildLibraries(build_ext):
    """Compiles shared objects that no Python imports. CC, CFLAGS and LDFLAGS are heard, as everywhere."""

    def build_extensions(self) -> None:
        """Compile with the machine's C compiler; where there is no clock anyway, ask for none."""
        if sys.platform != "linux":
            self.extensions = []
        flags = shlex.split(os.environ.get("CFLAGS", ""))
        compiler = [*shlex.split(os.environ.get("CC", "cc")), *flags]
        linker = [*compiler, "-shared", *shlex.split(os.environ.get("LDFLAGS", ""))]
        # Sums of times wrap around, as they do in everything that is compiled with the flags of Python.
        compiler.append("-fwrapv")
        self.compiler.set_executables(compiler=compiler, compiler_so=[*compiler, "-fPIC"], linker_so=linker)
        self.compiler.set_include_dirs([])
        self.compiler.set_library_dirs([])
        self.compiler.set_runtime_library_dirs([])
        super().build_extensions()

    def build_extension(self, ext: Extension) -> None:
        """Compile one of them. A checkout keeps none of an older state of it: that would be taken for this one."""
        try:
            super().build_extension(ext)
        except BaseException:
            if self.editable_mode:
                Path(self.get_ext_filename(ext.name)).unlink(missing_ok=True)
            raise

    def get_ext_filename(self, fullname: str) -> str:
        """Name a library without the version of a Python."""
        return os.path.join(*fullname.split(".")) + ".so"  # noqa: PTH118 - setuptools wants a string


class VersionlessWheel(bdist_wheel):
    """A wheel for every Python 3 on one platform."""

    def get_tag(self) -> tuple[str, str, str]:
        """Keep the platform alone of what setuptools would say."""
        return ("py3", "none", super().get_tag()[2])
