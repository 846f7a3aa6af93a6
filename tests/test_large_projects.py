"""Work that must not grow with the rounds of colouring, or with what is imported.

Counts, not times: a time says more about the machine.
"""

from __future__ import annotations

from collections import Counter

import pytest

from awaitify_codemods.colour.suspects import Suspects
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.words import Words
from awaitify_codemods.pipeline import migrate
from awaitify_codemods.sources import Sources

# Each helper is left a round after the one that it calls.
_CHAIN = b"""import asyncio


async def work():
    return 1


def first():
    return asyncio.run(work())


def second():
    return first()


def third():
    return second()


KEPT = [first]


def test_chain():
    assert third() == 1


def test_own():
    assert asyncio.run(work()) == 1
"""


def _project(files: dict[str, bytes]) -> Sources:
    tests = frozenset(path for path in files if path.startswith("test_"))
    return Sources(files, frozenset(files), tests)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[bytes]:
    """Return the sources that are read, with how often."""
    found: Counter[bytes] = Counter()
    original = Index._read

    def counted(index: Index, path: str, source: bytes):
        found[source] += 1
        return original(index, path, source)

    monkeypatch.setattr(Index, "_read", counted)
    return found


def test_a_mention_is_judged_once_in_all_rounds(monkeypatch: pytest.MonkeyPatch):
    judged: Counter[object] = Counter()
    original = Suspects._judge

    def counted(suspects, node, module):
        judged[node] += 1
        return original(suspects, node, module)

    monkeypatch.setattr(Suspects, "_judge", counted)
    migrate(_project({"test_chain.py": _CHAIN}))
    assert judged
    assert set(judged.values()) == {1}


def test_a_file_is_read_once(read: Counter[bytes]):
    migrate(_project({"test_chain.py": _CHAIN}))
    assert set(read.values()) == {1}


def test_a_base_from_a_file_that_does_not_mention_the_class_is_not_read(
    read: Counter[bytes],
):
    library = b"class Handler:\n    pass\n"
    test = b"""import asyncio


async def work():
    return 1


class TestWork:
    def test_work(self):
        assert asyncio.run(work()) == 1
"""
    other = b"""from library import Handler
from test_work import TestWork


class Recording(Handler):
    tests = TestWork
"""
    files = {"test_work.py": test, "test_other.py": other, "library.py": library}
    migrate(_project(files))
    assert read[other]
    assert not read[library]


def test_words_are_the_same_listed_and_searched():
    files = {
        "one.py": b"run = running(run2, _run)\n",
        "two.py": b"x.run()",
        "three.py": "rün".encode(),
    }
    searched, listed = Words(files), Words(files)
    for number in range(300):
        listed.files_with(f"word{number}")
    for word in ("run", "running", "run2", "x", "n", "rün", "absent"):
        assert listed.files_with(word) == searched.files_with(word)
