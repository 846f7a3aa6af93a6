"""Hunks: what they replace, where they stand, and what they belong to."""

from __future__ import annotations

from awaitify.changes import ALONE, Change, changes, lines
from awaitify_codemods import Unit
from tests.test_patch import CHANGES

BEFORE = b"""\
import asyncio


class TestA:
    base = 1

    def test_a(self):
        asyncio.run(f())

    def test_b(self):
        helper()


def helper():
    asyncio.run(f())
"""
AFTER = b"""\
import asyncio

import pytest


class TestA:
    base = 2

    @pytest.mark.asyncio
    async def test_a(self):
        await f()

    @pytest.mark.asyncio
    async def test_b(self):
        await helper()


async def helper():
    await f()
"""
A, B, HELPER = "t.py::TestA::test_a", "t.py::TestA::test_b", "t.py::helper"


def found(before: bytes | None, after: bytes | None, *units: Unit) -> Change:
    [change] = changes([("t.py", before, after)], units)
    return change


def applied(change: Change) -> bytes:
    """Carry the hunks out, by their lines alone."""
    result, position = [], 0
    old = lines(change.before)
    for hunk in change.hunks:
        assert tuple(old[hunk.start - 1 : hunk.start - 1 + len(hunk.old)]) == hunk.old
        result += old[position : hunk.start - 1]
        assert len(result) == hunk.new_start - 1
        result += hunk.new
        position = hunk.start - 1 + len(hunk.old)
    return b"".join([*result, *old[position:]])


def test_hunks_make_the_new_file_of_the_old_one():
    for before, after in (*CHANGES.values(), (BEFORE, AFTER), (None, b"a\nb")):
        assert applied(found(before, after)) == (after or b"")


def test_a_hunk_stands_in_a_definition():
    names = [hunk.definition for hunk in found(BEFORE, AFTER).hunks]
    assert names == ["", "TestA", "TestA::test_a", "TestA::test_b", "helper"]


def test_what_becomes_async_together_is_one_unit():
    hunks = found(BEFORE, AFTER, Unit((A,)), Unit((HELPER, B))).hunks
    units = {hunk.definition: hunk.unit for hunk in hunks}
    assert units["TestA::test_b"] == units["helper"]
    assert units[""] == ALONE


def test_a_class_belongs_to_all_of_its_methods():
    hunks = found(BEFORE, AFTER, Unit((A,)), Unit((HELPER, B))).hunks
    # Its base changes for both: so they are one.
    assert {hunk.unit for hunk in hunks if hunk.definition} == {0}


def test_units_in_other_files_have_other_numbers():
    one, other = changes(
        [("t.py", BEFORE, AFTER), ("u.py", BEFORE, AFTER)],
        [Unit((A, B, HELPER)), Unit((A.replace("t.py", "u.py"),))],
    )
    assert {hunk.unit for hunk in one.hunks} == {ALONE, 0}
    assert {hunk.unit for hunk in other.hunks} == {ALONE, 1}


def test_lines_of_two_units_in_one_hunk_make_them_one():
    before = b"def a():\n    f()\ndef b():\n    f()\n"
    after = b"async def a():\n    await f()\nasync def b():\n    await f()\n"
    change = found(before, after, Unit(("t.py::a",)), Unit(("t.py::b",)))
    assert [hunk.unit for hunk in change.hunks] == [0]


def test_what_cannot_be_parsed_has_hunks_all_the_same():
    assert [h.definition for h in found(b"def (\n", b"def f(): 0\n").hunks] == ["f"]
    assert [h.definition for h in found(b"[a]\nb = 1\n", b"[a]\nb = 2\n").hunks] == [""]


def test_a_lone_carriage_return_does_not_move_definitions():
    before = b"x = 1\ry = 2\rz = 3\ndef a():\n    f()\ndef b():\n    f()\n"
    after = before.replace(b"def b():\n    f()", b"def b():\n    g()")
    assert [hunk.definition for hunk in found(before, after).hunks] == ["b"]
