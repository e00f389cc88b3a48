"""The command line: a thin surface. It shows; it decides nothing but the exit code."""

from harness.cli.main import main

__all__ = ["main"]
