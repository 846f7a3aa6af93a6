"""pytest itself reads what was written, and has nothing to complain of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.settings.support import WIDE, settle

# Line ends, comments, odd spellings: as pytest may meet them.
BEFORE = {
    "pytest.ini": "[pytest]\r\n# mode\r\nasyncio_mode=legacy\r\nasyncio_old = 1",
    "pyproject.toml": "[tool.pytest.ini_options]\n\"asyncio_mode\" = 'legacy'\nasyncio_old = 1\n[tool.x]\n",
    "tox.ini": "[tox]\nenvlist = py\n[pytest]\naddopts =\n    -q\n    # mode\n    --asyncio-mode=legacy\n",
    "setup.cfg": "\ufeff[metadata]\nname = x\n\n[tool:pytest]\nasyncio_mode : legacy\n\n[x]\n",
}
TYPED = {
    "pytest.toml": '[pytest]\nasyncio_mode = "legacy"\naddopts = ["-q"]\n',
    "pyproject.toml": '[tool.pytest]\nasyncio_mode = "legacy"\nasyncio_old = true\n',
}
TEST = """
    async def test_one(cache):
        assert cache == {}
"""
IS_TYPED = int(pytest.__version__.split(".")[0]) >= 9
CASES = [
    *BEFORE.items(),
    *(
        pytest.param(name, content, marks=pytest.mark.skipif(not IS_TYPED, reason="9"))
        for name, content in TYPED.items()
    ),
]


@pytest.mark.parametrize(("name", "before"), CASES)
def test_read_by_pytest(tmp_path: Path, name: str, before: str):
    conftest = WIDE.replace("pytest_asyncio", "pytest")
    files = {name: before.encode(), "test_a.py": TEST, "conftest.py": conftest}
    done = settle(tmp_path, files)
    (tmp_path / name).write_bytes(done.bytes(name))
    run = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider"),
            *("-W", "error", "--strict-config"),
            *("--disable-plugin-autoload", "-p", "pytest_asyncio.plugin"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
