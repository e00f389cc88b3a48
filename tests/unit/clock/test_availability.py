"""Why time cannot be virtual: one clear line each."""

import struct
import sys
from pathlib import Path

import pytest

from harness.clock.availability import Available, Unavailable, availability, why_not_clockable

linux = pytest.mark.skipif(sys.platform != "linux", reason="asks for files of Linux")


@pytest.fixture
def install(tmp_path: Path) -> Path:
    folder = tmp_path / "install"
    folder.mkdir()
    for name in ("_interposer", "_autojump"):
        (folder / f"{name}.so").touch()
    return folder


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    folder = tmp_path / "proc"
    (folder / "self").mkdir(parents=True)
    for name in ("loadavg", "self/wchan", "self/schedstat"):
        (folder / name).touch()
    return folder


def reason_of(answer: object) -> str:
    assert isinstance(answer, Unavailable), answer
    assert "\n" not in answer.reason
    return answer.reason


@linux
def test_an_install_with_both_libraries_is_available(install: Path, proc: Path) -> None:
    assert isinstance(availability(install, proc=proc), Available)


def test_macos_stays_in_real_time(install: Path, proc: Path) -> None:
    assert "needs Linux, this is darwin" in reason_of(availability(install, platform="darwin", proc=proc))


@linux
def test_an_install_without_a_compiler_says_so(tmp_path: Path, proc: Path) -> None:
    assert "no compiled clock library" in reason_of(availability(tmp_path, proc=proc))


@linux
def test_a_machine_without_proc_says_so(install: Path, tmp_path: Path) -> None:
    assert "cannot be read" in reason_of(availability(install, proc=tmp_path / "nowhere"))


@linux
def test_a_path_that_ld_preload_cannot_name_says_so(install: Path, proc: Path) -> None:
    spaced = install.rename(install.with_name("with space"))
    assert "space or a colon" in reason_of(availability(spaced, proc=proc))


@linux
def test_a_c_library_other_than_glibc_says_so(install: Path, proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.confstr", lambda _name: None)
    assert "another one (musl?)" in reason_of(availability(install, proc=proc))


def program(path: Path, loader: str | None) -> Path:
    """A minimal 64-bit ELF file, with or without a dynamic loader."""
    name = (loader or "").encode() + b"\0"
    header = (
        b"\x7fELF"
        + bytes([2, 1, 1])
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    )
    kind = 3 if loader else 1
    path.write_bytes(header + struct.pack("<IIQQQQQQ", kind, 0, 120, 0, 0, len(name), len(name), 1) + name)
    return path


def test_a_program_with_the_gnu_loader_can_be_clocked(tmp_path: Path) -> None:
    assert why_not_clockable(program(tmp_path / "p", "/lib64/ld-linux-x86-64.so.2")) is None


def test_a_static_program_cannot(tmp_path: Path) -> None:
    assert "linked statically" in why_not_clockable(program(tmp_path / "p", None))


def test_a_program_for_musl_cannot(tmp_path: Path) -> None:
    assert "runs on musl" in why_not_clockable(program(tmp_path / "p", "/lib/ld-musl-x86_64.so.1"))


def test_what_is_no_program_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(b"MZ" + bytes(100))
    assert "no 64-bit Linux program" in why_not_clockable(path)


def test_a_script_is_left_to_its_interpreter(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_text("#!/bin/sh\n")
    assert why_not_clockable(path) is None
