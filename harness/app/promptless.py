"""Celery's commands without the prompt that one of them shows: no worker does, and it takes a tenth of its start.

Owns that whoever asks for the prompt afterwards, an app for example, gets the real one.
"""

from __future__ import annotations

import sys
from types import ModuleType

# celery/bin/amqp.py (5.4 to 5.7) imports `register_repl` from it, and with it all of prompt_toolkit.
_PROMPT = "click_repl"


def load_commands() -> None:
    """Import Celery's commands; one of them, which no worker is, registers a prompt."""
    if _PROMPT in sys.modules or "celery.bin.celery" in sys.modules:
        return
    absent = ModuleType(_PROMPT)
    absent.register_repl = lambda _group: None  # type: ignore[attr-defined]
    sys.modules[_PROMPT] = absent
    try:
        import celery.bin.celery  # noqa: F401, PLC0415 - it is what is to be loaded without the prompt
    finally:
        del sys.modules[_PROMPT]
