"""Drives that were seen while a suite ran, and which sites of the test code they are.

A drive that is a site goes as soon as that becomes an await. All others stay, and
raise where a loop runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.colour.project import Project
from awaitify_codemods.evidence import APP, DEPENDENCY, Place, SeenDrive
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.reach.starters import is_drive, is_starter
from awaitify_codemods.facts.sites import Drive
from awaitify_codemods.facts.values import Anonymous, External, Function

# The rules of what asyncio itself drives with: no dependency is seen to do that.
_OWN = frozenset({"AW101", "AW102", "AW103"})


@dataclass(frozen=True)
class Resolved:
    """A drive in the main thread, where no loop ran."""

    around: tuple[Function, ...]
    """The functions in which a loop that runs already would be in its way, or which
    become async with it."""
    ends_with: Function | None
    """What makes an await of it by becoming async."""
    is_certain: bool
    """Whether it is known to be a site, or to be none."""
    where: str
    innermost: Function | None
    """The function in which it was called."""
    is_opaque: bool
    """Whether something drove of which nothing is known."""
    package: str
    """What is installed and drove, for test code."""


@dataclass(eq=False)
class Resolver:
    """Finds functions by their places, and the sites that drove.

    Args:
        project: the facts of the files.
        unchanged: those of which the evidence is.

    """

    project: Project
    unchanged: frozenset[str]
    _functions: dict[str, dict[int, Function]] = field(default_factory=dict)
    _drives: dict[str, list[Drive]] = field(default_factory=dict)

    def function(self, place: Place) -> Function | None:
        """Return the function that begins at a place; None if it is not known."""
        path, line = place
        if path not in self.unchanged:
            return None
        if path not in self._functions:
            self._functions[path] = dict(self._beginnings(path))
        return self._functions[path].get(line)

    def resolve(self, drive: SeenDrive) -> Resolved | None:
        """Return what a drive is to the functions around it; None if it is nothing.

        What ran in another thread, or inside a loop, can do so in a coroutine, too.
        """
        if drive.nested or not drive.in_main_thread:
            return None
        paths = {path for path, _ in drive.functions} | {
            drive.at[0] if drive.at else ""
        }
        if not paths - {""} <= self.unchanged:
            return None
        frames = [self.function(each) for each in drive.functions]
        index = self._site(drive, frames)
        around = tuple(each for each in frames[index or 0 :] if each)
        certain = self._is_foreign(drive) or self._is_left(drive.at, frames)
        opaque = index is None and drive.by == DEPENDENCY and not self._is_known(drive)
        in_tests = drive.at is not None and drive.at[0] in self.project.test_code
        return Resolved(
            around,
            None if index is None else frames[index],
            certain or index is not None,
            "{}:{}".format(*drive.at) if drive.at else "what is installed",
            next(filter(None, frames), None),
            opaque,
            drive.package if opaque and in_tests else "",
        )

    def _is_foreign(self, drive: SeenDrive) -> bool:
        """Whether what drove is certainly no site: not even one of a runner."""
        if drive.at is None or drive.at[0] not in self.project.test_code:
            return drive.by in (APP, DEPENDENCY)
        path, line = drive.at
        return drive.by == DEPENDENCY and not any(
            module.path == path and _spans(call, line)
            for module, call in self.project.sites.inner
        )

    def _is_known(self, drive: SeenDrive) -> bool:
        """Whether what is installed drove by what starts a loop each time."""
        if drive.at is None:
            return False
        path, line = drive.at
        module, reach = self.project.index.module(path), self.project.reach
        return module is not None and any(
            _spans(call, line)
            and (
                is_drive(call, module, reach)
                or any(
                    isinstance(each, External) and is_starter(each.name, reach)
                    for each in reach.index.value(call.func, module)
                )
            )
            for call in module.calls
        )

    def _beginnings(self, path: str) -> Iterator[tuple[int, Function]]:
        module = self.project.index.module(path)
        for node in module.functions if module else ():
            assert module is not None
            lines = [node.lineno, *(each.lineno for each in node.decorator_list)]
            yield min(lines), Function(module, node)

    def _site(self, drive: SeenDrive, frames: list[Function | None]) -> int | None:
        """Return which frame has the site that a drive was; None if none has."""
        if drive.at is not None:
            path, line = drive.at
            nodes = {
                each.scope.node
                for each in self._sites(path)
                if _spans(each.node, line)
                and (drive.by != DEPENDENCY or each.runner.rule not in _OWN)
            }
            nodes |= set(self._endings(path, line))
            for index, frame in enumerate(frames):
                if frame is not None and frame.node in nodes:
                    return index
            for index, frame in enumerate(frames):
                if frame is not None and self._calls_lambda(frame, path, line):
                    return index
        return self._through_helper(frames)

    def _through_helper(self, frames: list[Function | None]) -> int | None:
        """Return the frame that calls a runner, where that is what drove."""
        runners, code = self.project.runners, self.project.test_code
        for index, frame in enumerate(frames[:-1]):
            if frame is None:
                return None
            caller = frames[index + 1]
            drives = self.project.sites.by_frame.get(caller.node, ()) if caller else ()
            if any(each.runner.definition == frame for each in drives):
                return index + 1
            if frame.module.path in code and runners.helper(frame) is None:
                return None
        return None

    def _calls_lambda(self, frame: Function, path: str, line: int) -> bool:
        """Whether a function drives by a lambda of that line, which has no name."""
        return any(
            isinstance(runner, Anonymous)
            and runner.module.path == path
            and _spans(runner.node, line)
            for each in self.project.sites.by_frame.get(frame.node, ())
            for runner in [each.runner.definition]
        )

    def _sites(self, path: str) -> list[Drive]:
        if not self._drives:
            for each in self.project.sites.drives:
                self._drives.setdefault(each.module.path, []).append(each)
        return self._drives.get(path, [])

    def _endings(self, path: str, line: int) -> Iterator[ast.AST]:
        """Yield the functions that shut a loop down there: they give it up."""
        for module, call in self.project.sites.endings:
            if module.path == path and _spans(call, line):
                yield module.at[call].frame.node

    def _is_left(self, at: Place | None, frames: list[Function | None]) -> bool:
        """Whether a place is a site that stays for certain."""
        first = frames[0] if frames else None
        if at is None or first is None or not isinstance(first.node, FUNCTIONS):
            return False
        left = self.project.sites.left_by_frame.get(first.node, ())
        return any(_spans(each.node, at[1]) for each in left)


def _spans(node: ast.AST, line: int) -> bool:
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", None)
    return first <= line <= (last or first)
