"""What a migration starts from: the files, and what the user chose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from awaitify_codemods.directives import Directives
from awaitify_codemods.evidence import Evidence
from awaitify_codemods.plan import Setting

if TYPE_CHECKING:
    from awaitify_codemods.rule import Rule


_T = TypeVar("_T")

FIXTURES = "asyncio_default_fixture_loop_scope"
TESTS = "asyncio_default_test_loop_scope"


WAIT_FOR, TIMEOUT = "wait_for", "timeout"
"""How a time-out is written: around each await, or around the body of a test."""


@dataclass(frozen=True)
class Bound:
    """How long the awaits of tests may take, and which of them are bounded."""

    seconds: float
    style: str = WAIT_FOR
    every: bool = False
    """Whether every await of a test is meant, not only what may block for ever."""
    calls: tuple[str, ...] = ()
    """Patterns of calls that may block for ever: ``client.*``, ``*.fetch``."""

    @property
    def text(self) -> str:
        """The seconds, as code says them."""
        whole = self.seconds.is_integer() and self.seconds < 10**15
        return repr(int(self.seconds) if whole else self.seconds)


@dataclass(frozen=True)
class Choice:
    """What the user chose for some files."""

    rules: frozenset[str] | None = None
    """Codes of the rules to apply; None for all."""
    unsafe: bool = False
    bound: Bound | None = None
    """The time-out that awaits are to get, if any."""


@dataclass(frozen=True)
class Settings:
    """What the user chose."""

    default: Choice = Choice()
    files: Mapping[str, Choice] = field(default_factory=dict)
    """Those that go by a choice of their own: posix path from the root -> it."""
    runners: frozenset[str] = frozenset()
    """Dotted names of helpers that drive a coroutine."""
    coroutines: frozenset[str] = frozenset()
    """Dotted names of coroutine functions whose source is not to be found."""
    others: tuple[type[Rule], ...] = ()
    """Rules beside those of `SUITE`, in the order in which they decide."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Code -> name of rules that are not about code: comments may name them."""
    directives: Directives = field(default_factory=Directives)
    """What running the suite has taught: what plans keep to beside the rules."""
    evidence: Evidence | None = None
    """What was seen while the suite ran, if it did."""

    def of(self, path: str) -> Choice:
        """Return what was chosen for a file."""
        return self.files.get(path, self.default)

    def has(self, code: str) -> bool:
        """Whether a rule was chosen for any file."""
        choices = (self.default, *self.files.values())
        return any(each.rules is None or code in each.rules for each in choices)

    @property
    def is_bounded(self) -> bool:
        """Whether awaits of any file are to get a time-out."""
        return any(each.bound for each in (self.default, *self.files.values()))


@dataclass(frozen=True)
class Sources:
    """What there is to read, and what of it may change."""

    files: Mapping[str, bytes]
    """Every Python file that may be read: posix path from the root -> bytes."""
    selected: frozenset[str]
    """Those that may be edited, and whose sites are reported."""
    tests: frozenset[str]
    """Those that pytest collects, and conftest files."""
    roots: tuple[str, ...] = ("",)
    """Import roots, relative to the root."""
    modes: Mapping[str, str] = field(default_factory=lambda: {"": "strict"})
    """Folder -> asyncio mode in force there, or the library that runs all coroutine
    tests, anyio or trio; the longest prefix wins.

    "legacy" is an error today. What a migration writes is right in strict mode; what
    is unmarked stays so, for its configuration becomes auto."""
    foreign: Callable[[str], bytes | None] = lambda name: None
    """Dotted module name -> source in the project's interpreter, never imported."""
    within: Callable[[str], Iterable[str]] = lambda package: ()
    """Name of an installed top-level package -> the dotted names of its modules."""
    loop_scopes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Folder -> the default loop scopes of fixtures and of tests in force there."""
    settable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Folder with a pytest configuration -> the keys that a rule may set there.

    A rule that needs one says so by the `settings` of its decisions. It decides for
    the files below that folder, up to the next one that is in `modes`.
    """
    lacking: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Folder -> what the pytest-asyncio of the project does not have, and cannot be
    required to have: ``loop_scope``, ``loop_factories``; ``pytest-asyncio`` itself,
    where it is not installed and nothing declares what tests require."""
    pythons: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Folder -> the lowest Python that is supported there, where that is known."""
    together: Callable[[str, str], bool] = lambda one, other: True
    """Whether one run of pytest may have the tests of two files."""
    has_plugin: bool = True
    """Whether the project is known to use pytest-asyncio; else something that is not
    known may run its async tests."""

    def mode(self, path: str) -> str:
        """Return the asyncio mode in force for a file."""
        return _nearest(self.modes, path) or "strict"

    def default_scopes(self, path: str) -> tuple[str, str]:
        """Return the default loop scopes for a file, "" where none is configured."""
        return _nearest(self.loop_scopes, path) or ("", "")

    def lacks(self, feature: str, path: str) -> bool:
        """Say whether a feature of pytest-asyncio may not be used in a file."""
        return feature in (_nearest(self.lacking, path) or ())

    def runs_from(self, version: tuple[int, int], path: str) -> bool | None:
        """Say whether a file is for a Python and newer ones only; None: not known."""
        lowest = _nearest(self.pythons, path)
        return None if lowest is None else lowest >= version

    def governs(self, path: str) -> str:
        """Return the folder whose configuration is in force for a file."""
        folder = path.rpartition("/")[0]
        while folder not in self.modes and folder not in self.settable and folder:
            folder = folder.rpartition("/")[0]
        return folder

    def with_settings(self, settings: Iterable[Setting]) -> Sources:
        """Return the same once pytest's configuration says what results rely on."""
        scopes = dict(self.loop_scopes)
        for each in settings:
            of_fixtures, of_tests = _nearest(scopes, f"{each.folder}/") or ("", "")
            if each.key == FIXTURES:
                of_fixtures = each.value
            elif each.key == TESTS:
                of_tests = each.value
            scopes[each.folder] = of_fixtures, of_tests
        return replace(self, loop_scopes=scopes)


def _nearest(by_folder: Mapping[str, _T], path: str) -> _T | None:
    folder = path.rpartition("/")[0]
    while folder not in by_folder and folder:
        folder = folder.rpartition("/")[0]
    return by_folder.get(folder)
