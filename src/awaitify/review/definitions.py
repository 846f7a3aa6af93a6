"""The text of functions and classes, found by their names and replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from awaitify.changes import lines, spans


@dataclass(frozen=True)
class Text:
    """The lines of one definition, decorators included."""

    name: str
    start: int
    """From 0."""
    stop: int
    source: bytes


@lru_cache(maxsize=64)
def texts(source: bytes | None) -> Mapping[str, list[Text]]:
    """Return the definitions of a file by name; more than one may have the same."""
    found: dict[str, list[Text]] = {}
    if source is None:
        return found
    every = lines(source)
    for start, stop, name in spans(source):
        text = Text(name, start, stop, b"".join(every[start:stop]))
        found.setdefault(name, []).append(text)
    return found


def own(source: bytes | None, names: Iterable[str]) -> bytes:
    """Return what some definitions of a file say, without those inside of them."""
    every, found = lines(source), texts(source)
    inner = [text for group in found.values() for text in group]
    parts = []
    for name in names:
        for text in found.get(name, ()):
            gone = {
                number
                for each in inner
                if each.name.startswith(f"{name}::") and each.start >= text.start
                for number in range(each.start, min(each.stop, text.stop))
            }
            kept = (n for n in range(text.start, text.stop) if n not in gone)
            parts.append(b"".join(every[n] for n in kept))
    return b"\0".join(parts)


def replaced(source: bytes, new: Mapping[str, bytes]) -> bytes:
    """Return a file with other text for some definitions, each there once."""
    every, found = lines(source), texts(source)
    chosen = [found[name][0] for name in new]
    for text in sorted(chosen, key=lambda each: each.start, reverse=True):
        every[text.start : text.stop] = [new[text.name]]
    return b"".join(every)
