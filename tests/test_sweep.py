"""The sweep over a small tree of our own; by hand it takes whole packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.odd.table import TABLE
from tests.sweep.sweep import sweep
from tests.test_cli import LEGACY

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="is run by hand")


@pytest.mark.parametrize(
    "every", [80, pytest.param(20, marks=pytest.mark.slow)], ids=str
)
def test_a_tree_without_faults(tmp_path: Path, every: int):
    (tmp_path / "test_a.py").write_text(LEGACY, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("asyncio.run(f())\n", encoding="utf-8")
    for number, odd in enumerate(list(TABLE.values())[::every]):
        (tmp_path / f"test_{number}.py").write_bytes(odd.before)
    swept = sweep(tmp_path, limit=300)
    assert not swept.faults
    assert swept.exits[0] in (1, 3)
    assert swept.changed >= 1
