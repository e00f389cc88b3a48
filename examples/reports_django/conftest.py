import os

import pytest
from django.db import connection


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Have workers open the database that pytest-django has made for the tests."""
    os.environ["REPORTS_DATABASE"] = str(connection.settings_dict["NAME"])


@pytest.fixture(scope="session", autouse=True)
def folder(tmp_path_factory):
    """Have workers put mails and archive where the tests look for them."""
    folder = tmp_path_factory.mktemp("reports")
    os.environ["REPORTS_FOLDER"] = str(folder)
    return folder
