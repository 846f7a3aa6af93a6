"""Objects whose methods others may call: where they come from, and where they go."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.references import Reference, References, is_unknown
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Member,
    Value,
)

# They look at what they are given, and call no method of it.
LOOKING = frozenset(
    "builtins." + name for name in "id isinstance issubclass print super type".split()
)
_DEPTH = 4


@dataclass(eq=False)
class Receivers:
    """Finds calls of methods on objects that cannot be followed."""

    index: Index
    references: References
    test_code: frozenset[str]
    _escaping: dict[ast.AST, bool] = field(default_factory=dict)

    def possible(self, function: Function) -> Iterator[Reference]:
        """Yield mentions of a method on what may be an object of its class."""
        if function.owner is None:
            return
        owner = Class(function.module, function.owner)
        classes = {owner, *self.references.subclasses(owner)}
        collected = any(self._is_collected(each) for each in classes)
        name = function.node.name
        for path in self.index.words.files_with(name):
            if path not in self.test_code and not self._escapes(owner, classes):
                continue
            module = self.index.module(path)
            for use in module.uses.get(name, ()) if module else ():
                if isinstance(use, ast.Attribute) and module:
                    may_be = (
                        self._is_sibling(use, module, classes)
                        if collected
                        else self._may_be(use, module, classes)
                    )
                    if may_be:
                        yield Reference(module, use, module.at[use])

    def _is_collected(self, owner: Class) -> bool:
        """Whether pytest makes the objects of a class: those of tests."""
        return owner.node.name.startswith("Test") or any(
            isinstance(base, External) and base.name.startswith("unittest.")
            for base in self.index.mro(owner)
        )

    def replaced(self, function: Function) -> str:
        """Return where a method is set to something else; "" if nowhere."""
        if function.owner is None:
            return ""
        owner = Class(function.module, function.owner)
        classes = {owner, *self.references.subclasses(owner)}
        name = function.node.name
        for path in self.index.words.files_with(name):
            module = self.index.module(path) if path in self.test_code else None
            for store in module.stores.get(name, ()) if module else ():
                if module and self._is_one(
                    self.index.value(store.value, module), classes
                ):
                    return f"{path}:{store.lineno}"
        return ""

    def computed(self, function: Function) -> str:
        """Return where methods of a class are looked up by a computed name."""
        if function.owner is None:
            return ""
        owner = Class(function.module, function.owner)
        classes = {owner, *self.references.subclasses(owner)}
        for module in self._mentioning(classes):
            for use in module.uses.get("getattr", ()):
                match module.parents[use]:
                    case ast.Call(func=func, args=[of, name, *_]) as call if (
                        func is use and not isinstance(name, ast.Constant)
                    ):
                        if self._is_one(self.index.value(of, module), classes):
                            return f"{module.path}:{call.lineno}"
        return ""

    def _may_be(self, use: ast.Attribute, module: Module, classes: set[Class]) -> bool:
        values = self.index.value(use, module)
        if is_unknown(values):
            return True
        outside = all(
            isinstance(each, External)
            or (isinstance(each, Member) and isinstance(each.of, Instance))
            for each in values
        )
        return outside and self._is_made_of(use.value, module, classes)

    def _is_made_of(
        self, node: ast.expr, module: Module, classes: set[Class], depth: int = 0
    ) -> bool:
        """Whether outside code was given the class, or an object, to make something."""
        for each in ast.walk(node):
            if not isinstance(each, (ast.Name, ast.Attribute)) or each not in module.at:
                continue
            if self._is_one(self.index.value(each, module), classes):
                return True
            if isinstance(each, ast.Name) and depth < _DEPTH:
                owner = module.at[each].find(each.id)
                for binding in owner.names[each.id] if owner else ():
                    if binding.value is not None and self._is_made_of(
                        binding.value, module, classes, depth + 1
                    ):
                        return True
        return False

    def _is_sibling(
        self, use: ast.Attribute, module: Module, classes: set[Class]
    ) -> bool:
        """``self.name`` of a mixin that a class has beside the one that defines it."""
        if self.index.value(use, module):
            return False
        for value in self.index.value(use.value, module):
            if isinstance(value, Instance) and isinstance(value.of, Class):
                if classes & {value.of, *self.references.subclasses(value.of)}:
                    return True
        return False

    def _escapes(self, owner: Class, classes: set[Class]) -> bool:
        """Whether code under test gets objects of a class, or calls them on itself."""
        if owner.node not in self._escaping:
            self._escaping[owner.node] = any(
                isinstance(base, Class) and base.module.path not in self.test_code
                for each in classes
                for base in self.index.mro(each)
            ) or any(
                self._hands_on(call, module, classes)
                for module in self._mentioning(classes)
                for call in module.calls
            )
        return self._escaping[owner.node]

    def _mentioning(self, classes: set[Class]) -> Iterator[Module]:
        seen: set[Module] = set()
        for owner in classes:
            for module in self.index.carriers(owner.node.name, owner.module):
                if module.path in self.test_code and module not in seen:
                    seen.add(module)
                    yield module

    def _hands_on(self, call: ast.Call, module: Module, classes: set[Class]) -> bool:
        given = [*call.args, *(each.value for each in call.keywords)]
        if not any(self._mentions(each, module, classes) for each in given):
            return False
        values = self.index.value(call.func, module)
        return not values or not all(
            (isinstance(each, (Function, Class)) and each.module.path in self.test_code)
            or (isinstance(each, External) and each.name in LOOKING)
            for each in values
        )

    def _mentions(self, node: ast.expr, module: Module, classes: set[Class]) -> bool:
        return any(
            isinstance(each, (ast.Name, ast.Attribute))
            and each in module.at
            and not _is_looked_into(each, module)
            and self._is_one(self.index.value(each, module), classes)
            for each in ast.walk(node)
        )

    def _is_one(self, values: frozenset[Value], classes: set[Class]) -> bool:
        """Whether a value is one of some classes, or an object of one."""
        return any(
            value in classes or (isinstance(value, Instance) and value.of in classes)
            for value in values
        )


def _is_looked_into(node: ast.expr, module: Module) -> bool:
    """``Api().name``: what is handed on is something of it."""
    parent = module.parents[node]
    if isinstance(parent, ast.Call) and parent.func is node:
        parent = module.parents[parent]
    return isinstance(parent, ast.Attribute)
