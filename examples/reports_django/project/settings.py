import os
from pathlib import Path

BASE_DIR = Path(__file__).parent.parent
FOLDER = Path(os.environ.get("REPORTS_FOLDER", BASE_DIR))
DATABASE = os.environ.get("REPORTS_DATABASE", FOLDER / "reports.sqlite3")
ARCHIVE = FOLDER / "archive"

SECRET_KEY = "for this example only"
INSTALLED_APPS = ["reports"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE,
        "TEST": {"NAME": BASE_DIR / "test.sqlite3"},  # a file: what is in memory no other process could see
    }
}

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = FOLDER / "mails"

CELERY_BROKER_URL = "redis://localhost"
