"""Migrations of earlier runs: found again where nothing they saw has changed.

A migration depends on the files, the settings and the configuration, which make its
key, on what the project's interpreter has of the modules that the analysis happened
to ask for, and on what the user's formatter makes of the results. Those questions
are noted with it, and asked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from awaitify import fingerprint
from awaitify.cache import Cache
from awaitify.configuring import Settled
from awaitify.environment import installed
from awaitify.settings.settlement import Settlement

if TYPE_CHECKING:
    from awaitify.settings.given import Given
    from awaitify_codemods import Migration, Settings, Sources
    from awaitify_codemods.finishing import Finish

_ASKED = ("foreign", "within", "settable", "lacking", "together")
_ABSENT = ""

Settle = Callable[["Given", "Migration"], Settled]
"""From what decides about configuration, and a migration, to what becomes of it."""


@dataclass(eq=False)
class Witness:
    """Passes questions to what is not ours on, and notes the answers."""

    sources: Sources
    formatter: Finish | None = None
    modules: dict[str, str] = field(default_factory=dict)
    """Dotted name -> digest of the source."""
    packages: dict[str, str] = field(default_factory=dict)
    """Package -> digest of the names of its modules."""
    formatted: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Path -> the new text, and the digest of what the formatter made of it."""

    def watched(self) -> Sources:
        """Return the sources, with an eye on what is asked."""
        return replace(
            self.sources,
            foreign=self._foreign,
            within=self._within,
        )

    def finish(self, path: str, source: bytes) -> bytes | str:
        """Return what the formatter makes of a file."""
        assert self.formatter is not None
        answer = self.formatter(path, source)
        self.formatted[path] = source.decode("latin-1"), fingerprint.of(answer)
        return answer

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
    given: Given,
    command: tuple[str, ...] | None = None,
) -> str:
    """Return the digest of all that a migration is made of.

    Args:
        tool: the digest of the code that makes it.
        sources: the files.
        settings: what the user chose.
        given: what decides about the configuration.
        command: the user's formatter.

    """
    plain = {
        each.name: getattr(sources, each.name)
        for each in fields(sources)
        if each.name not in _ASKED
    }
    configuration = (
        given.documents,
        given.configs,
        given.closed,
        str(given.wanted),
        installed(given.site),
    )
    return fingerprint.of("migration", tool, plain, settings, configuration, command)


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
        "formatted": witness.formatted,
        "migration": _as_json(migration),
    }
    cache.put(name, json.dumps(stored).encode())


def settling(cache: Cache, name: str, settle: Settle) -> Settle:
    """Return what makes settlements, or finds those of earlier runs.

    Args:
        cache: where they are kept.
        name: the key of the migration that a settlement goes with.
        settle: what makes them.

    """

    def found(given: Given, migration: Migration) -> Settled:
        wishes = [vars(each) for each in migration.plan.settings]
        key = fingerprint.of("settlement", name, migration.results, wishes)
        data = cache.get(key)
        if data is not None:
            return Settled(_settlement(json.loads(data)))
        made = settle(given, migration)
        if not made.bugs:
            cache.put(key, json.dumps(_stored(made.settlement)).encode())
        return made

    return found


def _stored(settlement: Settlement) -> dict[str, Any]:
    return {
        "before": _texts(settlement.before),
        "after": _texts(settlement.after),
        "findings": [vars(each) for each in settlement.findings],
    }


def _settlement(data: Mapping[str, Any]) -> Settlement:
    from awaitify_codemods import Finding

    after = {path: text.encode("latin-1") for path, text in data["after"].items()}
    findings = tuple(Finding(**each) for each in data["findings"])
    return Settlement(_bytes(data["before"]), after, findings)


def _answers(stored: Mapping[str, Any], witness: Witness) -> Iterator[bool]:
    """Yield for each question that was asked whether the answer is the same."""
    sources, formatter = witness.sources, witness.formatter
    for package, then in stored["packages"].items():
        yield _of_package(sources.within(package)) == then
    for name, then in stored["modules"].items():
        yield _of_module(sources.foreign(name)) == then
    for path, (text, then) in stored["formatted"].items():
        answer = formatter(path, text.encode("latin-1")) if formatter else None
        yield fingerprint.of(answer) == then


def _texts(files: Mapping[str, bytes | None]) -> dict[str, str | None]:
    # latin-1 has a character for every byte.
    return {
        path: None if source is None else source.decode("latin-1")
        for path, source in files.items()
    }


def _bytes(texts: Mapping[str, str | None]) -> dict[str, bytes | None]:
    return {
        path: None if text is None else text.encode("latin-1")
        for path, text in texts.items()
    }


def _of_module(source: bytes | None) -> str:
    return _ABSENT if source is None else fingerprint.of_bytes(source)


def _of_package(names: Iterable[str]) -> str:
    return fingerprint.of(list(names))


def _as_json(migration: Migration) -> dict[str, Any]:
    return {
        "plan": migration.plan.as_json(),
        "results": _texts(migration.results),
        "errors": [vars(error) for error in migration.errors],
    }


def _from_json(data: Mapping[str, Any]) -> Migration:
    from awaitify_codemods import FileError, Migration, Plan

    return Migration(
        Plan.from_json(data["plan"]),
        _bytes(data["results"]),
        tuple(FileError(**error) for error in data["errors"]),
    )
