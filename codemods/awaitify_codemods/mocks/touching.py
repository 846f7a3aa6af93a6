"""Which tests have to do with mocks, by what their text and that of helpers says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.fixtures import Fixtures, conftests
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.facts.words import as_key, is_package, stem

_MENTION = re.compile(rb"[Mm]ock|(?<![A-Za-z_])patch|_autospec|asynctest|Patch")
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_ROUNDS = 5


@dataclass(eq=False)
class Touching:
    """Says of tests whether they make or get mocks; remembers files."""

    index: Index
    fixtures: Fixtures
    test_code: frozenset[str]
    _names: dict[str, frozenset[bytes]] = field(default_factory=dict)
    _lines: dict[str, list[bytes]] = field(default_factory=dict)

    def files(self, tests: Iterable[str]) -> Iterator[str]:
        """Yield the files whose tests may have mocks, by their bytes alone."""
        words = self.index.words
        text = {path: words.text(path) for path in self.test_code}
        found = {path for path in text if _MENTION.search(text[path])}
        stems = {as_key(stem(path)) for path in found}
        # `from . import name` does not say the package's name.
        packages = tuple(p.rpartition("/")[0] + "/" for p in found if is_package(p))
        for path in sorted(tests):
            for each in (path, *conftests(path)):
                if (
                    each in found
                    or each.startswith(packages)
                    or not stems.isdisjoint(_NAME.findall(text.get(each, b"")))
                ):
                    yield path
                    break

    def has_mocks(self, test: Function, of: Class | None) -> bool:
        """Whether a test, collected of a class, or what pytest gives it, has mocks."""
        if self._mentions(test):
            return True
        if any(self._mentions(each) for each in self.fixtures.of(test)):
            return True
        return any(
            isinstance(base, Class) and self._is_set_up_with(base)
            for base in (self.index.mro(of) if of else ())
        )

    def _is_set_up_with(self, of: Class) -> bool:
        """Whether what a class has beside its tests mentions mocks."""
        if any(self._matches(each, of.module) for each in of.node.decorator_list):
            return True
        return any(
            self._matches(statement, of.module)
            for statement in of.node.body
            if not getattr(statement, "name", "").startswith("test")
        )

    def _mentions(self, function: Function) -> bool:
        decorators = function.node.decorator_list
        return any(
            self._matches(each, function.module)
            for each in (*decorators, function.node)
        )

    def _matches(self, node: ast.stmt | ast.expr, module: Module) -> bool:
        text = self._text(node, module)
        if _MENTION.search(text):
            return True
        names = self._mocky(module)
        return bool(names) and not names.isdisjoint(_NAME.findall(text))

    def _text(self, node: ast.stmt | ast.expr, module: Module) -> bytes:
        if module.path not in self._lines:
            self._lines[module.path] = module.source.splitlines()
        lines = self._lines[module.path]
        return b"\n".join(lines[node.lineno - 1 : node.end_lineno])

    def _mocky(self, module: Module) -> frozenset[bytes]:
        """Return the names of a file that lead to mocks."""
        if module.path not in self._names:
            self._names[module.path] = frozenset()  # what a cycle finds
            self._names[module.path] = frozenset(self._found(module))
        return self._names[module.path]

    def _found(self, module: Module) -> set[bytes]:
        found: set[bytes] = set()
        for statement in module.imports:
            found |= self._imported(statement, module)
        texts = {
            name.encode(): self._text(statement, module)
            for statement in module.tree.body
            for name in _defined(statement)
            if not name.startswith(("test", "Test"))
        }
        for _ in range(_ROUNDS):
            more = {
                name
                for name, text in texts.items()
                if name not in found
                and (_MENTION.search(text) or not found.isdisjoint(_NAME.findall(text)))
            }
            if not more:
                break
            found |= more
        return found

    def _imported(
        self, statement: ast.Import | ast.ImportFrom, module: Module
    ) -> set[bytes]:
        if not isinstance(statement, ast.ImportFrom):
            return {
                (each.asname or each.name.partition(".")[0]).encode()
                for each in statement.names
                if self._of_mocks(self.index.locate(each.name, module.path))
            }
        path = self.index.source_of(statement, module)
        names = self._of_mocks(path)
        if any(each.name == "*" for each in statement.names):
            return set(names)
        found = set()
        for each in statement.names:
            inner = f"{statement.module or ''}.{each.name}".lstrip(".")
            below = (
                self.index.relative(module.path, statement.level, inner)
                if statement.level
                else self.index.locate(inner, module.path)
            )
            if each.name.encode() in names or (below != path and self._of_mocks(below)):
                found.add((each.asname or each.name).encode())
        return found

    def _of_mocks(self, path: str | None) -> frozenset[bytes]:
        """Return the names of a file of test code that lead to mocks."""
        if path is None or path not in self.test_code:
            return frozenset()
        source = self.index.module(path)
        return self._mocky(source) if source else frozenset()


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [each.id for each in statement.targets if isinstance(each, ast.Name)]
    return []
