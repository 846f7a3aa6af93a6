"""Where mocks are made, and those that are awaited and cannot be, or never are."""

from __future__ import annotations

import functools
import re
import sys
import unittest.mock
from types import CodeType
from typing import Any

from .awaiting import awaited
from .notes import Notes
from .places import PROJECT, RUNNER, Places

_CREATED = "_awaitify_created"
_MOCK = unittest.mock.NonCallableMock
_ASYNC = unittest.mock.AsyncMock
_frame_at = sys._getframe
_CALL: CodeType = unittest.mock.AsyncMockMixin._execute_mock_call.__code__
_FAILED = re.compile(
    r"object (\w+) can't be used in 'await' expression"
    r"|'?(\w+)'? object can't be (used in 'await' expression|awaited)"
    r"|An asyncio.Future, a coroutine or an awaitable is required"
    r"|asynchronous context manager protocol"
    r"|requires an object with __aiter__"
)


class Mocks:
    """Notes what the mocks of a suite show.

    Args:
        notes: where to.
        places: tells which files are the project's.

    """

    def __init__(self, notes: Notes, places: Places) -> None:
        self.test = ""
        self._notes = notes
        self._places = places
        self._listen()

    def _listen(self) -> None:
        original = _MOCK.__init__
        created = self._created

        @functools.wraps(original)
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            try:
                created(self)
            except Exception:
                return

        _MOCK.__init__ = __init__  # type: ignore[method-assign]

    def _created(self, mock: Any) -> None:
        known = mock.__dict__
        parent = known.get("_mock_new_parent")
        if parent is None:
            # Beside what a mock keeps of itself: nothing that lists it tells of this.
            known[_CREATED] = self._place(2)
        elif known.get("_mock_new_name") == "mock" and isinstance(parent, _ASYNC):
            # What the home-made ones before it kept their calls in.
            self._notes.add(
                "complaint",
                kind="asserts-on-other-mock",
                name=_name(mock),
                test=self.test,
            )

    def _place(self, depth: int) -> list[Any] | None:
        """Return the innermost line of the project that is executed."""
        frame: Any = _frame_at(depth)
        while frame is not None:
            kind, name = self._places.of(frame.f_code.co_filename)
            if kind == PROJECT:
                return [name, frame.f_lineno]
            if kind == RUNNER and frame.f_code.co_filename != __file__:
                return None
            frame = frame.f_back
        return None

    def dropped(self, coroutine: Any, test: str) -> None:
        """Note the mock whose call a coroutine is that nobody has awaited."""
        if getattr(coroutine, "cr_code", None) is _CALL:
            mock = coroutine.cr_frame.f_locals["self"]
            self._note("never-awaited", mock, None, test)

    def failed(self, error: BaseException) -> None:
        """Note the mock that a test has failed to await."""
        if not isinstance(error, TypeError) or not _FAILED.search(str(error)):
            return
        frame, mock = awaited(error)
        if frame is not None and isinstance(mock, _MOCK):
            kind, name = self._places.of(frame.f_code.co_filename)
            at = [name, frame.f_lineno] if kind == PROJECT else None
            self._note("awaited", mock, at, self.test)

    def _note(self, what: str, mock: Any, at: list[Any] | None, test: str) -> None:
        self._notes.add(
            "mock",
            what=what,
            kind=_class(mock),
            name=_name(mock),
            created=_origin(mock),
            at=at,
            test=test,
        )


def _origin(mock: Any) -> list[Any] | None:
    """Return where a mock was made, or else the one that it is an attribute of."""
    for _ in range(100):
        if mock is None:
            return None
        found = mock.__dict__.get(_CREATED)
        if found is not None:
            return list(found)
        mock = mock.__dict__.get("_mock_new_parent")
    return None


def _name(mock: Any) -> str:
    try:
        return str(mock._extract_mock_name())
    except Exception:
        return _class(mock)


def _class(mock: Any) -> str:
    # Each mock has a class of its own, for what is configured in it.
    kind = type(mock)
    return str(kind.__name__)
