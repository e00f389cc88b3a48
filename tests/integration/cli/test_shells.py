"""Completion in zsh and fish, set up by the line that the script itself names, in a home that knows of neither."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 30.0
HINT = "# To have it in every shell: "
PROMPT = "what-next> "
# What is in the line of the editor is written down at a key, for what a terminal shows is full of its own orders.
KEYS = f"""
PS1='{PROMPT}'
bindkey -e
write-down() {{ print -r -- "$BUFFER" > ~/line }}
zle -N write-down
bindkey '^T' write-down
"""
WORDS = {
    "harness ru": "harness run ",
    "harness run --poo": "harness run --pool ",
    "harness run --pool pre": "harness run --pool prefork ",
    "harness run fl": "harness run flaky ",
    "harness completion f": "harness completion fish ",
}


def environment(home: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ZDOTDIR"))}
    return kept | {"HOME": str(home), "PATH": path, "TERM": "dumb"}


def set_up(shell: str, home: Path) -> None:
    """Do what the script says to do."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    command = [sys.executable, "-P", "-m", "harness", "completion", shell]
    script = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (hint,) = (line.removeprefix(HINT) for line in script.splitlines() if line.startswith(HINT))
    subprocess.run(["sh", "-c", hint], env=environment(home), check=True)


class Terminal:
    """A zsh as a person has it who has set nothing else up, and what it shows."""

    def __init__(self, home: Path) -> None:
        with (home / ".zshrc").open("a") as settings:
            settings.write(KEYS)
        os.mkfifo(home / "line")
        self._line = os.open(home / "line", os.O_RDWR | os.O_NONBLOCK)
        self._keyboard, screen = pty.openpty()
        # -d: nor has the machine.
        self._shell = subprocess.Popen(
            ["zsh", "-d", "-i"],
            env=environment(home),
            stdin=screen,
            stdout=screen,
            stderr=screen,
            start_new_session=True,
        )
        os.close(screen)
        self.shown = ""

    def read(self, wanted: int) -> str:
        """Return what the screen shows next, or the line that was written down; what is shown meanwhile is kept."""
        deadline = time.monotonic() + PATIENCE_S
        while (left_s := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self._keyboard, self._line], [], [], left_s)
            if self._keyboard in ready:
                said = os.read(self._keyboard, 4096).decode(errors="replace")
                self.shown += said
                if wanted == self._keyboard:
                    return said
            if self._line in ready and wanted == self._line:
                return os.read(self._line, 4096).decode()
        pytest.fail(f"nothing within {PATIENCE_S} s; shown so far:\n{self.shown}")

    def await_prompt(self) -> None:
        """Return when it takes keys."""
        while PROMPT not in self.shown:
            self.read(self._keyboard)

    def complete(self, begun: str) -> str:
        """Type, press the key that completes, and return the line; then clear it."""
        os.write(self._keyboard, f"{begun}\t\x14\x15".encode())
        return self.read(self._line).removesuffix("\n")

    def close(self) -> None:
        """Hang up."""
        self._shell.kill()
        self._shell.wait()
        os.close(self._keyboard)
        os.close(self._line)


@pytest.fixture
def zsh(tmp_path: Path) -> Iterator[Terminal]:
    """A zsh that was set up and takes keys."""
    set_up("zsh", tmp_path)
    terminal = Terminal(tmp_path)
    try:
        terminal.await_prompt()
        yield terminal
    finally:
        terminal.close()


def test_zsh_completes_what_is_typed(zsh: Terminal) -> None:
    assert {begun: zsh.complete(begun) for begun in WORDS} == WORDS
    assert "command not found" not in zsh.shown


def test_zsh_shows_what_there_is_to_choose_from(zsh: Terminal) -> None:
    assert zsh.complete("harness completion ") == "harness completion "
    assert all(shell in zsh.shown for shell in ("bash", "fish", "zsh"))


@pytest.mark.parametrize("begun", WORDS)
def test_fish_completes_what_is_typed(begun: str, tmp_path: Path) -> None:
    set_up("fish", tmp_path)
    done = subprocess.run(
        ["fish", "-c", f"complete --do-complete {begun!r}"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert found == [WORDS[begun].split()[-1]], done.stderr
