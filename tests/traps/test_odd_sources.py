"""Files that are hard to read: never a reason to break those beside them."""

from __future__ import annotations

import pytest

from awaitify_codemods import migrate
from tests.traps.support import check, left, result, sources, texts

HELPER = """
    import asyncio


    async def f():
        return 1


    def make():
        return asyncio.run(f())
    """
USER = """
    from tests.support import make


    def test_a():
        assert make() == 1
    """
# Whoever runs it has a Python that reads it.
BROKEN = """
    from tests.support import make


    def test_b():
        assert make() == 1
        x = <what a later Python may read>
    """


def left_beside(files: dict[str, str]) -> list[str]:
    """Assert that nothing changes in spite of errors; return the messages."""
    before = texts(files)
    migrated = migrate(sources(before))
    assert result(before, migrated) == before
    assert migrated.errors and not migrated.bugs
    return [each.message for each in migrated.plan.findings]


def test_a_helper_used_by_a_file_that_cannot_be_read():
    files = {
        "tests/support.py": HELPER,
        "tests/test_a.py": USER,
        "tests/test_b.py": BROKEN,
    }
    (*_, message) = left_beside(files)
    assert "tests/test_b.py mentions it, and cannot be read" in message


def test_a_runner_imported_by_a_file_that_cannot_be_read_stays():
    before = texts(
        {
            "tests/support.py": """
                import asyncio


                def run(coroutine):
                    return asyncio.run(coroutine)
                """,
            "tests/test_a.py": """
                from tests.support import run


                async def f():
                    return 1


                def test_a():
                    assert run(f()) == 1
                """,
            "tests/test_b.py": "from tests.support import run\n\nx = <later>\n",
        }
    )
    migrated = migrate(sources(before))
    after = result(before, migrated)
    assert after["tests/support.py"] == before["tests/support.py"]
    assert "assert await f() == 1" in after["tests/test_a.py"]


def test_a_class_that_a_file_that_cannot_be_read_derives_from():
    files = {
        "tests/base.py": """
            import asyncio
            import unittest


            class Base(unittest.TestCase):
                def make(self):
                    return asyncio.run(asyncio.sleep(0, 1))

                def test_base(self):
                    assert self.make() == 1
            """,
        "tests/test_b.py": """
            from tests.base import Base


            class Later(Base):
                def test_later(self):
                    x = <later>
            """,
    }
    assert any("cannot be read" in each for each in left_beside(files))


def test_a_name_that_is_spelled_in_two_ways():
    # Python compares identifiers in one normal form; bytes are compared as such.
    composed, decomposed = "\u00e9t\u00e9", "e\u0301te\u0301"
    after = {
        "tests/support.py": f"""
            async def f():
                return 1


            async def {decomposed}():
                return await f()
            """,
        "tests/test_a.py": f"""
            import pytest

            from tests.support import {composed}


            @pytest.mark.asyncio
            async def test_{decomposed}():
                assert await {composed}() == 1
            """,
    }
    before = {
        "tests/support.py": HELPER.replace("make", decomposed),
        "tests/test_a.py": USER.replace("make", composed).replace(
            "test_a", f"test_{decomposed}"
        ),
    }
    check(before, after)


def test_a_name_in_another_encoding():
    before = {
        "tests/support.py": HELPER.replace("make", "\u00e9t\u00e9"),
        "tests/test_a.py": USER.replace("make", "\u00e9t\u00e9"),
    }
    files = {path: text or "" for path, text in texts(before).items()}
    project = sources(files)
    cookie = b"# coding: latin-1\n"
    latin = cookie + files["tests/support.py"].encode("latin-1")
    migrated = migrate(
        type(project)(
            {**project.files, "tests/support.py": latin},
            project.selected,
            project.tests,
            project.roots,
        )
    )
    assert not migrated.errors and not migrated.bugs
    assert "await \u00e9t\u00e9()".encode() in migrated.results["tests/test_a.py"]
    assert (
        "async def \u00e9t\u00e9".encode("latin-1")
        in (migrated.results["tests/support.py"])
    )


def test_what_could_not_be_compiled_is_no_bug_of_ours():
    nested = "".join(f"{' ' * n}while 1:\n" for n in range(30)) + " " * 30 + "pass\n"
    before = texts(HELPER + "\n" + "    def test_a():\n        assert make() == 1\n")
    (path,) = before
    before[path] += nested
    migrated = migrate(sources(before))
    assert result(before, migrated) == before
    assert not migrated.bugs
    (error,) = migrated.errors
    assert "nested blocks" in error.message and error.line > 1


@pytest.mark.parametrize("code", ["'\\d'", "1 is 1", "(1)(2)"])
def test_what_python_warns_of(code: str):
    # Warnings are errors in these tests.
    outcome = left(
        "import asyncio\n\n\ndef test_a(benchmark):\n"
        f"    x = {code}\n    benchmark(lambda: asyncio.run(f()))\n"
    )
    assert outcome
    check(
        f"""
        import asyncio


        def test_a():
            assert asyncio.run(asyncio.sleep(0, 1)) == 1, {code}
        """,
        f"""
        import asyncio

        import pytest


        @pytest.mark.asyncio
        async def test_a():
            assert await asyncio.sleep(0, 1) == 1, {code}
        """,
    )
