"""What a project is: its root, tests, import roots, modes and interpreter."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from awaitify import discover, environment, pytest_config, repository
from awaitify.environment import Environment
from awaitify.pytest_config import PytestConfig
from awaitify.toml import ConfigError

_PACKAGE = ("pyproject.toml", "setup.py", "setup.cfg")
_PYTEST = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "tox.ini")
_OURS = ("awaitify.toml",)
_SOURCES = ("src", "lib")
_LARGE = 3_000_000
"""With more bytes of Python than this, a project is read piece by piece."""
NAMELESS = "<stdin>"
"""The name of a test module that has none."""
_DEFINES_TESTS = re.compile(
    rb"^[ \t]*(?:(?:async[ \t]+)?def[ \t]+test|class[ \t]+\w*Test)", re.MULTILINE
)


@dataclass(frozen=True)
class Fault:
    """A file of the project that cannot be used, and why."""

    path: str
    line: int
    message: str


@dataclass(frozen=True)
class Project:
    """Everything known before any code is looked at.

    Paths are posix and relative to `root` unless they are `Path` objects.
    """

    root: Path
    repository: Path | None
    """The git work tree that `root` is the top of, if it is one."""
    files: Mapping[str, bytes]
    selected: frozenset[str]
    tests: frozenset[str]
    roots: tuple[str, ...]
    """Where absolute imports are looked for, first to last."""
    modes: Mapping[str, str]
    """Directory -> asyncio_mode below it, up to the next entry."""
    loop_scopes: Mapping[str, tuple[str, str]]
    """Directory -> the default loop scopes of fixtures and of tests there."""
    environment: Environment
    faults: tuple[Fault, ...] = ()
    configs: Mapping[str, PytestConfig] = field(default_factory=dict)
    """Folder -> the configuration of pytest that it holds; the root has one."""
    documents: Mapping[str, bytes] = field(default_factory=dict)
    """The files that configure pytest or declare requirements."""
    closed: frozenset[str] = frozenset()
    """Those of them that must stay as they are."""
    has_plugin: bool | None = None
    """Whether something says that it uses pytest-asyncio; None: to be found out."""
    shared: frozenset[str] = frozenset()
    """Of a part of a project: the folders of configurations by which other parts are
    run, too."""

    def together(self, one: str, other: str) -> bool:
        """Say whether one run of pytest may collect two files.

        Packages with a configuration of their own run by themselves, unless one
        above them, or none at all, has them both.
        """
        homes = {_nearest(self.configs, path).directory for path in (one, other)}
        if len(homes) == 1 or self.shared.intersection(self.running(one)):
            return True
        return any(
            config.covers(one) and config.covers(other)
            for config in self.configs.values()
        )

    def running(self, path: str) -> Iterator[str]:
        """Yield the folders from which a run of pytest may collect a file."""
        for number, config in enumerate(_in_force(self.configs, path)):
            if not number or config.covers(path):
                yield config.directory


@dataclass(frozen=True)
class Place:
    """Where a project is, and what of it was named."""

    root: Path
    repository: Path | None
    """The git work tree that `root` is the top of, if it is one."""
    start: str
    """The directory that holds all that was named; posix, relative to `root`."""
    named: tuple[str, ...]
    """Posix, relative to `root`."""


Choose = Callable[[discover.Tree], frozenset[str]]
"""Which of the files that were found may be edited."""


class ScatteredPaths(ValueError):
    """What was named belongs to no one project."""


def locate(paths: Sequence[Path]) -> Place:
    """Find the project that `paths`, existing files and directories, belong to.

    Raises:
        ScatteredPaths: they belong to no one project.

    """
    real = [Path(os.path.realpath(path)) for path in paths]
    start = _common(real)
    if not repository.enclosing(start) and any(map(repository.enclosing, real)):
        raise ScatteredPaths(
            "the paths are not of one git work tree: name those of one at a time"
        )
    for path, target in zip(paths, real, strict=True):
        _refuse_a_way_out(path, target)
    root, git = find_root(start)
    named = tuple(_posix(path.relative_to(root)) for path in real)
    return Place(root, git, _posix(start.relative_to(root)), named)


def _refuse_a_way_out(path: Path, target: Path) -> None:
    """Refuse a link to a file of another project: who looks here does not see it.

    A link to a directory is no less than the way to a project.
    """
    if path.is_symlink() and target.is_file():
        root, _ = find_root(Path(os.path.realpath(path.parent)))
        if not target.is_relative_to(root):
            raise ScatteredPaths(f"{path} is a link out of {root}: name {target}")


def load(
    place: Place,
    choose: Choose | None = None,
    python: str | None = None,
    given: Mapping[str, bytes] | None = None,
    admits: discover.Admits | None = None,
    *,
    streamed: bool = False,
) -> Project:
    """Read a project.

    Args:
        place: where it is.
        choose: which files may be edited; by default those below what was named.
        python: the project's interpreter, if it was named.
        given: files that have other bytes than those on disk, or are not there.
        admits: which of the documents count; by default all.
        streamed: whether the files of a large project may be read later, and more
            than once.

    Raises:
        ConfigError: pytest's configuration for `place.start` is broken.
        environment.NoInterpreter: `python` is none.

    """
    root, named = place.root, place.named
    given = given or {}
    tree = discover.explore(root, named).with_files(given)
    configs, broken = _configs(root, tree.settings)
    if error := broken.get(_nearest(configs, f"{place.start}/").directory):
        raise error
    chosen = choose(tree) if choose else discover.choose(root, tree, named)
    # Where nothing is chosen there is nothing to find out.
    wanted = tree.files - given.keys() if chosen else ()
    files, unreadable = _read(root, wanted, streamed=streamed and not given)
    if given:
        files = {**files, **given}
    # By which rules pytest would collect these is not known.
    undecided = {
        path: broken[where]
        for path in chosen
        if (where := _nearest(configs, path).directory) in broken
    }
    faults = configuration_faults(root, undecided.values())
    inside = [bad for bad in tree.closed if discover.is_below(f"{bad.path}/", named)]
    inside += [bad for bad in unreadable if bad.path in chosen]
    faults += [Fault(bad.path, 1, bad.message) for bad in sorted(inside, key=_path)]
    tests = frozenset(_tests(files, configs, named, root))
    found = environment.find(python, root / place.start)
    return Project(
        root=root,
        repository=place.repository,
        files=files,
        selected=(chosen & files.keys()) - undecided.keys(),
        tests=tests,
        roots=_import_roots(root, tree, configs, tests, found),
        modes={where: config.asyncio_mode for where, config in configs.items()},
        loop_scopes={where: config.loop_scopes for where, config in configs.items()},
        environment=found,
        faults=tuple(faults),
        configs=configs,
        documents=_documents(root, tree.documents, admits) if chosen else {},
    )


def _read(
    root: Path, wanted: Iterable[str], *, streamed: bool
) -> tuple[Mapping[str, bytes], list[discover.Unreadable]]:
    if streamed:
        later, unreadable = discover.look(root, wanted)
        if sum(later.sizes.values()) > _LARGE:
            return later, unreadable
    return discover.read(root, wanted)


def _documents(
    root: Path, names: Iterable[str], admits: discover.Admits | None
) -> Mapping[str, bytes]:
    """Return the documents that count; of a lock only that it is there."""
    named = frozenset(admits.admit(names) if admits else names)
    locks = {path for path in named if path.rpartition("/")[2] in discover.LOCKS}
    # One that cannot be read says nothing; if it configures pytest, that was told.
    found, _ = discover.read(root, named - locks)
    return {**found, **dict.fromkeys(locks, b"")}


def alone(place: Place, source: bytes, python: str | None = None) -> Project:
    """Return a project that is one test module, by the configuration of a place.

    Raises:
        ConfigError: pytest's configuration for the place is broken.
        environment.NoInterpreter: `python` is none.

    """
    path = _join(place.start, NAMELESS)
    found = (pytest_config.read(place.root, directory) for directory in _above(path))
    config = next(filter(None, found), PytestConfig())
    return Project(
        root=place.root,
        repository=None,
        files={path: source},
        selected=frozenset({path}),
        tests=frozenset({path}),
        roots=(place.start,),
        modes={"": config.asyncio_mode},
        loop_scopes={"": config.loop_scopes},
        environment=environment.find(python, place.root / place.start),
    )


def _path(bad: discover.Unreadable) -> str:
    return bad.path


def configuration_faults(root: Path, errors: Iterable[ConfigError]) -> list[Fault]:
    """Return what is wrong with configuration files, each once."""
    found = {error.path: error for error in errors}
    return [
        Fault(_posix(path.relative_to(root)), error.line, error.message)
        for path, error in sorted(found.items())
    ]


def find_root(start: Path) -> tuple[Path, Path | None]:
    """Return the project's root for a directory, and its git work tree.

    The whole work tree is one project: a helper may be used anywhere in it. What
    git ignores belongs to no work tree; then the nearest directory that looks
    like the top of a package is the root, and failing that `start`.
    """
    git = repository.enclosing(start)
    if git and not discover.is_ignored(git, _posix(start.relative_to(git))):
        return git, git
    above = (start, *start.parents)
    for names in (_PACKAGE, _PYTEST, _OURS):
        for directory in above:
            if any((directory / name).is_file() for name in names):
                return directory, None
    return start, None


def _common(paths: Sequence[Path]) -> Path:
    directories = [path if path.is_dir() else path.parent for path in paths]
    return Path(os.path.commonpath(directories))


def _posix(path: Path) -> str:
    text = path.as_posix()
    return "" if text == "." else text


_Configs = Mapping[str, PytestConfig]
"""Directory -> the configuration it holds; the root always has an entry."""


def _configs(
    root: Path, settings: Iterable[str]
) -> tuple[_Configs, Mapping[str, ConfigError]]:
    """Return the configurations, and why some of them are only pytest's defaults."""
    configs, broken = {"": PytestConfig()}, {}
    for directory in sorted({file.rpartition("/")[0] for file in settings}):
        try:
            config = pytest_config.read(root, directory)
        except ConfigError as error:
            config, broken[directory] = PytestConfig(directory), error
        if config is not None:
            configs[directory] = config
    return configs, broken


def _in_force(configs: _Configs, path: str) -> Iterator[PytestConfig]:
    """Yield the configurations at and above a file, innermost first."""
    return (configs[above] for above in _above(path) if above in configs)


def _nearest(configs: _Configs, path: str) -> PytestConfig:
    return next(configs[above] for above in _above(path) if above in configs)


def _above(path: str) -> Iterator[str]:
    """Yield the directories that hold `path`, innermost first."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _tests(
    files: Mapping[str, bytes], configs: _Configs, named: Sequence[str], root: Path
) -> Iterator[str]:
    for path in files:
        if path.rpartition("/")[2] == "conftest.py":
            yield path
        elif path in named:
            # Whoever names a file wants it looked at, whatever it is called.
            if _DEFINES_TESTS.search(files[path]):
                yield path
        elif any(_starts(_nearest(configs, path), path, named)):
            yield path


def _starts(config: PytestConfig, path: str, named: Sequence[str]) -> Iterator[bool]:
    """Yield for each place where pytest may start whether it collects `path`."""
    prefix = f"{config.directory}/" if config.directory else ""
    inside = path.removeprefix(prefix)
    if not config.testpaths:
        yield config.collects(inside, "")
    for pattern in config.testpaths:
        for start in ("", *_above(inside), inside):
            if fnmatchcase(start or ".", pattern.strip("/").removeprefix("./")):
                yield config.collects(inside, "" if start == inside else start)
    # As with pytest, naming a directory overrules `testpaths`, unless it is the
    # configuration's own: then nothing was narrowed down.
    for name in named:
        if name.startswith(prefix) and name != config.directory:
            start = name.removeprefix(prefix)
            if inside.startswith(f"{start}/"):
                yield config.collects(inside, start)


def _import_roots(
    root: Path,
    tree: discover.Tree,
    configs: _Configs,
    tests: Iterable[str],
    found: Environment,
) -> tuple[str, ...]:
    inserted = {
        _import_root(path, tree.files)
        for path in tests
        if _nearest(configs, path).import_mode != "importlib"
    }
    settings = [
        _join(config.directory, path)
        for config in configs.values()
        for path in config.pythonpath
    ]
    tops = sorted({"", *configs, *(file.rpartition("/")[0] for file in tree.settings)})
    sources = [_join(top, name) for top in tops for name in _SOURCES]
    linked = [
        _posix(place.relative_to(root))
        for place in found.site
        if place.is_relative_to(root)
    ]
    places = [*sorted(inserted), *settings, "", *tops, *sources, *linked]
    # As on sys.path, the first of two equal entries counts.
    return tuple(dict.fromkeys(place for place in places if place in tree.directories))


def _import_root(path: str, files: frozenset[str]) -> str:
    """Return what pytest puts on sys.path for a file: the top of its package."""
    tops = (top for top in _above(path) if _join(top, "__init__.py") not in files)
    return next(tops, "")


def _join(directory: str, path: str) -> str:
    joined = os.path.normpath(os.path.join(directory, path)).replace(os.sep, "/")
    return "" if joined == "." else joined
