"""Which classes of a project derive from those libraries', and must change together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from awaitify_codemods.facts.attributes import direct_bases
from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.foreign_cases import LIBRARIES, case_of, is_of_library
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, dotted, every_argument
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.values import Class, Function


@dataclass(frozen=True, eq=False)
class Family:
    """Classes that share a base or a mixin, each of them a library's test case."""

    roots: tuple[tuple[Class, int, str], ...]
    """The classes that name a library's, by which base, and its short name."""
    cases: tuple[Class, ...]
    """Those that unittest runs: the roots, and what derives from them."""
    classes: tuple[Class, ...]
    """The cases, and the classes of the project above them."""

    @property
    def libraries(self) -> frozenset[str]:
        """The libraries whose classes they are."""
        return frozenset(name.partition(".")[0] for _, _, name in self.roots)

    def mentions(self, name: str) -> Iterator[tuple[Function, ast.Attribute]]:
        """Yield where a method reads ``self.name``, with the method."""
        for module in dict.fromkeys(each.module for each in self.classes):
            for use in module.uses.get(name, ()):
                method = _method_around(use, module)
                if method is None or not isinstance(use, ast.Attribute):
                    continue
                if any(method.owner is each.node for each in self.classes):
                    if _is_object(use.value, method):
                        yield method, use

    def methods(self) -> Iterator[Function]:
        """Yield the methods of all classes."""
        for owner in self.classes:
            for node in owner.module.functions:
                if owner.module.class_of(node) is owner.node:
                    yield Function(owner.module, node)

    def entries(self) -> Iterator[Function]:
        """Yield the tests and set-ups."""
        for method in self.methods():
            name = method.node.name
            if name.startswith("test") or name in ("setUp", "tearDown"):
                yield method


@dataclass(eq=False)
class Families:
    """Finds the families of a project; remembers them."""

    index: Index
    references: References

    @cached_property
    def all(self) -> list[Family]:
        """Every family, in the order of its files."""
        roots = list(self._roots())
        cases = dict.fromkeys(
            each
            for owner, _, _ in roots
            for each in (owner, *self.references.subclasses(owner))
        )
        groups = _joined([self._own(case) for case in cases])
        return [
            Family(
                tuple(root for root in roots if root[0] in group),
                tuple(case for case in cases if case in group),
                tuple(group),
            )
            for group in groups
        ]

    def _own(self, case: Class) -> list[Class]:
        above = self.index.mro(case)
        return [
            each
            for each in above
            if isinstance(each, Class) and not foreign_name(each.module)
        ]

    def _roots(self) -> Iterator[tuple[Class, int, str]]:
        for module in self._modules():
            for node in module.classes:
                owner = Class(module, node)
                for number, base in enumerate(direct_bases(owner, self.index)):
                    if name := case_of(base):
                        yield owner, number, name
                        break

    def _modules(self) -> list[Module]:
        """Return the files that may name a library's class, be it through another."""
        words = [each.encode() for each in LIBRARIES]
        found: dict[Module, None] = {}
        for path in self.index.words.files_like(words, ()):
            module = self.index.module(path)
            if module is None:
                continue
            found[module] = None
            for name in self._handed_on(module):
                found |= dict.fromkeys(self.index.carriers(name, module))
        return sorted(found, key=lambda each: each.path)

    def _handed_on(self, module: Module) -> Iterator[str]:
        """Yield the names by which other files may import a library's class."""
        for name, bindings in module.scope.names.items():
            for binding in bindings:
                first = dotted(binding.value).partition(".")[0] if binding.value else ""
                said = (binding.target[1].partition(".")[0], binding.target[2], first)
                if any(map(is_of_library, said)) or self._is_known(first, module):
                    yield name
                    break

    def _is_known(self, name: str, module: Module) -> bool:
        """Whether a name of a file is imported from one of the libraries."""
        return any(
            is_of_library(binding.target[1])
            for binding in module.scope.names.get(name, ())
        )


def first_parameter(method: Function) -> str:
    """Return the name by which a method knows its object; "" if there is none."""
    arguments = every_argument(method.node.args)
    return arguments[0].arg if arguments else ""


def _is_object(node: ast.expr, method: Function) -> bool:
    """Whether a name is the method's own ``self``, not that of an inner function."""
    if not isinstance(node, ast.Name) or node.id != first_parameter(method):
        return False
    return method.module.at[node].find(node.id) is method.scope


def _method_around(node: ast.AST, module: Module) -> Function | None:
    """Return the method in which something stands, at any depth."""
    found = None
    for outer in module.enclosing(node):
        if isinstance(outer, FUNCTIONS):
            found = Function(module, outer)
        elif isinstance(outer, ast.ClassDef):
            break
    return found if found and found.owner else None


def _joined(groups: list[list[Class]]) -> list[list[Class]]:
    """Join the groups that share a class."""
    found: list[dict[Class, None]] = []
    for group in groups:
        new = dict.fromkeys(group)
        apart = []
        for other in found:
            if other.keys() & new.keys():
                new = other | new
            else:
                apart.append(other)
        found = [*apart, new]
    return [sorted(each, key=_place) for each in found]


def _place(owner: Class) -> tuple[str, int]:
    node: ast.ClassDef = owner.node
    return owner.module.path, node.lineno
