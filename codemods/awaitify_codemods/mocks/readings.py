"""What awaiting a value gives that a mock returns, and which statements go with it.

A future is made, completed and given to mocks by one to three statements. They are
read together: the value can stand in the mock's configuration, if nothing else looks
at the future and nothing happens before it is complete.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Binding, Module, Scope
from awaitify_codemods.facts.values import Class, External, Function, Instance
from awaitify_codemods.mocks.outcomes import (
    COMPLETING,
    Outcome,
    Outcomes,
)

LATER, MIXED, UNKNOWN = "future-completed-later", "mixed-use", "unknown-value"
CONFIGURING = frozenset({"return_value", "side_effect"})


@dataclass(frozen=True)
class Reading:
    """What a mock's value gives when it is awaited."""

    value: ast.expr
    """As it is given to the mock."""
    outcome: Outcome | None = None
    gone: tuple[ast.stmt, ...] = ()
    """The statements that make and complete it."""
    consumers: tuple[ast.expr, ...] = ()
    """All places where it is given to a mock, if it has a name."""
    reason: str = ""
    """Why it has to stay: a refusal code."""
    is_future: bool = True


class Readings:
    """Reads the values that mocks are given."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.outcomes = Outcomes(index)

    def of(self, value: ast.expr, module: Module) -> Reading | None:
        """Return what is known of a value; None if it is no awaitable, or may be none.

        Args:
            value: of an assignment, a keyword or an element of a list there.
            module: the file.

        """
        outcomes = self.outcomes
        if isinstance(value, ast.Name):
            return self._of_variable(value, module)
        if outcomes.is_future(value, module):
            return self._of_future(value, module)
        if not outcomes.makes_awaitable(value, module):
            return None
        outcome = outcomes.outcome(value, module)
        called = outcomes.called(value, module)
        return Reading(
            value,
            outcome,
            reason="" if outcome else UNKNOWN,
            is_future=not (called and called.is_async),
        )

    def _of_future(self, value: ast.expr, module: Module) -> Reading:
        """Read ``m.f.return_value = Future()`` and what completes it."""
        found = _named(value, module)
        if found is None:
            return Reading(value, reason=LATER)
        text, following, frame = found
        for number, statement in enumerate(following):
            completed = _completes(statement, text)
            if completed is None:
                continue
            outcome = Outcome(*completed, simple=False)
            before = following[:number]
            mentions = _mentions(text, frame)
            if mentions > 1:
                return Reading(value, reason=MIXED)
            if not self._is_quiet(before, module) or _stores(before, outcome.node):
                return Reading(value, reason=LATER)
            return Reading(value, outcome, (statement,))
        return Reading(value, reason=LATER)

    def _of_variable(self, value: ast.Name, module: Module) -> Reading | None:
        scope = module.at[value].find(value.id)
        bindings = scope.names[value.id] if scope else []
        if scope is None or len(bindings) != 1:
            return None
        (binding,) = bindings
        made = binding.value
        if binding.kind != "assign" or made is None:
            return None
        if self.outcomes.is_future(made, module):
            return self._of_named_future(value, scope, binding, module)
        if not self.outcomes.makes_awaitable(made, module):
            return None
        found = self.of(made, module)
        if found is None or found.reason:
            return found and Reading(value, reason=found.reason)
        consumers = self._consumers(scope, value.id, binding, module)
        if consumers is None or not _is_plain(binding.node):
            return Reading(value, reason=MIXED)
        if scope.kind != "function" and self._is_shared(value.id, module):
            return Reading(value, reason=MIXED)
        assert found.outcome is not None
        statement = binding.node
        assert isinstance(statement, ast.stmt)
        later = _after(statement, module)
        moved = [_within(each, later, module) for each in consumers]
        if None in moved or any(
            _stores(later[: place or 0], found.outcome.node) for place in moved
        ):
            return Reading(value, reason=UNKNOWN)
        return Reading(
            value,
            found.outcome,
            (statement,),
            tuple(consumers),
            is_future=found.is_future,
        )

    def _of_named_future(
        self, value: ast.Name, scope: Scope, binding: Binding, module: Module
    ) -> Reading:
        """Read ``fut = Future()``, ``fut.set_result(v)``, ``f.return_value = fut``."""
        statement = binding.node
        lasting = scope.kind == "module"
        if not _is_plain(statement) or not (lasting or scope.kind == "function"):
            return Reading(value, reason=LATER)
        assert isinstance(statement, ast.stmt)
        following = _after(statement, module)
        completing = [
            (number, each, completed)
            for number, each in enumerate(following)
            if (completed := _completes(each, value.id))
        ]
        if len(completing) != 1:
            return Reading(value, reason=LATER)
        ((number, last, completed),) = completing
        outcome = Outcome(*completed, simple=_is_simple(completed[1]))
        consumers = self._consumers(scope, value.id, binding, module, last)
        if consumers is None:
            return Reading(value, reason=MIXED)
        if lasting:
            if not isinstance(outcome.node, ast.Constant) or self._is_shared(
                value.id, module
            ):
                return Reading(value, reason=MIXED)
            if not self._is_quiet(following[:number], module):
                return Reading(value, reason=LATER)
            gone = (statement, last)
            return Reading(value, outcome, gone, tuple(consumers))
        for each in consumers:
            place = _within(each, following, module)
            if place is None:
                return Reading(value, reason=MIXED)
            between = following[min(place, number) + 1 : max(place, number)]
            early = place < number and not self._is_quiet(following[:number], module)
            if early or _stores(between, outcome.node):
                return Reading(value, reason=LATER)
        gone = (statement, last)
        return Reading(value, outcome, gone, tuple(consumers))

    def _consumers(
        self,
        scope: Scope,
        name: str,
        binding: Binding,
        module: Module,
        completing: ast.stmt | None = None,
    ) -> list[ast.expr] | None:
        """Return where mocks are given a variable; None if others use it, too."""
        found: list[ast.expr] = []
        for use in module.references(scope, name):
            if completing and completing in module.enclosing(use):
                if use in ast.walk(_argument(completing)):
                    return None
                continue
            elsewhere = module.at[use].frame is not scope and scope.kind == "function"
            if elsewhere or not is_given(use, module):
                return None
            found.append(use)
        return found

    def _is_shared(self, name: str, module: Module) -> bool:
        """Whether other files mention the name of a variable."""
        return any(path != module.path for path in self._index.words.files_with(name))

    def _is_quiet(self, statements: Sequence[ast.stmt], module: Module) -> bool:
        """Whether statements only make and configure things."""
        return all(self._configures(each, module) for each in statements)

    def _configures(self, node: ast.stmt, module: Module) -> bool:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                return True
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self._is_inert(value, module)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(attr=method), args=[argument])
            ) if method in COMPLETING:
                return self._is_inert(argument, module)
        return False

    def _is_inert(self, node: ast.expr, module: Module) -> bool:
        """Whether evaluating an expression runs nothing that could wait."""
        if self.outcomes.is_future(node, module):
            return True
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return False
        if isinstance(node, ast.Call) and not self._only_makes(node, module):
            return False
        inner = [
            each.value if isinstance(each, ast.keyword) else each
            for each in ast.iter_child_nodes(node)
        ]
        return all(
            self._is_inert(each, module) for each in inner if isinstance(each, ast.expr)
        )

    def _only_makes(self, node: ast.Call, module: Module) -> bool:
        function = self.outcomes.called(node, module)
        if function is not None:
            return function.is_async or bool(self.outcomes.outcome(node, module))
        values = self._index.value(node.func, module)
        return bool(values) and all(map(_is_maker, values))


def _is_maker(value: object) -> bool:
    """Whether a callable is a class of mocks, of exceptions, or a built-in one."""
    match value:
        case External(name):
            return name.startswith(("unittest.mock.", "mock.", "builtins."))
        case Class():
            return True
        case Function() | Instance():
            return False
    return False


def is_given(use: ast.expr, module: Module) -> bool:
    """Whether an expression is what a mock returns, or an element of that."""
    parent = module.parents[use]
    listed = isinstance(parent, (ast.List, ast.Tuple))
    if listed:
        use, parent = parent, module.parents[parent]  # type: ignore[assignment]
    name = ""
    match parent:
        case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
            if value is not use:
                return False
        case (
            ast.AnnAssign(target=ast.Attribute(attr=name)) | ast.keyword(arg=str(name))
        ):
            pass
    return name == "side_effect" if listed else name == "return_value"


def _named(
    value: ast.expr, module: Module
) -> tuple[str, Sequence[ast.stmt], ast.AST] | None:
    """Return how a mock's value is spelled afterwards, and the statements from there.

    ``m.f.return_value`` for what is assigned to it, ``m.return_value`` for
    ``m = Mock(return_value=...)``.
    """
    parent = module.parents[value]
    frame = module.at[value].frame.node if value in module.at else module.tree
    match parent:
        case (
            ast.Assign(targets=[ast.Attribute(attr="return_value") as owner])
            | ast.AnnAssign(target=ast.Attribute(attr="return_value") as owner)
        ):
            return ast.unparse(owner), _after(parent, module), frame
        case ast.keyword(arg="return_value"):
            call = module.parents[parent]
            outer = module.parents[call]
            match outer:
                case ast.Assign(targets=[ast.Name() | ast.Attribute() as target]):
                    text = f"{ast.unparse(target)}.return_value"
                    return text, _after(outer, module), frame
                case ast.withitem(optional_vars=ast.Name(id=name)):
                    entered = module.parents[outer]
                    assert isinstance(entered, (ast.With, ast.AsyncWith))
                    return f"{name}.return_value", entered.body, frame
    return None


def _after(statement: ast.stmt, module: Module) -> Sequence[ast.stmt]:
    """Return the statements that follow one in its block."""
    parent = module.parents[statement]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and statement in block:
            return block[block.index(statement) + 1 :]
    return ()


def _completes(node: ast.stmt, text: str) -> tuple[str, ast.expr] | None:
    """Return what ``text.set_result(x)`` completes a future with, and how."""
    match node:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=owner, attr=method),
                args=[argument],
                keywords=[],
            )
        ) if method in COMPLETING and not isinstance(argument, ast.Starred):
            if ast.unparse(owner) == text:
                return COMPLETING[method], argument
    return None


def _argument(node: ast.stmt) -> ast.expr:
    assert isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return node.value.args[0]


def _mentions(text: str, frame: ast.AST) -> int:
    """Return how often an attribute is read in a function."""
    return sum(
        isinstance(each, ast.Attribute)
        and isinstance(each.ctx, ast.Load)
        and ast.unparse(each) == text
        for each in ast.walk(frame)
    )


def _within(
    node: ast.AST, statements: Sequence[ast.stmt], module: Module
) -> int | None:
    """Return the number of the statement that holds a node."""
    around = {*module.enclosing(node)}
    for number, statement in enumerate(statements):
        if statement in around:
            return number
    return None


def _stores(statements: Sequence[ast.stmt], value: ast.expr) -> bool:
    """Whether statements give a new meaning to a name that a value mentions."""
    names = {each.id for each in ast.walk(value) if isinstance(each, ast.Name)}
    return any(names & set(_bound(each)) for each in statements) if names else False


def _bound(statement: ast.stmt) -> Iterator[str]:
    for each in ast.walk(statement):
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id
        name = getattr(each, "name", None)
        if isinstance(name, str):
            yield name


def _is_plain(statement: ast.AST) -> bool:
    """Whether a statement only gives a name to a value."""
    match statement:
        case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name()):
            return True
    return False


def _is_simple(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.Name))
