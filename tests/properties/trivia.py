"""Changes what a source looks like, and nothing of what it means."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from random import Random

_SKIPPED = (tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER)
_OPENING, _CLOSING = "([{", ")]}"


@dataclass
class _Look:
    """How one file is made to look."""

    rng: Random
    unit: str
    newline: str
    loose: float
    """How often brackets are spread over lines."""
    comments: int = 0

    def comment(self) -> str:
        self.comments += 1
        space = self.rng.choice(("# ", "#", "#: "))
        return f"{space}remark {self.comments}"


def disguised(source: str, rng: Random) -> bytes:
    """Return the same program with other indentation, line breaks and comments."""
    if not source:
        return b""
    look = _Look(
        rng,
        rng.choice(("    ", "    ", "  ", "   ", "\t", "        ")),
        rng.choice(("\n", "\n", "\r\n")),
        rng.choice((0.0, 0.1, 0.4)),
    )
    text = _written(source, look)
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(source)), text
    if rng.random() < 0.15:
        text = text.rstrip("\n")
    found = text.replace("\n", look.newline).encode()
    return b"\xef\xbb\xbf" + found if rng.random() < 0.1 else found


def _written(source: str, look: _Look) -> str:
    out: list[str] = []
    depth, level, fresh = 0, 0, True
    last = (1, 0)
    string = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.INDENT:
            level += 1
        elif token.type == tokenize.DEDENT:
            level -= 1
        if token.type in _SKIPPED:
            continue
        if token.type == tokenize.NL or token.type == tokenize.NEWLINE:
            out.append(_ended(token, depth, fresh, look))
            fresh, last = True, (token.start[0] + 1, 0)
            continue
        gap = " " * (token.start[1] - last[1]) if token.start[0] == last[0] else ""
        if fresh and depth == 0:
            gap = _led(token, level, look)
        elif fresh:
            gap = look.unit * (level + 1)
        name = tokenize.tok_name[token.type]
        out.append(gap + token.string)
        string += (name == "FSTRING_START") - (name == "FSTRING_END")
        fresh, last = False, token.end
        if string or token.type != tokenize.OP:
            continue
        depth += (token.string in _OPENING) - (token.string in _CLOSING)
        if depth and (token.string in _OPENING or token.string == ","):
            broken = _broken(level, look)
            out.append(broken)
            fresh = bool(broken)
            if fresh:
                # What stood before the next token is replaced by the indentation.
                last = token.end
    return "".join(out)


def _led(token: tokenize.TokenInfo, level: int, look: _Look) -> str:
    """Return what stands before a logical line: a remark, a blank line, its margin."""
    margin = look.unit * level
    if token.type == tokenize.COMMENT:
        # The tokens that end a block come after the remarks between it and the next.
        return look.unit * (token.start[1] // 4)
    if token.string in ("else", "elif", "except"):
        return margin
    kind = look.rng.random()
    if kind < 0.08 and token.string not in ("finally", "case"):
        return f"{margin}{look.comment()}\n{margin}"
    if kind < 0.11:
        return f"\n{margin}"
    return margin


def _ended(token: tokenize.TokenInfo, depth: int, fresh: bool, look: _Look) -> str:
    kind = look.rng.random()
    if depth == 0 and token.type == tokenize.NEWLINE and kind < 0.06:
        return f"  {look.comment()}\n"
    if depth == 0 and not fresh and kind < 0.08:
        return "  \n"
    return "\n"


def _broken(level: int, look: _Look) -> str:
    kind = look.rng.random()
    if kind >= look.loose:
        return ""
    if kind < look.loose / 5:
        return f"  {look.comment()}\n"
    return "\n"
