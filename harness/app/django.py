"""What a Django project needs of the sender that Celery does not see to.

Setting up is Celery's: `DJANGO_SETTINGS_MODULE` is in the environment or set by the app's own module, and the fix-up
that Celery installs then calls `django.setup()` before the first module of tasks is imported; a worker's connections to
databases it closes around every task (celery/fixups/django.py, 5.4 to 5.7). A sender is no worker: what the code that
it is given has opened would stay open, and nobody could drop that database. Refuses to import Django.
"""

from __future__ import annotations

import sys
from importlib import import_module


def let_databases_go() -> None:
    """Close what Django closes at the end of a request, where there is a Django that has been set up."""
    registry = sys.modules.get("django.apps")
    if registry is not None and registry.apps.ready:
        import_module("django.db").close_old_connections()
