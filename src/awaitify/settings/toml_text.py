"""Edits of TOML that keep every byte beside them.

tomlkit finds a value and says what its text is: a marker in its place shows where
that text stands. If putting the text back does not give the file again, the file
is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awaitify.settings.text import NotEditable, line_at, with_line_after

_MARK = "awaitify-stands-here"
_QUOTED = f'"{_MARK}"'
_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<comment>\#[^\n]*)|(?P<comma>,)
    |(?P<item>\"\"\"(?:\\.|[^\\])*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'[^'\n]*'
    |\{[^{}]*\}|[^\s,\#\[\]{}"']+)""",
    re.VERBOSE | re.DOTALL,
)

Path = tuple[str, ...]
"""Keys from the top of a document to a table or value."""


@dataclass(frozen=True)
class _Spot:
    """A value in a document: all before it, its own text, all after it."""

    before: str
    text: str
    after: str
    inline: bool
    """Whether it stands within ``{...}``."""


def parse(content: str) -> Mapping[str, Any]:
    """Return what a document says.

    Raises:
        NotEditable: it is no TOML.

    """
    return _document(content).unwrap()  # type: ignore[no-any-return]


def replace_value(content: str, path: Path, new: str) -> str:
    """Give a key another value, written as TOML; the quotes of a string stay."""
    spot = _spot(content, path)
    if spot.text.startswith("'") and not spot.text.startswith("'''"):
        new = re.sub(r'^"([^"\\\']*)"$', r"'\1'", new)
    return spot.before + new + spot.after


def add_key(content: str, table: Path, key: str, new: str, after: str) -> str:
    """Add a key to a table, next to another one that it has."""
    spot = _spot(content, (*table, after))
    whole = spot.before + spot.text + spot.after
    position = len(spot.before)
    if spot.inline:
        end = position + len(spot.text)
        return f"{whole[:end]}, {key} = {new}{whole[end:]}"
    start, _ = line_at(whole, position)
    found = re.fullmatch(
        r"(\s*(?:.*\.\s*)?)(\"[^\"]*\"|'[^']*'|[\w-]+)(\s*=\s*)", whole[start:position]
    )
    if found is None:
        raise NotEditable(f"the line of {after!r} has an odd form")
    _, end = line_at(whole, position + len(spot.text))
    line = f"{found[1]}{key}{found[3]}{new}"
    return with_line_after(whole, end, line)


def add_first_key(content: str, table: Path, key: str, new: str) -> str:
    """Add a key to a table that has a header and nothing else."""
    name = r"\s*\.\s*".join(rf"[\"']?{re.escape(part)}[\"']?" for part in table)
    headers = list(re.finditer(rf"(?m)^[ \t]*\[\s*{name}\s*\][^\n]*", content))
    if len(headers) != 1:
        raise NotEditable(f"[{'.'.join(table)}] has no header of its own")
    _, end = line_at(content, headers[0].end() - 1)
    return with_line_after(content, end, f"{key} = {new}")


def add_table(content: str, table: Path, lines: list[str]) -> str:
    """Add a table at the end of a document."""
    gap = "" if not content else "\n" if content.endswith("\n") else "\n\n"
    return "\n".join([f"{content}{gap}[{'.'.join(table)}]", *lines, ""])


def remove_key(content: str, path: Path) -> str:
    """Take a key out, with the comment behind its value."""
    spot = _spot(content, path)
    whole = spot.before + spot.text + spot.after
    position = len(spot.before)
    if spot.inline:
        return _without_inline(spot, path[-1])
    start, _ = line_at(whole, position)
    _, end = line_at(whole, position + len(spot.text))
    return whole[:start] + whole[end:]


def add_item(content: str, array: Path, item: str, after: int) -> str:
    """Add an item to an array of strings, after another one, in its style."""
    spot = _spot(content, array)
    return spot.before + _with_item(spot.text, item, after) + spot.after


def replace_item(content: str, array: Path, number: int, old: str, new: str) -> str:
    """Replace a part of an item's text."""
    spot = _spot(content, array)
    items = _items(spot.text)
    start, end, _ = items[number]
    text = spot.text[start:end]
    if text.count(old) != 1:
        raise NotEditable("an item is spelled in an odd way")
    changed = spot.text[:start] + text.replace(old, new) + spot.text[end:]
    return spot.before + changed + spot.after


def replace_part(content: str, path: Path, old: str, new: str) -> str:
    """Replace a part of a string's text that it has once."""
    spot = _spot(content, path)
    if spot.text.count(old) != 1:
        raise NotEditable(f"{path[-1]} is spelled in an odd way")
    return spot.before + spot.text.replace(old, new) + spot.after


def like_item(content: str, array: Path, number: int, text: str) -> str:
    """Return a text as an item of an array, in the quotes of another item."""
    spot = _spot(content, array)
    quote = spot.text[_items(spot.text)[number][0]]
    other = '"' if quote == "'" else "'"
    return f"{other}{text}{other}" if quote in text else f"{quote}{text}{quote}"


def remove_line(content: str, path: Path, line: str) -> str:
    """Take one line out of a string of several."""
    spot = _spot(content, path)
    lines = spot.text.split("\n")
    numbers = [number for number, text in enumerate(lines) if text.strip() == line]
    if len(numbers) != 1:
        raise NotEditable(f"{path[-1]} does not have {line!r} on a line of its own")
    del lines[numbers[0]]
    return spot.before + "\n".join(lines) + spot.after


def remove_item(content: str, array: Path, number: int) -> str:
    """Take an item out of an array, with the comment behind it."""
    spot = _spot(content, array)
    return spot.before + _without_item(spot.text, number) + spot.after


def _document(content: str) -> Any:
    # Costs more than all the rest of this module: only for who needs it.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(content)
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise NotEditable(f"it is no TOML: {error}") from error


def _spot(content: str, path: Path) -> _Spot:
    from tomlkit.exceptions import TOMLKitError
    from tomlkit.items import InlineTable, Item

    if _MARK in content:
        raise NotEditable("it holds our own marker")
    holder = _document(content)
    inline = False
    try:
        for key in path[:-1]:
            holder = holder[key]
            inline = inline or isinstance(holder, InlineTable)
        item = holder[path[-1]]
        if not isinstance(item, Item):
            # A plain bool: tomlkit keeps the text elsewhere.
            item = holder.item(path[-1])
        text = item.as_string()
        document = _marked(content, path)
    except (TOMLKitError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise NotEditable(f"{'.'.join(path)} was not found") from error
    before, mark, after = document.partition(_QUOTED)
    if not mark or before + text + after != content:
        raise NotEditable(f"{'.'.join(path)} cannot be told from what is around it")
    return _Spot(before, text, after, inline)


def _marked(content: str, path: Path) -> str:
    document = _document(content)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = _MARK
    text = document.as_string()
    assert isinstance(text, str)
    return text


def _without_inline(spot: _Spot, key: str) -> str:
    own = rf"[\"']?{re.escape(key)}[\"']?\s*=\s*$"
    before = re.sub(rf",\s*{own}", "", spot.before)
    if before != spot.before:
        return before + spot.after
    before = re.sub(own, "", spot.before)
    return before + re.sub(r"^\s*,\s*", "", spot.after, count=1)


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield kind, start and end of all between the brackets of an array."""
    if not (text.startswith("[") and text.endswith("]")):
        raise NotEditable("it is no array")
    position, stop = 1, len(text) - 1
    while position < stop:
        found = _TOKEN.match(text, position, stop)
        if found is None:
            raise NotEditable("an array has items of an unknown form")
        yield str(found.lastgroup), found.start(), found.end()
        position = found.end()


def _items(text: str) -> list[tuple[int, int, int]]:
    """Return start and end of each item, and of the comma behind it, 0 if none."""
    found: list[tuple[int, int, int]] = []
    for kind, start, end in _tokens(text):
        if kind == "item":
            found.append((start, end, 0))
        elif kind == "comma" and found:
            found[-1] = (*found[-1][:2], end)
    return found


def _with_item(text: str, item: str, after: int) -> str:
    items = _items(text)
    start, end, comma = items[after]
    gap = text[(items[after - 1][1] if after else 1) : start]
    if "\n" not in gap:
        separator = "," if _is_tight(text, items) else ", "
        return f"{text[:end]}{separator}{item}{text[end:]}"
    indent = gap.rpartition("\n")[2]
    if comma:
        stop = line_at(text, comma - 1)[1] - 1
        if text[comma:stop].strip() and not text[comma:stop].lstrip().startswith("#"):
            # Several items on one line.
            return f"{text[:end]}, {item}{text[end:]}"
        return f"{text[:stop]}\n{indent}{item},{text[stop:]}"
    stop = line_at(text, end - 1)[1] - 1
    return f"{text[:end]},{text[end:stop]}\n{indent}{item}{text[stop:]}"


def _is_tight(text: str, items: list[tuple[int, int, int]]) -> bool:
    return len(items) > 1 and text[items[0][1] : items[1][0]] == ","


def _without_item(text: str, number: int) -> str:
    items = _items(text)
    start, end, comma = items[number]
    first, last = line_at(text, start)[0], line_at(text, (comma or end) - 1)[1]
    behind = text[comma or end : last].strip()
    if not text[first:start].strip() and (not behind or behind.startswith("#")):
        kept = text[:first] + text[last:]
        if comma or number == 0:
            return kept
        # The last one, and no comma behind it: none behind its predecessor, too.
        place = items[number - 1][2] - 1
        return kept[:place] + kept[place + 1 :]
    if number + 1 < len(items):
        return text[:start] + text[items[number + 1][0] :]
    if number == 0:
        return text[:start] + text[comma or end :]
    return text[: items[number - 1][1]] + text[end:]
