"""Where the files of a project are, and which of them a name may lead to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.module import Binding, Module
from awaitify_codemods.facts.words import Words


@dataclass(eq=False)
class Files:
    """The paths and bytes of a project; nothing of it is parsed here.

    Args:
        files: posix path relative to the root -> bytes.
        roots: import roots, relative to the project's root; "" is the root.

    """

    files: Mapping[str, bytes]
    roots: tuple[str, ...] = ("",)
    shown: Mapping[str, bytes] = field(default_factory=dict, kw_only=True)
    """What is searched for words in the place of some files."""
    _located: dict[tuple[str, str], str | None] = field(
        default_factory=dict, init=False
    )

    @cached_property
    def words(self) -> Words:
        """The search for words in the files' bytes."""
        return Words({**self.files, **self.shown} if self.shown else self.files)

    def may_have(self, dotted: str) -> bool:
        """Whether a dotted name may be of the project's files.

        ``patch("asyncio.run")`` names no helper called ``run``.
        """
        before, _, _ = dotted.rpartition(".")
        return before in ("", "__main__") or before.partition(".")[0] in self._parts

    @cached_property
    def _parts(self) -> frozenset[str]:
        paths = (path.removesuffix(".py").split("/") for path in self.files)
        return frozenset(part for path in paths for part in path)

    def locate(self, name: str, importer: str) -> str | None:
        """Return the project's file for an absolute module name.

        Looked for in the import roots and in every folder above the importer.
        """
        folder = importer.rpartition("/")[0]
        key = (name, folder)
        if key not in self._located:
            self._located[key] = self._locate(name, folder)
        return self._located[key]

    def _locate(self, name: str, folder: str) -> str | None:
        relative = name.replace(".", "/")
        for root in dict.fromkeys((*_above(folder), *self.roots)):
            base = f"{root}/{relative}" if root else relative
            for path in (f"{base}/__init__.py", f"{base}.py"):
                if path in self.files:
                    return path
        return None

    def is_local(self, package: str, importer: str) -> bool:
        """Whether a top-level name is a module or a folder of the project's own."""
        if self.locate(package, importer):
            return True
        roots = (*_above(importer.rpartition("/")[0]), *self.roots)
        folders = {f"{root}/{package}/" if root else f"{package}/" for root in roots}
        return any(path.startswith(tuple(folders)) for path in self.files)

    def relative(self, importer: str, level: int, name: str) -> str | None:
        """Return the project's file that ``from ..name`` means in another."""
        parts = importer.split("/")[:-level]
        base = "/".join([*parts, *filter(None, name.split("."))])
        for path in (f"{base}/__init__.py" if base else "__init__.py", f"{base}.py"):
            if path in self.files:
                return path
        return None

    def source_of(self, statement: ast.ImportFrom, module: Module) -> str | None:
        """Return the project's file from which a statement imports names."""
        if statement.level:
            return self.relative(module.path, statement.level, statement.module or "")
        return self.locate(statement.module or "", module.path)

    def origin(self, binding: Binding, module: Module) -> str | None:
        """Return the project's file from which a binding imports a name or module."""
        match binding.node:
            case ast.ImportFrom() as statement:
                return self.source_of(statement, module)
            case ast.Import():
                return self.locate(binding.target[1], module.path)
        return None

    def imports_file(
        self,
        statement: ast.Import | ast.ImportFrom,
        alias: ast.alias,
        module: Module,
        path: str,
    ) -> bool:
        """Whether one name of an import comes from a file, or is that file."""
        if isinstance(statement, ast.Import):
            return self.locate(alias.name, module.path) == path
        if self.source_of(statement, module) == path:
            return True
        source = statement.module or ""
        if statement.level:
            name = f"{source}.{alias.name}" if source else alias.name
            return self.relative(module.path, statement.level, name) == path
        return self.locate(f"{source}.{alias.name}", module.path) == path


def _above(folder: str) -> Iterable[str]:
    """Yield a folder and all above it, down from the nearest."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""
