"""Starts of loops that evidence does not show, though they may be met.

Evidence shows what drives a loop of asyncio in the main thread; what does so in
another one may do it beside a loop that runs. Some drive another kind of loop, or ask
for one that runs. And some were met, but earlier, and what came of it was remembered.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.reach.reaching import Reaching
from awaitify_codemods.facts.reach.remembering import may_remember
from awaitify_codemods.facts.reach.starters import HIDDEN, SHOWN
from awaitify_codemods.facts.values import Anonymous, External, Function

Name = tuple[str, str]
"""A path, and a function as `Function.name` has it."""


@dataclass(frozen=True)
class Driven:
    """The calls in functions that were seen to drive.

    Args:
        functions: their names.

    """

    functions: frozenset[Name]

    def starts(self, name: str) -> bool:
        """Whether what a dotted name means starts a loop when it is called."""
        return False

    def drives(self, call: ast.Call, module: Module, index: Index) -> bool:
        """Whether a call drives a loop itself."""
        node = module.at[call].frame.node
        return (module.path, module.qualified(node)) in self.functions


@dataclass(frozen=True, eq=False)
class Hidden:
    """The starts that evidence does not show.

    Args:
        reaching: answers what leads to functions that were seen to drive.
        packages: what is installed and was seen to drive, for reasons of its own.

    """

    reaching: Reaching
    packages: frozenset[str]
    is_empty: bool
    """Whether nothing was seen to drive."""
    opaque: frozenset[Name] = frozenset()
    """Functions in which something drove of which nothing is known."""
    _remembering: dict[ast.AST, bool] = field(default_factory=dict)

    def starts(self, name: str) -> bool:
        """Whether what a dotted name means starts a loop when it is called."""
        if name.partition(".")[0] in self.packages:
            return True
        if name in SHOWN or name.startswith("tornado."):
            return False
        known = name in HIDDEN or name.removesuffix("()") in HIDDEN
        return known or name.endswith(".run_sync")

    def drives(self, call: ast.Call, module: Module, index: Index) -> bool:
        """Whether a call drives a loop itself."""
        if _has_backend(call, module, index):
            return True
        node = module.at[call].frame.node
        if (module.path, module.qualified(node)) in self.opaque:
            return True
        if self.is_empty or not isinstance(node, (*FUNCTIONS, ast.Lambda)):
            return False
        if node not in self._remembering:
            self._remembering[node] = self._may_remember(node, module)
        return self._remembering[node]

    def _may_remember(self, node: ast.AST, module: Module) -> bool:
        """Whether a function leads to a drive once, and then perhaps no more."""
        if isinstance(node, ast.Lambda):
            anonymous = Anonymous(module, node)
            if not may_remember(anonymous, self.reaching):
                return False
            return bool(self.reaching.lambda_starts(anonymous, 0))
        assert isinstance(node, FUNCTIONS)
        function = Function(module, node)
        if not may_remember(function, self.reaching):
            return False
        return bool(self.reaching.starts(function))


def _has_backend(call: ast.Call, module: Module, index: Index) -> bool:
    """``anyio.run(f, backend="trio")``: it may be another loop than asyncio's."""
    if not any(each.arg in ("backend", None) for each in call.keywords):
        return False
    values = index.value(call.func, module)
    return not values or External("anyio.run") in values
