"""The races' own app, on a Celery that can be broken on demand."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import broken_races

from scenarios.races.app import app

assert all((app, broken_races))
