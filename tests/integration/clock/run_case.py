"""Run one case in this (clocked) process: `run_case.py NAME`. Prints one JSON line."""

import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(os.path.dirname(os.path.dirname(HERE)))]

from cases import lateness, many_threads, peers, processes, raw_calls, registry, signals, timers, waiting, work  # noqa: E402, F401


def main():
    chosen = registry.CASES[sys.argv[1]]
    start, real_start = time.monotonic(), registry.real_s()
    result = chosen.run()
    end = result.pop("ended_at") if isinstance(result, dict) and "ended_at" in result else time.monotonic()
    real_s = registry.real_s() - real_start
    print(json.dumps({"virtual_s": end - start, "real_s": real_s, "wakeups": registry.own_wakeups(), "result": result}))
    sys.stdout.flush()
    os._exit(0)  # threads that a case leaves behind must not be waited for


if __name__ == "__main__":
    main()
