"""What a call gives to a runner that the user names: a coroutine, or a function."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Anonymous, Class, External, Function, Value


@dataclass(frozen=True, eq=False)
class GivenTo:
    """Judges the arguments of a runner whose source does not tell what it takes."""

    index: Index
    runners: Runners

    def is_function(self, call: ast.Call, module: Module) -> bool | Refusal:
        """Return whether a function is given, not its coroutine; or why it stays."""
        if call.keywords or any(isinstance(each, ast.Starred) for each in call.args):
            message = "what the arguments of its runner mean is not written out"
            return Refusal("unresolved", message)
        if not call.args:
            return Refusal("unresolved", "what it drives is not written out")
        first = call.args[0]
        values = self.index.value(first, module)
        if not isinstance(first, ast.Call) and values:
            if all(map(self._is_coroutine_function, values)):
                return self._as_function(call, module)
        return self.not_a_coroutine(call.args, module) or False

    def not_a_coroutine(
        self, given: Sequence[ast.expr], module: Module
    ) -> Refusal | None:
        """Return why what a runner is given is not certain to be one awaitable."""
        if not given or not self.is_coroutine(given[0], module):
            what = ast.unparse(given[0]) if given else "what is given"
            message = f"whether {what[:40]} is a coroutine is not known"
            return Refusal("unresolved", message)
        if len(given) > 1:
            message = "what the other arguments of its runner mean is not known"
            return Refusal("impure-runner", message)
        return None

    def _is_coroutine_function(self, value: Value) -> bool:
        declared = self.runners.declared
        return declared is not None and declared.is_coroutine_function(value)

    def _as_function(self, call: ast.Call, module: Module) -> bool | Refusal:
        """Refuse ``driven(f)()``: what is made of a function may be called later."""
        parent = module.parents[call]
        if len(call.args) == 1 and not isinstance(
            parent, (ast.Expr, ast.Assert, ast.Compare)
        ):
            message = "whether its runner calls the function, or wraps it, is not known"
            return Refusal("unresolved", message)
        return True

    def is_coroutine(self, node: ast.expr, module: Module) -> bool:
        """Whether an expression is something to be awaited: what calls make."""
        match node:
            case ast.Call(func=func):
                values = self.index.value(func, module)
                return not any(map(_makes_something_else, values))
            case ast.Name(id=name):
                scope = module.at[node].find(name)
                bindings = scope.names[name] if scope else []
                return bool(bindings) and all(
                    isinstance(each.value, ast.Call)
                    and self.is_coroutine(each.value, module)
                    for each in bindings
                )
        return False


def _makes_something_else(value: Value) -> bool:
    """``partial(f, 1)``, or a function that returns one."""
    match value:
        case External(name):
            return name.startswith(("functools.", "builtins."))
        case Class() | Anonymous():
            return True
        case Function() if not value.is_async:
            returned = value.module.returns.get(value.node, [])
            return not returned or any(
                not _may_be_coroutine(each.value, value) for each in returned
            )
    return False


def _may_be_coroutine(node: ast.expr | None, function: Function) -> bool:
    """Whether a sync function returns what it called, not a function of its own."""
    if isinstance(node, ast.Name):
        bindings = function.scope.names.get(node.id, ())
        return bool(bindings) and all(each.kind == "assign" for each in bindings)
    return isinstance(node, ast.Call)
