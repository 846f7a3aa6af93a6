"""Evidence written by hand, for tests: places are found by what stands there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from awaitify_codemods.evidence import (
    APP,
    TEST,
    Evidence,
    Place,
    Ran,
    SeenDrive,
)
from awaitify_codemods.plan import digest


@dataclass
class Run:
    """A run of a small project, as the probe would have noted it.

    Functions are named ``path::name``; a call by the text of its line.
    """

    files: Mapping[str, str]
    tests: dict[str, Ran] = field(default_factory=dict)
    drives: list[SeenDrive] = field(default_factory=list)

    def ran(self, *functions: str, outcome: str = "passed", item: str = "") -> Run:
        """Note tests, and how they ended."""
        for name in functions:
            self.tests[name + item] = Ran(self._function(name), outcome)
        return self

    def drove(self, text: str, *functions: str, by: str = TEST, **how: object) -> Run:
        """Note a drive: the line of the call, and what was executed around it."""
        given = {"api": "run", "in_main_thread": True, "nested": False, "pending": ()}
        path, line = (
            functions[0].partition("::")[0] if functions else "",
            how.pop("line", 0),
        )
        at = None
        if text:
            at = (
                (path, line)
                if isinstance(line, int) and line
                else self._line(path, text)
            )
        places = tuple(map(self._function, functions))
        drive = SeenDrive(by, at, functions=places, tests=(), **(given | how))  # type: ignore[arg-type]
        self.drives.append(drive)
        return self

    def app(self, text: str, *functions: str, **how: object) -> Run:
        """Note a drive by code under test."""
        return self.drove(text, *functions, by=APP, **how)

    def evidence(self, stale: Iterable[str] = ()) -> Evidence:
        """Return what was noted; as if some files had been others then."""
        hashes = {path: digest(text.encode()) for path, text in self.files.items()}
        hashes |= dict.fromkeys(stale, "0")
        return Evidence(hashes, self.tests, tuple(self.drives))

    def _function(self, name: str) -> Place:
        path, _, wanted = name.partition("::")
        for node in ast.walk(ast.parse(self.files[path])):
            if isinstance(node, ast.FunctionDef) and node.name == wanted:
                lines = [node.lineno, *(each.lineno for each in node.decorator_list)]
                return path, min(lines)
        raise AssertionError(f"no {name}")

    def _line(self, path: str, text: str) -> Place:
        lines = self.files[path].split("\n")
        [found] = [n for n, line in enumerate(lines, 1) if text in line]
        return path, found
