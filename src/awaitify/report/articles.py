"""What a page shows of each file: definition by definition, with what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from awaitify.changes import ALONE, Change
from awaitify.refusals import explanation
from awaitify.report import aligned
from awaitify.report.aligned import Section, Texts
from awaitify.report.columns import side_by_side
from awaitify.report.content import Report
from awaitify.report.escaping import visible

if TYPE_CHECKING:
    from awaitify_codemods import Finding

STATUSES: Mapping[str, str] = {
    "migrate": "migrate",
    "newly-running": "newly running",
    "left": "left",
    "report": "to look at",
    "review": "with --unsafe",
    "suppressed": "suppressed",
}


@dataclass
class Budget:
    """How much a page may hold before no browser opens it any more."""

    rows: int = 80_000
    """Of diffs."""
    coloured: int = 30_000
    """Of the rows those with colours, which take time."""
    findings: int = 40_000
    hidden: int = 0
    """Files that are not shown whole."""


@dataclass(frozen=True)
class Known:
    """What is known beside the report."""

    names: Mapping[str, str]
    """Of rules, by code."""
    verdicts: Mapping[tuple[str, str], tuple[str, ...]]
    """Path and definition -> what became of its tests."""
    shared: frozenset[int] = frozenset()
    """The units that more than one definition belongs to."""
    colours: bool = True
    """Whether code is to have colours."""


@dataclass(frozen=True)
class Note:
    """What was found at some lines of a definition, and why."""

    rule: str
    name: str
    kind: str
    """The status, if it is one that the page knows."""
    words: str
    """What to call it."""
    reason: str
    """A refusal code, if the site is left."""
    means: str
    message: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Excerpt:
    """Lines side by side, and what was found there."""

    notes: tuple[Note, ...]
    lines: Any
    """HTML."""


@dataclass(frozen=True)
class Article:
    """A definition."""

    title: str
    """"" for the level of the module."""
    notes: tuple[Note, ...]
    """What was found where nothing changes."""
    excerpts: tuple[Excerpt, ...]
    unit: int
    """Others of the same number change with it; `ALONE` if none do."""
    verdicts: tuple[str, ...]
    tokens: str
    """What the filters ask for: rules with what became of sites, and verdicts of a
    proof with no rule."""
    line: int

    @property
    def told(self) -> bool:
        """Whether anything was found in it."""
        return bool(self.notes or any(excerpt.notes for excerpt in self.excerpts))


@dataclass(frozen=True)
class File:
    """A file of the page."""

    path: str
    kind: str
    """made, removed, or ""."""
    added: int
    removed: int
    articles: tuple[Article, ...]
    cut: bool
    """Whether its diff, or what was found in it, is not shown for want of room."""


def files(report: Report, known: Known, budget: Budget) -> Iterator[File]:
    """Yield every file that changes or in which something was found, by path."""
    changes = {change.path: change for change in report.changes}
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.path, []).append(finding)
    known = replace(known, shared=_shared(report.changes))
    for path in sorted({*changes, *found}):
        yield _file(path, changes.get(path), found.get(path, ()), known, budget)


def _shared(changes: Iterable[Change]) -> frozenset[int]:
    """Return the units that more than one definition belongs to."""
    met: dict[int, set[tuple[str, str]]] = {}
    for change in changes:
        mine = [hunk for hunk in change.hunks if hunk.unit != ALONE and hunk.definition]
        names = {hunk.definition for hunk in mine}
        # Only where one may be inside of another function all lines are looked at.
        nested = any(name.rpartition("::")[0] in names for name in names)
        outer = aligned.Outer(aligned.texts(change) if nested else None)
        for hunk in mine:
            place = change.path, outer.of(hunk.definition)
            met.setdefault(hunk.unit, set()).add(place)
    return frozenset(unit for unit, places in met.items() if len(places) > 1)


def _file(
    path: str,
    change: Change | None,
    found: Sequence[Finding],
    known: Known,
    budget: Budget,
) -> File:
    hunks = change.hunks if change else ()
    added = sum(len(hunk.new) for hunk in hunks)
    removed = sum(len(hunk.old) for hunk in hunks)
    kind = ""
    if change is not None:
        kind = "made" if change.before is None else kind
        kind = "removed" if change.after is None else kind
    cut = budget.rows < added + removed or budget.findings < len(found)
    if cut:
        budget.hidden += 1
        return File(path, kind, added, removed, (), True)
    colours = budget.coloured >= added + removed
    budget.rows -= added + removed
    budget.coloured -= added + removed if colours else 0
    budget.findings -= len(found)
    texts = aligned.texts(change) if change else None
    parts = aligned.sections(change, texts) if change and texts else ()
    known = replace(known, colours=colours)
    made = tuple(_articles(path, texts, parts, found, known))
    return File(path, kind, added, removed, made, False)


def _articles(
    path: str,
    texts: Texts | None,
    parts: Sequence[Section],
    found: Sequence[Finding],
    known: Known,
) -> Iterator[Article]:
    """Yield the definitions in the order of their lines."""
    outer = aligned.Outer(texts)
    found = [replace(f, test=outer.of(f.test)) for f in found]
    at = _Places(found)
    made: list[Article] = []
    for part in parts:
        mine = at.take(path, part)
        assert texts is not None
        made.append(_changed(path, texts, part, mine, known))
    rest = at.rest()
    by_test = sorted(rest, key=lambda f: f.test)
    for test, group in groupby(by_test, key=lambda f: f.test):
        these = list(group)
        seen = known.verdicts.get((path, test), ())
        tokens = _tokens(these, seen)
        line = min(f.line for f in these)
        made.append(Article(test, _notes(these, known), (), ALONE, seen, tokens, line))
    yield from sorted(made, key=lambda article: article.line)


class _Places:
    """What was found in a file, by line and by definition; each is taken once."""

    def __init__(self, found: Sequence[Finding]) -> None:
        self._left = dict(enumerate(found))
        self._lines: dict[int, list[int]] = {}
        self._tests: dict[str, list[int]] = {}
        for number, each in self._left.items():
            self._lines.setdefault(each.line, []).append(number)
            self._tests.setdefault(each.test, []).append(number)

    def take(self, path: str, part: Section) -> list[Finding]:
        """Return what is about a section, and was not taken yet."""
        numbers = {
            number
            for piece in part.pieces
            for lines in piece.touched
            for line in lines
            for number in self._lines.get(line, ())
        }
        # A file of settings has no definitions: all of it is one.
        if part.definition or not path.endswith((".py", ".pyi")):
            numbers.update(self._tests.get(part.definition, ()))
        mine = sorted(numbers & self._left.keys())
        return [self._left.pop(number) for number in mine]

    def rest(self) -> list[Finding]:
        """Return what no section is about."""
        return list(self._left.values())


def _changed(
    path: str,
    texts: Texts,
    part: Section,
    found: Sequence[Finding],
    known: Known,
) -> Article:
    rest = list(found)
    excerpts = []
    for piece in part.pieces:
        mine = [f for f in rest if any(f.line in lines for lines in piece.touched)]
        rest = [f for f in rest if f not in mine]
        lines = side_by_side(path if known.colours else "", texts, piece)
        excerpts.append(Excerpt(_notes(mine, known), lines))
    unit = next((each for each in part.units if each in known.shared), ALONE)
    seen = known.verdicts.get((path, part.definition), ())
    tokens = _tokens(found, seen)
    line = part.pieces[0].touched[0].start
    return Article(
        part.definition, _notes(rest, known), tuple(excerpts), unit, seen, tokens, line
    )


def _tokens(found: Iterable[Finding], verdicts: Iterable[str]) -> str:
    pairs = {(f.rule, f.status) for f in found}
    pairs |= {("", verdict) for verdict in verdicts}
    # No blank is left in a name: blanks divide what is asked for, tabs its halves.
    return " ".join(sorted("\t".join(map(_bare, pair)) for pair in pairs))


def _bare(text: str) -> str:
    return "".join(visible(text).split())


def _notes(found: Iterable[Finding], known: Known) -> tuple[Note, ...]:
    """Return what was found; what is said of several lines, once."""
    lines: dict[tuple[str, str, str, str], list[int]] = {}
    for f in found:
        lines.setdefault((f.rule, f.status, f.reason, f.message), []).append(f.line)
    unique = ((key, tuple(dict.fromkeys(numbers))) for key, numbers in lines.items())
    return tuple(_note(*key, numbers, known) for key, numbers in unique)


def _note(
    rule: str,
    status: str,
    reason: str,
    message: str,
    lines: tuple[int, ...],
    known: Known,
) -> Note:
    why = (reason or "unresolved") if status == "left" else ""
    entry = explanation(why) if why else None
    means = f"{entry.meaning} {entry.hint}" if entry else ""
    words = STATUSES.get(status, status)
    name = known.names.get(rule, "")
    kind = status if status in STATUSES else ""
    return Note(rule, name, kind, words, why, means, message, lines)
