"""Which files are the project's own, and what they are called in notes."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import CodeType, FrameType, TracebackType
from typing import Any

PROJECT, INSTALLED, STANDARD, RUNNER, ELSEWHERE = range(5)
"""The project's; what is installed; Python's own; pytest and its plugins; others."""

_RUNNERS = (
    "_pytest",
    "pluggy",
    "pytest_asyncio",
    "xdist",
    "pytest",
    "anyio/pytest_plugin.py",
)
_HERE = os.path.dirname(os.path.abspath(__file__))


class Places:
    """The files of one project."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._given = os.path.abspath(root)
        self._cwd = os.getcwd()
        paths = sysconfig.get_paths()
        self._standard = tuple({_folder(paths[k]) for k in ("stdlib", "platstdlib")})
        self._prefixes = tuple({_folder(p) for p in (sys.prefix, sys.exec_prefix)})
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
        path = os.path.join(self._cwd, filename)
        if path.startswith(_HERE):
            return RUNNER, path
        parts = path.replace(os.sep, "/")
        for site in ("/site-packages/", "/dist-packages/"):
            if site in parts:
                rest = parts.rpartition(site)[2]
                runner = any(
                    rest.startswith((f"{n}/", f"{n}.py")) or rest == n for n in _RUNNERS
                )
                return RUNNER if runner else INSTALLED, path
        if path.startswith(self._standard):
            return STANDARD, path
        for root in (self._given, self.root):
            if path.startswith(root + os.sep):
                return self._inside(path, path[len(root) + 1 :])
        real = os.path.realpath(path)
        if real.startswith(self.root + os.sep):
            return self._inside(real, real[len(self.root) + 1 :])
        return ELSEWHERE, path

    def _inside(self, path: str, name: str) -> tuple[int, str]:
        # A virtual environment in the project, or a project in one.
        for prefix in self._prefixes:
            if path.startswith(prefix) and not self.root.startswith(prefix):
                return INSTALLED, path
        return PROJECT, name.replace(os.sep, "/")

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


def title(code: CodeType) -> str:
    """Return the name of what a code object belongs to: ``TestX::test_y``.

    Before Python 3.11 it knows only the last part.
    """
    return dotted(getattr(code, "co_qualname", code.co_name))


def dotted(qualname: str) -> str:
    """Return a qualified name as node ids and plans have it."""
    return qualname.replace(".<locals>", "").replace(".", "::")


def outer(frame: FrameType | None) -> list[FrameType]:
    """Return a frame and those that called it, innermost first."""
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def _folder(path: str) -> str:
    return os.path.join(os.path.abspath(path), "")
