"""pytest's configuration of one directory, found and read as pytest does."""

from __future__ import annotations

import configparser
import fnmatch
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awaitify import toml
from awaitify.toml import ConfigError

_PYTHON_FILES = ("test_*.py", "*_test.py")
_NOT_ENTERED = (
    "*.egg",
    ".*",
    "_darcs",
    "build",
    "CVS",
    "dist",
    "node_modules",
    "venv",
    "{arch}",
)
_SCOPES = ("function", "class", "module", "package", "session")
# In pytest's order. The first two decide even if they are empty.
_DEDICATED = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
_SHARED = ("pyproject.toml", "tox.ini", "setup.cfg")


@dataclass(frozen=True)
class PytestConfig:
    """What pytest would go by below one directory."""

    directory: str = ""
    """Posix path relative to the project's root."""
    file: str = ""
    """Name of the file that decides; empty for pytest's defaults."""
    python_files: tuple[str, ...] = _PYTHON_FILES
    testpaths: tuple[str, ...] = ()
    """Relative to `directory`; may hold wildcards."""
    pythonpath: tuple[str, ...] = ()
    norecursedirs: tuple[str, ...] = _NOT_ENTERED
    asyncio_mode: str = "strict"
    loop_scopes: tuple[str, str] = ("", "")
    """The default loop scopes of fixtures and of tests; "" if not configured."""
    import_mode: str = "prepend"

    def covers(self, path: str) -> bool:
        """Say whether a run from `directory` looks at where a file is."""
        head = f"{self.directory}/" if self.directory else ""
        if not path.startswith(head):
            return False
        inner = path.removeprefix(head)
        places = [each.rstrip("/").removeprefix("./") for each in self.testpaths]
        return not places or any(
            place in ("", ".", inner) or fnmatch.fnmatch(inner, f"{place}/*")
            for place in places
        )

    def collects(self, path: str, start: str) -> bool:
        """Say whether pytest, started at `start`, collects the file `path`."""
        *above, name = path.removeprefix(f"{start}/" if start else "").split("/")
        if any(fnmatch.fnmatch(part, p) for part in above for p in self.norecursedirs):
            return False
        return any(
            fnmatch.fnmatch(f"/{path}", f"*/{p}")
            if "/" in p
            else fnmatch.fnmatch(name, p)
            for p in self.python_files
        )


def read(root: Path, directory: str) -> PytestConfig | None:
    """Return the configuration that `directory` itself holds, if any.

    Raises:
        ConfigError: the file that decides cannot be read.

    """
    for name in (*_DEDICATED, *_SHARED):
        path = root / directory / name
        if not path.is_file():
            continue
        table = _toml(path) if name.endswith(".toml") else _ini(path)
        if table is not None:
            return _config(directory, name, table)
    return None


def _config(directory: str, file: str, table: Mapping[str, Any]) -> PytestConfig:
    options = dict(_options(_words(table.get("addopts"))))
    return PytestConfig(
        directory,
        file,
        _words(table.get("python_files")) or _PYTHON_FILES,
        _words(table.get("testpaths")),
        _words(table.get("pythonpath")),
        _words(table.get("norecursedirs")) or _NOT_ENTERED,
        _mode(table, options),
        (
            _scope(table, options, "asyncio_default_fixture_loop_scope"),
            _scope(table, options, "asyncio_default_test_loop_scope"),
        ),
        options.get("import_mode") or str(table.get("import_mode") or "prepend"),
    )


def _mode(table: Mapping[str, Any], options: Mapping[str, str]) -> str:
    """Return the asyncio mode, or the library that runs all coroutine tests."""
    mode = options.get("asyncio_mode") or table.get("asyncio_mode")
    if mode in ("auto", "legacy"):
        return mode
    if (options.get("anyio_mode") or table.get("anyio_mode")) == "auto":
        return "anyio"
    trio = str(options.get("trio_mode") or table.get("trio_mode") or "")
    return "trio" if trio.lower() in ("1", "on", "true", "yes") else "strict"


def _scope(table: Mapping[str, Any], options: Mapping[str, str], key: str) -> str:
    """Return a loop scope; "" where each fixture's own holds."""
    found = options.get(key) or str(table.get(key) or "")
    return found if found in _SCOPES else ""


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(word) for word in value)
    try:
        return tuple(shlex.split(str(value or "")))
    except ValueError:
        return tuple(str(value).split())


def _options(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the options among `addopts` that say more than the keys do."""
    for word, following in zip(words, (*words[1:], ""), strict=False):
        flag, equals, value = word.partition("=")
        if flag in ("--asyncio-mode", "--import-mode"):
            yield flag[2:].replace("-", "_"), value if equals else following
        elif word in ("-o", "--override-ini"):
            key, _, value = following.partition("=")
            yield key, value


def _ini(path: Path) -> Mapping[str, Any] | None:
    section = "tool:pytest" if path.name == "setup.cfg" else "pytest"
    alone = path.name in _DEDICATED
    text = toml.text(path, "" if alone else f"[{section}]")
    if not text and not alone:
        return None
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or 1
        raise ConfigError(path, line, str(error).splitlines()[0]) from error
    if parser.has_section(section):
        return dict(parser[section])
    return {} if alone else None


def _toml(path: Path) -> Mapping[str, Any] | None:
    text = toml.text(path, "pytest")
    alone = path.name in _DEDICATED
    if not text:
        return {} if alone else None
    document = toml.document(path, text)
    if alone:
        return toml.table(document, "pytest")
    native = toml.table(toml.table(document, "tool"), "pytest")
    if "ini_options" in native:
        return toml.table(native, "ini_options")
    return native or None
