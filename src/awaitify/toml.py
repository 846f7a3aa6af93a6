"""TOML files that configure something: each parsed once, its keys found again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """A configuration file that cannot be used."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.line = line
        self.message = message


class _Broken(Exception):
    """Some text is no TOML."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def text(path: Path, word: str = "") -> str:
    """Return the text of a configuration file; empty if it has not some word.

    Raises:
        ConfigError: it cannot be read.

    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(path, 1, error.strerror or str(error)) from error
    if word.encode() not in data:
        # Whatever else is in it, and however that is encoded.
        return ""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, line, "not UTF-8") from error


def document(path: Path, source: str) -> Mapping[str, Any]:
    """Return what a TOML file says.

    Raises:
        ConfigError: it is no TOML.

    """
    try:
        return _parse(source)
    except _Broken as error:
        raise ConfigError(path, error.line, str(error)) from error


def table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a table of a document, or of a table; empty if it is none."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def line(source: str, header: str, key: str) -> int:
    """Return the line of a key in the table with a header; 1 if it is not found.

    The parsers keep no positions. What is searched here is known to be TOML, so
    the first line that looks like the key is it, but for odd text in strings.
    """
    word = re.escape(key)
    lines = source.split("\n")
    inside, top = not header, 1
    for number, text in enumerate(lines, 1):
        if heading := re.match(r"\s*\[+\s*([^\]]*?)\s*\]", text):
            name = re.sub("[\"']", "", heading[1])
            inside = name == header
            top = number if inside else top
            if name == f"{header}.{key}".strip("."):
                return number
        elif inside and re.match(rf"\s*[\"']?{word}[\"']?\s*[.=]", text):
            return number
    return line_of_word(source, top, key)


def line_of_word(source: str, start: int, word: str) -> int:
    """Return the first line from `start` on that has a word, or `start`."""
    anywhere = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    rest = enumerate(source.split("\n")[start - 1 :], start)
    return next((number for number, text in rest if anywhere.search(text)), start)


@lru_cache(maxsize=256)
def _parse(source: str) -> Mapping[str, Any]:
    # Two read each file: what configures pytest, and what configures us.
    # Costs more than all the rest of this module: only for who needs it.
    import tomlkit
    from tomlkit.exceptions import ParseError, TOMLKitError

    try:
        return tomlkit.parse(source).unwrap()
    except ParseError as error:
        message = re.sub(r" at line \d+ col \d+$", "", str(error))
        message = message.replace(r"Unexpected character: '\x00'", "Unexpected end")
        raise _Broken(error.line, message) from error
    except (TOMLKitError, ValueError) as error:
        raise _Broken(_line_of_quoted(source, str(error)), str(error)) from error
    except RecursionError as error:
        raise _Broken(1, "nested too deeply") from error


def _line_of_quoted(source: str, message: str) -> int:
    """Return the last line that has what a message quotes: a key that is repeated."""
    quoted = re.search('"(.+?)"', message)
    lines = list(enumerate(source.split("\n"), 1))
    return next((n for n, text in reversed(lines) if quoted and quoted[1] in text), 1)
