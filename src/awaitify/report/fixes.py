"""Changes that can be made one without the other, for tools that offer to make them.

A fix holds all of what belongs together, over all files: never a part of a chain.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitify.changes import ALONE, Change, Hunk

if TYPE_CHECKING:
    from awaitify_codemods import Finding

_NAME = re.compile(rb"[^\W\d]\w*")
_DEFINED = re.compile(rb"^\s*(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*=[^=]", re.M)
_SETTING = "AW341"
Place = tuple[int, int]
"""The number of a change, and that of a hunk in it."""


@dataclass(frozen=True)
class Fix:
    """What is done together: hunks of each file, in order."""

    parts: tuple[tuple[Change, tuple[Hunk, ...]], ...]

    @property
    def size(self) -> int:
        """Return how many lines there are."""
        return sum(len(each.new) + 1 for _, hunks in self.parts for each in hunks)


def fixes(
    changes: Sequence[Change], findings: Sequence[Finding]
) -> Mapping[int, Fix | None]:
    """Return the fix of each finding that changes something, by its number.

    None is one that a tool cannot make as a whole: it needs a file that is made.
    """
    groups = _Groups(changes)
    groups.join()
    settings = {finding.path for finding in findings if finding.rule == _SETTING}
    places = {
        number: found
        for number, finding in enumerate(findings)
        if finding.status in ("migrate", "newly-running")
        and (found := groups.of_finding(finding))
    }
    for each in places.values():
        # It may be about any of them: to be sure, about all.
        groups.unite(each)
    made: dict[Place, Fix | None] = {}
    members = groups.members()
    for found in places.values():
        first = groups.first(found[0])
        if first not in made:
            whole = groups.whole(first, members, settings)
            made[first] = _fix(changes, whole)
    return {number: made[groups.first(found[0])] for number, found in places.items()}


def _fix(changes: Sequence[Change], places: Iterable[Place]) -> Fix | None:
    chosen: dict[int, list[Hunk]] = defaultdict(list)
    for change, hunk in sorted(places):
        if changes[change].before is None:
            return None
        chosen[change].append(changes[change].hunks[hunk])
    return Fix(tuple((changes[n], tuple(hunks)) for n, hunks in chosen.items()))


class _Groups:
    """Which hunks belong together."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes
        self._above: dict[Place, Place] = {}
        self._needed: dict[Place, list[Place]] = defaultdict(list)
        self._in = {
            change.path: [(n, m) for m in range(len(change.hunks))]
            for n, change in enumerate(changes)
        }
        self._places = [place for places in self._in.values() for place in places]

    def join(self) -> None:
        """Find out, for all of them."""
        by_unit: dict[int, list[Place]] = defaultdict(list)
        old: dict[bytes, list[Place]] = defaultdict(list)
        new: dict[bytes, list[Place]] = defaultdict(list)
        for place in self._places:
            hunk = self._hunk(place)
            by_unit[hunk.unit].append(place)
            for lines, names in ((hunk.old, old), (hunk.new, new)):
                for name in set(_NAME.findall(b"".join(lines))):
                    names[name].append(place)
        by_unit.pop(ALONE, None)
        for places in by_unit.values():
            self.unite(places)
        for number, change in enumerate(self._changes):
            self._join_module(number, change)
        for place in self._places:
            gone, come = _defined(self._hunk(place))
            for name in gone - come:
                # Whoever uses what goes, goes on without it: at once, or not at all.
                self.unite([place, *old[name]])
            for name in come - gone:
                for user in new[name]:
                    self._needed[user].append(place)

    def _join_module(self, number: int, change: Change) -> None:
        """Join what changes at the level of a module with all else in it."""
        every = [(number, m) for m in range(len(change.hunks))]
        for place in every:
            hunk = self._hunk(place)
            if hunk.definition or hunk.unit != ALONE or not _is_python(change.path):
                continue
            if hunk.old:
                # An import that goes: it does only if nothing uses it any more.
                self.unite(every)
            else:
                for user in every:
                    self._needed[user].append(place)
        if change.after is None or not _is_python(change.path):
            self.unite(every)

    def of_finding(self, finding: Finding) -> list[Place]:
        """Return the hunks that a finding is about."""
        known = self._in.get(finding.path, [])
        if not _is_python(finding.path):
            return known
        inside = [place for place in known if self._is_in(place, finding.test)]
        return inside or [place for place in known if self._is_at(place, finding.line)]

    def _is_in(self, place: Place, test: str) -> bool:
        definition = self._hunk(place).definition
        return bool(test) and f"{definition}::".startswith(f"{test}::")

    def _is_at(self, place: Place, line: int) -> bool:
        hunk = self._hunk(place)
        return hunk.start <= line < hunk.start + max(len(hunk.old), 1)

    def members(self) -> Mapping[Place, Sequence[Place]]:
        """Return what belongs together, by what stands for it."""
        found: dict[Place, list[Place]] = defaultdict(list)
        for place in self._places:
            found[self.first(place)].append(place)
        return found

    def whole(
        self,
        first: Place,
        members: Mapping[Place, Sequence[Place]],
        settings: Iterable[str],
    ) -> set[Place]:
        """Return all that belongs together, and what that needs.

        Args:
            first: what stands for it.
            members: what belongs together.
            settings: the files that say what the results rely on.

        """
        found: set[Place] = set()
        todo = [first]
        while todo:
            group = self.first(todo.pop())
            if group not in found:
                found.update(members[group])
                for place in members[group]:
                    todo += self._needed[place]
                    todo += self._settings(place, settings)
        return found

    def _settings(self, place: Place, settings: Iterable[str]) -> Iterator[Place]:
        path = self._changes[place[0]].path
        for file in settings if _is_python(path) else ():
            folder = file.rpartition("/")[0]
            if not folder or path.startswith(f"{folder}/"):
                yield from self._in.get(file, ())

    def _hunk(self, place: Place) -> Hunk:
        return self._changes[place[0]].hunks[place[1]]

    def first(self, place: Place) -> Place:
        """Return what stands for all that belongs together with a hunk."""
        while place in self._above:
            place = self._above[place]
        return place

    def unite(self, places: Iterable[Place]) -> None:
        """Say of hunks that they belong together."""
        found = sorted({self.first(each) for each in places})
        for each in found[1:]:
            self._above[each] = found[0]


def _is_python(path: str) -> bool:
    return path.endswith((".py", ".pyi"))


def _defined(hunk: Hunk) -> tuple[set[bytes], set[bytes]]:
    """Return the names that lines define, before and after."""
    return _names(hunk.old), _names(hunk.new)


def _names(lines: Sequence[bytes]) -> set[bytes]:
    found = _DEFINED.findall(b"".join(lines))
    return {function or variable for function, variable in found}
