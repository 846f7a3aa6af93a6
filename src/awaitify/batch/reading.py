"""The file of a batch, checked as a whole: a wrong entry keeps no other from its turn.

Raises `ConfigError` for what concerns all entries, with the line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from awaitify import toml
from awaitify.batch import templates, values
from awaitify.batch.entries import Batch, Entry, Mistake
from awaitify.batch.flags import complaint
from awaitify.batch.values import WrongValue
from awaitify.config.options import hint
from awaitify.toml import ConfigError

_HEADER = re.compile(r"\s*\[\[?\s*([\w.\"'-]+)\s*\]\]?")
_SOURCES = ("path", "glob", "url")
_DEFAULTS: Mapping[str, Any] = {
    "branch": "awaitify/{name}",
    "message": "Migrate the tests of {name} to pytest-asyncio",
}


class _Wrong(Exception):
    """An entry that cannot be used, and the key that is to blame."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class _Source:
    """The text of the file, to find lines in."""

    path: Path
    text: str

    def line(self, header: str, number: int, key: str) -> int:
        """Return the line of a key in the n-th table of a header."""
        found, top, inside = -1, 1, False
        for line, text in enumerate(self.text.split("\n"), 1):
            if heading := _HEADER.match(text):
                inside = heading[1].strip("\"'") == header
                found += inside
                inside = inside and found == number
                top = line if inside else top
            elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", text):
                return line
        return top

    def wrong(self, key: str, message: str) -> ConfigError:
        return ConfigError(self.path, self.line("batch", 0, key), message)


def read(path: Path) -> Batch:
    """Return what a file says.

    Raises:
        ConfigError: it is no TOML, or its table ``batch`` makes no sense.

    """
    source = _Source(path, toml.text(path))
    document = toml.document(path, source.text)
    for key in document.keys() - {"batch", "entry"}:
        message = f"unknown table {key!r}{hint(key, ('batch', 'entry'))}"
        raise ConfigError(path, toml.line(source.text, "", key), message)
    defaults = _defaults(source, document.get("batch", {}))
    tables = document.get("entry", [])
    if not isinstance(tables, list) or not tables:
        raise ConfigError(path, 1, "names no [[entry]]")
    entries: list[tuple[int, Entry]] = []
    mistakes: list[Mistake] = []
    for number, table in enumerate(tables):
        line = partial(source.line, "entry", number)
        for made in _entries(path, defaults, table):
            if isinstance(made, Entry):
                entries.append((line("name"), made))
                continue
            called = table.get("name", "") if isinstance(table, dict) else ""
            shown = called if isinstance(called, str) else ""
            mistakes.append(Mistake(line(made.key), str(made), shown))
    return _checked(path, defaults, entries, mistakes)


def _checked(
    path: Path,
    defaults: Mapping[str, Any],
    entries: list[tuple[int, Entry]],
    mistakes: list[Mistake],
) -> Batch:
    # Where letters of either case are the same in the names of files, too.
    often = Counter(entry.name.casefold() for _, entry in entries)
    for line, entry in entries:
        if often[entry.name.casefold()] > 1:
            message = f"more than one entry has the name {entry.name!r}"
            mistakes.append(Mistake(line, message, entry.name))
    return Batch(
        path,
        tuple(entry for _, entry in entries if often[entry.name.casefold()] == 1),
        tuple(sorted(mistakes, key=lambda each: each.line)),
        defaults.get("jobs"),
        *(
            path.parent / defaults[key] if key in defaults else None
            for key in ("patches", "reports")
        ),
    )


def _defaults(source: _Source, table: object) -> Mapping[str, Any]:
    if not isinstance(table, dict):
        raise source.wrong("batch", "[batch] must be a table")
    try:
        found = {**_DEFAULTS, **_values(table, values.OF_BATCH)}
        for key in ("patches", "reports"):
            if key in found:
                _inside(source.path.parent, found[key], key)
    except _Wrong as error:
        raise source.wrong(error.key, str(error)) from error
    return found


def _values(
    table: Mapping[str, Any], readers: Mapping[str, values.Reader]
) -> dict[str, Any]:
    found = {}
    for key, value in table.items():
        if key not in readers:
            raise _Wrong(key, f"unknown key {key!r}{hint(key, readers)}")
        try:
            found[key] = readers[key](value)
        except WrongValue as error:
            raise _Wrong(key, f"{key}: {error}") from error
    return found


def _entries(
    path: Path, defaults: Mapping[str, Any], table: object
) -> Iterator[Entry | _Wrong]:
    """Yield the entries of a table, or what is wrong with it or with one of them."""
    try:
        if not isinstance(table, dict):
            raise _Wrong("entry", "[[entry]] must be a table")
        said = _values(table, values.OF_ENTRY)
        sources = [key for key in _SOURCES if key in said]
        if len(sources) != 1:
            message = "an entry has one of path, glob and url"
            raise _Wrong(sources[-1] if sources else "name", message)
        chosen = {**defaults, **said}
        if "glob" in said:
            yield from _globbed(path.parent, chosen, said)
        else:
            yield _single(path.parent, chosen, said)
    except _Wrong as error:
        yield error


def _single(base: Path, chosen: Mapping[str, Any], said: Mapping[str, Any]) -> Entry:
    if "url" in said:
        last = re.split(r"[/:]", said["url"].rstrip("/"))[-1].removesuffix(".git")
        return _entry(base, chosen, said["url"], _name(said, "url", last))
    source = _below(base, said["path"])
    shown = Path(said["path"]).as_posix().strip("/").replace("/", "-")
    return _entry(base, chosen, str(source), _name(said, "path", shown))


def _globbed(
    base: Path, chosen: Mapping[str, Any], said: Mapping[str, Any]
) -> Iterator[Entry | _Wrong]:
    """Yield an entry for each folder of a pattern; a wrong one stops no other."""
    found = sorted(each for each in base.glob(said["glob"]) if each.is_dir())
    shown = [each.relative_to(base).as_posix() for each in found]
    # What is hidden is no package: git's own, environments, what a batch remembers.
    visible = [each for each in shown if not re.search(r"(^|/)\.", each)]
    if not visible:
        raise _Wrong("glob", f"no folder is like {said['glob']!r}")
    for each in visible:
        parts = [*([said["name"]] if "name" in said else []), *each.split("/")]
        try:
            source = _below(base, each)
            name = _name({}, "glob", "-".join(parts))
            yield _entry(base, chosen, str(source), name)
        except _Wrong as error:
            yield error


def _name(said: Mapping[str, Any], key: str, otherwise: str) -> str:
    if "name" in said:
        return str(said["name"])
    try:
        return values.name(values.as_name(otherwise))
    except WrongValue as error:
        raise _Wrong(key, f"needs a name: {error}") from error


def _below(base: Path, given: str) -> Path:
    """Return where a path is; one that is not absolute stays below the file."""
    path = base / given
    if not path.is_dir():
        raise _Wrong("path", f"{given!r} is no folder")
    return _inside(base, given, "path")


def _inside(base: Path, given: str, key: str) -> Path:
    real = (base / given).resolve()
    if not Path(given).is_absolute() and not real.is_relative_to(base.resolve()):
        raise _Wrong(key, f"{given!r}: a link leads out of the file's folder")
    return real


def _entry(base: Path, chosen: Mapping[str, Any], source: str, name: str) -> Entry:
    owner = chosen.get("owner", "")
    prove, command = chosen.get("prove", False), chosen.get("command")
    python = chosen.get("python")
    for key in ("branch", "message", "on-done"):
        given = chosen.get(key, ())
        words = [given] if isinstance(given, str) else given
        used = {n for each in words for n in templates.check(each, templates.COMMAND)}
        if "owner" in used and not owner:
            raise _Wrong(key, f"{key} has {{owner}}, and {name} has none")
    if prove and command is not None and python is not None:
        raise _Wrong("python", "python and command: one of them runs the suite")
    flags = chosen.get("flags", ())
    if wrong := complaint(flags, prove=prove):
        raise _Wrong("flags", f"flags: {wrong}")
    named = {"name": name, "owner": owner}
    branch = templates.fill(chosen["branch"], named)
    if branch.startswith("-"):
        raise _Wrong("branch", f"{branch!r} would be read as a flag")
    return Entry(
        name=name,
        source=source,
        is_url="url" in chosen,
        ref=chosen.get("ref"),
        paths=chosen.get("paths", ()),
        flags=flags,
        python=_interpreter(base, python),
        command=command if prove else None,
        owner=owner,
        prove=prove,
        branch=branch,
        message=templates.fill(chosen["message"], named),
        on_done=_program(base, chosen.get("on-done", ())),
        blame_ignore_revs=chosen.get("blame-ignore-revs", False),
        timeout=chosen.get("timeout"),
        memory=chosen.get("memory"),
    )


def _interpreter(base: Path, given: str | None) -> str | None:
    return None if given is None else str((base / given).absolute())


def _program(base: Path, words: tuple[str, ...]) -> tuple[str, ...]:
    # What is named by path is beside the file, never in the project: its command
    # would otherwise be whatever a repository has put there.
    if not words or ("/" not in words[0] and "\\" not in words[0]):
        return words
    return (str((base / words[0]).absolute()), *words[1:])
