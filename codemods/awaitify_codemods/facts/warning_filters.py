"""What a warning filter hides: coroutines that are never awaited, for one."""

from __future__ import annotations

import re
from collections.abc import Callable

Defines = Callable[[str], bool]
"""Whether the project has a function of some name."""

_NAMED = re.compile(r"""coroutine\s+\\?['"]?([A-Za-z_][\w.]*)\\?['"]?\s""")
_ANY = ("was", "AsyncMockMixin._execute_mock_call")
"""What stands there if no coroutine is named, or any mock."""


def never_awaited(message: str, defines: Defines) -> tuple[str, bool]:
    """Return what a filter for a message hides, if that is a coroutine.

    Args:
        message: a pattern, as `warnings` takes it.
        defines: whether the project has a function of some name.

    Returns:
        What is hidden, "" for nothing of interest; whether it may be our own.

    """
    if "never awaited" not in message:
        return "", False
    named = _NAMED.search(message)
    whose = named[1] if named and named[1] not in _ANY else ""
    if whose and not defines(whose.rpartition(".")[2]):
        return f"that {whose}, which is not ours, is never awaited", False
    return "coroutines that are never awaited", True


def hidden(item: str, defines: Defines) -> tuple[str, bool]:
    """Return what a filter hides, "" for nothing of interest; whether it may go.

    Args:
        item: the filter as pytest and ``-W`` take it: ``action:message:category``.
        defines: whether the project has a function of some name.

    """
    action, message, category, *_ = [
        *(part.strip() for part in item.split(":")),
        "",
        "",
    ]
    if action != "ignore":
        return "", False
    if message.strip(".*"):
        return never_awaited(message, defines)
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
