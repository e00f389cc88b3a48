"""Who lives under the clock, from when on, and who had better not."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.clock.clock import ClockError
from harness.clock.page import MAGIC, OFFSETS, Page

from clocked import Jumping  # isort: skip


def python(source: str) -> list[str]:
    return [sys.executable, "-S", "-c", source]


@pytest.mark.parametrize(("missing", "magic"), [(0, MAGIC), (0, MAGIC - 1), (1, MAGIC)])
def test_a_process_with_another_page_layout_stays_unclocked(
    jumping: Jumping, tmp_path: Path, missing: int, magic: int
) -> None:
    page = Page.create(tmp_path / "page")
    page.write("offset", 1000 * 10**9)
    page.write("magic", magic)
    os.truncate(tmp_path / "page", OFFSETS["size"] - missing)
    environment = jumping.environment(HARNESS_CLOCK_DIRECTORY=str(tmp_path))
    before = time.monotonic()
    source = "import time; time.sleep(.01); print(time.monotonic())"
    done = subprocess.run(python(source), env=environment, capture_output=True, text=True, check=True)
    is_like_ours = not missing and magic == MAGIC
    assert (float(done.stdout) - before > 900) == is_like_ours
    assert (page.read("process_generation") > 0) == is_like_ours
    page.close()


TELL = "print(os.getpid(), flush=True); input()"
FORK = f"""import ctypes, os
if ctypes.CDLL(None).unshare(0x30000000):  # CLONE_NEWUSER | CLONE_NEWPID
    raise SystemExit("unshare failed")
if os.fork():
    os.wait()
else:
    {TELL}"""
IN_NAMESPACE = {
    "by exec": ["unshare", "--user", "--map-root-user", "--pid", "--fork", *python(f"import os; {TELL}")],
    "by fork": python(FORK),
}


@pytest.mark.parametrize("way", IN_NAMESPACE)
def test_a_process_in_a_pid_namespace_of_its_own_stays_unclocked(jumping: Jumping, way: str) -> None:
    process = jumping.start(
        IN_NAMESPACE[way], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    inside = process.stdout.readline()
    if not inside:
        pytest.skip(f"a pid namespace may not be made here: {process.communicate()[1]}")
    assert int(inside) == 1
    assert jumping.clock.registered() == {process.pid}
    with pytest.raises(ClockError, match="unclocked process"):
        jumping.clock.advance(10, timeout_s=0.3)
    process.communicate("\n")


def test_a_constructor_that_runs_before_ours_reads_the_same_time(jumping: Jumping, tmp_path: Path) -> None:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("no C compiler to build a library with")
    source, library = tmp_path / "early.c", tmp_path / "early.so"
    source.write_text(
        "#include <time.h>\nstruct timespec early;\n"
        "__attribute__((constructor)) static void ask(void) { clock_gettime(CLOCK_MONOTONIC, &early); }\n"
    )
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    jumping.clock.advance(1000)
    environment = jumping.environment()
    ask = (
        "import ctypes, sys, time\n"
        "early = ctypes.c_long.in_dll(ctypes.CDLL(sys.argv[1]), 'early')\nprint(time.monotonic() - early.value)"
    )
    done = subprocess.run(
        [*python(ask), str(library)],
        env=environment | {"LD_PRELOAD": f"{environment['LD_PRELOAD']} {library}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert 0 <= float(done.stdout) < 60
