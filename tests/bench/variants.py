"""All proofs on each broker that people use, and the table of docs/containers.md.

    python tests/bench/variants.py [VARIANT ...] [-- PYTEST-ARGUMENT ...]

Without names: all of them. An image is the stand-in that .ci/base-images makes, if it is here, else the official one.
Prints what came of each as it comes, then the table; ends with 1 if any proof failed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from harness.errors import TroubleError
from harness.testbed.images import is_here

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Variant:
    """A broker, and how pytest and `harness run` are told of it."""

    title: str
    stand_in: str | None = None
    official: str | None = None
    options: tuple[str, ...] = ("--testbed", "containers")
    image_option: str = "--redis-image"
    is_timed_really: bool = False

    def arguments(self) -> list[str]:
        """Return the options, with the image that is here."""
        image = self.stand_in if self.stand_in is not None and is_here(self.stand_in) else self.official
        return [*self.options, *((self.image_option, image) if image is not None else ())]


REDIS, VALKEY = "canvas-harness/base-redis", "canvas-harness/base-valkey"
VARIANTS = {
    "redis6.0": Variant("Redis 6.0", f"{REDIS}:bullseye", "redis:6.0"),
    "redis6.2": Variant("Redis 6.2", options=("--testbed", "local", "--redis-server", "embedded")),
    "redis7.0": Variant("Redis 7.0", f"{REDIS}:bookworm", "redis:7.0"),
    "redis8.0": Variant("Redis 8.0", f"{REDIS}:trixie", "redis:8.0"),
    "valkey8.1": Variant("Valkey 8.1", f"{VALKEY}:trixie", "valkey/valkey:8.1"),
    "rabbitmq": Variant(
        "RabbitMQ + Redis",
        "canvas-harness/base-rabbitmq:bookworm",
        "rabbitmq:3",
        ("--testbed", "containers", "--broker", "rabbitmq"),
        "--rabbitmq-image",
        is_timed_really=True,
    ),
}


def versions(arguments: list[str], folder: Path) -> tuple[str, str]:
    """Run one scenario; return which servers it ran on, as they say themselves, and the clock."""
    command = [sys.executable, "-m", "harness", "run", "happy", *arguments, "--directory", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    servers = {}
    for journal in (folder / "happy" / "journals").glob("*.jsonl"):
        for event in map(json.loads, journal.read_text().splitlines()):
            if event["kind"] == "RecorderStarted":
                said = event["redis_version"]
                servers["results"] = said if said[0].isalpha() else f"Redis {said}"
            elif event["kind"] == "BrokerStarted":
                servers["broker"] = f"{event['product']} {event['version']}"
    clock = json.loads((folder / "happy" / "run.json").read_text())["clock"]["clock"]
    return " + ".join(servers[which] for which in ("broker", "results") if which in servers), clock


def proved(variant: Variant, more: list[str], report: Path) -> Counter[str]:
    """Run all proofs; return how many tests came to what."""
    environment = dict(os.environ)
    if variant.is_timed_really:  # nobody waits for the retries of drawn canvases
        environment.pop("CANVAS_HARNESS_DRAWN", None)
    words = ["tests/proofs", *variant.arguments(), "-q", "-rfEs", f"--junitxml={report}", *more]
    subprocess.run([sys.executable, "-m", "pytest", *words], check=False, cwd=ROOT, env=environment)
    found: Counter[str] = Counter()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by the line before
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        found[min(kinds, default="passed")] += 1
    return found


def row(name: str, more: list[str]) -> tuple[str, bool]:
    """Prove a variant; return its line of the table, and whether all went well."""
    variant, began = VARIANTS[name], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        servers, clock = versions(variant.arguments(), Path(folder, "runs"))
        print(f"== {variant.title}: {servers}, {clock} time", flush=True)
        found = proved(variant, more, Path(folder, "report.xml"))
    bad = found["failure"] + found["error"]
    where = "local" if "local" in variant.options else "containers"
    skipped = f"{found['skipped']} skipped" if found["skipped"] else "none skipped"
    cells = (
        f"{variant.title} ({servers})",
        where,
        clock,
        f"{found['passed']} hold, {skipped}" + (f", **{bad} fail**" if bad else ""),
        f"{time.monotonic() - began:.0f} s",
    )
    return f"| {' | '.join(cells)} |", not bad


def main() -> int:
    """Prove all that are named."""
    words = sys.argv[1:]
    at = words.index("--") if "--" in words else len(words)
    names, more = words[:at] or list(VARIANTS), words[at + 1 :]
    lines, are_well = ["| broker | testbed | time | proofs | took |", "| --- | --- | --- | --- | --- |"], True
    for name in names:
        try:
            line, is_well = row(name, more)
        except (TroubleError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None)
            line, is_well = f"| {VARIANTS[name].title} | not proved: {said.decode() if said else error} |", False
        lines.append(line)
        are_well &= is_well
        print(line, flush=True)
    print("\n".join(("", *lines)))
    return 0 if are_well else 1


if __name__ == "__main__":
    sys.exit(main())
