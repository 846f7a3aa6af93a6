"""Which files the patterns of flags and of configuration files let through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awaitify.config.options import Options
from awaitify.config.tables import Table, Tables
from awaitify.discover import Patterns
from awaitify.toml import ConfigError


@dataclass(frozen=True)
class Admission:
    """What ``include`` and ``exclude`` let through, in files and in flags."""

    options: Options
    tables: Tables
    base: str
    """Where the flags' patterns start: the working directory, from the root."""
    is_of_code: bool = True
    """Whether it is about Python files; of others none is included, and all are."""

    def admit(self, files: Iterable[str]) -> Iterator[str]:
        """Yield the files that the patterns let through."""
        given = self.options
        excluded = (*given.exclude, *given.extend_exclude)
        flags = Patterns(self._included(given.include), excluded, self.base)
        groups: dict[str, tuple[Patterns | None, list[str]]] = {}
        for path in files:
            table = self.tables.deciding(path)
            where = table.directory if isinstance(table, Table) else f"{table.path}"
            if where not in groups:
                groups[where] = (self._patterns(table), [])
            groups[where][1].append(path)
        for patterns, group in groups.values():
            yield from flags.admit(patterns.admit(group) if patterns else group)

    def _patterns(self, table: Table | ConfigError) -> Patterns | None:
        # What a broken file would exclude is not known: it is told about all.
        if isinstance(table, ConfigError):
            return None
        said = {
            name: () if name in self.options.given else table.values.get(name, ())
            for name in ("include", "exclude")
        }
        excluded = (*said["exclude"], *table.values.get("extend_exclude", ()))
        return Patterns(self._included(said["include"]), excluded, table.directory)

    def _included(self, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return patterns if self.is_of_code else ()
