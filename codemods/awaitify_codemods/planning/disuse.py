"""Whether anything still uses a name, once the removed parts are gone."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from awaitify_codemods.facts.lifecycle import ending
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope
from awaitify_codemods.facts.values import Function
from awaitify_codemods.facts.words import as_word
from awaitify_codemods.planning.elsewhere import Elsewhere
from awaitify_codemods.work import Work


@dataclass(frozen=True, eq=False)
class Disuse:
    """Looks for uses outside what goes.

    Args:
        gone: the parts that go so far; it grows.
        needed: names that new code says.
        selected: the files that may be edited; imports in others hold a name.

    """

    work: Work
    elsewhere: Elsewhere
    gone: set[ast.AST]
    needed: set[tuple[Scope, str]]
    selected: frozenset[str]

    def is_unused(self, scope: Scope, name: str, module: Module) -> bool:
        """Whether only what goes, and the life cycle of a loop, uses a name."""
        bindings = scope.names.get(name, ())
        own = {b.node for b in bindings if b.kind in ("def", "class")}
        for use in module.references(scope, name):
            if self.is_gone(use, module) or not own.isdisjoint(module.enclosing(use)):
                continue
            if ending(use, module, self.work.index) is None:
                return False
        if scope.kind == "class":
            return self._is_unused_method(scope, name, module)
        if scope.kind != "module":
            return True
        return not self.elsewhere.is_named(name, module) and self._is_unused_elsewhere(
            name, module
        )

    def _is_unused_elsewhere(self, name: str, module: Module) -> bool:
        """Whether no other module uses a name, or hands it on to one that does."""
        if not all(
            self.is_gone(use, home) for home, use in self.elsewhere.uses(name, module)
        ):
            return False
        return all(
            other.path in self.selected and self.is_dead_import(owner, local, other)
            for other in self.elsewhere.importing(module)
            if other is not module
            for owner, local, _ in self.elsewhere.imports_of(name, module, other)
        )

    def is_dead_import(self, scope: Scope, name: str, module: Module) -> bool:
        """Whether nothing uses what an import binds, here or elsewhere."""
        bindings = scope.names.get(name, [])
        if len(bindings) != 1 or (scope, name) in self.needed:
            return False
        statement = bindings[0].node
        if isinstance(module.parents[statement], (ast.Try, ast.If)):
            return False
        if not all(self.is_gone(u, module) for u in module.references(scope, name)):
            return False
        if _is_annotated_with(name, module):
            return False
        return scope.kind != "module" or (
            not self.elsewhere.is_named(name, module)
            and self._is_unused_elsewhere(name, module)
        )

    def _is_unused_method(self, scope: Scope, name: str, module: Module) -> bool:
        for binding in scope.names[name]:
            if isinstance(binding.node, FUNCTIONS):
                function = Function(module, binding.node)
                if self.work.references.named_in_strings(function):
                    return False
                for reference in self.work.references.to(function):
                    if not self.is_gone(reference.node, reference.module):
                        return False
        return not self._may_be_used(name)

    def _may_be_used(self, name: str) -> bool:
        """Whether test code says a method's name of what is not known."""
        index, references = self.work.index, self.work.references
        for path in index.words.files_with(name):
            if path not in references.test_code:
                continue
            module = index.module(path)
            if module is None:
                return True  # it cannot be read
            for use in module.uses.get(name, ()):
                if isinstance(use, ast.Attribute):
                    known = index.value(use, module)
                    if not known and not self.is_gone(use, module):
                        return True
        return False

    def is_gone(self, node: ast.AST, module: Module) -> bool:
        """Whether a node is in a part that goes."""
        return node in self.gone or any(
            each in self.gone for each in module.enclosing(node)
        )


def _is_annotated_with(name: str, module: Module) -> bool:
    """Whether a type in quotes or in a comment mentions a name."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    if re.search(rb"#\s*type:[^\n]*%s" % as_word(name), module.source):
        return True
    return any(
        word.search(str(constant.value)) and _is_annotation(constant, module)
        for constant in module.strings
    )


def _is_annotation(node: ast.AST, module: Module) -> bool:
    below = node
    for outer in module.enclosing(node):
        match outer:
            case ast.arg(annotation=annotation) | ast.AnnAssign(annotation=annotation):
                return annotation is below
            case (
                ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns)
            ):
                return returns is below
            case ast.stmt() | ast.Call():
                return False
        below = outer
    return False
