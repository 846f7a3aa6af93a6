"""Which event loops are driven, by whom, and what is left when they stop.

Every loop tells asyncio when it begins to run and when it has ended, in the thread
in which it does: there it is heard, with no frame of ours around what it runs.
"""

from __future__ import annotations

import asyncio
import asyncio.events
import os
import sys
import threading
from types import CodeType, FrameType, FunctionType
from typing import Any

from .notes import Notes
from .places import ASYNCIO, BEGINNING, PROJECT, RUNNER, STANDARD, Places

# What else may use them may replace them in their modules.
_all_tasks, _is_coroutine = asyncio.all_tasks, asyncio.iscoroutine
_thread, _frame_at = threading.get_ident, sys._getframe
_MAIN = threading.main_thread().ident
_CLOSING = frozenset({"close", "__exit__", "_cancel_all_tasks"})
"""Frames of asyncio's runners that tidy up after what they were asked to run."""


class _Running(threading.local):
    """The loops that run in a thread, outermost first, with the drives they are."""

    def __init__(self) -> None:
        self.loops: list[tuple[Any, str | None]] = []


class Loops:
    """Hears of loops that run, and notes who drives them.

    Args:
        notes: where to.
        places: tells which files are the project's.

    """

    _process = staticmethod(os.getpid)

    def __init__(self, notes: Notes, places: Places) -> None:
        self.test = ""
        self._notes = notes
        self._places = places
        self._running = _Running()
        self._drives: dict[Any, str] = {}
        self._noted: set[Any] = set()
        self._methods: dict[type, dict[int, CodeType]] = {}
        self.is_blind = "uvloop" in sys.modules
        """Whether some loops may run unheard: uvloop asks but once whom to tell."""
        self._listen()

    def _listen(self) -> None:
        original = asyncio.events._set_running_loop
        heard, attempted = self._heard, self._attempted

        def _set_running_loop(loop: Any, /) -> None:
            original(loop)
            try:
                heard(loop, _frame_at(1))
            except Exception:
                # Nothing that is run may fail because of us.
                return

        asked = asyncio.events._get_running_loop
        entry = asyncio.run.__code__

        def _get_running_loop() -> Any:
            frame = _frame_at(1)
            found = asked()
            if frame.f_code is entry and not _is_coroutine(frame.f_locals["main"]):
                # Its argument may be wrong: then no loop will run.
                attempted(frame, nested=found is not None)
            return found

        for function, heir in (
            (original, _set_running_loop),
            (asked, _get_running_loop),
        ):
            heir.__doc__ = function.__doc__
            for module in (asyncio, asyncio.events):
                setattr(module, heir.__name__, heir)

    def _attempted(self, frame: FrameType, *, nested: bool) -> None:
        try:
            self._begun(None, frame, nested=nested)
        except Exception:
            return

    def _heard(self, loop: Any, frame: FrameType) -> None:
        loops = self._running.loops
        is_new = True
        for each, _ in loops:
            if each is loop:
                is_new = False
        if loop is not None and (is_new or loops[-1][0] is loop):
            drive = self._begun(loop, frame, nested=bool(loops))
            if is_new:
                loops.append((loop, drive))
            return
        # Back in an outer one, or in none.
        while loops and loops[-1][0] is not loop:
            self._ended(*loops.pop())

    def _begun(self, loop: Any, frame: FrameType, *, nested: bool) -> str | None:
        frames, api = self._frames(loop, frame)
        if not frames:
            # A plugin runs an async test, or a thread of what is installed its loop.
            return None
        in_main = _thread() == _MAIN
        key = (tuple(frames), api, in_main, nested)
        drive = self._drives.get(key)
        if drive is None:
            # What a process forks goes on counting for itself.
            drive = self._drives[key] = f"{self._process()}-{len(self._drives)}"
            self._notes.add(
                "drive", id=drive, frames=frames, api=api, main=in_main, nested=nested
            )
        self._note(drive, ())
        return drive

    def _ended(self, loop: Any, drive: str | None) -> None:
        if drive is not None:
            tasks = [each for each in _all_tasks(loop) if not each.done()]
            if tasks:
                names = {_name(each) for each in tasks}
                self._note(drive, tuple(sorted(names)))

    def _note(self, drive: str, pending: tuple[str, ...]) -> None:
        key = (drive, self.test, pending)
        if key not in self._noted:
            self._noted.add(key)
            self._notes.add("drove", id=drive, test=self.test, pending=pending)

    def _frames(
        self, loop: Any, frame: FrameType | None
    ) -> tuple[list[tuple[Any, ...]], str]:
        """Return the frames around a drive, innermost first, and what was called.

        None where the project has none, and for a drive that nobody asked for: of
        the plugin that runs async tests, or of asyncio itself, which tidies up.
        """
        # What is not written in Python has no frames.
        api = "run_until_complete"
        found: list[tuple[Any, ...]] = []
        of, own = self._places.of, self._methods_of(loop)
        outside = beyond = is_known = False
        while frame is not None:
            code = frame.f_code
            kind, name = of(code.co_filename)
            if not outside and (kind == ASYNCIO or id(code) in own):
                if code.co_name in _CLOSING and kind == ASYNCIO:
                    return [], api
                api = code.co_name
            elif kind == BEGINNING:
                break
            elif kind == RUNNER:
                if not outside:
                    return [], api
                beyond = True
            elif kind not in (STANDARD, ASYNCIO):
                outside = True
                is_own = kind == PROJECT
                if is_own or not beyond:
                    where = name, frame.f_lineno, code.co_firstlineno, code.co_name
                    found.append((is_own, beyond, *where))
                    is_known = is_known or is_own
            frame = frame.f_back
        return (found if is_known else []), api

    def _methods_of(self, loop: Any) -> dict[int, CodeType]:
        """Return the code of a loop's own methods, whoever has defined them."""
        kind = type(loop)
        if kind not in self._methods:
            functions = [
                *(value for each in kind.__mro__ for value in vars(each).values()),
                asyncio.run,
            ]
            # By number: to compare code takes longer than all the rest.
            self._methods[kind] = {
                id(each.__code__): each.__code__
                for function in functions
                for each in (function, getattr(function, "__wrapped__", None))
                if isinstance(each, FunctionType)
            }
        return self._methods[kind]


def _name(task: Any) -> str:
    coroutine = task.get_coro()
    name = getattr(coroutine, "__qualname__", None) or type(coroutine).__name__
    return str(name)
