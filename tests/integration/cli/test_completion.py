"""Completion as a shell does it, with the script that `harness completion` prints."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.catalog import find_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Command

# What a shell does at the key: the function that is registered for a command fills COMPREPLY.
COMPLETE = """
eval "$(harness completion bash)"
function=$(complete -p harness | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=({words}) COMP_CWORD=$(({count} - 1))
"$function" harness
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("harness r", {"report", "run"}),
        ("harness completion ''", {"bash", "zsh", "fish"}),
        ("harness run --poo", {"--pool"}),
        ("harness run --pool pre", {"prefork"}),
        ("harness run rep", {"reports"}),
        ("harness run fl", {"flaky"}),
        ("harness run faul", {"faults"} | {scenario.name for scenario in find_scenarios(["faults"])}),
    ],
)
def test_bash_completes_with_the_script(words: str, expected: set[str]) -> None:
    script = COMPLETE.format(words=words, count=len(shlex.split(words)))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=os.environ | {"PATH": path}, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == expected, done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_says_how_to_have_it_in_every_shell(shell: str, harness: Callable[..., Command]) -> None:
    command = harness("completion", shell)
    assert command.finish() == 0
    first, *rest = command.output.splitlines()
    assert (rest[0] if shell == "zsh" else first).startswith("# To have it in every shell: ")
    assert (first == "#compdef harness") is (shell == "zsh")  # else zsh would not take the file for a completion
    assert "_HARNESS_COMPLETE" in command.output


@pytest.mark.parametrize("name", ["run", "doctor", "completion"])
def test_every_command_teaches_by_example(name: str, harness: Callable[..., Command]) -> None:
    command = harness(name, "--help")
    assert command.finish() == 0
    assert "Examples" in command.output
    assert f"harness {name} " in command.output.partition("Examples")[2]


def test_without_a_command_the_help_is_shown(harness: Callable[..., Command]) -> None:
    command = harness()
    assert command.finish() in {0, 2}  # 2 as click has it since 8.2; before, 0
    for name in ("run", "doctor", "completion"):
        assert f"  {name}  " in command.output
