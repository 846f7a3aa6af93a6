"""AW514: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import REPORT
from tests.traps.support import run, texts

HEAD = """
import asyncio
import concurrent.futures
from unittest import mock

import pytest

from app import compute
"""


def told(code: str) -> int:
    """Return how much is reported about a file, which never changes."""
    files = texts({"test_it.py": f"{HEAD}\n{code}"})
    found = run(files, unsafe=True, rules=frozenset({"AW514"})).plan
    assert not found.files
    assert {each.status for each in found.findings} <= {REPORT}
    return len(found.findings)


PATCHED = """
@mock.patch("app.ThreadPoolExecutor")
def test_compute(pool):
    future = {future}
    future.set_result(3)
    pool.return_value.{use} = future
    assert compute() == 3
"""


@pytest.mark.parametrize(
    "future, use",
    [
        ("concurrent.futures.Future()", "submit.return_value"),
        ("mock.Mock()", "submit.return_value"),
        ("asyncio.Future()", "map.return_value"),
    ],
)
def test_what_a_pool_hands_out_or_nothing_to_do_with_it(future, use):
    assert told(PATCHED.format(future=future, use=use)) == 0


def test_a_future_of_another_test():
    other = """
def test_other():
    assert asyncio.Future()
"""
    future = "concurrent.futures.Future()"
    code = PATCHED.format(future=future, use="submit.return_value")
    assert told(code + other) == 0


@pytest.mark.parametrize(
    "future",
    ["asyncio.Future()", "asyncio.get_event_loop().create_future()"],
)
def test_futures_of_asyncio(future):
    assert told(PATCHED.format(future=future, use="submit.return_value")) == 1
