"""What evidence says of the functions of a project, by their names.

Evidence names places. They hold for the files it was made with; names hold for what
a migration makes of these files, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from awaitify_codemods.colour.project import Project
from awaitify_codemods.colour.seen_drives import Resolved, Resolver
from awaitify_codemods.evidence import Evidence
from awaitify_codemods.facts.values import Function
from awaitify_codemods.mocks.seen import SeenMocks, seen_mocks
from awaitify_codemods.plan import digest

Name = tuple[str, str]
"""A path, and a function as `Function.name` has it."""

_IN_CALL = frozenset({"passed", "failed", "xfailed", "xpassed"})
"""How a test ends that came to its own code."""


@dataclass(frozen=True)
class Under:
    """A drive in the main thread that was seen while a function was executed."""

    ends_with: Name | None
    """What has to become async to make an await of it; None if nothing does."""
    is_certain: bool
    """Whether it is known what drove."""
    where: str


@dataclass(frozen=True)
class Seen:
    """What was seen of each function."""

    under: Mapping[Name, tuple[Under, ...]] = field(default_factory=dict)
    ran: frozenset[Name] = frozenset()
    """Tests of which every item came to its own code."""
    driving: frozenset[Name] = frozenset()
    """What was executed around drives that may become awaits."""
    driven: frozenset[Name] = frozenset()
    """The functions that drove."""
    opaque: frozenset[Name] = frozenset()
    """Those in which something drove of which nothing is known."""
    packages: frozenset[str] = frozenset()
    """What is installed and drove for test code, of which nothing is known."""
    mocks: SeenMocks = field(default_factory=SeenMocks)

    def has_run(self, function: Function, *, is_test: bool, drives: bool) -> bool:
        """Whether it is known what a function does, as far as drives show it.

        Where its own are among those that were seen, those of others are, too.

        Args:
            function: what may have run.
            is_test: whether pytest calls it by itself.
            drives: whether it does drive.

        """
        name = named(function)
        if name not in self.driving and (drives or not is_test):
            return False
        return not is_test or name in self.ran


def named(function: Function) -> Name:
    """Return the name of a function."""
    return function.module.path, function.name


def seen(evidence: Evidence, project: Project) -> Seen:
    """Return what evidence says of those files that are what they were."""
    unchanged = _unchanged(evidence, project)
    resolver = Resolver(project, unchanged)
    mocks = seen_mocks(evidence, unchanged)
    drives = [found for found in map(resolver.resolve, evidence.drives) if found]
    under: dict[Name, dict[Under, None]] = {}
    for found in drives:
        for function in found.around:
            under.setdefault(named(function), {})[_under(found)] = None
    kept = {name: tuple(found) for name, found in under.items()}
    if not _is_whole(evidence, project):
        return Seen(kept, mocks=mocks)
    names = _Unique(project)
    inner = [each for each in drives if each.innermost]
    return Seen(
        kept,
        frozenset(names.of(_tests(evidence, resolver))),
        frozenset(
            names.of(f for each in drives if each.ends_with for f in each.around)
        ),
        frozenset(named(each.innermost) for each in inner if each.innermost),
        frozenset(
            named(each.innermost) for each in inner if each.innermost and each.is_opaque
        ),
        frozenset(each.package for each in drives if each.package),
        mocks,
    )


def _under(found: Resolved) -> Under:
    name = named(found.ends_with) if found.ends_with else None
    return Under(name, found.is_certain, found.where)


def _tests(evidence: Evidence, resolver: Resolver) -> Iterator[Function]:
    """Yield the tests whose items all came to their own code."""
    outcomes: dict[tuple[str, int], set[str]] = {}
    for each in evidence.tests.values():
        outcomes.setdefault(each.function, set()).add(each.outcome)
    for place, ends in outcomes.items():
        function = resolver.function(place)
        if function and ends <= _IN_CALL:
            yield function


def _unchanged(evidence: Evidence, project: Project) -> frozenset[str]:
    """Return the files that have the bytes which the evidence was made with."""
    files = project.sources.files
    return frozenset(
        path
        for path, then in evidence.files.items()
        if path in files and digest(files[path]) == then
    )


def _is_whole(evidence: Evidence, project: Project) -> bool:
    """Whether what was not seen would not be seen today.

    Any other code may be what a test runs through; of test modules each has its own.
    """
    changed = evidence.files.keys() - _unchanged(evidence, project)
    return all(_is_module_of_tests(path, project) for path in changed)


def _is_module_of_tests(path: str, project: Project) -> bool:
    """Whether a file has tests alone, of which no other file takes anything."""
    if path not in project.sources.tests & project.sources.files.keys():
        return False
    name = path.rpartition("/")[2].removesuffix(".py")
    return name != "conftest" and not (
        set(project.index.words.files_with(name)) - {path}
    )


@dataclass(eq=False)
class _Unique:
    """Tells which names mean one function of their file."""

    project: Project
    _doubled: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, functions: Iterable[Function]) -> Iterator[Name]:
        return filter(self.has, map(named, functions))

    def has(self, name: Name) -> bool:
        path, function = name
        if path not in self._doubled:
            module = self.project.index.module(path)
            nodes = module.functions if module else ()
            counts = Counter(module.qualified(each) for each in nodes if module)
            self._doubled[path] = frozenset(n for n, c in counts.items() if c > 1)
        return function not in self._doubled[path]
