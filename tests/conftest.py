"""Holds for every test; asserts of the shared modules explain themselves."""

import os

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.support")

# Projects that the tests run themselves, each in a process of its own.
collect_ignore = ["cases"]


@pytest.fixture(autouse=True, scope="session")
def _directories(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep journals and caches out of the user's own, also in subprocesses."""
    os.environ["AWAITIFY_STATE_DIR"] = str(tmp_path_factory.mktemp("state"))
    os.environ["AWAITIFY_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))


settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
