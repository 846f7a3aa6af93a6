"""What the project has to require, now that its tests are async: AW342."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from awaitify.settings import ini_text, toml_text, versions
from awaitify.settings.declared import (
    CONSTRAINTS,
    Declared,
    Entry,
    Kind,
    Place,
    folder,
    read,
)
from awaitify.settings.settlement import Note
from awaitify.settings.targets import PLUGIN, Targets
from awaitify.settings.text import NotEditable, edited
from awaitify_codemods.plan import MIGRATE, REPORT

CODE = "AW342"
_STYLE = re.compile(r"^[\w.-]+(?:\[[^\]]*\])?(\s*)(?:[<>=!~]=?=?)?(\s*)")


@dataclass(frozen=True)
class Need:
    """What some migrated tests need."""

    folders: tuple[str, ...]
    """Where they are and all above, innermost first."""
    least: Version
    """The first pytest-asyncio that has all that was written."""
    targets: Targets
    is_new: bool = True
    """Whether nothing there used pytest-asyncio before."""


@dataclass(eq=False)
class Requirements:
    """Edits the files that declare requirements, one after the other."""

    files: dict[str, bytes]
    originals: Mapping[str, bytes]
    """What the files were: that is where there is something to tell about."""
    notes: list[Note] = field(default_factory=list)

    def require(self, need: Need) -> None:
        """Make sure that pytest-asyncio is required where pytest is."""
        every = _reaching(read(self.files), need.folders)
        places = [place for place in every if place.frozen != CONSTRAINTS]
        if any(place.of(PLUGIN) for place in places):
            for place in every:
                for entry in place.of(PLUGIN):
                    self._raise(place, entry, need)
        elif need.is_new:
            self._add(places, need)

    def drop(self, name: str, concerns: Callable[[str], bool]) -> None:
        """Take a distribution out that nothing imports any more.

        Args:
            name: of the distribution.
            concerns: whether what a file declares is about the tests.

        """
        while True:
            found = [
                (place, entry)
                for place in read(self.files).places
                for entry in place.of(name)
                if not (place.frozen or place.is_runtime) and concerns(place.path)
            ]
            if not found:
                break
            place, entry = found[0]
            if not self._drop(place, entry):
                break
        for place in filter(lambda p: concerns(p.path), read(self.files).places):
            for entry in place.of(name):
                why = place.frozen or "users of the project get it"
                self._tell(place, entry, f"nothing imports {name} any more; {why}")

    def _drop(self, place: Place, entry: Entry) -> bool:
        message = f"nothing imports {entry.name} any more"
        try:
            after = edited(self.files[place.path], lambda c: _without(c, place, entry))
        except NotEditable as error:
            self._tell(place, entry, f"{message}; not removed: {error}")
            return False
        self._tell(place, entry, message, MIGRATE)
        self.files[place.path] = after
        return True

    def _add(self, places: list[Place], need: Need) -> None:
        listing = [place for place in places if place.of("pytest")]
        own = [place for place in listing if not place.is_runtime]
        targets = need.targets
        best = versions.BEST
        if targets.is_given and targets.floor:
            best = targets.floor
        floor = versions.floor(need.least, best, targets)
        for place in _outermost(own):
            (entry, *more) = place.of("pytest")
            if floor is None:
                message = _none_fits(need)
            elif place.frozen:
                message = f"the tests need {PLUGIN}>={versions.spelled(floor)} now"
                message = f"{message}; not added: {place.frozen}"
            elif more:
                message = (
                    f"the tests need {PLUGIN} now; not added: pytest is here twice"
                )
            else:
                self._write(place, entry, versions.spelled(floor))
                continue
            self._tell(place, entry, message)
        lists = listing or [place for place in places if place.entries]
        if not own and lists and floor is not None:
            self._tell_nowhere(lists, versions.spelled(floor))
        elif own:
            self._tell_locks(own)

    def _write(self, place: Place, entry: Entry, floor: str) -> None:
        message = f"the tests need {PLUGIN} now: >={floor}"
        try:
            after = edited(
                self.files[place.path], lambda c: _with(c, place, entry, floor)
            )
        except NotEditable as error:
            self._tell(place, entry, f"{message}; not added: {error}")
            return
        self._tell(place, entry, message, MIGRATE)
        self.files[place.path] = after

    def _raise(self, place: Place, entry: Entry, need: Need) -> None:
        """Raise the floor of a requirement that is there, if it is too low."""
        low = versions.lowest(entry.admitted)
        wanted = versions.spelled(need.least)
        if not versions.admits(entry.admitted, need.least):
            message = (
                f"what was written needs {PLUGIN}>={wanted}: {entry.text!r} has none"
            )
            self._tell(place, entry, message)
            return
        if low is None or low >= need.least:
            return
        message = f"what was written needs {PLUGIN}>={wanted}"
        clause = next((c for c in entry.admitted if c.operator == ">="), None)
        if place.frozen or place.is_runtime or clause is None:
            why = place.frozen or "its lower limit is no >="
            self._tell(place, entry, f"{message}; not raised: {why}")
            return
        old = re.search(rf">=\s*{re.escape(clause.version)}(?![\w.])", entry.text)
        new = old[0].replace(clause.version, wanted) if old else ""
        try:
            if old is None:
                raise NotEditable("it is spelled in an odd way")
            after = edited(
                self.files[place.path],
                lambda c: _replaced(c, place, entry, old[0], new),
            )
        except NotEditable as error:
            self._tell(place, entry, f"{message}; not raised: {error}")
            return
        self._tell(place, entry, message, MIGRATE)
        self.files[place.path] = after

    def _tell(
        self, place: Place, entry: Entry | None, message: str, status: str = REPORT
    ) -> None:
        line = _line(self.originals[place.path], entry) if entry else 1
        self.notes.append(Note(place.path, line, CODE, status, message))

    def _tell_nowhere(self, places: Iterable[Place], floor: str) -> None:
        place = min(places, key=lambda place: (place.path.count("/"), place.path))
        entry = next(iter(place.of("pytest")), None)
        message = f"the tests need {PLUGIN}>={floor} now, and no list is theirs alone"
        self._tell(place, entry, message)

    def _tell_locks(self, places: Iterable[Place]) -> None:
        folders = {folder(place.path) for place in places}
        for lock in sorted(read(self.files).locks):
            if folder(lock) in folders:
                message = f"lock again: {PLUGIN} is not in it yet"
                self.notes.append(Note(lock, 1, CODE, REPORT, message))


def _none_fits(need: Need) -> str:
    targets = need.targets
    said = [f"Python {targets.python}"] if targets.python else []
    said += [f"pytest{targets.pytests}"] if str(targets.pytests) else []
    said += [f"{PLUGIN}{targets.admitted}"] if str(targets.admitted) else []
    least = f">={versions.spelled(need.least)}" if need.least.release != (0,) else ""
    return (
        f"the tests need {PLUGIN}{least} now, of which no release takes "
        f"{' and '.join(said)}"
    )


def _reaching(declared: Declared, folders: Iterable[str]) -> list[Place]:
    """Return the places of some folders, with all that they include."""
    within = set(folders)
    by_label = {place.label: place for place in declared.places}
    pending = [place for place in declared.places if folder(place.path) in within]
    found: dict[str, Place] = {}
    while pending:
        place = pending.pop()
        if place.label not in found:
            found[place.label] = place
            pending += [by_label[each] for each in place.includes if each in by_label]
    return [place for place in declared.places if place.label in found]


def _outermost(places: list[Place]) -> list[Place]:
    """Return the places without those that get what they need from another one."""
    return [
        place
        for place in places
        if not any(
            other.label in place.includes and not other.frozen for other in places
        )
        # What is compiled from a file beside it changes with that one.
        and not (
            place.frozen and any(_is_source(other.path, place.path) for other in places)
        )
    ]


def _is_source(path: str, compiled: str) -> bool:
    return compiled.endswith(".txt") and path == f"{compiled.removesuffix('.txt')}.in"


def _with(content: str, place: Place, entry: Entry, floor: str) -> str:
    """Return a file with pytest-asyncio required beside pytest."""
    number = _predecessor(content, place, entry)
    if place.kind is Kind.TABLE:
        after = next(each.key for each in place.entries if each.number == number)
        return toml_text.add_key(content, place.where, PLUGIN, f'">={floor}"', after)
    text = _spelled(entry, floor)
    if place.kind is Kind.ARRAY:
        return toml_text.add_item(
            content,
            place.where,
            toml_text.like_item(content, place.where, entry.number, text),
            number,
        )
    line = content.split("\n")[entry.number]
    before, _, _ = line.partition(entry.text)
    if place.kind is Kind.OPTION:
        option = _option(content, place)
        if entry.number == option.start:
            # Below the option's name a line goes on only if it is indented.
            factor = re.search(r"[=:]\s*([\w{},!.*-]+:\s+)$", before)
            before = _indent(content, option) + (factor[1] if factor else "")
    return ini_text.add_line(content, number, f"{before}{text}")


def _indent(content: str, option: ini_text.Option) -> str:
    lines = content.split("\n")[option.start + 1 : option.stop]
    found = (re.match(r"\s+", line) for line in lines if line.strip())
    return next((match[0] for match in found if match), "    ")


def _option(content: str, place: Place) -> ini_text.Option:
    return next(
        option
        for option in ini_text.options(content)
        if (option.section, option.key) == place.where
    )


def _predecessor(content: str, place: Place, entry: Entry) -> int:
    """Return the item behind which pytest-asyncio goes: by name, if all go by it."""
    near = list(_block(content, place, entry))
    names = [each.name for each in near]
    if names != sorted(names):
        return entry.number
    return max(each.number for each in near if each.name < PLUGIN)


def _block(content: str, place: Place, entry: Entry) -> Iterator[Entry]:
    """Yield the entries around one, up to the next comment or empty line."""
    if place.kind in (Kind.ARRAY, Kind.TABLE):
        yield from place.entries
        return
    numbers = {each.number for each in place.entries}
    first = last = entry.number
    while first - 1 in numbers:
        first -= 1
    while last + 1 in numbers:
        last += 1
    for each in place.entries:
        if first <= each.number <= last:
            yield each


def _spelled(entry: Entry, floor: str) -> str:
    """Return the requirement in the style of another one, with its marker."""
    style = _STYLE.match(entry.text)
    before, behind = (style[1], style[2]) if style and entry.admitted else ("", "")
    marker = ""
    if ";" in entry.text:
        bare = entry.text.partition(";")[0]
        marker = entry.text[len(bare.rstrip()) :]
    return f"{PLUGIN}{before}>={behind}{floor}{marker}"


def _without(content: str, place: Place, entry: Entry) -> str:
    if place.kind is Kind.TABLE:
        return toml_text.remove_key(content, (*place.where, entry.key))
    if place.kind is Kind.ARRAY:
        return toml_text.remove_item(content, place.where, entry.number)
    if place.kind is Kind.OPTION:
        return ini_text.remove_line(content, _option(content, place), entry.number)
    return ini_text.without_line(content, entry.number)


def _replaced(content: str, place: Place, entry: Entry, old: str, new: str) -> str:
    if place.kind is Kind.TABLE:
        path = (*place.where, entry.key)
        return toml_text.replace_part(content, path, old, new)
    if place.kind is Kind.ARRAY:
        return toml_text.replace_item(content, place.where, entry.number, old, new)
    return ini_text.replace_in_line(content, entry.number, old, new)


def _line(source: bytes, entry: Entry) -> int:
    """Return the line of a requirement in a file as it was."""
    text = source.decode("utf-8", "replace")
    word = re.escape(entry.key or entry.text)
    ways = (rf"[\"']{word}[\"']", rf"(?m)^[ \t]*[\"']?{word}[\"']?[ \t]*(=|$)", word)
    found = next(filter(None, (re.search(way, text) for way in ways)), None)
    return text.count("\n", 0, found.end()) + 1 if found else 1


GONE: Mapping[str, str] = {
    "asynctest": "asynctest",
    "aiounittest": "aiounittest",
    "asyncmock": "asyncmock",
    "nest_asyncio": "nest-asyncio",
}
"""Name of a module that migrated tests do without -> its distribution."""
