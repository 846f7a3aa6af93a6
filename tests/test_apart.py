"""Rules that stand apart from the colouring: when they run, where, and beside whom."""

from __future__ import annotations

import subprocess
import sys

import pytest

from awaitify_codemods import Choice, Settings, Sources, migrate
from awaitify_codemods.facts.glances import gives_loop
from awaitify_codemods.facts.index import Index
from awaitify_codemods.others import APART

TEST = b"""import asyncio

import pytest
import pytest_asyncio

from app import connect


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client():
    yield await connect()


@pytest.fixture
def key():
    return "k"


@pytest.mark.asyncio(loop_scope="module")
async def test_get(client, key):
    loop = asyncio.get_running_loop()
    assert await client.get(key, loop) == "k"
"""
OLD = TEST.replace(b"get_running_loop", b"get_event_loop")


def project(**files: bytes) -> Sources:
    """Return test modules by their names, without the ending."""
    found = {f"{name}.py": source for name, source in files.items()}
    return Sources(found, frozenset(found), frozenset(found))


def test_a_suite_that_is_right_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Index, "module", None)
    modern = TEST.replace(b"import asyncio\n\n", b"")
    assert not migrate(project(test_it=modern)).results


def test_libcst_is_not_imported_where_nothing_fires():
    code = (
        "import sys; from awaitify_codemods import SUITE, apply;"
        f"source = {OLD.replace(b'async def test', b'def helper')!r};"
        "assert apply(SUITE, source).source == source;"
        "sys.exit('libcst' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_it_runs_where_nothing_drives_a_loop():
    assert migrate(project(test_it=OLD)).results == {"test_it.py": TEST}


@pytest.mark.parametrize("code", sorted(rule.META.code for rule in APART))
def test_a_rule_that_was_not_chosen_says_nothing(code: str):
    chosen = frozenset({"AW101", *(r.META.code for r in APART)} - {code})
    migration = migrate(project(test_it=OLD), Settings(Choice(chosen)))
    assert {each.rule for each in migration.plan.findings} == {"AW317"} - {code}


def test_files_choose_for_themselves():
    settings = Settings(files={"test_b.py": Choice(frozenset({"AW101"}))})
    results = migrate(project(test_a=OLD, test_b=OLD), settings).results
    assert results == {"test_a.py": TEST}


def test_what_goes_with_the_colouring_is_not_edited():
    runner = (
        b"import asyncio\n\n\nasync def helper(coroutine):\n"
        b"    asyncio.get_event_loop()\n    return await coroutine\n\n\n"
        b"def run(coroutine):\n    return asyncio.run(coroutine)\n\n\n"
        b"def test_it():\n    run(asyncio.sleep(0))\n"
    )
    migration = migrate(project(test_it=runner))
    assert not migration.bugs
    assert b"get_running_loop" in (migration.results["test_it.py"] or b"")


def test_a_file_that_is_broken_costs_itself():
    broken = b"async def test_f(:\n    asyncio.get_event_loop()\n"
    migration = migrate(project(test_a=OLD, test_b=broken))
    assert migration.results == {"test_a.py": TEST}
    assert [each.path for each in migration.errors] == ["test_b.py"]


def test_a_glance_takes_no_time_for_comments():
    # Comments among arguments once made it try exponentially many ways.
    source = b"f(" + b"\n    # one, two # three" * 2000 + b"\n    1)\n"
    assert not gives_loop(source)
    assert gives_loop(source.replace(b"1)", b"loop=1)"))
