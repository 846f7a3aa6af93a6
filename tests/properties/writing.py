"""Writes the modules of a random project: names, imports, definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from textwrap import dedent, indent


def text(code: str, **names: object) -> str:
    """Return an indented literal flush left, with ``$name`` filled in.

    A value of several lines is indented like its placeholder.
    """
    lines = []
    for line in dedent(code).strip("\n").split("\n"):
        margin = line[: len(line) - len(line.lstrip())]
        for name in sorted(names, key=len, reverse=True):
            if f"${name}" in line:
                value = indent(str(names[name]), margin).lstrip(" ")
                line = line.replace(f"${name}", value)
        lines.append(line)
    return "\n".join(lines) + "\n"


@dataclass
class File:
    """A module that is being written."""

    path: str
    name: str
    """Dotted name by which others import it."""
    style: Random
    """Decides once for the file how it spells what it imports."""
    imports: dict[str, None] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    _spelled: dict[str, bool] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)

    def need(self, statement: str) -> None:
        self.imports.setdefault(statement)

    def take(self, module: str, name: str) -> str:
        """Import `name` of `module` in this file's way; return how it is called here."""
        whole = self._spelled.setdefault(module, self.style.random() < 0.5)
        package, _, last = module.rpartition(".")
        if not whole:
            self.need(f"from {module} import {name}")
            return name
        self.need(f"from {package} import {last}" if package else f"import {module}")
        return f"{last}.{name}"

    def asyncio(self, name: str) -> str:
        """Return how this file calls a name of asyncio."""
        if "asyncio" not in self._spelled:
            self._spelled["asyncio"] = self.style.random() < 0.15
        if self._spelled["asyncio"]:
            self.need("import asyncio as aio")
            return f"aio.{name}"
        self.need("import asyncio")
        return f"asyncio.{name}"

    def once(self, key: str, write: Callable[[], str]) -> None:
        """Write a definition unless it is there already."""
        if key not in self._written:
            self._written.add(key)
            self.parts.append(write())

    def add(self, code: str) -> None:
        self.parts.append(code)

    def source(self) -> str:
        """Return the text of the module."""
        plain = sorted(i for i in self.imports if i.startswith("import"))
        names = sorted(i for i in self.imports if not i.startswith("import"))
        head = "".join(f"{line}\n" for line in (*plain, *names))
        blocks = ["".join(self.constants), *self.parts]
        if self.scripts:
            body = indent("".join(self.scripts), "    ")
            blocks.append(f'if __name__ == "__main__":\n{body}')
        return "\n\n".join(block for block in (head, *blocks) if block)


@dataclass
class Cast:
    """The modules of one project and what its scenes may make use of."""

    number: int
    app: File
    helpers: File
    tests: list[File]
    relative: str = ""
    conftest: list[str] = field(default_factory=list)
    _count: int = 0

    def new(self, stem: str) -> str:
        """Return a name that nothing has yet."""
        self._count += 1
        return f"{stem}_{self._count}"

    def of_app(self, file: File, *names: str) -> Iterable[str]:
        """Bring names of the code under test into a file."""
        from tests.properties.under_test import PARTS

        for name in names:
            self._write_app(name, PARTS)
            yield file.take(self.app.name, name)

    def _write_app(
        self, name: str, parts: dict[str, tuple[tuple[str, ...], str]]
    ) -> None:
        needs, code = parts[name]
        for each in needs:
            if each.startswith(("import", "from")):
                self.app.need(each)
            else:
                self._write_app(each, parts)
        self.app.once(name, lambda: code)

    def app_name(self, file: File, name: str) -> str:
        return next(iter(self.of_app(file, name)))

    def of_helpers(self, file: File, name: str) -> str:
        if file is self.helpers:
            return name
        return file.take(self.helpers.name, name)
