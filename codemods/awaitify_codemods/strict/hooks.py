"""Home-made plugins: hooks of a conftest that run coroutine tests, read by body."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from awaitify_codemods.facts.lifecycle import is_life_cycle
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.runner import COMPLETE, COROUTINE, RUN, Runner
from awaitify_codemods.facts.values import External, Function, Value, Values
from awaitify_codemods.work import Work

ALL = ""
"""The marker for which a hook asks that asks for none."""

_ITEM = "pyfuncitem"
_OBJECTS = ("obj", "function")
_QUESTIONS: frozenset[Value] = frozenset(
    {
        External("inspect.iscoroutinefunction"),
        External("asyncio.iscoroutinefunction"),
        External("asyncio.coroutines.iscoroutinefunction"),
    }
)
# What a hook calls to prepare the arguments of a test, and to look at its marks.
_QUIET = frozenset(
    "signature getfullargspec get_closest_marker keys values items get dict list set "
    "tuple isinstance hasattr".split()
)
_FRESH: Values = frozenset({External("asyncio.new_event_loop")})
_CURRENT: Values = frozenset({External("asyncio.get_event_loop")})


@dataclass(frozen=True)
class Hook:
    """A hook that does nothing but run coroutine tests."""

    function: Function
    gone: ast.stmt
    """The part of the file that goes with it."""
    marker: str
    """The marker without which it leaves a test alone; "" if it asks for none."""
    shares_loop: bool
    """Whether all its tests run on one loop."""
    ends_loop: bool
    """Whether it leaves no current loop behind, as `asyncio.run` does."""


def read(function: Function, work: Work) -> Hook | None:
    """Return what a hook does, if it only runs coroutine tests."""
    if not isinstance(function.node, ast.FunctionDef):
        return None
    if not all(_is_plain(each) for each in function.node.decorator_list):
        return None
    if function.node.name == "pytest_pyfunc_call":
        return _Calling(function, work).read()
    if function.node.name == "pytest_collection_modifyitems":
        return _wrapping(function, work)
    return None


def _is_plain(decorator: ast.expr) -> bool:
    """Whether a decorator only says when a hook is called."""
    if isinstance(decorator, ast.Call):
        given = {each.arg for each in decorator.keywords}
        name = getattr(decorator.func, "attr", "")
        return name == "hookimpl" and given <= {"tryfirst", "trylast"}
    return getattr(decorator, "attr", "") in ("tryfirst", "trylast", "hookimpl")


@dataclass(eq=False)
class _Calling:
    """Reads ``pytest_pyfunc_call``, statement by statement.

    What is not known to be harmless makes it unreadable: the hook stays.
    """

    function: Function
    work: Work
    asked: set[str] = field(default_factory=set)
    """The conditions of the drive: "coroutine", and the names of markers."""
    runners: list[Runner] = field(default_factory=list)
    """What drives the test, once for each place."""
    claims: bool = False
    """Whether it says that it has called the test."""

    def read(self) -> Hook | None:
        arguments = self.function.node.args
        if [each.arg for each in arguments.args] != [_ITEM] or arguments.defaults:
            return None
        if not self._reads(self.function.node.body, set()):
            return None
        if len(self.runners) != 1 or not self.claims:
            return None
        markers = self.asked - {_COROUTINE}
        if len(markers) > 1 or not self.asked:
            return None
        effects = _effects(self.runners[0], self.function, self.work)
        if effects is None:
            return None
        marker = next(iter(markers), ALL)
        return Hook(self.function, self.function.node, marker, *effects)

    @property
    def _module(self) -> Module:
        return self.function.module

    def _reads(self, body: list[ast.stmt], conditions: set[str]) -> bool:
        known = set(conditions)
        for statement in body:
            found = self._statement(statement, known)
            if found is None:
                return False
            known |= found
        return True

    def _statement(self, node: ast.stmt, conditions: set[str]) -> set[str] | None:
        """Return what holds after a statement; None if it is not known."""
        match node:
            case ast.Pass() | ast.Import() | ast.ImportFrom():
                return set()
            case ast.Expr(value=ast.Constant()):
                return set()
            case ast.Return(value=None | ast.Constant(value=None)):
                return set()
            case ast.Return(value=ast.Constant(value=answer)):
                self.claims |= bool(answer)
                return set()
            case ast.If(test=test, body=body, orelse=orelse):
                return self._branches(test, body, orelse, conditions)
            case ast.Try(body=body, handlers=[], orelse=[], finalbody=final):
                read = self._reads(body, conditions) and all(map(self._is_life, final))
                return set() if read else None
            case ast.With(items=[item], body=body):
                is_runner = self._means(item.context_expr, "asyncio.Runner")
                read = is_runner and self._reads(body, conditions)
                return set() if read else None
        if self._is_life(node) or self._prepares(node):
            return set()
        return self._drive(node, conditions)

    def _branches(
        self,
        test: ast.expr,
        body: list[ast.stmt],
        orelse: list[ast.stmt],
        conditions: set[str],
    ) -> set[str] | None:
        met = self._condition(test, True)
        unmet = self._condition(test, False)
        if orelse or (met is None and unmet is None):
            return None
        if met is not None:
            return set() if self._reads(body, conditions | met) else None
        # if not iscoroutinefunction(...): return
        match body:
            case [ast.Return(value=None | ast.Constant(value=None))]:
                return unmet
        return None

    def _condition(self, node: ast.expr, wanted: bool) -> set[str] | None:
        """Return what must hold for a condition to be as wanted; None if unknown."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._condition(operand, not wanted)
            case ast.BoolOp(op=op, values=values):
                found = [self._condition(each, wanted) for each in values]
                known = [each for each in found if each is not None]
                if len(known) != len(found):
                    return None
                if isinstance(op, ast.And) is wanted:
                    return set().union(*known)
                # asyncio.iscoroutinefunction(f) or inspect.iscoroutinefunction(f)
                return known[0] if all(each == known[0] for each in known) else None
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()]):
                is_none = isinstance(node.ops[0], ast.Is)
                match node.comparators:
                    case [ast.Constant(value=None)]:
                        return self._condition(left, wanted is not is_none)
                return None
        return self._asked(node) if wanted else None

    def _asked(self, node: ast.expr) -> set[str] | None:
        match self._resolved(node):
            case ast.Call(func=func, args=[argument], keywords=[]):
                if self._values(func) & _QUESTIONS and self._is_object(argument):
                    return {_COROUTINE}
                match func, argument:
                    case (
                        ast.Attribute(value=owner, attr="get_closest_marker"),
                        ast.Constant(value=str(name)),
                    ) if self._is_item(owner):
                        return {name}
            case ast.Compare(
                left=ast.Constant(value=str(name)),
                ops=[ast.In()],
                comparators=[ast.Attribute(value=owner, attr="keywords")],
            ) if self._is_item(owner):
                return {name}
        return None

    def _prepares(self, node: ast.stmt) -> bool:
        """Whether a statement only looks at the test, and remembers what it saw."""
        match node:
            case (
                ast.Assign(targets=[ast.Name()], value=value)
                | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
            ):
                return not self._calls_test(value) and self._is_quiet(value)
        return False

    def _is_quiet(self, value: ast.expr) -> bool:
        return all(
            getattr(each.func, "attr", getattr(each.func, "id", "")) in _QUIET
            or bool(self._values(each.func) & _QUESTIONS)
            for each in ast.walk(value)
            if isinstance(each, ast.Call)
        )

    def _calls_test(self, value: ast.expr) -> bool:
        return any(
            isinstance(each, ast.Call) and self._is_object(each.func)
            for each in ast.walk(value)
        )

    def _drive(self, node: ast.stmt, conditions: set[str]) -> set[str] | None:
        match node:
            case ast.Expr(value=ast.Call() as call):
                pass
            case ast.Assign(targets=[ast.Name()], value=value):
                # coroutine = pyfuncitem.obj(**arguments)
                is_test = isinstance(value, ast.Call) and self._is_object(value.func)
                return set() if is_test and self._gets_fixtures(value) else None
            case _:
                return None
        runner = self.work.runners.of(self._values(call.func))
        if runner is None or len(call.args) != 1 or call.keywords:
            return None
        match self._resolved(call.args[0]):
            case ast.Call(func=func) as test if self._is_object(func):
                if self._gets_fixtures(test):
                    self.asked |= conditions
                    self.runners.append(runner)
                    return set()
        return None

    def _gets_fixtures(self, test: ast.expr) -> bool:
        """Whether a test is called with what its fixtures gave, and as they gave it."""
        match test:
            case ast.Call(args=[], keywords=[]):
                return True
            case ast.Call(args=[], keywords=[ast.keyword(arg=None, value=given)]):
                return self._are_fixtures(self._resolved(given))
        return False

    def _are_fixtures(self, node: ast.expr) -> bool:
        match node:
            case ast.DictComp(
                key=ast.Name(id=key),
                value=ast.Subscript(value=owner, slice=ast.Name(id=name)),
                generators=[ast.comprehension(target=ast.Name(id=target))],
            ):
                return key == name == target and self._are_funcargs(owner)
        return self._are_funcargs(node)

    def _are_funcargs(self, node: ast.expr) -> bool:
        match self._resolved(node):
            case ast.Attribute(value=owner, attr="funcargs"):
                return self._is_item(owner)
        return False

    def _is_object(self, node: ast.expr) -> bool:
        match self._resolved(node):
            case ast.Attribute(value=owner, attr=name):
                return name in _OBJECTS and self._is_item(owner)
        return False

    def _is_item(self, node: ast.expr) -> bool:
        found = self._resolved(node)
        return isinstance(found, ast.Name) and found.id == _ITEM

    def _resolved(self, node: ast.expr) -> ast.expr:
        """Return what a name was set to in the hook; else the node."""
        seen: set[str] = set()
        while isinstance(node, ast.Name) and node.id not in seen:
            seen.add(node.id)
            bindings = self.function.scope.names.get(node.id, [])
            if len(bindings) != 1 or bindings[0].value is None:
                break
            if bindings[0].kind != "assign":
                break
            node = bindings[0].value
        return node

    def _values(self, node: ast.expr) -> Values:
        return self.work.index.value(node, self._module)

    def _means(self, node: ast.expr, name: str) -> bool:
        return (
            isinstance(node, ast.Call)
            and not node.args
            and not node.keywords
            and self._values(node.func) == {External(name)}
        )

    def _is_life(self, node: ast.stmt) -> bool:
        return is_life_cycle(node, self._module, self.work.index)


_COROUTINE = "<coroutine>"


def _effects(runner: Runner, hook: Function, work: Work) -> tuple[bool, bool] | None:
    """Return whether tests share a loop, and whether a run leaves none behind."""
    if runner.form != COROUTINE or runner.limit or runner.declared:
        return None
    if runner.boundary == RUN or runner.rule == "AW103":
        return False, True
    if runner.boundary != COMPLETE:
        return None
    if runner.loop is None:
        return False, False
    loop = runner.loop
    if isinstance(loop.node, ast.ClassDef):
        return None
    maker = work.index.value(loop.node.func, loop.module)
    if maker == _FRESH and loop.scope is hook.scope:
        return False, False
    return (True, False) if maker in (_FRESH, _CURRENT) else None


def _wrapping(hook: Function, work: Work) -> Hook | None:
    """Read ``for item in items: item.obj = wrapped(item.obj)``."""
    loops = [each for each in hook.node.body if isinstance(each, ast.For)]
    for loop in loops:
        match loop:
            case ast.For(
                target=ast.Name(id=item),
                iter=ast.Name(id="items"),
                body=[ast.If(test=test, body=[statement], orelse=[])],
                orelse=[],
            ):
                runner = _wrapper(statement, item, hook.module, work)
                if runner and _asks(test, item, hook.module, work):
                    effects = _effects(runner, hook, work)
                    rest = [each for each in hook.node.body if not _is_text(each)]
                    gone = hook.node if rest == [loop] else loop
                    return Hook(hook, gone, ALL, *effects) if effects else None
    return None


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _asks(test: ast.expr, item: str, module: Module, work: Work) -> bool:
    """Whether a condition is that an item is a coroutine function."""
    match test:
        case ast.Call(func=func, args=[argument], keywords=[]):
            asked = work.index.value(func, module)
            return bool(asked & _QUESTIONS) and _is_object_of(argument, item)
        case ast.BoolOp(op=ast.And(), values=[ast.Call() as first, second]):
            # isinstance(item, pytest.Function) and ...
            is_check = getattr(first.func, "id", "") == "isinstance"
            return is_check and _asks(second, item, module, work)
    return False


def _is_object_of(node: ast.expr, item: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return name == item and attribute in _OBJECTS
    return False


def _wrapper(
    statement: ast.stmt, item: str, module: Module, work: Work
) -> Runner | None:
    match statement:
        case ast.Assign(
            targets=[ast.Attribute(value=ast.Name(id=name), attr="obj")],
            value=ast.Call(func=func, args=[argument], keywords=[]),
        ) if name == item and _is_object_of(argument, item):
            values = work.index.value(func, module)
            found = [work.runners.decorating(each) for each in values]
            if len(found) == 1 and found[0] is not None:
                return found[0].runner
    return None
