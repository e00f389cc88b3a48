"""Run one case in this (clocked) process: `run_case.py NAME`. Prints one JSON line."""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(os.path.dirname(os.path.dirname(HERE)))]

from cases import (  # noqa: E402, F401
    event_loops,
    lateness,
    many_threads,
    peers,
    processes,
    raw_calls,
    registry,
    signals,
    timers,
    waiting,
    work,
)


def main():
    chosen = registry.CASES[sys.argv[1]]
    start, real_start = registry.both_clocks()
    result = chosen.run()
    end, real_end = registry.both_clocks()
    if isinstance(result, dict):
        end = result.pop("ended_at", end)
    real_s = real_end - real_start
    print(json.dumps({"virtual_s": end - start, "real_s": real_s, "wakeups": registry.own_wakeups(), "result": result}))
    sys.stdout.flush()
    os._exit(0)  # threads that a case leaves behind must not be waited for


if __name__ == "__main__":
    main()
