"""What git ignores: the patterns of .gitignore files, one path at a time.

pathspec answers for a file and all directories above it at once. Whoever walks down,
as git does, has to ask for each directory alone: below one that is ignored nothing
comes back, and ``!*/`` brings back directories, not what is in them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
_TOKEN = re.compile(
    r"""
    (?P<above> (?: ^ | (?<=/) ) (?: \*\*/ )+ )  # any directories, or none
    | (?P<below> (?: ^ | (?<=/) ) \*\* $ )      # all that is inside
    | (?P<many> \*+ )
    | (?P<one> \? )
    | \[ (?P<not> [!^]? ) (?P<set> \]? (?: \[: [a-z]+ :\] | \\. | [^]\\] )* ) \]
    | \\ (?P<escaped> . )
    | (?P<open> [\[\\] )                        # never closed, or nothing follows
    | (?P<plain> . )
    """,
    re.VERBOSE | re.DOTALL,
)

_PLAIN = re.compile(r"[^*?\[\\]*")
_MEMBER = re.compile(
    r"\[:(?P<name>[a-z]+):\]|(?P<low>\\.|.)(?:-(?P<high>\\.|[^\]]))?", re.DOTALL
)


@dataclass(frozen=True)
class Pattern:
    """One line of a .gitignore file."""

    text: str
    """A regular expression for a whole name, or for a whole path."""
    by_path: bool
    """A pattern with a slash starts at its file's directory; others fit any name."""
    only_directories: bool
    negated: bool


@dataclass(frozen=True)
class Ignores:
    """The patterns of one file; the last one that fits decides."""

    patterns: tuple[tuple[Pattern, re.Pattern[str]], ...]
    names: re.Pattern[str]
    """What any pattern for names fits, and others hardly ever do."""
    paths: re.Pattern[str]

    def verdict(self, path: str, is_directory: bool) -> bool | None:
        """Say whether a path is ignored; None if the file has nothing on it.

        Args:
            path: from the file's directory, posix.
            is_directory: what it is.

        """
        # git knows bytes alone: `?` fits half an `é`.
        path = os.fsencode(path).decode("latin-1")
        name = path.rpartition("/")[2]
        if not (self.names.fullmatch(name) or self.paths.fullmatch(path)):
            return None
        for pattern, expression in reversed(self.patterns):
            if pattern.only_directories and not is_directory:
                continue
            if expression.fullmatch(path if pattern.by_path else name):
                return not pattern.negated
        return None


def read(data: bytes) -> Ignores:
    """Return what a .gitignore file says."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    found = [pattern for line in lines for pattern in _pattern(line)]
    return Ignores(
        tuple((pattern, re.compile(pattern.text, re.DOTALL)) for pattern in found),
        _any(pattern.text for pattern in found if not pattern.by_path),
        _any(pattern.text for pattern in found if pattern.by_path),
    )


def _any(texts: Iterator[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{text})" for text in texts) or "(?!)", re.DOTALL)


def _pattern(line: str) -> Iterator[Pattern]:
    if line.startswith("#"):
        return
    # A space at the end counts if it is escaped.
    line = re.sub(r"((?:\\.|[^\\ ]| +(?=[^ ]))*) *$", r"\1", line, count=1)
    negated = line.startswith("!")
    line = line[1:] if negated else line
    only_directories = line.endswith("/")
    line = line.removesuffix("/")
    by_path = "/" in line
    # git compares what comes before the first wildcard apart: after it, two stars
    # are at a beginning.
    plain = _PLAIN.match(line.removeprefix("/") if by_path else "")
    start = plain[0] if plain else ""
    text = _expression(start, line.removeprefix("/")[len(start) :])
    if text:
        yield Pattern(text, by_path, only_directories, negated)


def _expression(start: str, glob: str) -> str | None:
    """Return a regular expression for a pattern; None if it can fit nothing."""
    made = [re.escape(start)]
    for token in _TOKEN.finditer(glob):
        kind = token.lastgroup
        if kind == "open":
            return None
        made.append(_translated(token))
    text = "".join(made)
    try:
        re.compile(text)
    except re.error:
        # A range from z to a.
        return None
    return text or None


def _translated(token: re.Match[str]) -> str:
    found = token.groupdict()
    if found["above"]:
        return "(?:.*/)?"
    if found["below"]:
        return ".*"
    if found["many"]:
        return "[^/]*"
    if found["one"]:
        return "[^/]"
    if found["set"] is not None:
        return f"(?!/)[{'^' if found['not'] else ''}{_set(found['set'])}]"
    return re.escape(found["escaped"] or found["plain"])


def _set(inside: str) -> str:
    return _MEMBER.sub(_member, inside)


def _member(match: re.Match[str]) -> str:
    if name := match["name"]:
        return _CLASSES.get(name, "")
    ends = [match["low"], match["high"]] if match["high"] else [match["low"]]
    return "-".join(re.escape(end[-1]) for end in ends)
