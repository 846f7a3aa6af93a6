"""The colours of code: which part of a line is a keyword, a string, a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

Part = tuple[str, str]
"""A class, or "", and the text it is about."""

_LEXERS: Mapping[str, str] = {
    ".py": "PythonLexer",
    ".pyi": "PythonLexer",
    ".toml": "TOMLLexer",
    ".ini": "IniLexer",
    ".cfg": "IniLexer",
}
_CLASSES: Mapping[str, str] = {
    "Token.Keyword": "k",
    "Token.Operator.Word": "k",
    "Token.Literal.String": "s",
    "Token.Literal.Number": "m",
    "Token.Comment": "c",
    "Token.Name.Function": "f",
    "Token.Name.Class": "f",
    "Token.Name.Decorator": "d",
    "Token.Name.Builtin": "b",
    "Token.Name.Exception": "b",
    "Token.Name.Tag": "f",
    "Token.Name.Attribute": "b",
}
BEGINS = re.compile(r"\s*(@|def\b|async\s+def\b|class\b)")
"""How a definition begins."""
_FARTHEST = 300
"""So many lines above are looked at for where a definition begins."""
_WIDEST = 2000
_LONGEST = 200_000


def coloured(
    path: str, lines: Sequence[str], start: int, stop: int
) -> Iterator[list[Part]]:
    """Yield the parts of some lines.

    Args:
        path: its suffix says what language it is.
        lines: all of the file.
        start: the first one that is wanted, from 0.
        stop: the one after the last.

    """
    lexer = _lexer(PurePosixPath(path).suffix)
    wanted = lines[start:stop]
    if lexer is None or any(len(line) > _WIDEST for line in wanted):
        yield from ([("", line)] for line in wanted)
        return
    # The middle of a string looks like code: begin where a definition does.
    first = _beginning(lines, start)
    text = "\n".join(lines[first:stop])
    if len(text) > _LONGEST:
        yield from ([("", line)] for line in wanted)
        return
    found = list(_split(lexer, text))
    yield from found[start - first : start - first + len(wanted)]


def _beginning(lines: Sequence[str], start: int) -> int:
    for number in range(start, max(start - _FARTHEST, -1), -1):
        if number < len(lines) and BEGINS.match(lines[number]):
            return number
    return start


def _split(lexer: Lexer, text: str) -> Iterator[list[Part]]:
    line: list[Part] = []
    # Not get_tokens(): it drops and changes characters.
    for _, kind, value in lexer.get_tokens_unprocessed(text):
        name = _class(kind)
        first, *others = value.split("\n")
        if first:
            line.append((name, first))
        for rest in others:
            yield line
            line = [(name, rest)] if rest else []
    yield line


@cache
def _class(kind: object) -> str:
    name = str(kind)
    while name:
        if name in _CLASSES:
            return _CLASSES[name]
        name = name.rpartition(".")[0]
    return ""


@cache
def _lexer(suffix: str) -> Lexer | None:
    if suffix not in _LEXERS:
        return None
    from pygments import lexers

    made: Lexer = getattr(lexers, _LEXERS[suffix])()
    return made
