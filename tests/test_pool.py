"""Several processes: they answer in order, and a crash is one file's."""

from __future__ import annotations

import os

import pytest

from awaitify import pool


def shout(item: tuple[str, bytes]) -> str:
    name, source = item
    if source == b"crash":
        os._exit(11)
    if source == b"raise":
        raise ValueError(name)
    return f"{name} in {os.getpid()}"


def test_answers_come_in_order():
    items = [(f"{n}.py", b"x") for n in range(6)]
    answers = pool.spread(shout, items, 2, reversed(range(6)))
    assert [str(answer).split()[0] for answer in answers] == [n for n, _ in items]
    assert str(os.getpid()) not in {str(answer).split()[-1] for answer in answers}


def test_crash_is_blamed_on_its_item_alone():
    items = [("a.py", b"x"), ("b.py", b"crash"), ("c.py", b"x")]
    first, second, third = pool.spread(shout, items, 2, range(3))
    assert str(first).startswith("a.py")
    assert second is pool.CRASHED
    assert str(third).startswith("c.py")


def test_exceptions_come_through():
    with pytest.raises(ValueError, match=r"b\.py"):
        pool.spread(shout, [("a.py", b"x"), ("b.py", b"raise")], 2, range(2))
