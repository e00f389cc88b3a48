"""The pytest plugin: options that say where and how runs are made. Every pytest loads it, so it loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the harness's options."""
    group = parser.getgroup("canvas-harness", "canvas-harness: real Celery canvases, proved")
    group.addoption(
        "--testbed",
        choices=("local", "containers", "all"),
        default="all",
        help="where proofs run: local, containers, or all that this machine can (default: all)",
    )
    group.addoption(
        "--clock",
        choices=("virtual", "real"),
        default="virtual",
        help="the time of testbeds: virtual where that works, with waits jumped over, or real (default: virtual)",
    )
    group.addoption(
        "--redis-server",
        metavar="PROGRAM",
        help="the Redis or Valkey of local testbeds, or `embedded` (default: the one on PATH, else that)",
    )
