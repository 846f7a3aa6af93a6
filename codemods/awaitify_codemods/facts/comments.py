"""Comments to awaitify in a file: what they ask for, and which lines they are about."""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.nodes import definition_lines

MARK = re.compile(rb"#\s*awaitify:")
_TEXT = re.compile(r"#\s*awaitify:\s*(.*?)\s*$")
_FORM = re.compile(
    r"(?P<word>[\w-]+)\s*(\[(?P<codes>[^\[\]]*)\])?\s*(--\s*(?P<reason>.*)|#.*)?$"
)
_IGNORE, _SKIP = "ignore", "skip-file"
_ALL = "ALL"
_HINT = (
    "it reads `# awaitify: ignore[CODES] -- reason`, or `skip-file` instead of `ignore`"
)
_OUTSIDE = frozenset(
    {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}
    | {tokenize.ENCODING, tokenize.ENDMARKER}
)


@dataclass(frozen=True)
class Suppression:
    """A comment that asks to leave code alone, and the lines that it covers.

    One that is not understood asks for all that it may mean.
    """

    path: str
    line: int
    column: int
    first: int
    last: int
    """Before `first` where it covers nothing."""
    whole: bool
    """Whether it covers a definition or a file, not one statement."""
    codes: tuple[str, ...] = ()
    """Of rules, their beginnings, or reasons; empty for all."""
    reason: str = ""
    slips: tuple[str, ...] = ()
    """What is wrong with it."""

    @property
    def message(self) -> str:
        """What is said of code that it keeps."""
        because = f": {self.reason}" if self.reason else ""
        return f"suppressed in line {self.line}{because}"

    def covers(self, line: int) -> bool:
        """Whether a line is among those that it is about."""
        return self.first <= line <= self.last

    def naming(self, rule: str, reason: str = "") -> list[str]:
        """Return those of its codes that name a rule or a reason; [""] if it has none.

        An empty list says that it is about something else.
        """
        if not self.codes:
            return [""]
        return [c for c in self.codes if c == reason or rule.startswith(c)]


@dataclass(frozen=True)
class _Line:
    """A logical line: one that may hold several statements, or the head of one."""

    first: int
    last: int
    column: int
    defines: bool


def suppressions(
    module: Module, rules: Mapping[str, str], reasons: frozenset[str]
) -> Iterator[Suppression]:
    """Yield what the comments of a file ask for.

    Args:
        module: the file.
        rules: code -> name of every rule.
        reasons: the refusal codes.

    """
    end = len(module.source) + 1
    try:
        found = list(_comments(_text(module.source)))
    except (tokenize.TokenError, SyntaxError):
        slip = "the comments of this file cannot be read: all of it is left"
        yield Suppression(module.path, 1, 1, 1, end, True, slips=(slip,))
        return
    for (line, column), text, about in found:
        word, codes, reason, slips = _understood(text, rules, reasons)
        first, last, whole = 1, 0, False
        if word == _SKIP:
            first, last, whole = 1, end, True
        elif about is not None:
            definition = _defined(about, module) if about.defines else None
            first, last = definition or (about.first, about.last)
            whole = definition is not None
        yield Suppression(
            module.path, line, column + 1, first, last, whole, codes, reason, slips
        )


def _text(source: bytes) -> str:
    """Decode a file as Python does, with one kind of line end."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def _comments(text: str) -> Iterator[tuple[tuple[int, int], str, _Line | None]]:
    """Yield where each comment is, what it says, and the line that it is about.

    One on a line of its own is about the next statement of its block.
    """
    start: tokenize.TokenInfo | None = None
    names: list[str] = []
    inside: list[tuple[tuple[int, int], str]] = []
    above: list[tuple[tuple[int, int], str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and (found := _TEXT.search(token.string)):
            place = token.start[0], token.start[1] + found.start()
            (above if start is None else inside).append((place, found[1]))
        elif token.type == tokenize.NEWLINE and start is not None:
            line = _Line(
                start.start[0], token.start[0], start.start[1], _defines(names)
            )
            for place, said in above:
                yield place, said, line if place[1] <= line.column else None
            yield from ((place, said, line) for place, said in inside)
            start, names, inside, above = None, [], [], []
        elif token.type not in _OUTSIDE and token.type != tokenize.NEWLINE:
            start = start or token
            if len(names) < 2:
                names.append(token.string)
    yield from ((place, said, None) for place, said in above)


def _defines(words: list[str]) -> bool:
    return words[0] in ("@", "def", "class") or words == ["async", "def"]


def _defined(line: _Line, module: Module) -> tuple[int, int] | None:
    """Return the lines of the definition that a line belongs to."""
    for node in (*module.functions, *module.classes):
        assert isinstance(node, (*FUNCTIONS, ast.ClassDef))
        own = [node.lineno, *(each.lineno for each in node.decorator_list)]
        if any(line.first <= each <= line.last for each in own):
            return definition_lines(node)
    return None


def _understood(
    text: str, rules: Mapping[str, str], reasons: frozenset[str]
) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    """Return the word, the codes and the reason of a comment, and its slips."""
    form = _FORM.match(text)
    if form is None:
        nearest = _nearest(text.partition("[")[0].split(" ")[0], (_IGNORE, _SKIP))
        return nearest or _IGNORE, (), "", (f"{text!r} is not understood: {_HINT}",)
    word, reason = form["word"], (form["reason"] or "").strip()
    if word not in (_IGNORE, _SKIP):
        nearest = _nearest(word, (_IGNORE, _SKIP))
        hint = f"did you mean {nearest}?" if nearest else _HINT
        return nearest or _IGNORE, (), reason, (f"no comment {word!r}; {hint}",)
    if form["codes"] is None:
        return word, (), reason, ()
    if word == _SKIP:
        return (
            word,
            (),
            reason,
            ("skip-file takes no codes: it leaves all of the file",),
        )
    named = [each.strip() for each in form["codes"].split(",") if each.strip()]
    if not named:
        return word, (), reason, ("it names no code between its brackets",)
    return _coded(word, named, reason, rules, reasons)


def _coded(
    word: str,
    named: list[str],
    reason: str,
    rules: Mapping[str, str],
    reasons: frozenset[str],
) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    codes = {name: code for code, name in rules.items()}
    found = [
        each if each in reasons else codes.get(each, each.upper()) for each in named
    ]
    slips = tuple(
        _no_code(name, [*rules, *codes, *reasons])
        for name, code in zip(named, found, strict=True)
        if code != _ALL
        and code not in reasons
        and not any(each.startswith(code) for each in rules)
    )
    return word, () if slips or _ALL in found else tuple(found), reason, slips


def _no_code(word: str, known: list[str]) -> str:
    nearest = _nearest(word, known)
    hint = f"; did you mean {nearest}?" if nearest else ""
    return f"no rule or refusal code {word!r}{hint}"


def _nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), "")
