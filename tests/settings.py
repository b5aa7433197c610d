"""Settings of the tests: a data folder and a database server of their own, a cheap password hash."""

import os

from tests import places

if "TEST_DATA" not in os.environ:
    os.environ["TEST_DATA"] = str(places.make())
os.environ["HOSTKEEP_DATA"] = os.environ["TEST_DATA"]
os.environ.setdefault("HOSTKEEP_DEMO", "1")
# A roll of the keys in one worker must not take the keys from another's database.
os.environ["HOSTKEEP_KEYRING"] = f"{os.environ['TEST_DATA']}/keys/{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
os.environ.setdefault("HOSTKEEP_SECRET_KEY", "only for tests, only for tests, only for tests")
os.environ.setdefault("HOSTKEEP_LOG_LEVEL", "WARNING")

from hostkeep.project.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["tests.hashing.CheapArgon2"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

(HOSTKEEP.data / "static").mkdir(parents=True, exist_ok=True)
