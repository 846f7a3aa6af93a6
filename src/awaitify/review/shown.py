"""A question as a terminal shows it: where it is, why, and the lines that change."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping

from awaitify.changes import Change, Hunk, lines
from awaitify.report.escaping import terminal, visible
from awaitify.report.lines import Line, count
from awaitify.review.questions import Placed, Question

_CONTEXT = 3
_MANY = 8
"""So many names and reasons are shown before the rest is counted."""


def question(
    asked: Question, files: Mapping[str, Change], known: Iterable[Placed] = ()
) -> Iterator[Line]:
    """Yield the lines that show a question.

    Args:
        asked: what is asked.
        files: what becomes of each file.
        known: what follows from it and was shown before.

    """
    yield ()
    yield from _head(asked)
    yield from _reasons(asked)
    yield from _hunks(asked.hunks, files)
    new = [each for each in asked.follows if each not in known]
    if new:
        yield (("# and, for all that is taken of the file:", "dim"),)
        yield from _hunks(new, files)


def _head(asked: Question) -> Iterator[Line]:
    names = [terminal(name) for name in asked.names]
    rules = f"  {', '.join(asked.rules)}" if asked.rules else ""
    yield ((names[0], "bold"), (rules, "cyan"))
    more = names[1:_MANY]
    for name in more:
        yield ((f"  with {name}", ""),)
    if rest := len(names) - 1 - len(more):
        yield ((f"  and {rest} more", ""),)


def _reasons(asked: Question) -> Iterator[Line]:
    told = dict.fromkeys((each.rule, each.message) for each in asked.findings)
    for rule, message in list(told)[:_MANY]:
        yield ((f"  {rule} ", "cyan"), (terminal(message), "dim"))
    if len(told) > _MANY:
        yield ((f"  and {count(len(told) - _MANY, 'reason')} more", "dim"),)


def _hunks(hunks: Iterable[Placed], files: Mapping[str, Change]) -> Iterator[Line]:
    by_path: dict[str, list[Hunk]] = {}
    for path, hunk in hunks:
        by_path.setdefault(path, []).append(hunk)
    for path, inside in by_path.items():
        yield from _file(files[path], inside)


def _file(change: Change, hunks: Iterable[Hunk]) -> Iterator[Line]:
    what = {True: " (new)", False: ""}[change.before is None]
    what = " (goes)" if change.after is None else what
    yield ((f"--- {terminal(change.path)}{what}", "bold"),)
    before = lines(change.before)
    encodings = _encoding(change.before), _encoding(change.after)
    for group in _near(hunks):
        first, last = group[0], group[-1]
        start = max(1, first.start - _CONTEXT)
        yield ((f"@@ line {start} @@ {terminal(first.definition)}", "cyan"),)
        position = start
        for hunk in group:
            yield from _marked(" ", before[position - 1 : hunk.start - 1], encodings[0])
            yield from _marked("-", hunk.old, encodings[0])
            yield from _marked("+", hunk.new, encodings[1])
            position = hunk.start + len(hunk.old)
        end = last.start + len(last.old) - 1 + _CONTEXT
        yield from _marked(" ", before[position - 1 : end], encodings[0])


def _near(hunks: Iterable[Hunk]) -> Iterator[list[Hunk]]:
    group: list[Hunk] = []
    for hunk in sorted(hunks, key=lambda each: each.new_start):
        if group and hunk.start - _end(group[-1]) > 2 * _CONTEXT:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


def _end(hunk: Hunk) -> int:
    return hunk.start + len(hunk.old)


_COLOURS = {"-": "red", "+": "green", " ": ""}


def _marked(mark: str, code: Iterable[bytes], encoding: str) -> Iterator[Line]:
    for line in code:
        text = line.rstrip(b"\r\n").decode(encoding, "replace").expandtabs()
        yield ((f"{mark}{visible(text)}", _COLOURS[mark]),)


def _encoding(source: bytes | None) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(source or b"").readline)[0]
    except SyntaxError:
        return "latin-1"
