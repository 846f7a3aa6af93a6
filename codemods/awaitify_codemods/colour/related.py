"""What holds a function back: how others use it, and what becomes of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from awaitify_codemods.colour.bridges import Bridges
from awaitify_codemods.colour.callers import Callers
from awaitify_codemods.colour.inner_loops import Reached
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.placement import is_consumed
from awaitify_codemods.facts.references import Reference
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test


@dataclass(eq=False)
class Related:
    """Judges functions by those that a colouring has left so far."""

    project: Project
    callers: Callers
    bridges: Bridges
    inner_loops: Reached
    left: dict[Function, Refusal]
    _escapes: dict[Function, Refusal | None] = field(default_factory=dict)

    def objection(self, function: Function, coloured: set[Function]) -> Refusal | None:
        """Return why a function cannot be coloured with the others."""
        for member in self.project.references.family(function):
            if member in self.left:
                message = f"{member.name} stays: {self.left[member].message}"
                return Refusal(self.left[member].reason, message)
        for reference in self.project.references.to(function):
            found = self._misused(reference, function, coloured)
            if found:
                return found
        if function not in self._escapes:
            self._escapes[function] = self._out_of_sight(function)
        found = self._escapes[function]
        return found or self.inner_loops.reached_by(function, coloured)

    def _out_of_sight(self, function: Function) -> Refusal | None:
        """Object where a function may be called as what it was, by another way."""
        name, receivers = function.node.name, self.project.receivers
        for reference in receivers.possible(function):
            where = f"{reference.module.path}:{reference.node.lineno}"
            message = f"{name} may be called on an object ({where})"
            return Refusal("helper-escapes", message)
        if where := receivers.replaced(function):
            message = f"{name} is set to something else ({where})"
            return Refusal("helper-escapes", message)
        if where := receivers.computed(function):
            message = f"a computed name may mean {name} ({where})"
            return Refusal("dynamic-call", message)
        named = self.project.references.named_in_strings(function)
        if is_test(function):
            named = self.project.references.called_by_name(function)
        if named:
            return Refusal("helper-escapes", f"a string names it ({named})")
        return None

    def _misused(
        self, reference: Reference, function: Function, coloured: set[Function]
    ) -> Refusal | None:
        caller = self.callers.by(reference)
        name = function.node.name
        where = f"{reference.module.path}:{reference.node.lineno}"
        if caller is not None and caller in coloured:
            if self._is_either(reference, coloured):
                message = f"{name} may be another one, which stays sync ({where})"
                return Refusal("dynamic-call", message)
            return self._lazy(reference)
        if reference.call is None:
            parent = reference.module.parents[reference.node]
            if isinstance(parent, (ast.List, ast.Tuple, ast.Dict, ast.Set)):
                return Refusal(
                    "dynamic-call", f"{name} is kept in a collection ({where})"
                )
            return Refusal("helper-escapes", f"{name} is handed on ({where})")
        if self.bridges.can_bridge(reference, function, coloured):
            return None
        if fixed := self.bridges.closed(reference.module, reference.call, "AW108"):
            message = f"a caller stays sync ({where}): {fixed.message}"
            return Refusal(fixed.reason, message)
        frame = reference.scope.frame
        if isinstance(frame.node, ast.AsyncFunctionDef):
            return Refusal("nested-drive", f"a coroutine calls {name} ({where})")
        if frame.kind in ("module", "class"):
            return Refusal("drive-at-import", f"{name} is called at import ({where})")
        reason = self.left[caller] if caller in self.left and caller else None
        message = f"a caller stays sync ({where})"
        if reason:
            message += f": {reason.message}"
        return Refusal(reason.reason if reason else "helper-escapes", message)

    def _is_either(self, reference: Reference, coloured: set[Function]) -> bool:
        """Whether a call may mean something that stays sync, too."""
        return any(
            isinstance(value, Function) and not value.is_async and value not in coloured
            for value in self.project.index.value(reference.node, reference.module)
        )

    def _lazy(self, reference: Reference) -> Refusal | None:
        scope = reference.scope
        comprehensions: list[ast.AST] = []
        while scope.kind == "comprehension" and scope.parent:
            comprehensions.append(scope.node)
            scope = scope.parent
        if len(comprehensions) > 1 or any(
            isinstance(node, ast.GeneratorExp)
            and not is_consumed(node, reference.module, self.project.index)
            for node in comprehensions
        ):
            return Refusal("drive-in-callback", "a generator is evaluated elsewhere")
        return None
