"""The sites of the test code: what drives a loop, and what became of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from awaitify_codemods.facts.module import FunctionNode, Module, Scope
from awaitify_codemods.facts.runner import CONVERTER, Runner, RunnerDecorator
from awaitify_codemods.facts.values import Anonymous, Function


@dataclass(frozen=True)
class Refusal:
    """Why something is left as it is."""

    reason: str
    """A code from the list of refusals, e.g. ``inner-loop``."""
    message: str


@dataclass(frozen=True, eq=False)
class Drive:
    """A place where test code runs a coroutine to its end."""

    module: Module
    node: ast.Call
    """The call that becomes an await; of an assertion, the whole assertion."""
    scope: Scope
    """The frame that has to become a coroutine."""
    runner: Runner
    shape: str = "call"
    """call; clean-up; finalizer, of a fixture; or what an assertion is given: raises
    (a runner), raises-lambda."""
    keep: int = 0
    """Of an assertion: how many leading arguments stay."""
    given: ast.Call | None = None
    """Of a clean-up or finalizer: the call whose coroutine is driven."""

    @property
    def awaitable(self) -> ast.expr | None:
        """What is driven, where it is written out at the call."""
        arguments = self.node.args
        if self.runner.form == CONVERTER:
            assert isinstance(self.node.func, ast.Call)
            return self.node.func.args[0]
        if self.shape == "raises":
            arguments = arguments[self.keep + 1 :]
        if self.shape in ("clean-up", "finalizer"):
            return self.given
        if self.shape != "call" and self.shape != "raises":
            return None
        if arguments:
            return arguments[0]
        for keyword in self.node.keywords:
            if keyword.arg and keyword.arg == self.runner.keyword:
                return keyword.value
        return None


@dataclass(frozen=True, eq=False)
class Decorated:
    """A coroutine function that a decorator makes sync by driving it."""

    module: Module
    node: FunctionNode
    index: int
    """Which decorator."""
    decorator: RunnerDecorator


@dataclass(frozen=True, eq=False)
class Left:
    """A site that cannot be rewritten, with the reason."""

    module: Module
    node: ast.expr
    scope: Scope
    rule: str
    refusal: Refusal


@dataclass(eq=False)
class Sites:
    """All sites of the test code, by the frame in which they stand."""

    drives: list[Drive] = field(default_factory=list)
    decorated: list[Decorated] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    helpers: dict[ast.AST, Function | Anonymous] = field(default_factory=dict)
    """Runner helpers and runner decorators, by definition."""
    inner: list[tuple[Module, ast.Call]] = field(default_factory=list)
    """The drives that are a runner's own."""
    given: list[Left] = field(default_factory=list)
    """What fixtures give that only give a runner: it stays while they do."""
    endings: list[tuple[Module, ast.Call]] = field(default_factory=list)
    """Drives that only shut a loop down."""
    by_frame: dict[ast.AST, list[Drive]] = field(default_factory=dict)
    left_by_frame: dict[ast.AST, list[Left]] = field(default_factory=dict)

    def drive(self, drive: Drive) -> None:
        """Add a place that will be rewritten."""
        self.drives.append(drive)
        self.by_frame.setdefault(drive.scope.node, []).append(drive)

    def leave(
        self,
        module: Module,
        node: ast.expr,
        scope: Scope,
        rule: str,
        refusal: Refusal,
    ) -> None:
        """Add a place that stays as it is."""
        left = Left(module, node, scope.frame, rule, refusal)
        self.left.append(left)
        self.left_by_frame.setdefault(scope.frame.node, []).append(left)
