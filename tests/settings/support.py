"""Small projects on disk, and what becomes of their configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from awaitify import configuring, engine, project
from awaitify.settings import versions
from awaitify.settings.given import Wanted
from awaitify.settings.settlement import Settlement
from awaitify_codemods import Choice, Settings
from awaitify_codemods.plan import Finding

SYNC = """
    import asyncio

    async def go():
        return 1

    def test_go():
        assert asyncio.run(go()) == 1
"""
MARKED = """
    import pytest

    @pytest.mark.asyncio
    async def test_one():
        assert True
"""
UNMARKED = """
    async def test_one():
        assert True
"""
CASE = """
    import asyncio
    import unittest

    async def go():
        return 1

    class Case(unittest.TestCase):
        def test_go(self):
            assert asyncio.run(go()) == 1
"""
WIDE = """
    import pytest_asyncio

    @pytest_asyncio.fixture(scope="module")
    async def cache():
        yield {}
"""


@dataclass(frozen=True)
class Settled:
    """The documents of a project, and what is told of them."""

    root: Path
    settlement: Settlement
    results: Mapping[str, bytes | None]
    findings: tuple[Finding, ...] = ()
    """Those about code, too."""

    def text(self, path: str) -> str:
        """Return what is in a file afterwards."""
        return self.bytes(path).decode()

    def bytes(self, path: str) -> bytes:
        if path in self.settlement.after:
            return self.settlement.after[path]
        return (self.root / path).read_bytes()

    @property
    def changed(self) -> set[str]:
        return set(self.settlement.after)

    def told(self, status: str = "", code: str = "") -> list[str]:
        """Return each finding as one line."""
        return [
            f"{f.path}:{f.line} {f.rule} {f.message}"
            for f in self.settlement.findings
            if status in ("", f.status) and code in ("", f.rule)
        ]


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files; text is dedented. What is installed there is nothing."""
    (root / ".venv/lib/python3.12/site-packages").mkdir(parents=True, exist_ok=True)
    (root / ".venv/pyvenv.cfg").write_text("version = 3.12.1\n")
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else text(content).encode()
        path.write_bytes(data)


def install(root: Path, **versions: str) -> None:
    """Pretend that distributions are installed in the project's environment."""
    for name, version in versions.items():
        site = root / ".venv/lib/python3.12/site-packages"
        (site / f"{name}-{version}.dist-info").mkdir(parents=True)


def text(content: str) -> str:
    """Return an indented literal as a file's text."""
    return dedent(content).lstrip("\n")


def settle(
    root: Path,
    files: Mapping[str, str | bytes],
    *,
    unsafe: bool = False,
    rules: frozenset[str] | None = None,
    python: str = "",
    pytest_asyncio: str = "",
    start: str = ".",
) -> Settled:
    """Write a project and return what its migration makes of the documents."""
    write(root, files)
    found = project.load(project.locate([root / start]), python=str(root / ".venv"))
    wanted = Wanted(
        versions.parse(python) if python else None,
        versions.parse(pytest_asyncio) if pytest_asyncio else None,
    )
    means = engine.Means(1)
    run = engine.migrate(found, Settings(Choice(rules, unsafe)), means, wanted)
    assert not run.migration.bugs
    migration = run.migration
    return Settled(root, run.settlement, migration.results, migration.plan.findings)


def begin(root: Path, files: Mapping[str, str | bytes]) -> Settled:
    """Write a project and return what `awaitify init` makes of the documents."""
    write(root, files)
    found = project.load(project.locate([root]), python=str(root / ".venv"))
    settled = configuring.initial(found, Settings(), Wanted())
    return Settled(root, settled, {})
