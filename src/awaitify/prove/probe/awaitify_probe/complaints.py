"""What Python and asyncio say of coroutines, tasks, loops and transports left behind.

They are asked where they speak, not by warnings: those are filtered, turned into
errors, and told once a place. What they say, and from where, stays as it is.
"""

from __future__ import annotations

import asyncio.base_events
import sys
import warnings
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Python 3.8 cannot subscript it.
    from collections.abc import Callable

    Note = Callable[[str, str, Any], None]
    """Called with the kind of a complaint, a name, and what it is about."""

# Frames of such a file are none for `stacklevel`: the warning keeps its place.
_UNSEEN = "<frozen importlib._bootstrap: awaitify>"
_FORWARD = """
def _warn_unawaited_coroutine(coro):
    note(coro)
    original(coro)
"""


def listen(note: Note) -> None:
    """Hear of all that is complained about from now on."""
    _coroutines(note)
    _tasks(note)
    _unclosed(note)


def _coroutines(note: Note) -> None:
    original = getattr(warnings, "_warn_unawaited_coroutine", None)
    if original is None:
        return

    def heard(coroutine: Any) -> None:
        try:
            note("never-awaited", coroutine.__qualname__, coroutine)
        except Exception:
            return

    names = {"note": heard, "original": original, "__name__": "warnings"}
    exec(compile(_FORWARD, _UNSEEN, "exec"), names)
    warnings._warn_unawaited_coroutine = names[original.__name__]  # type: ignore[attr-defined]


def _tasks(note: Note) -> None:
    loop = asyncio.base_events.BaseEventLoop
    original = loop.call_exception_handler

    def call_exception_handler(self: Any, context: Any) -> None:
        try:
            if str(context.get("message", "")).startswith("Task was destroyed"):
                coroutine = context["task"].get_coro()
                note("task-destroyed", coroutine.__qualname__, coroutine)
        except Exception:
            pass
        original(self, context)

    call_exception_handler.__doc__ = original.__doc__
    call_exception_handler.__qualname__ = original.__qualname__
    call_exception_handler.__module__ = original.__module__
    loop.call_exception_handler = call_exception_handler  # type: ignore[method-assign]


def _unclosed(note: Note) -> None:
    warn = warnings.warn

    def heard(
        message: Any, category: Any = None, stacklevel: int = 1, source: Any = None
    ) -> None:
        try:
            text = str(message)
            if text.startswith("unclosed event loop"):
                note("unclosed-loop", type(source).__name__, source)
            elif text.startswith("unclosed transport"):
                note("unclosed-transport", type(source).__name__, source)
        except Exception:
            pass
        warn(message, category, stacklevel + 1, source)

    for name, module in list(sys.modules.items()):
        if name.startswith("asyncio."):
            for value in list(vars(module).values()):
                finalizer = isinstance(value, type) and vars(value).get("__del__")
                if isinstance(finalizer, FunctionType):
                    # All that differs is the function that they call.
                    if finalizer.__defaults__ == (warn,):
                        finalizer.__defaults__ = (heard,)
