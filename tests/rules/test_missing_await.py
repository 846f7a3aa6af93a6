"""AW541: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import LEFT, REPORT, REVIEW
from tests.traps.support import check, left, run, texts

APP = """
import asyncio


class Db:
    def __init__(self):
        self.rows = [1]
        self.changed = asyncio.Event()

    async def clear(self):
        self.rows.clear()

    async def follow(self):
        while True:
            await asyncio.sleep(1)

    async def wait(self):
        await self.changed.wait()

    async def serve(self):
        await self.follow()

    async def each(self):
        yield 1

    @fire_and_forget
    async def spawn(self):
        self.rows.append(1)

    def count(self):
        return len(self.rows)


class Remote(Db):
    async def ping(self):
        return True


class Cached(Remote):
    def ping(self):
        return True


class Plain:
    def close(self):
        return None


class Async(Plain):
    async def close(self):
        return None


async def reset():
    return None
"""
HEAD = """
import asyncio
from unittest import mock

import pytest

from app import Async, Db, Remote, reset
"""
RULES = frozenset({"AW541"})
ASYNC = """
@pytest.mark.asyncio
async def test_reset():
    await reset()
"""


def project(code: str, **files: str) -> dict[str, str]:
    """Return a project whose test file has this code."""
    return {"app.py": APP, "test_it.py": f"{HEAD}\n{code}", **files}


def coroutine_test(*statements: str) -> str:
    """Return a coroutine test with these statements."""
    body = "\n    ".join(("db = Db()", *statements))
    return f"@pytest.mark.asyncio\nasync def test_it():\n    {body}\n"


def refused(code: str, **files: str) -> list[str]:
    """Assert that a project stays as it is, with `--unsafe`, too; and why."""
    assert not run(texts(project(code, **files)), rules=RULES).plan.files
    return left(project(code, **files), unsafe=True, rules=RULES)


def changed(before: str, after: str, **files: str) -> None:
    """Assert that a test becomes another one, with `--unsafe` alone."""
    found = run(texts(project(before, **files)), rules=RULES).plan
    assert not found.files
    assert {each.status for each in found.findings} == {REVIEW}
    check(
        project(before, **files),
        {"test_it.py": f"{HEAD}\n{after}"},
        unsafe=True,
        rules=RULES,
    )


class TestLeft:
    @pytest.mark.parametrize(
        "statement",
        [
            "db.count()",
            "db.each()",
            "db.spawn()",
            "make().clear()",
            "asyncio.create_task(db.clear())",
            "asyncio.ensure_future(db.clear())",
            "run(db.clear())",
            "coroutine = db.clear()\n    await coroutine",
            "coros = [db.clear()]",
            "self = mock.AsyncMock()\n    self.clear()",
            "Remote().ping()",
            "call(lambda: db.clear())",
            "[db.clear() for _ in range(3)]",
        ],
    )
    def test_what_is_no_dropped_coroutine_for_certain(self, statement):
        assert refused(coroutine_test(statement)) == []

    def test_nested_sync_functions(self):
        code = """
@pytest.mark.asyncio
async def test_nested():
    def callback():
        Db().clear()

    await reset()
"""
        assert refused(code) == []

    @pytest.mark.parametrize(
        "context",
        [
            "with pytest.warns(RuntimeWarning):",
            "with pytest.raises(RuntimeWarning):",
            "with warnings.catch_warnings(record=True):",
        ],
    )
    def test_a_warning_that_is_expected(self, context):
        assert refused(coroutine_test(context, "    db.clear()")) == []

    def test_a_file_about_coroutines_that_are_never_awaited(self):
        code = coroutine_test("db.clear()", 'assert "was never awaited" in messages')
        assert refused(code) == []

    def test_recorded_warnings(self):
        code = coroutine_test("db.clear()").replace("test_it()", "test_it(recwarn)")
        assert refused(code) == []

    @pytest.mark.parametrize(
        "replacing",
        [
            "db.clear = mock.Mock()",
            'mock.patch("app.Db.clear").start()',
            'mock.patch.object(Db, "clear").start()',
            'mock.patch("app.Db").start()',
        ],
    )
    def test_a_function_that_may_be_replaced(self, replacing):
        assert refused(coroutine_test(replacing, "db.clear()")) == ["uncertain-call"]

    def test_a_patch_of_asyncio(self):
        code = coroutine_test('mock.patch("asyncio.sleep").start()', "asyncio.sleep(1)")
        assert refused(code) == ["uncertain-call"]

    @pytest.mark.parametrize("name", ["follow", "wait", "serve"])
    def test_a_coroutine_that_may_never_return(self, name):
        assert refused(coroutine_test(f"db.{name}()")) == ["uncertain-call"]

    @pytest.mark.parametrize(
        "statement",
        [
            "asyncio.gather(db.follow(), db.clear())",
            "asyncio.gather(*tasks)",
            "asyncio.wait([asyncio.create_task(db.clear())])",
            "asyncio.wait_for(db.wait(), None)",
            "asyncio.wait_for(db.follow(), 0.1)",
        ],
    )
    def test_tasks_that_may_be_meant_to_go_on(self, statement):
        assert refused(coroutine_test(statement)) == ["uncertain-call"]

    def test_a_method_that_its_objects_replace(self):
        app = f"""
{APP}

class Bus:
    def __init__(self):
        self.emit = print

    async def emit(self):
        pass
"""
        code = """
from app import Bus

@pytest.mark.asyncio
async def test_it():
    Bus().emit()
"""
        assert refused(code, **{"app.py": app}) == ["uncertain-call"]

    def test_a_class_that_makes_something_else(self):
        code = """
class Odd(Db, metaclass=Registry):
    pass

class New(Db):
    def __new__(cls):
        return print

@pytest.mark.asyncio
async def test_it():
    Odd().clear()
    New().clear()
"""
        assert refused(code) == ["uncertain-call"] * 2

    def test_tests_that_anyio_may_run_elsewhere(self):
        code = coroutine_test("asyncio.sleep(1)").replace("mark.asyncio", "mark.anyio")
        assert refused(code) == ["anyio-or-trio"]

    def test_a_base_that_is_not_known(self):
        code = """
from unknown import Base

class Odd(Base, Db):
    pass

@pytest.mark.asyncio
async def test_it():
    Odd().clear()
"""
        assert refused(code) == ["uncertain-call"]

    def test_a_subclass_that_may_have_something_else(self):
        code = """
class Fake(Db):
    def clear(self):
        pass

class TestDb:
    make = Db

    @pytest.mark.asyncio
    async def test_it(self):
        Db().clear()
"""
        assert refused(code) == []

    def test_what_a_sync_test_drops_is_reported(self):
        files = texts(project("def test_sync():\n    Db().clear()\n" + ASYNC))
        found = run(files, unsafe=True, rules=RULES).plan
        assert not found.files
        assert [each.status for each in found.findings] == [REPORT]

    def test_what_is_assigned_and_never_used_is_reported(self):
        files = texts(project(coroutine_test("unused = db.clear()")))
        found = run(files, unsafe=True, rules=RULES).plan
        assert not found.files
        assert [each.status for each in found.findings] == [REPORT]


class TestChanged:
    @pytest.mark.parametrize(
        "statement",
        [
            "db.clear()",
            "reset()",
            "asyncio.sleep(0.1)",
            "asyncio.wait_for(db.clear(), 1)",
            "asyncio.wait([asyncio.create_task(db.clear())], timeout=1)",
            "asyncio.gather(db.clear(), reset())",
            "Remote().clear()",
            "Async().close()",
        ],
    )
    def test_statements(self, statement):
        before = coroutine_test(statement)
        changed(before, before.replace(statement, f"await {statement}"))

    def test_an_object_that_a_fixture_gives(self):
        before = """
@pytest.fixture
def db():
    return Db()

@pytest.mark.asyncio
async def test_it(db):
    db.clear()
    assert db.rows
"""
        changed(before, before.replace("    db.clear", "    await db.clear"))

    def test_a_fixture_that_clears_up(self):
        before = """
@pytest_asyncio.fixture
async def db():
    db = Db()
    yield db
    db.clear()
"""
        changed(before, before.replace("    db.clear", "    await db.clear"))

    def test_a_method_of_the_test_class(self):
        before = """
class TestDb:
    async def fill(self, db):
        db.rows.append(1)

    @pytest.mark.asyncio
    async def test_it(self):
        self.fill(Db())
"""
        changed(before, before.replace("self.fill(", "await self.fill("))

    def test_a_patch_of_another_test(self):
        other = """

def test_other(monkeypatch):
    monkeypatch.setattr(Db, "clear", print)
"""
        before = coroutine_test("db.clear()") + other
        changed(before, before.replace("    db.clear", "    await db.clear"))

    def test_a_package_whose_source_is_found(self):
        code = """
from client import Client

@pytest.mark.asyncio
async def test_it():
    client = Client()
    client.aclose()
"""
        foreign = {"client": "class Client:\n    async def aclose(self): pass\n"}
        check(
            project(code),
            {
                "test_it.py": f"{HEAD}\n{code}".replace(
                    "    client.", "    await client."
                )
            },
            unsafe=True,
            rules=RULES,
            foreign=foreign,
        )

    def test_a_test_that_becomes_async_runs_it_for_the_first_time(self):
        before = """
import asyncio

from app import Db


def test_it():
    db = Db()
    db.clear()
    assert asyncio.run(db.clear()) is None
"""
        after = """
import pytest

from app import Db


@pytest.mark.asyncio
async def test_it():
    db = Db()
    await db.clear()
    assert await db.clear() is None
"""
        files = {"app.py": APP, "test_it.py": before}
        check(files, {"test_it.py": after}, unsafe=True)
        found = run(texts(files)).plan.findings
        (told,) = [each for each in found if each.rule == "AW541"]
        assert told.status == REVIEW
        assert told.message.endswith("it never ran, and would now")
        assert LEFT not in {each.status for each in found}
