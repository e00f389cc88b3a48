"""What reports cost: rendering five ordinary runs with their index, and pages of 10,000 and 100,000 events."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "drawing"))

from told_runs import ToldRun  # found by the line above

ORDINARY = 120
SIZES = 1_000, 10_000, 100_000
REPEATS = 7


def main() -> None:
    began = time.perf_counter()
    from harness.report.writing import write_reports, write_run  # noqa: PLC0415 - a command pays for it at its end

    print(f"import: {(time.perf_counter() - began) * 1e3:.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        five = Path(folder, "five")
        for number in range(5):
            told(five / f"run-{number}", ORDINARY, number)
        began = time.perf_counter()
        write_reports(five)
        print(f"five runs of {ORDINARY} events, and the index, at first: {(time.perf_counter() - began) * 1e3:.0f} ms")
        print(f"the same again: {median_ms(lambda: write_reports(five)):.0f} ms")
        print(f"one of them: {median_ms(lambda: write_run(five / 'run-0')):.1f} ms")
        for size in SIZES:
            run = told(Path(folder, str(size)), size, size)
            began, began_cpu = time.perf_counter(), time.process_time()
            write_run(run)
            took_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
            sizes = ", ".join(
                f"{name} {(run / name).stat().st_size / 1e6:.2f} MB"
                for name in ("report.html", "report.json", "trace.json")
            )
            print(f"{size:,} events: {took_s:.2f} s ({cpu_s:.2f} s of CPU); {sizes}")
            shutil.rmtree(run)


def told(path: Path, events: int, seed: int) -> Path:
    run = ToldRun(seed)
    run.grow_to(events)
    return run.save(path, path.name)


def median_ms(work: object) -> float:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()  # type: ignore[operator]
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3


if __name__ == "__main__":
    main()
