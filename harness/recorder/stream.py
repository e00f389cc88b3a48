"""One line of MONITOR, taken apart.

A line is `1700000000.123456 [1 127.0.0.1:40000] "SET" "key" "value"`. A command that a script runs shows `lua` in the
place of the address; it belongs to the client whose script call stands before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(rb"(\d+)\.(\d{6}) \[(\d+) ([^\]]+(?:\]:\d+)?)\] (.*)", re.DOTALL)
_ARGUMENT = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(rb'"(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*', re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_HEXADECIMAL = re.compile(rb"\\(x[0-9a-fA-F]{2})")
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"}
_SCRIPT_CALLS = frozenset({b"EVAL", b"EVALSHA", b"EVAL_RO", b"EVALSHA_RO", b"FCALL", b"FCALL_RO"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as Redis saw it."""

    server_ns: int
    database: int
    client: str
    name: str
    arguments: tuple[str, ...]


class Stream:
    """Takes lines apart and remembers whose script is running."""

    def __init__(self) -> None:
        self._script_client = ""

    def command(self, line: bytes) -> Command | None:
        """Return the command of a line, or None if the line is none (the server's `OK` to begin with)."""
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        seconds, micros, database, client, rest = found.groups()
        name, *arguments = _arguments(rest)
        name = name.upper()
        if client == b"lua":
            whose = self._script_client
        else:
            whose = client.decode()
            if name in _SCRIPT_CALLS:
                self._script_client = whose
        return Command(
            server_ns=int(seconds) * 1_000_000_000 + int(micros) * 1000,
            database=int(database),
            client=whose,
            name=name.decode(),
            arguments=tuple(argument.decode(errors="backslashreplace") for argument in arguments),
        )


def _arguments(rest: bytes) -> list[bytes]:
    """Return what stands between quotes, as it was sent.

    Valkey 8.1 escapes what cannot be printed, and leaves quotes and backslashes as they are (8.1.1). There an argument
    ends where the next one begins, or the line: one that holds a quote, a space and a quote in a row is taken for two.
    What Celery sends is JSON, in which a backslash never stands before an x.
    """
    if _ESCAPED.fullmatch(rest):
        return [_unescaped(argument) for argument in _ARGUMENT.findall(rest)]
    return [_HEXADECIMAL.sub(_character, argument) for argument in rest[1:-1].split(b'" "')]


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[bytes]) -> bytes:
    what = found.group(1)
    if what[:1] == b"x" and len(what) > 1:
        return bytes([int(what[1:], 16)])
    return _PLAIN.get(what, what)
