"""Which files are the project's own, and what they are called in notes."""

from __future__ import annotations

import asyncio
import os
import sys
import sysconfig
from types import CodeType, TracebackType
from typing import Any

PROJECT, INSTALLED, STANDARD, ASYNCIO, RUNNER, BEGINNING, ELSEWHERE = range(7)
"""The project's; what is installed; Python's own, and asyncio among it; pytest and
its plugins, and that of its modules which begins each phase of a test; others."""

_RUNNERS = (
    "_pytest/",
    "pluggy/",
    "pytest_asyncio/",
    "xdist/",
    "pytest/",
    "anyio/pytest_plugin.py",
)
_BEGINNING = "_pytest/runner.py"
_ASYNCIO = os.path.join(os.path.dirname(os.path.abspath(asyncio.__file__)), "")
_HERE = os.path.dirname(os.path.abspath(__file__))


class Places:
    """The files of one project.

    What a file is, is told by its name alone: while a test runs, what asks the
    file system may be replaced, and whoever asks is counted.
    """

    _join = staticmethod(os.path.join)

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._roots = tuple({_folder(each) for each in (root, self.root)})
        self._cwd = os.getcwd()
        paths = sysconfig.get_paths()
        self._standard = tuple({_folder(paths[k]) for k in ("stdlib", "platstdlib")})
        prefixes = {_folder(each) for each in (sys.prefix, sys.exec_prefix)}
        self._prefixes = tuple(
            each for each in prefixes if not _folder(self.root).startswith(each)
        )
        self._known: dict[str, tuple[int, str]] = {}

    def of(self, filename: str) -> tuple[int, str]:
        """Return what a file is, and its name in notes."""
        found = self._known.get(filename)
        if found is None:
            found = self._known[filename] = self._look(filename)
        return found

    def _look(self, filename: str) -> tuple[int, str]:
        if filename.startswith("<"):
            return STANDARD, filename
        path = self._join(self._cwd, filename)
        if path.startswith(_HERE):
            return RUNNER, path
        parts = path.replace(os.sep, "/")
        for site in ("/site-packages/", "/dist-packages/"):
            if site in parts:
                return _installed(parts.rpartition(site)[2]), path
        if path.startswith(_ASYNCIO):
            return ASYNCIO, path
        if path.startswith(self._standard):
            return STANDARD, path
        # A virtual environment in the project, or a project in one.
        if path.startswith(self._prefixes):
            return INSTALLED, path
        for root in self._roots:
            if path.startswith(root):
                return PROJECT, path[len(root) :].replace(os.sep, "/")
        return ELSEWHERE, path

    def frames(self, trace: TracebackType | None) -> list[list[Any]]:
        """Return the lines of a traceback that are in the project, outermost first."""
        found: list[list[Any]] = []
        while trace is not None:
            code = trace.tb_frame.f_code
            kind, name = self.of(code.co_filename)
            if kind == PROJECT:
                found.append([name, trace.tb_lineno, title(code)])
            trace = trace.tb_next
        return found if len(found) <= 40 else found[:20] + found[-20:]


def _installed(name: str) -> int:
    if name == _BEGINNING:
        return BEGINNING
    return RUNNER if name.startswith(_RUNNERS) else INSTALLED


def title(code: CodeType) -> str:
    """Return the name of what a code object belongs to: ``TestX::test_y``.

    Before Python 3.11 it knows only the last part.
    """
    return dotted(getattr(code, "co_qualname", code.co_name))


def dotted(qualname: str) -> str:
    """Return a qualified name as node ids and plans have it."""
    return qualname.replace(".<locals>", "").replace(".", "::")


def _folder(path: str) -> str:
    return os.path.join(os.path.abspath(path), "")
