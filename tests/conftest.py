"""Holds for every test; asserts of the shared modules explain themselves."""

import os

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.support")

# Projects that the tests run themselves, each in a process of its own.
collect_ignore = ["cases"]

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
