"""A worker starts without the prompt of Celery's command line, and whoever wants that prompt finds it."""

from __future__ import annotations

import subprocess
import sys


def said(program: str) -> list[str]:
    """Return what a Python of its own prints: which modules are loaded is a matter of a whole process."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()


def test_commands_are_there_and_no_prompt_is_loaded() -> None:
    assert said("""
import sys
from harness.app.promptless import load_commands
load_commands()
from celery.bin.celery import celery
print("worker" in celery.commands, [name for name in sys.modules if name.startswith(("click_repl", "prompt_toolkit"))])
""") == ["True", "[]"]


def test_an_app_that_wants_the_prompt_afterwards_gets_the_real_one() -> None:
    assert said("""
from harness.app.promptless import load_commands
load_commands()
from click_repl import register_repl
print(register_repl.__module__.partition(".")[0])
""") == ["click_repl"]


def test_an_app_that_has_loaded_the_prompt_before_keeps_it() -> None:
    assert said("""
import click_repl
from harness.app.promptless import load_commands
load_commands()
import sys
print(sys.modules["click_repl"] is click_repl)
""") == ["True"]
