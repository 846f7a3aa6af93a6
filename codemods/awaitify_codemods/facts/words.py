"""Which files mention a word: a search of bytes, before anything is parsed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

_SURE = (b"run_until_complete", b"run_forever")
_LIBRARIES = (b"asyncio", b"anyio", b"uvloop")
_RUNS = (b"run", b"Runner")
_IDENTIFIER = re.compile(rb"[A-Za-z0-9_\x80-\xff]")


class Words:
    """Searches all files of a project at once; remembers what it found.

    Args:
        files: path -> bytes.

    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._paths = list(files)
        self._text = b"\0".join(files.values())
        self._starts: list[int] = []
        start = 0
        for source in files.values():
            self._starts.append(start)
            start += len(source) + 1
        self._found: dict[bytes, list[str]] = {}

    def files_with(self, word: str | bytes) -> list[str]:
        """Return the files that mention a whole word, in order."""
        key = word.encode() if isinstance(word, str) else word
        if key not in self._found:
            self._found[key] = list(self._search(key))
        return self._found[key]

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
        sure = {path for word in _SURE for path in self.files_with(word)}
        library = {path for word in _LIBRARIES for path in self.files_with(word)}
        runs = {path for word in _RUNS for path in self.files_with(word)}
        found = sure | (library & runs)
        return [path for path in self._paths if path in found]


def may_drive(source: bytes) -> bool:
    """Whether one file mentions what drives a loop."""
    return bool(Words({"": source}).drivers())
