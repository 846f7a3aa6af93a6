"""Fixtures that give a policy: what each of their statements comes to as a hook."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_factories import Factory, is_harmless, of_policy
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import Function

Choice = tuple[ast.expr | None, tuple[Factory, ...]]
"""The condition that chooses between two factories, or None and the only one."""


@dataclass(eq=False)
class PolicyBody:
    """What is left of the body of a fixture once it returns factories."""

    function: Function
    index: Index
    given: list[tuple[ast.Return | ast.Expr, ast.expr, Choice]] = field(
        default_factory=list
    )
    """The statements that give a policy, what they give, and what stands for it."""
    gone: list[ast.Assign] = field(default_factory=list)
    """The variables for policies."""

    def is_read(self) -> bool:
        """Read it; say whether each way through it gives one policy, and no more."""
        body = self.function.node.body
        return self._block(body) and _ends(body) and self._are_only_given()

    def _block(self, body: Sequence[ast.stmt]) -> bool:
        return all(self._statement(each) for each in body)

    def _statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
                return True
            case ast.If(test=test, body=body, orelse=orelse):
                return (
                    is_harmless(test, self._module, self.index)
                    and self._block(body)
                    and self._block(orelse)
                )
            case ast.Assign(targets=[ast.Name()], value=value):
                self.gone.append(node)
                return self._choice(value) is not None
            case (
                ast.Return(value=ast.expr() as value)
                | ast.Expr(value=ast.Yield(value=ast.expr() as value))
            ):
                choice = self._choice(self._meant(value))
                if choice is not None:
                    self.given.append((node, value, choice))
                return choice is not None
        return False

    @property
    def _module(self) -> Module:
        return self.function.module

    def _meant(self, value: ast.expr) -> ast.expr:
        """Return what a variable of the fixture holds."""
        names = self.function.scope.names
        if isinstance(value, ast.Name) and len(names.get(value.id, ())) == 1:
            return names[value.id][0].value or value
        return value

    def _choice(self, value: ast.expr) -> Choice | None:
        if isinstance(value, ast.IfExp):
            if not is_harmless(value.test, self._module, self.index):
                return None
            both = [
                of_policy(each, self._module, self.index)
                for each in (value.body, value.orelse)
            ]
            known = tuple(each for each in both if each)
            return (value.test, known) if len(known) == 2 else None
        factory = of_policy(value, self._module, self.index)
        return (None, (factory,)) if factory else None

    def _are_only_given(self) -> bool:
        """Whether the variables are used for nothing but to be given."""
        values = [value for _, value, _ in self.given]
        return all(
            use in values
            for each in self.gone
            for target in each.targets
            if isinstance(target, ast.Name)
            for use in self._module.references(self.function.scope, target.id)
        )


def _ends(body: Sequence[ast.stmt]) -> bool:
    """Whether a policy is given in the end, whichever way is taken."""
    match body[-1]:
        case ast.Return() | ast.Expr(value=ast.Yield()):
            return True
        case ast.If(body=one, orelse=[_, *_] as other):
            return _ends(one) and _ends(other)
    return False
