"""Warning filters in configuration that hide never-awaited coroutines: AW343."""

from __future__ import annotations

import re
from collections.abc import Callable

from awaitify.settings.configuration import Configuration
from awaitify.settings.settlement import Note
from awaitify.settings.text import NotEditable
from awaitify_codemods.facts.warning_filters import hidden
from awaitify_codemods.plan import MIGRATE, REPORT, REVIEW

CODE = "AW343"
_KEY = "filterwarnings"
_FLAGS = re.compile(
    r"(?:^|\s)(-W[= ]?\s*['\"]?(?:ignore\S*)|-p\s*no:(?:warnings|unraisableexception)"
    r"|--disable-(?:pytest-)?warnings)"
)


def settle(
    configuration: Configuration, unsafe: bool, defines: Callable[[str], bool]
) -> tuple[Configuration, list[Note]]:
    """Return the configuration without the filters that hide our own coroutines.

    Args:
        configuration: pytest's.
        unsafe: whether filters may go; otherwise they are only told.
        defines: whether the project has a function of some name.

    """
    notes: list[Note] = []
    line, path = configuration.line(_KEY), configuration.path
    for item in configuration.items(_KEY):
        what, is_ours = hidden(item, defines)
        if not what:
            continue
        where = _line(configuration, item, line)
        status = REPORT if not is_ours else MIGRATE if unsafe else REVIEW
        message = f"the filter {item!r} hides {what}"
        if status == MIGRATE:
            try:
                configuration = _without(configuration, item)
            except NotEditable as error:
                status, message = REPORT, f"{message}; not removed: {error}"
        notes.append(Note(path, where, CODE, status, message))
    for found in _FLAGS.findall(" ".join(configuration.items("addopts"))):
        where = configuration.line("addopts")
        message = f"addopts have {found}, which hides warnings of asyncio, too"
        notes.append(Note(path, where, CODE, REPORT, message))
    return configuration, notes


def _without(configuration: Configuration, item: str) -> Configuration:
    if configuration.items(_KEY) == [item]:
        return configuration.without(_KEY)
    return configuration.without_item(_KEY, item)


def _line(configuration: Configuration, item: str, start: int) -> int:
    lines = configuration.content.split("\n")
    found = (n for n, text in enumerate(lines[start - 1 :], start) if item in text)
    return next(found, start)
