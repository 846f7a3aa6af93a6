"""Which version of pytest-asyncio has what, and what it needs itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version


@dataclass(frozen=True)
class Release:
    """A release of pytest-asyncio, and the oldest Python and pytest that it takes."""

    version: Version
    python: Version
    pytest: Version


def _release(version: str, python: str, pytest: str) -> Release:
    return Release(Version(version), Version(python), Version(pytest))


# From the metadata of the packages; those between differ in nothing of use here.
RELEASES = (
    _release("0.21", "3.7", "7.0"),
    _release("0.23", "3.8", "7.0"),
    _release("0.24", "3.8", "8.2"),
    _release("0.26", "3.9", "8.2"),
    _release("1.1", "3.9", "8.2"),
    _release("1.2", "3.9", "8.2"),
    _release("1.3", "3.10", "8.2"),
    _release("1.4", "3.10", "8.4"),
    _release("1.5", "3.10", "8.4"),
)
NEWEST = RELEASES[-1].version
BEST = Version("1.1")
"""The first that cancels what a test leaves behind, as `asyncio.run` did."""

FIRST = {
    "asyncio_mode": Version("0.17"),
    "asyncio_default_fixture_loop_scope": Version("0.24"),
    "asyncio_default_test_loop_scope": Version("0.26"),
    "asyncio_debug": Version("1.2"),
}
"""The options of pytest-asyncio, and the version that each came with."""
LOOP_SCOPE = Version("0.24")
FEATURES = {"loop_scope": LOOP_SCOPE, "loop_factories": Version("1.4")}
"""What rules write into code, and the version that each came with."""
FIXTURE_SCOPE = Version("1.5")
"""The first that takes the value ``fixture-scope``."""

# To find out what a specifier admits one has to try.
_KNOWN = tuple(
    Version(f"{head}.{patch}")
    for head in (
        *(f"0.{minor}" for minor in range(10, 27)),
        *(f"1.{minor}" for minor in range(6)),
    )
    for patch in (0, 2, 8)
)


def parse(text: str) -> Version | None:
    """Return the version that some text is, if it is one."""
    try:
        return Version(text.strip())
    except InvalidVersion:
        return None


def specifiers(text: str) -> SpecifierSet | None:
    """Return what some text demands of a version; None if it cannot be read."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def lowest(admitted: SpecifierSet) -> Version | None:
    """Return the lowest version that is admitted, if there is a limit."""
    found = [
        version
        for each in admitted
        if each.operator in (">=", "==", "~=", ">", "===")
        and (version := parse(each.version.removesuffix(".*")))
    ]
    return max(found, default=None)


def admits(admitted: SpecifierSet, wanted: Version) -> bool:
    """Say whether any version from `wanted` on is admitted, of those we know."""
    newer = [v for v in (*_KNOWN, *_named(admitted)) if v >= wanted]
    return any(admitted.contains(version, prereleases=True) for version in newer)


class Limits(Protocol):
    """What a project can have."""

    @property
    def python(self) -> Version | None:
        """The lowest that it supports."""

    @property
    def pytests(self) -> SpecifierSet:
        """The versions of pytest that it admits."""

    @property
    def admitted(self) -> SpecifierSet:
        """The versions of pytest-asyncio that it admits."""


def floor(wanted: Version, best: Version, limits: Limits) -> Version | None:
    """Return the version to require, if one has what was written and can be had.

    Args:
        wanted: the first that has all that was written.
        best: the one to require where nothing speaks against it.
        limits: what the project can have.

    """
    fitting = [
        release.version
        for release in RELEASES
        if wanted <= release.version <= max(wanted, best)
        and is_available(release, limits.python, limits.pytests)
        and admits(limits.admitted, release.version)
    ]
    return max(fitting, default=None)


def is_available(
    release: Release, python: Version | None, pytest: SpecifierSet
) -> bool:
    """Say whether a release can be installed with all that a project supports."""
    if python is not None and python < release.python:
        return False
    return _may_be(pytest, release.pytest)


def release_of(version: Version) -> Release:
    """Return what is known of a version: that of the last release before it."""
    older = [release for release in RELEASES if release.version <= version]
    return older[-1] if older else RELEASES[0]


def _may_be(admitted: SpecifierSet, least: Version) -> bool:
    return any(
        admitted.contains(version, prereleases=True)
        for version in (*_pytests(), *_named(admitted))
        if version >= least
    )


def _named(admitted: SpecifierSet) -> list[Version]:
    """Return the versions that specifiers name, as pins do."""
    found = (parse(each.version.removesuffix(".*")) for each in admitted)
    return [version for version in found if version]


def _pytests() -> Iterator[Version]:
    minors = {6: 3, 7: 5, 8: 5, 9: 3}
    for major, last in minors.items():
        for minor in range(last):
            for patch in (0, 4, 9):
                yield Version(f"{major}.{minor}.{patch}")


def spelled(version: Version) -> str:
    """Return a version as one writes it by hand."""
    return f"{version.major}.{version.minor}"


def union(all_of: Iterable[SpecifierSet]) -> SpecifierSet:
    """Return what all of some specifiers admit."""
    return SpecifierSet(",".join(str(each) for each in all_of if str(each)))
