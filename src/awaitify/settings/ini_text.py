"""Edits of INI files that keep every byte beside them.

ConfigUpdater says which lines belong to what; the lines are edited as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify.settings.text import NotEditable

_HEAD = re.compile(r"(?P<key>[^=:\n]*?)(?P<sign>\s*[=:][^\S\n]*)(?P<value>.*)", re.S)


@dataclass(frozen=True)
class Option:
    """An option, and its lines in the file: the first, and the one after the last."""

    section: str
    key: str
    value: str
    """As pytest reads it: the lines of the value, without comments."""
    start: int
    stop: int


def options(content: str) -> list[Option]:
    """Return all options of a file, in order.

    Raises:
        NotEditable: it is no INI file, or says something twice.

    """
    return [each for each in _blocks(content) if each.key]


def has_section(content: str, section: str) -> bool:
    """Say whether a section is there, be it empty."""
    return any(each.section == section for each in _blocks(content))


def replace_word(content: str, option: Option, old: str, new: str) -> str:
    """Replace a part of an option's value that it has once."""
    lines = _lines(content)
    text = "".join(lines[option.start : option.stop])
    head = _HEAD.match(text)
    if head is None or head["value"].count(old) != 1:
        raise NotEditable(f"{option.key} is spelled in an odd way")
    changed = head["key"] + head["sign"] + head["value"].replace(old, new)
    return "".join([*lines[: option.start], changed, *lines[option.stop :]])


def replace_value(content: str, option: Option, new: str) -> str:
    """Give an option of one word another value."""
    if option.value:
        return replace_word(content, option, option.value, new)
    lines = _lines(content)
    first = lines[option.start]
    ending = "\n" if first.endswith("\n") else ""
    space = "" if first.rstrip("\n").endswith(" ") else " "
    lines[option.start] = first.rstrip("\n") + space + new + ending
    return "".join(lines)


def add_option(content: str, section: str, key: str, new: str, after: str) -> str:
    """Add an option to a section, behind another one; "" for right at its start."""
    lines = _lines(content)
    blocks = [each for each in _blocks(content) if each.section == section]
    place = next((each for each in blocks if each.key == after), None)
    if place is None:
        raise NotEditable(f"[{section}] was not found")
    head = _HEAD.match(lines[place.start]) if after else None
    sign = " = "
    if head is not None:
        sign = head["sign"].rstrip() + (" " if head["sign"][:1].isspace() else "")
        if head["value"].strip():
            sign = head["sign"]
    return _with_line(lines, place.stop, f"{key}{sign}{new}")


def remove_option(content: str, option: Option) -> str:
    """Take an option out."""
    return _without_lines(content, option.start, option.stop)


def add_line(content: str, number: int, line: str) -> str:
    """Insert a line behind the one with a number, which counts from 0."""
    return _with_line(_lines(content), number + 1, line)


def replace_in_line(content: str, number: int, old: str, new: str) -> str:
    """Replace a part of a line that it has once."""
    lines = _lines(content)
    if lines[number].count(old) != 1:
        raise NotEditable(f"line {number + 1} is spelled in an odd way")
    lines[number] = lines[number].replace(old, new)
    return "".join(lines)


def remove_line(content: str, option: Option, number: int) -> str:
    """Take one line of an option's value out; on the first line its name stays."""
    if number != option.start:
        return _without_lines(content, number, number + 1)
    lines = _lines(content)
    head = _HEAD.match(lines[number])
    if head is None:
        raise NotEditable(f"line {number + 1} has an odd form")
    ending = "\n" if lines[number].endswith("\n") else ""
    lines[number] = (head["key"] + head["sign"]).rstrip() + ending
    return "".join(lines)


def without_line(content: str, number: int) -> str:
    """Take one line of a file out."""
    return _without_lines(content, number, number + 1)


def value_lines(content: str, option: Option) -> Iterator[tuple[int, str]]:
    """Yield the number and text of each line of a value, without empty ones."""
    lines = _lines(content)
    for number in range(option.start, option.stop):
        text = lines[number]
        if number == option.start:
            head = _HEAD.match(text)
            text = head["value"] if head else ""
        if text.strip() and not text.lstrip().startswith(("#", ";")):
            yield number, text.strip()


def _lines(content: str) -> list[str]:
    # Not splitlines(): it also splits at form feeds and the like.
    *whole, rest = content.split("\n")
    return [f"{line}\n" for line in whole] + ([rest] if rest else [])


def _with_line(lines: list[str], place: int, line: str) -> str:
    if place == len(lines) and lines and not lines[-1].endswith("\n"):
        return "".join([*lines, "\n", line])
    return "".join([*lines[:place], f"{line}\n", *lines[place:]])


def _without_lines(content: str, start: int, stop: int) -> str:
    lines = _lines(content)
    kept = [*lines[:start], *lines[stop:]]
    if stop == len(lines) and kept and not lines[-1].endswith("\n"):
        kept[-1] = kept[-1].removesuffix("\n")
    return "".join(kept)


def _blocks(content: str) -> Iterator[Option]:
    """Yield each section's header, as an option without a key, and its options."""
    from configparser import Error

    from configupdater import ConfigUpdater, Section
    from configupdater import Option as Raw

    parser = ConfigUpdater(allow_no_value=True)
    try:
        parser.read_string(content)
    except (Error, ValueError) as error:
        message = str(error).splitlines()[0]
        raise NotEditable(f"it cannot be read: {message}") from error
    lines, number = _lines(content), 0
    for block in parser.iter_blocks():
        if not isinstance(block, Section):
            number += len(block.lines)
            continue
        yield Option(block.name, "", "", number, number + 1)
        number += 1
        for inner in block.iter_blocks():
            size = len(inner.lines)
            if isinstance(inner, Raw):
                yield _option(block.name, inner.raw_key, lines, number, size)
            number += size
    if number != len(lines):
        raise NotEditable("its lines cannot be told apart")


def _option(section: str, key: str, lines: list[str], start: int, size: int) -> Option:
    if not lines[start].startswith(key):
        raise NotEditable(f"{key!r} was not found where it should be")
    stop = start + size
    # What is empty, or a comment, at the end belongs to nothing.
    while stop > start + 1 and not _is_text(lines[stop - 1]):
        stop -= 1
    head = _HEAD.match("".join(lines[start:stop]))
    value = head["value"] if head else ""
    words = [line.strip() for line in value.split("\n") if _is_text(line)]
    return Option(section, key.strip(), "\n".join(words), start, stop)


def _is_text(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", ";"))
