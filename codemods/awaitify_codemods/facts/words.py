"""Which files mention a word: a search of bytes, before anything is parsed."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from awaitify_codemods.facts.parsing import text_of

_SURE = (b"run_until_complete", b"run_forever", b"run_sync", b"async_to_sync")
_LIBRARIES = (b"asyncio", b"anyio", b"uvloop")
# Spelled out, imported by name, or under another name.
_RUNS = re.compile(
    rb"(asyncio|anyio|uvloop)(\s*\.\s*(run\b|Runner|runners)|\s+import\b|\s+as\b"
    rb"|\s*,\s*[\"'](run|Runner)\b)"
)
_COROUTINE = re.compile(rb"\basync\s+def\s+([A-Za-z0-9_\x80-\xff]+)")
_IDENTIFIER = re.compile(rb"[A-Za-z0-9_\x80-\xff]")
_WORD = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")
_ASYNC_METHODS = (b" async def test", b" async def setUp", b" async def tearDown")
_PLAIN_CASE = re.compile(rb"(?<!IsolatedAsyncio)TestCase")
_SEARCHES = 200
"""How many words are searched one by one before all are listed."""


class Words:
    """Searches all files of a project at once; remembers what it found.

    Args:
        files: path -> bytes.

    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        files = {path: _comparable(source) for path, source in files.items()}
        self._paths = list(files)
        self._text = b"\0".join(files.values())
        self._starts: list[int] = []
        start = 0
        for source in files.values():
            self._starts.append(start)
            start += len(source) + 1
        self._files = files
        self._found: dict[bytes, list[str]] = {}
        self._carriers: dict[tuple[str, str], list[str]] = {}

    def have(self, text: bytes) -> bool:
        """Whether any file mentions a text, be it a whole word or not."""
        return text in self._text

    def files_like(
        self,
        some: Sequence[bytes],
        every: Sequence[bytes],
        glance: Callable[[bytes], bool] = lambda source: True,
    ) -> list[str]:
        """Return the files that contain one of some texts, and all of others.

        Args:
            some: at least one of these is there.
            every: all of these are.
            glance: a closer look at those that are left.

        """
        if not any(map(self.have, some)) or not all(map(self.have, every)):
            return []
        return [
            path
            for path, source in self._files.items()
            if any(text in source for text in some)
            and all(text in source for text in every)
            and glance(source)
        ]

    def files_with(self, word: str | bytes) -> list[str]:
        """Return the files that mention a whole word, in order."""
        key = as_key(word) if isinstance(word, str) else word
        assert key, "nothing is no word"
        if key not in self._found:
            if len(self._found) >= _SEARCHES and _WORD.fullmatch(key):
                return self._listed.get(key, [])
            self._found[key] = list(self._search(key))
        return self._found[key]

    @cached_property
    def _listed(self) -> dict[bytes, list[str]]:
        """The files of every word: dearer than some searches, cheaper than many."""
        found: dict[bytes, list[str]] = {}
        for path, source in self._files.items():
            for word in set(_WORD.findall(source)):
                found.setdefault(word, []).append(path)
        return found

    @cached_property
    def coroutines(self) -> dict[bytes, list[str]]:
        """The files that define coroutine functions, by their names."""
        found: dict[bytes, list[str]] = {}
        for path, source in self._files.items():
            if b"async" in source:
                for name in dict.fromkeys(_COROUTINE.findall(source)):
                    found.setdefault(name, []).append(path)
        return found

    def text(self, path: str) -> bytes:
        """Return a file as it is searched: names have one spelling, in UTF-8."""
        return self._files[path]

    def _search(self, word: bytes) -> Iterator[str]:
        text, starts = self._text, self._starts
        position = text.find(word)
        while position >= 0:
            after = position + len(word)
            before = text[position - 1 : position] if position else b""
            if _IDENTIFIER.match(before) or _IDENTIFIER.match(text[after : after + 1]):
                position = text.find(word, after)
                continue
            number = bisect_right(starts, position) - 1
            yield self._paths[number]
            if number + 1 == len(starts):
                return
            position = text.find(word, starts[number + 1])

    def drivers(self) -> list[str]:
        """Return the files that mention what drives a loop."""
        found = {path for word in _SURE for path in self.files_with(word)}
        for word in _LIBRARIES:
            for path in self.files_with(word):
                if path not in found and _RUNS.search(self._files[path]):
                    found.add(path)
        return [path for path in self._paths if path in found]

    @cached_property
    def async_cases(self) -> list[str]:
        """The files that may have unittest classes with coroutine methods."""
        return [
            path
            for path, source in self._files.items()
            if any(word in source for word in _ASYNC_METHODS) and _is_case(source)
        ]

    def carriers(self, name: str, home: str) -> list[str]:
        """Return the files that may mean the `name` that is defined in `home`.

        They mention it, and the module it comes from or one that hands it on.
        """
        key = (name, home)
        if key not in self._carriers:
            self._carriers[key] = list(self._carry(name, home))
        return self._carriers[key]

    def _carry(self, name: str, home: str) -> Iterator[str]:
        text = as_key(name)
        word = as_word(name)
        mention = re.compile(word)
        handing_on = re.compile(rb"\bimport\b[\s(][^=:#]*%s" % word)
        # Few files mention a module: those are searched, not all for the name.
        pending, seen = [home], {home}
        found = {home}
        while pending:
            for path in self._near(pending.pop()):
                if path in seen:
                    continue
                seen.add(path)
                source = self._files[path]
                if text in source and mention.search(source):
                    found.add(path)
                    if handing_on.search(source):
                        pending.append(path)
                if path in self._starring:
                    pending.append(path)
        return (path for path in self._paths if path in found)

    @cached_property
    def _starring(self) -> frozenset[str]:
        """The files that hand on all they import."""
        star = re.compile(rb"\bimport\s+\*")
        files = self._files.items()
        return frozenset(p for p, s in files if b"import *" in s and star.search(s))

    def _near(self, origin: str) -> list[str]:
        """Return the files that may import from one."""
        near = self.files_with(stem(origin))
        if not is_package(origin):
            return near
        # `from . import name` does not say the package's name.
        folder = origin.rpartition("/")[0]
        return [*near, *(path for path in self._paths if path.startswith(folder))]


def as_word(name: str) -> bytes:
    """Return a pattern for a whole name: word boundaries of bytes are ASCII."""
    return rb"(?<![A-Za-z0-9_\x80-\xff])%s(?![A-Za-z0-9_\x80-\xff])" % re.escape(
        as_key(name)
    )


def as_key(name: str) -> bytes:
    """Return what is searched for a name, or for part of a path that is no text."""
    return name.encode("utf-8", "surrogateescape")


def _comparable(source: bytes) -> bytes:
    """Return a file with its identifiers as Python compares them, in UTF-8."""
    if source.isascii():
        return source
    try:
        text = text_of(source)
    except (SyntaxError, ValueError, LookupError):
        return source
    told = unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")
    # Of a file in a wrong encoding, what it mentions is found all the same.
    return source if told == source else told + b"\n" + source


def _is_case(source: bytes) -> bool:
    """Whether a file mentions a plain test case, or one with an async set-up."""
    if _PLAIN_CASE.search(source):
        return True
    return b"TestCase" in source and any(w in source for w in _ASYNC_METHODS[1:])


def stem(path: str) -> str:
    """Return the last part of the name by which a file is imported."""
    parts = path.removesuffix(".py").split("/")
    if is_package(path):
        return parts[-2] if len(parts) > 1 else "import"
    return parts[-1]


def is_package(path: str) -> bool:
    """Whether a file is the ``__init__`` of a package."""
    return path.rpartition("/")[2] == "__init__.py"


def may_drive(source: bytes) -> bool:
    """Whether one file mentions what drives a loop."""
    return bool(Words({"": source}).drivers())
