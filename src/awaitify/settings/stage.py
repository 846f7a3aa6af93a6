"""From a migration to the configuration files that go with it: a pure function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from packaging.version import Version

from awaitify.pytest_config import PytestConfig
from awaitify.settings import (
    filters,
    installed,
    options,
    requirements,
    targets,
    versions,
)
from awaitify.settings.configuration import Configuration
from awaitify.settings.declared import Declared, folder, read
from awaitify.settings.given import After, Given
from awaitify.settings.options import Settled, Suite
from awaitify.settings.requirements import GONE, Need, Requirements
from awaitify.settings.settlement import Note, Settlement, findings
from awaitify.settings.targets import Targets
from awaitify.settings.text import NotEditable
from awaitify.settings.usage import AsyncFixture, Usages
from awaitify_codemods.plan import REPORT

_ASYNC_TEST = re.compile(rb"^[ \t]*async[ \t]+def[ \t]+test", re.MULTILINE)
_NOTHING = Version("0")


@dataclass(eq=False)
class _Stage:
    given: Given
    is_first: bool = False
    """Whether all that a suite should say is written, as `awaitify init` does."""
    documents: dict[str, bytes] = field(init=False)
    notes: list[Note] = field(default_factory=list)
    needs: dict[str, Version] = field(default_factory=dict)
    """Folder -> the pytest-asyncio that knows what was written there."""

    def __post_init__(self) -> None:
        self.documents = dict(self.given.documents)

    @cached_property
    def now(self) -> Usages:
        """What the files ask for after the migration."""
        return Usages(After(self.given.files, self.given.results))

    @cached_property
    def before(self) -> Usages:
        return Usages(self.given.files)

    @cached_property
    def declared(self) -> Declared:
        return read(self.given.documents)

    @cached_property
    def tests(self) -> Mapping[str, list[str]]:
        """The test files of each configuration, by its folder."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.given.tests):
            found.setdefault(self._folder(path), []).append(path)
        return found

    def _folder(self, path: str) -> str:
        return next(each for each in _above(path) if each in self.given.configs)

    def mode(self, where: str) -> str:
        return next(
            (m for f in (where, *_above(where)) if (m := self.given.modes.get(f))),
            "strict",
        )

    def migrated(self, where: str) -> list[str]:
        """Return the changed files there that pytest-asyncio runs."""
        mode = self.mode(where)
        return [
            path
            for path in sorted(self.given.results)
            if self._folder(path) == where and self.now.of(path).of_plugin(mode)
        ]

    def targets(self, where: str) -> Targets:
        folders = [where, *_above(where)]
        site, wanted = self.given.site, self.given.wanted
        return targets.find(self.declared, folders, site, wanted)

    def suite(self, where: str) -> Suite:
        """Return what is known of the tests of one configuration."""
        mode, paths = self.mode(where), self.tests.get(where, [])
        near = [p for p in sorted(self.given.files) if self._may_serve(p, where)]
        config = self.given.configs[where]
        may_be_auto = self.is_first or self._is_legacy(where)
        return Suite(
            self.targets(where),
            tuple(self._wide(near, "auto" if may_be_auto else mode)),
            lambda: self.now.unmarked(paths),
            lambda: self.now.others(paths),
            self.is_first or bool(self.migrated(where)),
            tuple(w for w in self.given.wishes if w.folder == config.directory),
            self._mentions,
            self.given.wanted.mode,
        )

    def _wide(self, paths: list[str], mode: str) -> list[AsyncFixture]:
        """Return the fixtures that outlive a test, those of installed plugins last."""
        others = self.plugins
        return [*self.now.wide(paths, mode), *Usages(others).wide(others, mode)]

    @cached_property
    def plugins(self) -> Mapping[str, bytes]:
        return installed.plugins(self.given.site)

    def _is_legacy(self, where: str) -> bool:
        return self.given.configs[where].asyncio_mode == "legacy"

    def _may_serve(self, path: str, where: str) -> bool:
        """Whether the fixtures of a file may be used by the tests of a folder."""
        home = self._folder(path)
        if home == where:
            return True
        if path in self.given.tests:
            # Those of a conftest hold below it, those of a test file in it.
            is_conftest = path.rpartition("/")[2] == "conftest.py"
            return is_conftest and _is_below(where, folder(path))
        return _is_below(where, home)

    def _mentions(self, word: str) -> str:
        own = (p for p, s in self.given.files.items() if word.encode() in s)
        others = (p for p, s in self.plugins.items() if word.encode() in s)
        return next(own, "") or next(others, "")

    def settle_options(self) -> None:
        """Set what tests need, in each configuration that decides for any."""
        for where, config in sorted(self.given.configs.items()):
            path = _join(where, config.file)
            chosen = self.given.chosen(path, options.CODE)
            if (
                config.file
                and path in self.documents
                and chosen
                and self._is_meant(where)
            ):
                step = options.initial if self.is_first else options.settle
                self._settle(where, path, step)

    def _settle(
        self, where: str, path: str, step: Callable[[Configuration, Suite], Settled]
    ) -> None:
        source = self.documents[path]
        try:
            settled = step(Configuration.of(path, source), self.suite(where))
        except NotEditable as error:
            message = f"it is left as it is: {error}"
            self.notes.append(Note(path, 1, options.CODE, REPORT, message))
            return
        self.notes += settled.notes
        self.documents[path] = settled.configuration.bytes(source)
        self.needs[where] = settled.needs

    def _is_meant(self, where: str) -> bool:
        """Whether a configuration is for chosen tests that pytest-asyncio runs."""
        if any(wish.folder == where for wish in self.given.wishes):
            return True
        paths = self.tests.get(where, [])
        if not any(path in self.given.selected for path in paths):
            return False
        mode = "auto" if self._is_legacy(where) else self.mode(where)
        return self.is_first or self.now.uses_plugin(paths, mode)

    def settle_filters(self) -> None:
        """Tell of filters that hide what async tests should show."""
        for where, config in sorted(self.given.configs.items()):
            path = _join(where, config.file)
            if not (config.file and path in self.documents):
                continue
            if not self.given.chosen(path, filters.CODE) or not self._is_async(where):
                continue
            source = self.documents[path]
            try:
                configuration = Configuration.of(path, source)
            except NotEditable:
                continue
            unsafe = self.given.unsafe(path)
            after, notes = filters.settle(configuration, unsafe, self._defines)
            self.notes += notes
            self.documents[path] = after.bytes(source)

    def _is_async(self, where: str) -> bool:
        paths = self.tests.get(where, [])
        return any(p in self.given.selected for p in paths) and any(
            _ASYNC_TEST.search(self.now.files.get(path, b"")) for path in paths
        )

    def _defines(self, name: str) -> bool:
        word = re.compile(rb"\bdef\s+%s\b" % re.escape(name.encode()))
        return any(word.search(source) for source in self.given.files.values())

    def settle_requirements(self) -> None:
        """Require what was written, and nothing that went with it."""
        chosen = {
            path: source
            for path, source in self.documents.items()
            if self.given.chosen(path, requirements.CODE)
        }
        edits = Requirements(chosen, self.given.documents)
        for need in self._needs():
            edits.require(need)
        for module, name in GONE.items():
            if self._is_gone(module.encode()):
                edits.drop(name, self._is_near)
        self.notes += edits.notes
        self.documents |= edits.files

    def _is_near(self, path: str) -> bool:
        """Whether a document is of a package that holds changed files, or is above."""
        return self._package(folder(path)) in self._packages

    @cached_property
    def _packages(self) -> frozenset[str]:
        changed = (above for path in self.given.results for above in _above(path))
        return frozenset(map(self._package, changed))

    def _package(self, where: str) -> str:
        marks = ("pyproject.toml", "setup.py", "setup.cfg")
        return next(
            (
                each
                for each in (where, *_above(where))
                if any(_join(each, name) in self.given.documents for name in marks)
            ),
            "",
        )

    def _needs(self) -> Iterator[Need]:
        """Yield what the tests of each project in the tree need."""
        found: dict[tuple[str, ...], Need] = {}
        for where in sorted(self.given.configs):
            for path in self._needing(where):
                folders = tuple(self._projects(path))
                least = max(self._least(path), self.needs.get(where, _NOTHING))
                if folders in found:
                    least = max(least, found[folders].least)
                targets = self.targets(folder(path))
                found[folders] = Need(folders, least, targets, self._is_new(where))
        yield from found.values()

    def _needing(self, where: str) -> list[str]:
        return self.tests.get(where, []) if self.is_first else self.migrated(where)

    def _is_new(self, where: str) -> bool:
        """Whether nothing used pytest-asyncio before; else something brings it."""
        paths = self.tests.get(where, [])
        return self.is_first or not self.before.uses_plugin(paths, self.mode(where))

    def _projects(self, path: str) -> Iterator[str]:
        homes = {folder(place.path) for place in self.declared.places}
        return (above for above in _above(path) if above in homes)

    def _least(self, path: str) -> Version:
        """Return the pytest-asyncio that knows what was written to a file."""
        before, after = self.given.files.get(path, b""), self.given.results.get(path)
        if after is None:
            return _NOTHING
        words = [(name.encode(), since) for name, since in versions.FEATURES.items()]
        new = [since for word, since in words if word in after and word not in before]
        return max(new, default=_NOTHING)

    def _is_gone(self, module: bytes) -> bool:
        word = re.compile(rb"\b%s\b" % module)
        results = self.given.results
        if not any(word.search(self.given.files.get(path, b"")) for path in results):
            return False
        # A setup.py names what it requires, which is no use of it.
        return not any(
            word.search(source)
            for path, source in self.now.files.items()
            if path not in self.given.documents
        )


def settle(given: Given) -> Settlement:
    """Return what a migration makes of configuration files."""
    return _settlement(_Stage(given))


def initial(given: Given) -> Settlement:
    """Return the configuration that the tests need as they are; it may be new."""
    missing = list(_without_configuration(given))
    made = {path: given.documents.get(path, b"") for _, path in missing}
    configs = {
        **given.configs,
        **{f: PytestConfig(f, path.rpartition("/")[2]) for f, path in missing},
    }
    changed = replace(
        given, documents={**given.documents, **made}, configs=configs, results={}
    )
    settled = _settlement(_Stage(changed, is_first=True))
    new = {path for path in made if path not in given.documents}
    before = {p: None if p in new else old for p, old in settled.before.items()}
    return replace(settled, before=before)


def settable(given: Given) -> Mapping[str, frozenset[str]]:
    """Return which keys of which configuration a rule may ask for."""
    stage = _Stage(given)
    found = {}
    for where, config in given.configs.items():
        path = _join(where, config.file)
        if not (config.file and path in given.documents):
            continue
        if not given.chosen(path, options.CODE):
            continue
        suite = Suite(stage.targets(where), (), is_migrated=True)
        try:
            configuration = Configuration.of(path, given.documents[path])
        except NotEditable:
            continue
        found[where] = frozenset(options.settable(configuration, suite))
    return found


def lacking(given: Given) -> Mapping[str, frozenset[str]]:
    """Return which of the features of pytest-asyncio may not be used, by folder."""
    declared = read(given.documents)
    folders = {"", *declared.pythons, *(folder(p.path) for p in declared.places)}
    found = {}
    for each in folders:
        known = targets.find(declared, [each, *_above(each)], given.site, given.wanted)
        suite = Suite(known, (), is_migrated=True)
        found[each] = frozenset(
            name
            for name, version in versions.FEATURES.items()
            # An older plugin ends the run at a hook that it does not know.
            if not (known.has if name == "loop_factories" else suite.may_use)(version)
        )
    if not _is_requirable(given, declared):
        return {each: names | {targets.PLUGIN} for each, names in found.items()}
    return found


def pythons(given: Given) -> dict[str, tuple[int, int]]:
    """Return the lowest Python of each folder; the environment's where none is said."""
    declared = read(given.documents)
    found = {}
    for each in {"", *declared.pythons}:
        within = [each, *_above(each)]
        said = targets.find(declared, within, given.site, given.wanted).python
        lowest = (said.major, said.minor) if said else given.python
        if lowest is not None:
            found[each] = lowest
    return found


def _is_requirable(given: Given, declared: Declared) -> bool:
    """Whether tests have pytest-asyncio, or can be made to require it.

    Where the environment of the tests is not known, they may have it.
    """
    places, known = declared.places, targets.installed(given.site)
    if targets.PLUGIN in known or "pytest" not in known:
        return True
    return any(
        place.of(targets.PLUGIN)
        or (
            place.of("pytest")
            and not (place.is_runtime or place.frozen)
            and given.chosen(place.path, requirements.CODE)
        )
        for place in places
    )


def _settlement(stage: _Stage) -> Settlement:
    stage.settle_options()
    stage.settle_filters()
    stage.settle_requirements()
    before = stage.given.documents
    after = {p: new for p, new in stage.documents.items() if new != before.get(p)}
    return Settlement({p: before.get(p) for p in after}, after, findings(stage.notes))


def _without_configuration(given: Given) -> Iterator[tuple[str, str]]:
    """Yield the folders whose tests have no configuration, and where it would be."""
    if given.configs[""].file:
        return
    configured = [f for f, config in given.configs.items() if config.file]
    for path in sorted(given.tests & given.selected):
        if not any(each in configured for each in _above(path)):
            yield (
                "",
                "pyproject.toml"
                if "pyproject.toml" in given.documents
                else "pytest.ini",
            )
            return


def _above(path: str) -> Iterator[str]:
    """Yield the folders that hold a path, innermost first."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _is_below(where: str, above: str) -> bool:
    return above == "" or where == above or where.startswith(f"{above}/")


def _join(where: str, name: str) -> str:
    return f"{where}/{name}" if where else name
