"""Configuration files, found and read for the directories that they decide for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awaitify import toml
from awaitify.config import keys, selectors
from awaitify.toml import ConfigError

OF_OUR_OWN = "awaitify.toml"
_SHARED = "pyproject.toml"
_CALLED = re.compile(r"(?!\d)[\w*?]+")


@dataclass(frozen=True)
class Table:
    """What one configuration file says."""

    path: Path | None = None
    """None where no file decides."""
    directory: str = ""
    """Posix, relative to the root; patterns start there."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """By the names of `keys.kinds`; those that the file has."""


@dataclass(frozen=True)
class Tables:
    """The configuration files of a project; each is read once, when it matters."""

    root: Path
    known: Mapping[str, str]
    """Code -> name of every rule."""
    _found: dict[str, Table | ConfigError] = field(default_factory=dict, repr=False)

    def nearest(self, directory: str) -> Table | ConfigError:
        """Return what decides for a directory, or why that cannot be said.

        One file decides, whole: nothing is inherited from those above it.
        """
        if directory not in self._found:
            self._found[directory] = self._decide(directory)
        return self._found[directory]

    def deciding(self, path: str) -> Table | ConfigError:
        """Return what decides for a file."""
        return self.nearest(path.rpartition("/")[0])

    def _decide(self, directory: str) -> Table | ConfigError:
        try:
            own = _read(self.root, directory, self.known)
        except ConfigError as error:
            return error
        if own is not None:
            return own
        return self.nearest(directory.rpartition("/")[0]) if directory else Table()


@dataclass(frozen=True)
class _File:
    """A configuration file, for what has to be said of it."""

    path: Path
    source: str
    header: str
    """Of our table; empty in a file of our own."""

    def wrong(self, key: str, message: str, word: str = "") -> ConfigError:
        line = toml.line(self.source, self.header, key)
        if word:
            line = toml.line_of_word(self.source, line, word)
        return ConfigError(self.path, line, message)


def _read(root: Path, directory: str, known: Mapping[str, str]) -> Table | None:
    """Return what the configuration file in a directory says, if there is one."""
    path, header = root / directory / OF_OUR_OWN, ""
    if not path.is_file():
        path, header = root / directory / _SHARED, "tool.awaitify"
        if not path.is_file():
            return None
    source = toml.text(path, "awaitify" if header else "")
    if header and not source:
        return None
    document = toml.document(path, source)
    if header:
        tools = toml.table(document, "tool")
        if "awaitify" not in tools:
            return None
        if not isinstance(tools["awaitify"], dict):
            said = _File(path, source, "tool")
            raise said.wrong("awaitify", f"{header} must be a table")
        document = tools["awaitify"]
    return Table(path, directory, _values(_File(path, source, header), document, known))


def _values(
    file: _File, document: Mapping[str, Any], known: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return the values of a file's keys, by the names of options."""
    values: dict[str, Any] = {}
    for key, value in document.items():
        if message := keys.complaint(key):
            raise file.wrong(key, message)
        name = key.replace("-", "_")
        try:
            values[name] = keys.read(name, value, file.path.parent)
        except keys.WrongValue as error:
            raise file.wrong(key, str(error)) from error
        for word, message in _complaints(name, values[name], known):
            raise file.wrong(key, message, word)
    for one, other in keys.EXCLUSIVE:
        if values.get(one) and values.get(other):
            key = keys.spelled(other)
            raise file.wrong(key, f"{keys.spelled(one)} and {key} exclude each other")
    return values


def _complaints(
    name: str, value: Any, known: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield each word of a value that means nothing, and what to say about it."""
    words = value
    if name == "per_file_ignores":
        yield from _of_patterns(value)
        words = [word for codes in value.values() for word in codes]
    if name in ("select", "extend_select", "ignore", "per_file_ignores"):
        for word in words:
            if message := selectors.misfit([word], known):
                yield word, message
    elif name in ("include", "exclude", "extend_exclude"):
        yield from _of_patterns(words)
    elif name in ("target_python", "target_pytest_asyncio"):
        from awaitify.settings import versions

        if versions.parse(value) is None:
            yield value, f"{keys.spelled(name)}: {value!r} is no version"
    elif name == "timeout_calls":
        for word in words:
            if not all(_CALLED.fullmatch(part) for part in word.split(".")):
                yield word, f"{word!r} is no dotted name, nor a pattern of one"
    elif name in ("runners", "coroutines"):
        for word in words:
            if not all(part.isidentifier() for part in word.split(".")):
                yield word, f"{word!r} is no dotted name"


def _of_patterns(patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    from awaitify.discover import is_pattern

    for pattern in patterns:
        if not is_pattern(pattern):
            yield pattern, f"{pattern!r} is no pattern as in .gitignore"
