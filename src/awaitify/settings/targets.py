"""The lowest versions that a project supports: what is written has to work there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from awaitify.settings import versions
from awaitify.settings.declared import Declared, Place, folder
from awaitify.settings.given import Wanted

PLUGIN = "pytest-asyncio"


@dataclass(frozen=True)
class Targets:
    """What a project supports; None where nothing says so."""

    python: Version | None = None
    floor: Version | None = None
    """The lowest pytest-asyncio that the project requires, or that the user said."""
    installed: Version | None = None
    """The pytest-asyncio in the project's environment."""
    is_given: bool = False
    """Whether the user said which pytest-asyncio: then nothing newer is written."""
    admitted: SpecifierSet = field(default_factory=SpecifierSet)
    """Which versions of pytest-asyncio the project declares."""
    pytests: SpecifierSet = field(default_factory=SpecifierSet)
    """Which versions of pytest."""

    @property
    def pytest_asyncio(self) -> Version | None:
        """Return the lowest that is known to be in use."""
        return self.floor or self.installed

    def has(self, version: Version) -> bool:
        """Say whether what came with a version may be written as things are."""
        if self.floor is not None:
            return self.floor >= version
        if self.installed is not None and self.installed < version:
            return False
        # Where an older Python or pytest is supported, so is an older plugin.
        return self.can_raise(version)

    def can_raise(self, version: Version) -> bool:
        """Say whether the project could require a version of pytest-asyncio."""
        if self.is_given and self.floor is not None and self.floor < version:
            return False
        release = versions.release_of(version)
        return versions.admits(self.admitted, version) and versions.is_available(
            release, self.python, self.pytests
        )


def find(
    declared: Declared, folders: Iterable[str], site: Iterable[Path], wanted: Wanted
) -> Targets:
    """Return the targets of the tests that lie in `folders`, innermost first."""
    within = list(folders)
    places = [place for place in declared.places if folder(place.path) in within]
    pythons = [declared.pythons[each] for each in within if each in declared.pythons]
    admitted = _admitted(places, PLUGIN)
    pytests = _admitted(places, "pytest")
    known = installed(site)
    return Targets(
        wanted.python or (versions.lowest(pythons[0]) if pythons else None),
        wanted.pytest_asyncio or _lowest(places, PLUGIN),
        known.get(PLUGIN),
        wanted.pytest_asyncio is not None,
        admitted,
        pytests,
    )


def _admitted(places: Iterable[Place], name: str) -> SpecifierSet:
    # A requirement that holds somewhere only says nothing about the rest.
    found = [e.admitted for p in places for e in p.of(name) if not e.marker]
    return versions.union(found)


def _lowest(places: Iterable[Place], name: str) -> Version | None:
    found = [versions.lowest(e.admitted) for p in places for e in p.of(name)]
    return min((version for version in found if version), default=None)


def installed(site: Iterable[Path]) -> dict[str, Version]:
    """Return which pytest and pytest-asyncio an environment has."""
    found: dict[str, Version] = {}
    names = {"pytest": "pytest", "pytest_asyncio": PLUGIN}
    for place in site:
        for path in place.glob("pytest*.dist-info"):
            match = re.fullmatch(
                r"(pytest|pytest_asyncio)-([^-]+)\.dist-info", path.name
            )
            version = versions.parse(match[2]) if match else None
            if match and version:
                found.setdefault(names[match[1]], version)
    return found
