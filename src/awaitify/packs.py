"""Divides a large tree into packs of files that can be migrated one by one.

The files of one package, or of what has a configuration of its own, stay in one pack.
Packs are joined where one may depend on what becomes of another: it imports what may
be edited there, names it in a string, or stands below its conftest. Of what is never
edited each pack that imports it reads its own copy. When in doubt, packs are joined.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from awaitify import discover
from awaitify.discover import OnDisk, Unreadable
from awaitify.project import Project
from awaitify.settings import declared
from awaitify_codemods.facts.foreign import KNOWN
from awaitify_codemods.facts.parsing import text_of
from awaitify_codemods.testcode import is_in_test_folder

_T = TypeVar("_T")
_NAME = r"[^\W\d]\w*"
_GAP = r"(?:\s|\\\r?\n)*"
# Also what only looks like an import, in a string: then a pack is larger than it must.
_IMPORT = re.compile(
    rf"(?:\bfrom\b(?P<source>[.\w\s\\]*?))?\bimport\b{_GAP}"
    r"(?P<names>\((?:[^)#]|#[^\n]*)*\)|(?:\\\r?\n|[^\n;#])*)"
)
_COMMENT = re.compile(r"#[^\n]*")
_FIRST = re.compile(r"[\s(]*([\w.]+)")
_DOTTED = re.compile(rf"[\"']({_NAME}(?:\.{_NAME})+)[.:\"']")
_WORD = re.compile(rf"[\"']({_NAME})[\"']")
# Where a single word may name a module.
_LOADS = re.compile(
    r"pytest_plugins|import_module|__import__|importorskip|register_assert_rewrite"
)
_BLANK = re.compile(rb"\s*(#[^\n]*\s*)*")
# What a document mentions that may be changed in it.
_SAYS = re.compile(rb"pytest|asyncio|asynctest|aiounittest|unittest")
_TOPS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})


@dataclass(frozen=True)
class Pack:
    """Files that are migrated together."""

    own: tuple[str, ...]
    """Those of no other pack, sorted."""
    read: tuple[str, ...] = ()
    """Those of others that they import; none of them may be edited anywhere."""
    homes: frozenset[str] = frozenset()
    """The folders that are the tops of what it is made of."""

    @property
    def first(self) -> str:
        """The path that tells the pack from others."""
        return self.own[0]


def divide(project: Project) -> list[Pack]:
    """Return the packs of a project, in the order of their first paths."""
    return _Division(project).packs()


@dataclass(frozen=True)
class Group:
    """Packs whose configuration or requirements are said in the same files."""

    packs: tuple[Pack, ...]
    documents: frozenset[str]
    """The documents that are about nothing else."""

    @property
    def first(self) -> str:
        """The path that tells the group from others."""
        return self.packs[0].first

    @property
    def whole(self) -> Pack:
        """All of it as one pack."""
        own = sorted(path for pack in self.packs for path in pack.own)
        read = {path for pack in self.packs for path in pack.read}
        homes = frozenset(home for pack in self.packs for home in pack.homes)
        return Pack(tuple(own), tuple(sorted(read.difference(own))), homes)


def grouped(project: Project, divided: Sequence[Pack]) -> list[Group]:
    """Return the packs, those that may change the same document in one group."""
    below: dict[str, list[int]] = {}
    for number, pack in enumerate(divided):
        for each in {a for p in pack.own for a in _above(p.rpartition("/")[0])}:
            below.setdefault(each, []).append(number)
    tops = list(range(len(divided)))
    for path, source in sorted(project.documents.items()):
        if path not in project.closed and _SAYS.search(source):
            near = [_last(tops, n) for n in below.get(declared.folder(path), ())]
            for number in near:
                tops[number] = min(near)
    found: dict[int, list[Pack]] = {}
    for number, pack in enumerate(divided):
        found.setdefault(_last(tops, number), []).append(pack)
    documents: dict[int, set[str]] = {}
    for path in project.documents:
        about = {_last(tops, n) for n in below.get(declared.folder(path), ())}
        if len(about) == 1:
            documents.setdefault(about.pop(), set()).add(path)
    return [
        Group(tuple(packs), frozenset(documents.get(number, ())))
        for number, packs in found.items()
    ]


def _last(tops: list[int], number: int) -> int:
    while tops[number] != number:
        number = tops[number]
    return number


def shared(project: Project, divided: Iterable[Pack]) -> frozenset[str]:
    """Return the folders from which one run of pytest may collect several packs."""
    of_one: set[str] = set()
    found: set[str] = set()
    for pack in divided:
        running = {
            folder
            for path in project.tests.intersection(pack.own)
            for folder in project.running(path)
        }
        found |= running & of_one
        of_one |= running
    return frozenset(found)


def part(project: Project, pack: Pack) -> tuple[Project, list[Unreadable]]:
    """Return a pack as a project of its own, and what of it cannot be read any more."""
    files, unreadable = _read(project, sorted({*pack.own, *pack.read}))
    return _within_reach(project, pack, files), unreadable


def of_group(project: Project, group: Group) -> Project:
    """Return a group as a project of its own, its files to be read when asked for."""
    pack = group.whole
    assert isinstance(project.files, OnDisk)
    sizes = {
        path: project.files.sizes[path] for path in sorted({*pack.own, *pack.read})
    }
    found = _within_reach(project, pack, OnDisk(project.root, sizes))
    others = found.documents.keys() - group.documents
    return replace(found, closed=found.closed | others)


def _within_reach(project: Project, pack: Pack, files: Mapping[str, bytes]) -> Project:
    """Return some files as a project, with what decides for them.

    That is at them or above, or in their homes.
    """
    folders = {above for path in files for above in _above(path.rpartition("/")[0])}
    tops = _tops(project)
    documents = {
        path: source
        for path, source in project.documents.items()
        if declared.folder(path) in folders or _top(path, tops) in pack.homes
    }
    roots = [root for root in project.roots if root in folders]
    own = [root for root in roots if _top(f"{root}/", tops) in pack.homes]
    return replace(
        project,
        files=files,
        selected=project.selected.intersection(pack.own) & files.keys(),
        tests=project.tests & files.keys(),
        # In their order, but those in the pack's homes first.
        roots=tuple(dict.fromkeys((*own, *roots))),
        modes=_within(project.modes, folders),
        loop_scopes=_within(project.loop_scopes, folders),
        faults=(),
        configs=_within(project.configs, folders),
        documents=documents,
        closed=project.closed & documents.keys(),
    )


def _read(
    project: Project, paths: Iterable[str]
) -> tuple[dict[str, bytes], list[Unreadable]]:
    if isinstance(project.files, OnDisk):
        return discover.read(project.root, paths)
    return {path: project.files[path] for path in paths}, []


def _within(by_folder: Mapping[str, _T], folders: Container[str]) -> dict[str, _T]:
    return {each: value for each, value in by_folder.items() if each in folders}


def _top(path: str, tops: Container[str]) -> str:
    """Return the home of a file."""
    return next(above for above in _above(path.rpartition("/")[0]) if above in tops)


def _tops(project: Project) -> frozenset[str]:
    """Return the folders that are the top of something."""
    marked = {
        path.rpartition("/")[0]
        for path in project.documents
        if path.rpartition("/")[2] in _TOPS
    }
    return frozenset({"", *marked, *project.configs})


@dataclass(eq=False)
class _Division:
    project: Project
    _parents: dict[str, str] = field(default_factory=dict)
    """Home -> one that it is joined with."""
    _homes: dict[str, str] = field(default_factory=dict)
    """Folder -> its home."""
    _located: dict[tuple[str, str], str] = field(default_factory=dict)
    _anywhere: dict[str, str] = field(default_factory=dict)
    """Name of a module, with slashes -> the first file of it in any import root."""
    _reads: dict[str, frozenset[str]] = field(default_factory=dict)
    """File -> those that it may import, or names in a string."""
    _unresolved: dict[str, set[str]] = field(default_factory=dict)
    """Name of a module that test code imports, and that is not found -> its homes."""

    def packs(self) -> list[Pack]:
        self._read_all()
        self._join_by_conftests()
        self._join_by_unknown_files()
        by_home: dict[str, list[str]] = {}
        for path in self.project.files:
            by_home.setdefault(self._home(path), []).append(path)
        reads = {home: self._closure(paths) for home, paths in by_home.items()}
        for home, read in reads.items():
            for other in read & self._editable:
                self._join(home, self._home(other))
        own: dict[str, list[str]] = {}
        read_by: dict[str, set[str]] = {}
        for home, paths in by_home.items():
            own.setdefault(self._top(home), []).extend(paths)
            read_by.setdefault(self._top(home), set()).update(reads[home])
        packs = [
            Pack(
                tuple(sorted(paths)),
                tuple(sorted(read_by[top].difference(paths))),
                frozenset(map(self._home, paths)),
            )
            for top, paths in own.items()
        ]
        return sorted(packs, key=lambda pack: pack.first)

    def _read_all(self) -> None:
        for path in self.project.files:
            found = frozenset(self._needed(path)) - {path}
            if found:
                self._reads[path] = found

    def _closure(self, paths: Iterable[str]) -> set[str]:
        """Return the files of others that some need, and what those need in turn."""
        pending, seen = [*paths], set(paths)
        own = frozenset(seen)
        while pending:
            for other in self._reads.get(pending.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    pending.append(other)
        return seen - own

    @cached_property
    def _tops(self) -> frozenset[str]:
        return _tops(self.project)

    @cached_property
    def _roots(self) -> Mapping[str, tuple[str, ...]]:
        """Home -> the import roots in it."""
        found: dict[str, list[str]] = {}
        for root in self.project.roots:
            found.setdefault(self._home_of(root), []).append(root)
        return {home: tuple(roots) for home, roots in found.items()}

    @cached_property
    def _editable(self) -> frozenset[str]:
        """What may be test code; only that is ever edited."""
        tests = {
            path
            for path in self.project.files
            if path in self.project.tests
            or is_in_test_folder(path)
            or path.rpartition("/")[2] == "conftest.py"
        }
        folders = {path.rpartition("/")[0] for path in tests}
        return frozenset(
            path
            for path in self.project.selected
            if (path in tests or path.rpartition("/")[0] in folders)
            and not _BLANK.fullmatch(self.project.files[path])
        )

    @cached_property
    def _names(self) -> Mapping[str, frozenset[str]]:
        """Name of a module -> the homes that have one, wherever it is in them."""
        found: dict[str, set[str]] = {}
        for path in self.project.files:
            home, parts = self._home(path), path.removesuffix(".py").split("/")
            name = parts[-2] if parts[-1] == "__init__" and parts[1:] else parts[-1]
            found.setdefault(name, set()).add(home)
        return {name: frozenset(homes) for name, homes in found.items()}

    def _home(self, path: str) -> str:
        return self._home_of(path.rpartition("/")[0])

    def _home_of(self, folder: str) -> str:
        if folder not in self._homes:
            above = folder.rpartition("/")[0]
            is_top = folder in self._tops or not folder
            self._homes[folder] = folder if is_top else self._home_of(above)
        return self._homes[folder]

    def _join(self, one: str, other: str) -> None:
        first, last = sorted((self._top(one), self._top(other)))
        if first != last:
            self._parents[last] = first

    def _top(self, home: str) -> str:
        while home in self._parents:
            home = self._parents[home]
        return home

    def _join_by_conftests(self) -> None:
        """Join what stands below a conftest with it: its fixtures are theirs."""
        homes = {self._home(path) for path in self.project.files}
        for path in self.project.files:
            folder, _, name = path.rpartition("/")
            if name != "conftest.py" or _BLANK.fullmatch(self.project.files[path]):
                continue
            for home in homes:
                if not folder or home.startswith(f"{folder}/"):
                    self._join(self._home(path), home)

    def _join_by_unknown_files(self) -> None:
        """Join what imports a name that nothing explains with all that have it."""
        for name, homes in self._unresolved.items():
            having = self._names.get(name, frozenset())
            # Its own is the one that is meant, by whatever way.
            for home in homes - having if having else ():
                for other in having:
                    self._join(home, other)

    def _needed(self, path: str) -> Iterator[str]:
        """Yield the files that one may import, or name in a string."""
        source = self.project.files[path]
        if not any(word in source for word in (b"import", b".", b"plugins")):
            return
        text = _text(source)
        for level, name in _imported(text):
            top = name.partition(".")[0]
            if level:
                yield from self._relative(path, level, name)
            elif top not in KNOWN:
                found = [*self._absolute(name, path)]
                if not found and path in self._editable and not self._installed(top):
                    self._unresolved.setdefault(top, set()).add(self._home(path))
                yield from found
        for name in _strings(text):
            yield from self._named(name, path)

    def _installed(self, name: str) -> bool:
        return name in sys.stdlib_module_names or self._foreign(name) is not None

    @cached_property
    def _foreign(self) -> Callable[[str], bytes | None]:
        return self.project.environment.reader()

    def _relative(self, path: str, level: int, name: str) -> Iterator[str]:
        base = path.split("/")[:-level]
        parts = [*filter(None, name.split("."))]
        for size in range(len(parts) + 1):
            yield from self._at("/".join([*base, *parts[:size]]))

    def _absolute(self, name: str, path: str) -> Iterator[str]:
        """Yield the files of a dotted name, and of the packages that hold it."""
        parts = name.split(".")
        folder = path.rpartition("/")[0]
        for size in range(1, len(parts) + 1):
            if found := self._locate("/".join(parts[:size]), folder):
                yield found

    def _named(self, name: str, path: str) -> Iterator[str]:
        """Yield the file that a string may name something of: ``"a.txt"`` does not."""
        parts, folder = name.split("."), path.rpartition("/")[0]
        for size in range(len(parts), 0, -1):
            if found := self._locate("/".join(parts[:size]), folder):
                source, after = self.project.files[found], parts[size : size + 1]
                if not after or _may_have(source, after[0]):
                    yield from self._absolute(name, path)
                return

    def _locate(self, relative: str, folder: str) -> str:
        """Return the file of a name, or "": looked for nearby, then in all roots."""
        if relative.rpartition("/")[2] not in self._names:
            return ""
        key = relative, folder
        if key not in self._located:
            own = self._roots.get(self._home_of(folder), ())
            places = dict.fromkeys((*_above(folder), *own))
            found = self._first(relative, places) or self._in_any_root(relative)
            self._located[key] = found
        return self._located[key]

    def _in_any_root(self, relative: str) -> str:
        if relative not in self._anywhere:
            self._anywhere[relative] = self._first(relative, self.project.roots)
        return self._anywhere[relative]

    def _first(self, relative: str, places: Iterable[str]) -> str:
        tried = (self._at(f"{r}/{relative}" if r else relative) for r in places)
        return next((each for one in tried for each in one), "")

    def _at(self, base: str) -> Iterator[str]:
        for path in (f"{base}/__init__.py" if base else "__init__.py", f"{base}.py"):
            if path in self.project.files:
                yield path
                return


def _above(folder: str) -> Iterator[str]:
    """Yield a folder and all above it, down from the nearest."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _text(source: bytes) -> str:
    """Return a file as it is searched: names as Python compares them."""
    if source.isascii():
        return source.decode("ascii")
    try:
        text = text_of(source)
    except (SyntaxError, ValueError, LookupError):
        text = source.decode("utf-8", "replace")
    return unicodedata.normalize("NFKC", text)


def _imported(text: str) -> Iterator[tuple[int, str]]:
    """Yield what looks imported: how many dots, and a dotted name."""
    for match in _IMPORT.finditer(text):
        source = match["source"]
        names = _COMMENT.sub("", match["names"]).replace("\\", " ")
        firsts = [found[1] for n in names.split(",") if (found := _FIRST.match(n))]
        if source is None:
            yield from ((0, name) for name in firsts)
            continue
        source = re.sub(r"[\s\\]+", "", source)
        name = source.lstrip(".")
        level = len(source) - len(name)
        if level or name:
            yield level, name
            yield from ((level, f"{name}.{each}".lstrip(".")) for each in firsts)


def _may_have(source: bytes, name: str) -> bool:
    known = source.isascii() and name.isascii() and b"import *" not in source
    return not known or name.encode() in source


def _strings(text: str) -> set[str]:
    """Return the strings that may name a module, or something in one."""
    found = set(_DOTTED.findall(text))
    return found | set(_WORD.findall(text)) if _LOADS.search(text) else found
