"""Warning filters in configuration that hide never-awaited coroutines: AW343."""

from __future__ import annotations

import re
from collections.abc import Callable

from awaitify.settings.configuration import Configuration
from awaitify.settings.settlement import Note
from awaitify.settings.text import NotEditable
from awaitify_codemods.plan import MIGRATE, REPORT, REVIEW

CODE = "AW343"
_KEY = "filterwarnings"
_NAMED = re.compile(r"""coroutine\s+\\?['"]?([A-Za-z_][\w.]*)\\?['"]?\s""")
_ANY = ("was", "AsyncMockMixin._execute_mock_call")
"""What stands there if no coroutine is named, or any mock."""
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
        what, is_ours = _hidden(item, defines)
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


def _hidden(item: str, defines: Callable[[str], bool]) -> tuple[str, bool]:
    """Return what a filter hides, "" for nothing of interest; whether it may go."""
    action, message, category, *_ = [
        *(part.strip() for part in item.split(":")),
        "",
        "",
    ]
    if action != "ignore":
        return "", False
    if "never awaited" in message:
        named = _NAMED.search(message)
        whose = named[1] if named and named[1] not in _ANY else ""
        if whose and not defines(whose.rpartition(".")[2]):
            return f"that {whose}, which is not ours, is never awaited", False
        return "coroutines that are never awaited", True
    if message.strip(".*"):
        return "", False
    kind = category.rpartition(".")[2]
    if kind == "RuntimeWarning":
        return "coroutines that are never awaited", True
    if kind == "PytestUnraisableExceptionWarning":
        return (
            "errors that nothing could raise, never-awaited coroutines among them",
            True,
        )
    if kind == "DeprecationWarning":
        return (
            "every deprecation, those of asyncio and pytest-asyncio among them",
            False,
        )
    if kind in ("", "Warning"):
        return "every warning, that of a never-awaited coroutine among them", False
    return "", False


def _line(configuration: Configuration, item: str, start: int) -> int:
    lines = configuration.content.split("\n")
    found = (n for n, text in enumerate(lines[start - 1 :], start) if item in text)
    return next(found, start)
