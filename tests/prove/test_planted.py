"""Bad conversions are found, blamed on the right edits, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitify.prove.rounds import Settled
from awaitify_codemods.directives import Directives
from tests.prove import planted
from tests.prove.planted import KINDS, Bad, Kind


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_planted_is_taken_back_and_nothing_else(kind: Kind, tmp_path: Path):
    root = planted.make(tmp_path, kind)
    before = _texts(root)
    settled = planted.settle(root, kind.bad)
    after = _texts(root)
    assert not settled.attempt.troubles
    assert not settled.given_up
    for bad in kind.bad:
        assert _blamed(bad, settled), bad.name
        assert _definition(after, bad.name) == _definition(before, bad.name)
    for name in (*kind.healthy, *planted.HEALTHY):
        assert "async def" in _definition(after, name), name


def test_nothing_is_taken_back_where_nothing_is_planted(tmp_path: Path):
    kind = KINDS[0]
    root = planted.make(tmp_path, kind)
    settled = planted.settle(root, ())
    assert not settled.rolled_back
    assert not settled.attempt.troubles
    for name in (*(bad.name for bad in kind.bad), *planted.HEALTHY):
        assert "async def" in _definition(_texts(root), name), name


def test_there_are_three_of_each_kind():
    assert len(KINDS) == len({kind.name for kind in KINDS}) == 10
    assert all(len(kind.bad) == len({*kind.bad}) == 3 for kind in KINDS)


def _texts(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in root.rglob("*.py")
    }


def _definition(texts: dict[str, str], name: str) -> str:
    path, _, inside = name.partition("::")
    first, last = planted.definition(texts[path], inside)
    return "".join(texts[path].splitlines(keepends=True)[first - 1 : last])


def _blamed(bad: Bad, settled: Settled) -> bool:
    """Whether it was left, or what stands in it, around it, or changes with it."""
    return any(
        f"{what}::".startswith(f"{name}::") or f"{name}::".startswith(f"{what}::")
        for each in settled.rolled_back
        for what in each.what
        for name in (bad.name, *bad.beside)
        if "::" in what
    )


def test_a_pin_drops_what_is_planted(tmp_path: Path):
    kind = next(each for each in KINDS if each.name == "await missing")
    root = planted.make(tmp_path, kind)
    [found] = [each for each in kind.bad if each.name.endswith("test_true")]
    pinned = Directives(pins={found.name: "it failed"})
    spoiled = planted.spoiled(planted.migrating(root), kind.bad)
    texts = {
        name: (spoiled(each).results["tests/test_bad.py"] or b"").decode()
        for name, each in {"free": Directives(), "pinned": pinned}.items()
    }
    assert "    assert add(1, 2)\n" in texts["free"]
    assert "    assert asyncio.run(add(1, 2))\n" in texts["pinned"]
    assert all("    assert add(1, 1) == 2\n" in each for each in texts.values())
