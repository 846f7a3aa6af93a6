"""AW542: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import REVIEW
from tests.traps.support import check, left, run, texts

APP = """
class Service:
    async def is_ready(self):
        return True

    async def serve(self):
        while True:
            await self.is_ready()

    def is_sync(self):
        return True
"""
HEAD = """
import asyncio
import inspect
from unittest import mock

import pytest

from app import Service
"""
RULES = frozenset({"AW542"})


def project(*statements: str) -> dict[str, str]:
    """Return a project with a coroutine test of these statements."""
    body = "\n    ".join(("service = Service()", *statements))
    test = f"@pytest.mark.asyncio\nasync def test_it():\n    {body}\n"
    return {"app.py": APP, "test_it.py": f"{HEAD}\n{test}"}


def changed(before: dict[str, str], old: str, new: str) -> None:
    """Assert that an assertion is awaited, with `--unsafe` alone."""
    found = run(texts(before), rules=RULES).plan
    assert not found.files
    assert {each.status for each in found.findings} == {REVIEW}
    after = {"test_it.py": before["test_it.py"].replace(old, new)}
    check(before, after, unsafe=True, rules=RULES)


@pytest.mark.parametrize(
    "statement",
    [
        "assert service.is_sync()",
        "assert await service.is_ready()",
        "assert asyncio.iscoroutine(service.is_ready())",
        "assert isinstance(service.is_ready(), object)",
        "assert service.is_ready().cr_frame",
        "assert True, service.is_ready()",
        "assert make().is_ready()",
        "assert [service.is_ready()]",
        "self = mock.AsyncMock()\n    assert self.is_ready()",
    ],
)
def test_what_is_no_assertion_about_an_unawaited_coroutine(statement):
    assert left(project(statement), unsafe=True, rules=RULES) == []


def test_sync_tests_and_lambdas():
    code = """
from app import Service

def test_sync():
    assert Service().is_ready()

async def test_lambda():
    assert call(lambda: Service().is_ready())
"""
    files = {"app.py": APP, "test_it.py": code}
    assert left(files, unsafe=True, rules=RULES) == []


def test_a_method_that_may_be_replaced():
    files = project("service.is_ready = mock.Mock()", "assert service.is_ready()")
    assert left(files, unsafe=True, rules=RULES) == ["uncertain-call"]


def test_a_coroutine_that_may_never_return():
    files = project("assert service.serve()")
    assert left(files, unsafe=True, rules=RULES) == ["uncertain-call"]


@pytest.mark.parametrize(
    "statement",
    [
        "assert service.is_ready()",
        "assert service.is_ready() is not None",
        "assert service.is_ready() and service.is_sync()",
        "assert not service.is_ready()",
        'assert 1 != service.is_ready(), "ready"',
    ],
)
def test_assertions(statement):
    changed(project(statement), "service.is_ready()", "await service.is_ready()")


def test_methods_of_unittest():
    code = """
import unittest

from app import Service


class ServiceTests(unittest.IsolatedAsyncioTestCase):
    async def test_ready(self):
        self.assertTrue(Service().is_ready())
"""
    files = {"app.py": APP, "test_it.py": code}
    changed(files, "Service().is_ready()", "await Service().is_ready()")


def test_a_test_that_becomes_async():
    before = """
import asyncio

from app import Service


def test_ready():
    service = Service()
    assert service.is_ready()
    assert asyncio.run(service.is_ready())
"""
    after = """
import pytest

from app import Service


@pytest.mark.asyncio
async def test_ready():
    service = Service()
    assert await service.is_ready()
    assert await service.is_ready()
"""
    files = {"app.py": APP, "test_it.py": before}
    check(files, {"test_it.py": after}, unsafe=True)
