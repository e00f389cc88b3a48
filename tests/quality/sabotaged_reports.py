"""The reports' own app, on a Celery that can be broken on demand. Importing it breaks Celery, as sabotaged_shop."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import broken_chords
import broken_reports

from scenarios.reports.app import app

assert broken_chords is not broken_reports
__all__ = ["app"]
