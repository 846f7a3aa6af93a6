"""Indentation of continuation lines after the text before them has changed.

Pure text: knows brackets, not what stands in them.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_BLANK = " \t\f"


@dataclass(frozen=True)
class Bracket:
    """An opening bracket: where it stands, and whether anything follows it."""

    line: int
    """From 0."""
    column: int
    hanging: bool
    """Nothing but a comment follows on its line."""


def continued_lines(before: str, after: str, kept: Mapping[int, int]) -> dict[int, str]:
    """Return the indentation that continuation lines of `after` should have.

    Lines that were aligned with what follows a bracket stay aligned with it;
    those that hang are moved with the line they hang from.

    Args:
        before: a statement, with its indentation.
        after: the same statement after an edit, its continuation lines not moved.
        kept: numbers of continuation lines of `after` to their numbers in
            `before`; other lines stay as they are.

    """
    old, new = before.split("\n"), after.split("\n")
    old_brackets, new_brackets = enclosing(before), enclosing(after)
    moved: dict[int, str] = {}
    for line, origin in sorted(kept.items()):
        bracket, source = new_brackets.get(line), old_brackets.get(origin)
        if bracket is None or source is None:
            continue
        margin = _margin(old[origin])
        base = moved.get(bracket.line, _margin(new[bracket.line]))
        if source.hanging or len(margin) <= source.column:
            moved[line] = _rebased(margin, _margin(old[source.line]), base)
        elif bracket.hanging:
            moved[line] = base + " " * 4
        else:
            grown = len(base) - len(_margin(new[bracket.line]))
            by = bracket.column + grown - source.column
            moved[line] = _shifted(margin, by)
    return moved


def all_stay(before: str, after: str) -> bool:
    """Whether the lines of `after` are those of `before`, and none has to move."""
    old, new = before.split("\n"), after.split("\n")
    if len(old) != len(new) or list(map(_margin, old)) != list(map(_margin, new)):
        return False
    moved = continued_lines(before, after, {line: line for line in range(1, len(new))})
    return all(margin == _margin(new[line]) for line, margin in moved.items())


def enclosing(text: str) -> dict[int, Bracket]:
    """Return the innermost bracket that is open where each line starts.

    Lines that start within a string, or outside all brackets, are missing.
    """
    found: dict[int, Bracket] = {}
    stack: list[Bracket] = []
    tokens = list(_tokens(text))
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == tokenize.OP and token.string in "([{":
            hanging = following is not None and following.type in _LINE_ENDS
            line, column = token.start
            stack.append(Bracket(line - 1, column, hanging))
        elif token.type == tokenize.OP and token.string in ")]}" and stack:
            stack.pop()
        elif token.type == tokenize.NL and stack:
            found[token.start[0]] = stack[-1]
    return found


_LINE_ENDS = (tokenize.NL, tokenize.COMMENT)


def breaks_outside_brackets(text: str) -> bool:
    """Whether an expression has a line break that only brackets around it allow."""
    if "\n" not in text:
        return False
    tokens = [token.type for token in _tokens(text)]
    while tokens and tokens[-1] in _TRAILING:
        tokens.pop()
    return tokenize.NEWLINE in tokens


_TRAILING = (
    tokenize.NEWLINE,
    tokenize.NL,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        # A fragment may be indented inconsistently or end within a bracket.
        return


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip(_BLANK))]


def _rebased(margin: str, old: str, new: str) -> str:
    if margin.startswith(old):
        return new + margin[len(old) :]
    return _shifted(margin, len(new) - len(old))


def _shifted(margin: str, by: int) -> str:
    return margin + " " * by if by >= 0 else margin[:by]
