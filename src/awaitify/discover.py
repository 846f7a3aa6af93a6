"""Paths and patterns in, files as bytes out."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from pathspec import GitIgnoreSpec

from awaitify import ignoring, repository
from awaitify.ignoring import Ignores

# Never entered on the way down, whatever .gitignore says: nobody's own code.
_NEVER = frozenset(
    {
        ".eggs",
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "__pypackages__",
        "node_modules",
        "site-packages",
    }
)
_SETTINGS = frozenset(
    {
        ".pytest.ini",
        ".pytest.toml",
        "pyproject.toml",
        "pytest.ini",
        "pytest.toml",
        "setup.cfg",
        "setup.py",
        "tox.ini",
    }
)
LOCKS = frozenset({"Pipfile.lock", "pdm.lock", "poetry.lock", "pylock.toml", "uv.lock"})
_REQUIREMENTS = re.compile(
    r"Pipfile|[\w.-]*(requirement|constraint)[\w.-]*\.(txt|in|pip)"
    r"|(.*/)?(require\w*|reqs?|deps?)/[^/]+\.(txt|in|pip)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Unreadable:
    """A file or directory that could not be read, and why."""

    path: str
    message: str


@dataclass(frozen=True)
class Tree:
    """What lies under a root; every path is posix and relative to that root."""

    files: frozenset[str]
    """Python files."""
    links: frozenset[str]
    """Those of them that are symbolic links: read, but never edited."""
    directories: frozenset[str]
    """Directories that were entered; "" is the root."""
    settings: frozenset[str]
    """Files that may configure pytest or mark the top of a package."""
    closed: frozenset[Unreadable] = frozenset()
    """Directories that cannot be looked into."""
    documents: frozenset[str] = frozenset()
    """Files that configure pytest or declare requirements, and may be edited."""

    def __or__(self, other: Tree) -> Tree:
        """Return what lies in either."""
        return Tree(
            self.files | other.files,
            self.links | other.links,
            self.directories | other.directories,
            self.settings | other.settings,
            self.closed | other.closed,
            self.documents | other.documents,
        )

    def with_files(self, files: Iterable[str]) -> Tree:
        """Return the tree as if it had some more files, which are no links."""
        more = frozenset(files)
        return replace(self, files=self.files | more, links=self.links - more)


@dataclass(eq=False)
class OnDisk(Mapping[str, bytes]):
    """The bytes of files, read anew whenever they are asked for.

    Args:
        root: an absolute directory.
        sizes: posix path relative to it -> how many bytes it was.

    """

    root: Path
    sizes: Mapping[str, int]

    def __getitem__(self, path: str) -> bytes:
        """Return the bytes of a file; none of one that is there no more."""
        if path not in self.sizes:
            raise KeyError(path)
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return b""

    def __contains__(self, path: object) -> bool:
        return path in self.sizes

    def __iter__(self) -> Iterator[str]:
        return iter(self.sizes)

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True)
class Patterns:
    """``--include`` and ``--exclude``: patterns as in .gitignore, from a base."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    base: str = ""
    """The directory that patterns with a slash start from, relative to the root."""

    def admit(self, files: Iterable[str]) -> Iterator[str]:
        """Yield the files that the patterns let through."""
        if not self.include and not self.exclude:
            yield from files
            return
        included = GitIgnoreSpec.from_lines(self.include) if self.include else None
        excluded = GitIgnoreSpec.from_lines(self.exclude)
        prefix = f"{self.base}/" if self.base else ""
        for file in files:
            # A pattern cannot climb out of its base: outside, the root is it.
            name = file.removeprefix(prefix)
            if included is not None and not included.match_file(name):
                continue
            if not excluded.match_file(name):
                yield file


def explore(root: Path, named: Sequence[str] = ("",)) -> Tree:
    """Return what lies under `root` that git would not ignore.

    Args:
        root: an absolute directory.
        named: paths that the user named, relative to the root. They are taken
            even if they are ignored.

    """
    tree = _descend(root, "")
    for name in named:
        path = root / name
        # With a named file comes its directory: what it imports is read as well.
        directory = name if path.is_dir() else _parent(name)
        if directory not in tree.directories:
            tree |= _descend(root, directory)
        if path.is_file() and is_python(path):
            tree |= Tree(frozenset([name]), frozenset(), frozenset(), frozenset())
    return tree


def is_python(path: Path) -> bool:
    """Say whether a file that the user named may hold Python."""
    if path.suffix in ("", ".py", ".pyw"):
        return True
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first


class Admits(Protocol):
    """Whatever lets some files through."""

    def admit(self, files: Iterable[str]) -> Iterator[str]:
        """Yield the files that may pass."""


def choose(
    root: Path, tree: Tree, named: Sequence[str], patterns: Admits = Patterns()
) -> frozenset[str]:
    """Return the files that the user chose; those named in full always are."""
    files = {name for name in named if (root / name).is_file()}
    directories = [name for name in named if name not in files]
    below = (file for file in tree.files if is_below(file, directories))
    return frozenset((files & tree.files) | (set(patterns.admit(below)) - tree.links))


def read(root: Path, files: Iterable[str]) -> tuple[dict[str, bytes], list[Unreadable]]:
    """Return the bytes of `files`, and those that could not be read."""
    sources, failures = {}, []
    for file in sorted(files):
        try:
            sources[file] = (root / file).read_bytes()
        except OSError as error:
            dangling = (root / file).is_symlink() and error.errno == errno.ENOENT
            message = "a link to nothing" if dangling else error.strerror
            failures.append(Unreadable(file, message or str(error)))
    return sources, failures


def look(root: Path, files: Iterable[str]) -> tuple[OnDisk, list[Unreadable]]:
    """Return `files` to be read when they are asked for, and what cannot be read."""
    sizes, failures = {}, []
    for file in sorted(files):
        try:
            with (root / file).open("rb") as opened:
                sizes[file] = os.fstat(opened.fileno()).st_size
        except OSError:
            failures += read(root, [file])[1]
    return OnDisk(root, sizes), failures


def is_ignored(root: Path, directory: str) -> bool:
    """Say whether the .gitignore files from `root` down ignore a directory."""
    levels = _load(root, "")
    parts = directory.split("/") if directory else []
    for depth in range(1, len(parts) + 1):
        path = "/".join(parts[:depth])
        if parts[depth - 1] in _NEVER or _ignored(path, levels, directory=True):
            return True
        levels += _load(root, path)
    return False


def is_pattern(line: str) -> bool:
    """Say whether a line could stand in a .gitignore file."""
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


_Levels = tuple[tuple[str, Ignores], ...]
"""The .gitignore files in force, outermost first, each with its directory."""


def _descend(root: Path, start: str) -> Tree:
    files, links, directories, settings = set(), set(), set(), set()
    closed: set[Unreadable] = set()
    documents = set()
    # A repository inside the repository is a project of its own, as for git.
    nested_apart = (root / ".git").exists()
    pending = [(start, _levels_above(root, start))]
    while pending:
        directory, levels = pending.pop()
        try:
            entries = _list(root / directory)
        except OSError as error:
            closed.add(Unreadable(directory or ".", error.strerror or str(error)))
            continue
        if directory != start and _is_foreign({e.name for e in entries}, nested_apart):
            continue
        directories.add(directory)
        levels += _load(root, directory)
        for entry in entries:
            path = f"{directory}/{entry.name}" if directory else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NEVER and not _ignored(
                    path, levels, directory=True
                ):
                    pending.append((path, levels))
            elif entry.name in _SETTINGS and _is_file(entry):
                settings.add(path)
            if _declares(path, entry) and not _ignored(path, levels, directory=False):
                documents.add(path)
            if not entry.name.endswith(".py"):
                continue
            is_file = _is_file(entry)
            if not is_file and not _leads_nowhere(entry):
                continue
            if not _ignored(path, levels, directory=False):
                files.add(path)
                # One that leads nowhere cannot be read: that is told apart.
                if is_file and entry.is_symlink():
                    links.add(path)
    return Tree(
        frozenset(files),
        frozenset(links),
        frozenset(directories),
        frozenset(settings),
        frozenset(closed),
        frozenset(documents),
    )


def _declares(path: str, entry: os.DirEntry[str]) -> bool:
    """Say whether a file configures pytest or declares requirements."""
    name = entry.name
    if not (name in _SETTINGS or name in LOCKS or _REQUIREMENTS.fullmatch(path)):
        if not _REQUIREMENTS.fullmatch(name):
            return False
    return not entry.is_symlink() and _is_file(entry)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False  # a loop of links


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    # An editor's lock is one on purpose.
    if not entry.is_symlink() or entry.name.startswith(".#"):
        return False
    return not os.path.exists(entry.path)


def _levels_above(root: Path, start: str) -> _Levels:
    # What is named although it is ignored is judged by its own rules alone.
    if not start or is_ignored(root, start):
        return ()
    parts = start.split("/")
    above = ["/".join(parts[:depth]) for depth in range(len(parts))]
    return tuple(level for path in above for level in _load(root, path))


def _is_foreign(names: set[str], nested_apart: bool) -> bool:
    return "pyvenv.cfg" in names or (nested_apart and ".git" in names)


def _list(directory: Path) -> list[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _load(root: Path, directory: str) -> _Levels:
    files = [root / directory / ".gitignore"]
    if not directory and (root / ".git").exists():
        files = [*repository.excludes(root), *files]
    found = []
    for file in files:
        if not file.is_file():
            continue
        try:
            data = file.read_bytes()
        except OSError:
            continue
        found.append((f"{directory}/" if directory else "", ignoring.read(data)))
    return tuple(found)


def _ignored(path: str, levels: _Levels, *, directory: bool) -> bool:
    for prefix, ignores in reversed(levels):
        verdict = ignores.verdict(path[len(prefix) :], directory)
        if verdict is not None:
            return verdict
    return False


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def is_below(file: str, directories: Iterable[str]) -> bool:
    """Say whether a file lies in one of some directories; "" is the root."""
    return any(not name or file.startswith(f"{name}/") for name in directories)
