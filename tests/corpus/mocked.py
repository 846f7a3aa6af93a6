"""Suites as the library wants them, and what the rules about mocks make of them."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from awaitify import engine, project
from awaitify_codemods import Choice, Migration, Settings, Sources, migrate
from awaitify_codemods.plan import LEFT
from tests.corpus.prepare import prepare
from tests.corpus.score import FIX, run_tool
from tests.corpus.suites import Place, load

SWAPS = frozenset({"AW401", "AW402"})
"""The rules that swap the kind of a mock."""
_MIGRATED_FIRST = ("python-engineio",)
"""Suites whose mocks are right only after their own migration."""


def suite(name: str) -> tuple[Path, Path | None]:
    """Return the folder of a suite whose mocks are right, and its interpreter.

    Args:
        name: a key of the manifest; or a folder, with whatever environment is in it.

    """
    if name not in load():
        return Path(name).resolve(), None
    place, _ = prepare(load()[name])
    if name in _MIGRATED_FIRST:
        return migrated(place), place.python
    return place.source, place.python


def migrated(place: Place) -> Path:
    """Return a copy of a suite that is migrated, with all that works before, too."""
    work = place.folder / "mocks-migrated"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(place.source, work, symlinks=True)
    done = run_tool([*FIX, "--unsafe", "--allow-dirty", "."], place, work)
    assert done.returncode == 0, done.stderr.decode()
    return work


def read(root: Path, python: Path | None = None) -> Sources:
    """Read a folder as the command would."""
    found = project.load(project.locate([root]), python=str(python) if python else None)
    return engine.sources(found)


def changed(sources: Sources, path: str, text: bytes) -> Sources:
    """Return sources with other bytes for a file."""
    return replace(sources, files={**sources.files, path: text})


def swapped(sources: Sources, rules: Collection[str] = SWAPS) -> Migration:
    """Let some rules change a project."""
    return migrate(sources, Settings(Choice(frozenset(rules))))


def proposals(sources: Sources) -> list[str]:
    """Return what the rules that swap mocks want to change."""
    return [
        f"{each.path}:{each.line} {each.rule} {each.message}"
        for each in swapped(sources).plan.findings
        if each.status != LEFT and each.rule in SWAPS
    ]
