"""What is left of a run when somebody gets SIGKILL at a random moment, or Ctrl-C twice?

    python tests/bench/kills.py [HARNESS [SUPERVISOR [BOTH [IMPATIENT]]]]

The numbers say how often (default: 30 10 10 10). The impatient one sends SIGINT or SIGTERM, and within 0.2 s again.
Victims are, by turns, `harness run` in virtual and in real time, and pytest. Looked at 2 s after the kill (after the
command's own end, where it was not killed): processes that carry this script's mark or name one of its testbeds in
their environment, folders of testbeds in the folder for temporary files, their pages in shared memory, and unix sockets
there. Where both were killed nobody could remove folders: there, and only there, the next `harness run` does so first.
Exits with 1 if anything was left.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

MARK = "CANVAS_HARNESS_BENCH_MARK"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - that is where pages are
PATIENCE_S, LATEST_S, IMPATIENCE_S = 2.0, 3.0, 0.2
PROOFS = Path(__file__).parents[1] / "proofs" / "test_pipeline.py"
HARNESS = [sys.executable, "-P", "-m", "harness", "run"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(PROOFS), "--testbed", "local"]
COMMANDS = (
    [*HARNESS, "slow", "down", "partial_fail"],
    [*HARNESS, "slow", "down", "--clock", "real"],
    [*PYTEST, "--clock", "real"],
)


@dataclass
class Victim:
    """One command, in a folder of its own."""

    command: list[str]
    folder: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    testbeds: set[str] = field(default_factory=set)

    def start(self) -> subprocess.Popen[bytes]:
        """Start it."""
        (self.folder / "tmp").mkdir(exist_ok=True)
        in_project = self.command[2] == "pytest"
        return subprocess.Popen(
            self.command,
            cwd=PROOFS.parents[2] if in_project else self.folder,
            env=os.environ | {MARK: self.mark, "TMPDIR": str(self.folder / "tmp")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def processes(self) -> dict[int, str]:
        """Return its processes that live."""
        found = {}
        marks = (self.mark.encode(), f"CANVAS_HARNESS_TESTBED={self.folder}".encode())
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                environment = (process / "environ").read_bytes()
                if any(mark in environment for mark in marks):
                    found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def supervisors(self) -> list[int]:
        """Return its supervisors; none if there is none soon."""
        deadline = time.monotonic() + LATEST_S
        while time.monotonic() < deadline:
            if found := [pid for pid, line in self.processes().items() if "harness.testbed.supervise" in line]:
                return found
            time.sleep(0.01)
        return []

    def look(self) -> None:
        """Remember which testbeds it has: their pages have the same names."""
        self.testbeds |= {path.name for path in (self.folder / "tmp").glob("canvas-harness-*")}

    def left(self) -> list[str]:
        """Return everything of it that is there."""
        self.look()
        # Not pytest's own folder, which it keeps on purpose.
        folders = [path.name for path in (self.folder / "tmp").iterdir() if not path.name.startswith("pytest-of-")]
        pages = [str(SHARED_MEMORY / name) for name in self.testbeds if (SHARED_MEMORY / name).exists()]
        sockets = [line for line in Path("/proc/net/unix").read_text().splitlines() if str(self.folder) in line]
        return [*self.processes().values(), *folders, *pages, *sockets]


def kill(victim: Victim, who: str, rng: random.Random) -> list[str]:
    """Start a command, kill somebody at a random moment, and return what is left of it."""
    process = victim.start()
    time.sleep(rng.uniform(0, LATEST_S))
    targets = victim.supervisors() if who in {"supervisor", "both"} else []
    targets = [rng.choice(targets)] if targets and who == "supervisor" else targets
    victim.look()
    for pid in targets:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if who == "impatient":
        number = rng.choice((signal.SIGINT, signal.SIGTERM))
        process.send_signal(number)
        time.sleep(rng.uniform(0, IMPATIENCE_S))
        process.send_signal(number)
    elif who != "supervisor":
        process.kill()
    process.wait(timeout=120)
    time.sleep(PATIENCE_S)
    return victim.left()


def main() -> int:
    """Kill, count, print."""
    wanted = [int(number) for number in sys.argv[1:]] or [30, 10, 10, 10]
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**6)))
    rng, bad = random.Random(seed), 0  # noqa: S311 - a moment is to be chosen, not a secret
    for who, times in zip(("harness", "supervisor", "both", "impatient"), wanted, strict=False):
        leaking = swept = 0
        for number in range(times):
            with tempfile.TemporaryDirectory() as folder:
                victim = Victim(COMMANDS[number % (2 if who == "supervisor" else 3)], Path(folder))
                left = kill(victim, who, rng)
                if left and who == "both":
                    swept += 1
                    subprocess.run(
                        [*HARNESS, "happy"], cwd=folder, check=False, stdout=subprocess.DEVNULL,
                        env=os.environ | {"TMPDIR": str(victim.folder / "tmp")},
                    )  # fmt: skip
                    processes = [line for line in left if line.startswith("/") and " " in line]
                    left = processes + victim.left()
                if left:
                    leaking += 1
                    print(f"{who} {number + 1}, {' '.join(victim.command[2:5])}: left {left}", flush=True)
        bad += leaking
        later = f"; {swept} left folders, which the next run has removed" if who == "both" else ""
        print(f"{times} times {who}: {leaking} left something after {PATIENCE_S:.0f} s{later}", flush=True)
    print(f"seed {seed}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
