"""What a run does, cut into what can be accepted or refused on its own.

A unit is one question, in whatever files it is: a helper that becomes async with its
callers, half of it, is a broken suite. What is in no unit is asked definition by
definition. What stands at the level of a module follows from the rest of its file,
and is asked only where there is no rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitify.changes import ALONE, Change, Hunk
from awaitify.review.definitions import own, texts

if TYPE_CHECKING:
    from awaitify_codemods import Finding, Unit

Placed = tuple[str, Hunk]
"""A hunk and the path of its file."""


@dataclass(frozen=True)
class Question:
    """Changes that are taken together, or not at all."""

    names: tuple[str, ...]
    """What is pinned if it is refused: ``path::TestX::test_y``, or paths."""
    hunks: tuple[Placed, ...]
    follows: tuple[Placed, ...]
    """What else the files get with it, and with others: imports, say."""
    findings: tuple[Finding, ...]
    before: str
    """The digest of what it is about, as it is."""
    after: str
    """The same of what becomes of it."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the files that it changes."""
        return tuple(dict.fromkeys(path for path, _ in self.hunks))

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the codes of the rules that it takes, as far as one is told of."""
        return tuple(sorted({finding.rule for finding in self.findings}))


@dataclass(frozen=True)
class _Group:
    names: tuple[str, ...]
    hunks: tuple[Placed, ...]


def questions(
    changes: Sequence[Change], units: Sequence[Unit], findings: Iterable[Finding]
) -> tuple[Question, ...]:
    """Return what there is to ask about a run, in the order of files and lines.

    Args:
        changes: what becomes of each file.
        units: those of the plan.
        findings: those of the plan.

    """
    files = {change.path: change for change in changes}
    groups = [*_units(files, units), *_definitions(files)]
    rest = {path: tuple(_rest(change)) for path, change in files.items()}
    taken = {path for group in groups for path, _ in group.hunks}
    groups += [
        _Group(_pins_of(files[path], hunks), tuple((path, hunk) for hunk in hunks))
        for path, hunks in rest.items()
        if hunks and path not in taken
    ]
    told: dict[str, list[Finding]] = {}
    for each in findings:
        if each.status in _DONE:
            told.setdefault(f"{each.path}::{each.test}", []).append(each)
    found = [_question(group, files, rest, told) for group in groups]
    return tuple(sorted(found, key=_place))


_DONE = ("migrate", "newly-running")


def _place(question: Question) -> tuple[bool, str, int]:
    path, hunk = question.hunks[0]
    return not path.endswith(".py"), path, hunk.start


def _units(files: Mapping[str, Change], units: Sequence[Unit]) -> Iterator[_Group]:
    hunks: dict[int, list[Placed]] = {}
    for path, change in files.items():
        for hunk in change.hunks:
            if hunk.unit != ALONE:
                hunks.setdefault(hunk.unit, []).append((path, hunk))
    home = {name: unit for unit in units for name in unit.functions}
    for number, placed in hunks.items():
        names = dict.fromkeys(units[number].functions)
        # Where lines of two units are in one hunk, they are one.
        for path, hunk in placed:
            joined = home.get(f"{path}::{hunk.definition}")
            names |= dict.fromkeys(joined.functions if joined else ())
        yield _Group(tuple(names), tuple(placed))


def _definitions(files: Mapping[str, Change]) -> Iterator[_Group]:
    for path, change in files.items():
        hunks: dict[str, list[Placed]] = {}
        for hunk in change.hunks:
            if hunk.unit == ALONE and _stays(hunk.definition, change):
                hunks.setdefault(hunk.definition, []).append((path, hunk))
        for name, placed in hunks.items():
            yield _Group((f"{path}::{name}",), tuple(placed))


def _rest(change: Change) -> Iterator[Hunk]:
    """Yield what belongs to a file as a whole: new helpers, and those that go, too."""
    for hunk in change.hunks:
        if hunk.unit == ALONE and not _stays(hunk.definition, change):
            yield hunk


def _stays(name: str, change: Change) -> bool:
    return name in texts(change.before) and name in texts(change.after)


def _pins_of(change: Change, hunks: Iterable[Hunk]) -> tuple[str, ...]:
    """Return what keeps a file from what becomes of it as a whole."""
    names = dict.fromkeys(hunk.definition for hunk in hunks)
    if all(name in texts(change.before) for name in names):
        return tuple(f"{change.path}::{name}" for name in names)
    return (change.path,)


def _question(
    group: _Group,
    files: Mapping[str, Change],
    rest: Mapping[str, tuple[Hunk, ...]],
    told: Mapping[str, Sequence[Finding]],
) -> Question:
    paths = dict.fromkeys(path for path, _ in group.hunks)
    shown = {(path, hunk.start, hunk.new_start) for path, hunk in group.hunks}
    follows = (
        (path, hunk)
        for path in paths
        for hunk in rest[path]
        if (path, hunk.start, hunk.new_start) not in shown
    )
    met = [f"{path}::{hunk.definition}" for path, hunk in group.hunks]
    about = [
        each for n in dict.fromkeys([*met, *group.names]) for each in told.get(n, ())
    ]
    return Question(
        group.names,
        group.hunks,
        tuple(follows),
        tuple(about),
        _digest(group, files, after=False),
        _digest(group, files, after=True),
    )


def _digest(group: _Group, files: Mapping[str, Change], *, after: bool) -> str:
    """Return what changes if a question is about something else.

    It is of definitions, not of hunks: how lines are matched depends on other lines.
    """
    total = hashlib.sha256()
    named: dict[str, dict[str, None]] = {}
    for path, hunk in group.hunks:
        named.setdefault(path, {})[hunk.definition] = None
    for full in group.names:
        path, inside, name = full.partition("::")
        if inside and path in files:
            named.setdefault(path, {})[name] = None
    for path, names in sorted(named.items()):
        change = files[path]
        for source in (change.before, change.after) if after else (change.before,):
            total.update(path.encode("utf-8", "surrogateescape") + b"\0")
            total.update(own(source, sorted(names)) + b"\0")
            total.update(b"-" if source is None else b"+")
    outside = {"", *(n for n in group.names if "::" not in n)}
    for path, hunk in group.hunks:
        if hunk.definition in outside or path in group.names:
            parts = (hunk.old, hunk.new) if after else (hunk.old,)
            total.update(b"\0".join(b"".join(part) for part in parts))
    return total.hexdigest()
