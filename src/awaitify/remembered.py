"""Migrations of earlier runs: found again where nothing they saw has changed.

A migration depends on the files and settings, which make its key, and on what the
project's interpreter has of the modules that the analysis happened to ask for, on
what rules happened to ask of the project's configuration and its versions, and on
what the user's formatter makes of the results. Those questions are noted with
it, and asked again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from awaitify import fingerprint
from awaitify.cache import Cache
from awaitify.configuring import Lazily

if TYPE_CHECKING:
    from awaitify_codemods import Migration, Settings, Sources
    from awaitify_codemods.finishing import Finish

_CONFIGURED = ("settable", "lacking")
_ASKED = ("foreign", "within", *_CONFIGURED)
_ABSENT = ""


@dataclass(eq=False)
class Witness:
    """Passes questions to what is not ours on, and notes the answers."""

    sources: Sources
    formatter: Finish | None = None
    modules: dict[str, str] = field(default_factory=dict)
    """Dotted name -> digest of the source."""
    packages: dict[str, str] = field(default_factory=dict)
    """Package -> digest of the names of its modules."""
    configured: dict[str, str] = field(default_factory=dict)
    """Which of the things said of configuration -> its digest."""
    formatted: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Path -> the new text, and the digest of what the formatter made of it."""

    def watched(self) -> Sources:
        """Return the sources, with an eye on what is asked."""
        return replace(
            self.sources,
            foreign=self._foreign,
            within=self._within,
            settable=Lazily(lambda: self._configured("settable")),
            lacking=Lazily(lambda: self._configured("lacking")),
        )

    def finish(self, path: str, source: bytes) -> bytes | str:
        """Return what the formatter makes of a file."""
        assert self.formatter is not None
        answer = self.formatter(path, source)
        self.formatted[path] = source.decode("latin-1"), fingerprint.of(answer)
        return answer

    def _configured(self, name: str) -> Mapping[str, Any]:
        said: Mapping[str, Any] = getattr(self.sources, name)
        self.configured[name] = fingerprint.of(said)
        return said

    def _foreign(self, name: str) -> bytes | None:
        source = self.sources.foreign(name)
        if name not in self.modules:
            self.modules[name] = _of_module(source)
        return source

    def _within(self, package: str) -> Iterable[str]:
        names = self.sources.within(package)
        if package not in self.packages:
            self.packages[package] = _of_package(names)
        return names


def key(
    tool: str,
    sources: Sources,
    settings: Settings,
    command: tuple[str, ...] | None = None,
) -> str:
    """Return the digest of all that a migration is made of."""
    given = {
        each.name: getattr(sources, each.name)
        for each in fields(sources)
        if each.name not in _ASKED
    }
    return fingerprint.of("migration", tool, given, settings, command)


def recall(cache: Cache, name: str, witness: Witness) -> Migration | None:
    """Return the migration of the same sources, if there was one."""
    data = cache.get(name)
    if data is None:
        return None
    stored = json.loads(data)
    if not all(_answers(stored, witness)):
        return None
    return _from_json(stored["migration"])


def keep(cache: Cache, name: str, migration: Migration, witness: Witness) -> None:
    """Store a migration, unless it shows a fault that is better looked at again."""
    if migration.bugs or migration.failures:
        return
    stored = {
        "modules": witness.modules,
        "packages": witness.packages,
        "configured": witness.configured,
        "formatted": witness.formatted,
        "migration": _as_json(migration),
    }
    cache.put(name, json.dumps(stored).encode())


def _answers(stored: Mapping[str, Any], witness: Witness) -> Iterator[bool]:
    """Yield for each question that was asked whether the answer is the same."""
    sources, formatter = witness.sources, witness.formatter
    for package, then in stored["packages"].items():
        yield _of_package(sources.within(package)) == then
    for name, then in stored["modules"].items():
        yield _of_module(sources.foreign(name)) == then
    for name, then in stored["configured"].items():
        yield fingerprint.of(getattr(sources, name)) == then
    for path, (text, then) in stored["formatted"].items():
        answer = formatter(path, text.encode("latin-1")) if formatter else None
        yield fingerprint.of(answer) == then


def _of_module(source: bytes | None) -> str:
    return _ABSENT if source is None else fingerprint.of_bytes(source)


def _of_package(names: Iterable[str]) -> str:
    return fingerprint.of(list(names))


def _as_json(migration: Migration) -> dict[str, Any]:
    return {
        "plan": migration.plan.as_json(),
        "results": {
            # latin-1 has a character for every byte.
            path: None if after is None else after.decode("latin-1")
            for path, after in migration.results.items()
        },
        "errors": [vars(error) for error in migration.errors],
    }


def _from_json(data: Mapping[str, Any]) -> Migration:
    from awaitify_codemods import FileError, Migration, Plan

    return Migration(
        Plan.from_json(data["plan"]),
        {
            path: None if after is None else after.encode("latin-1")
            for path, after in data["results"].items()
        },
        tuple(FileError(**error) for error in data["errors"]),
    )
