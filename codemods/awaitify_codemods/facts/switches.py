"""Switches that tests turn off: ``Client.auto_refresh = False`` in a set-up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Class

_SET_UPS = frozenset(
    "setUp setUpClass setup_method setup_class setup setUpModule setup_module".split()
)
_DEPTH = 4


@dataclass(frozen=True, eq=False)
class Switches:
    """Judges conditions of the code under test by what a test's set-up says.

    Args:
        index: the project's files.
        off: attributes that the set-up makes false.
        relied: the parameters that have to keep their defaults for the answers.

    """

    index: Index
    off: frozenset[str]
    relied: set[str] = field(default_factory=set)

    def is_off(self, node: ast.AST, module: Module) -> bool:
        """Whether code is reached only where a switch is on that is off."""
        below: ast.AST = node
        for outer in module.enclosing(node):
            if isinstance(outer, FUNCTIONS):
                return False
            if isinstance(outer, ast.If) and below in outer.body:
                if self._is_false(outer.test, module):
                    return True
            below = outer
        return False

    def _is_false(self, node: ast.expr, module: Module, depth: int = 0) -> bool:
        match node:
            case ast.Constant(value=value):
                return not value
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return name in self.off or (
                    depth < _DEPTH and self._is_stored_false(node, name, module, depth)
                )
            case ast.IfExp(body=body, orelse=orelse) if self._is_none(node, module):
                given = isinstance(node.test, ast.Compare) and isinstance(
                    node.test.ops[0], ast.IsNot
                )
                return self._is_false(orelse if given else body, module, depth)
            case ast.Name():
                return self._is_default(node, module)
        return False

    def _is_stored_false(
        self, node: ast.Attribute, name: str, module: Module, depth: int
    ) -> bool:
        owner = next(
            (each for each in module.enclosing(node) if isinstance(each, ast.ClassDef)),
            None,
        )
        if owner is None:
            return False
        stores = [
            (base.module.parents[store], base.module)
            for base in self.index.mro(Class(module, owner))
            if isinstance(base, Class)
            for store in base.module.stores.get(name, ())
        ]
        return bool(stores) and all(
            isinstance(statement, ast.Assign)
            and self._is_false(statement.value, home, depth + 1)
            for statement, home in stores
        )

    def _is_none(self, node: ast.IfExp, module: Module) -> bool:
        """``x if x is not None else y``, of a parameter that no test gives."""
        match node.test:
            case ast.Compare(
                left=ast.Name() as name,
                ops=[ast.Is() | ast.IsNot()],
                comparators=[given],
            ):
                return (
                    isinstance(given, ast.Constant)
                    and given.value is None
                    and self._is_default(name, module)
                )
        return False

    def _is_default(self, node: ast.Name, module: Module) -> bool:
        """Whether a name is a parameter whose default is false."""
        for outer in module.enclosing(node):
            if isinstance(outer, FUNCTIONS):
                if len(module.scopes[outer].names.get(node.id, ())) != 1:
                    return False  # it is set to something else, too
                self.relied.add(node.id)
                return _has_false_default(outer, node.id)
        return False


def switches_for(
    owner: ast.ClassDef | None, test: ast.AST, module: Module, index: Index
) -> Switches:
    """Return what the set-up of a class of tests, and of its module, turns off.

    Not what the test itself sets again, nor what several classes define: the
    set-up means one of them.
    """
    off = {
        target.attr
        for node in _set_ups(owner, module)
        for each in ast.walk(node)
        if isinstance(each, ast.Assign) and _is_false_constant(each.value)
        for target in each.targets
        if isinstance(target, ast.Attribute)
    }
    if not off:
        return Switches(index, frozenset())
    again = {
        each.attr
        for each in ast.walk(test)
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
    }
    return Switches(
        index, frozenset(name for name in off - again if _defined(name, index) <= 1)
    )


def _defined(name: str, index: Index) -> int:
    """Return how many classes give an attribute a value; copies of one are one."""
    modules = [index.module(path) for path in index.words.files_with(name)]
    return len(
        {
            node.name
            for module in modules
            if module
            for node in module.classes
            if name in module.scopes[node].names
        }
    )


def _set_ups(owner: ast.ClassDef | None, module: Module) -> Iterator[ast.AST]:
    for node in module.functions:
        if node.name in _SET_UPS and module.class_of(node) in (None, owner):
            yield node


def _is_false_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _has_false_default(
    function: ast.FunctionDef | ast.AsyncFunctionDef, name: str
) -> bool:
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: dict[str, ast.expr | None] = dict(
        zip([each.arg for each in plain[::-1]], arguments.defaults[::-1], strict=False)
    )
    only = [each.arg for each in arguments.kwonlyargs]
    defaults |= zip(only, arguments.kw_defaults, strict=True)
    default = defaults.get(name)
    return isinstance(default, ast.Constant) and not default.value
