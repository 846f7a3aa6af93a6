"""Callables that drive a coroutine: known ones, and helpers recognised by body."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import is_life_cycle
from awaitify_codemods.facts.module import Module, dotted, every_argument
from awaitify_codemods.facts.values import (
    Anonymous,
    External,
    Function,
    Instance,
    Loop,
    Member,
    Partial,
    Value,
    Values,
)

COROUTINE, FUNCTION, FACTORY = "coroutine", "function", "factory"
RUN, COMPLETE = "run", "complete"


@dataclass(frozen=True)
class TimeLimit:
    """The ``wait_for`` that a runner puts around what it drives."""

    callee: str
    position: int | None
    """Where a caller may give the limit, among the arguments at the call."""
    parameter: str
    default: str
    """Source of the limit that holds where the caller gives none."""


@dataclass(frozen=True)
class Runner:
    """How a callable drives what it is given."""

    form: str
    """coroutine: ``run(f())``; function: ``run(f, *args)``; factory: ``run(f)``."""
    boundary: str
    """run: as ``asyncio.run`` ends; complete: as ``run_until_complete`` returns."""
    rule: str
    """Code of the rule that rewrites its calls."""
    loop: Loop | None = None
    """The loop it drives, if it does not make one for each call."""
    keyword: str = ""
    """Name of the parameter that takes the awaitable, if it may be given by name."""
    definition: Function | Anonymous | None = None
    """The helper, if it is defined in the project."""
    limit: TimeLimit | None = None
    returns: bool = True
    """Whether it hands on the result of what it drives."""
    drops: tuple[str, ...] = ()
    """Keyword arguments that mean the runner, not the coroutine."""


_ASYNCIO_RUN = Runner(COROUTINE, RUN, "AW101", keyword="main", drops=("debug",))
_KNOWN = {
    "asyncio.run": _ASYNCIO_RUN,
    "asyncio.runners.run": _ASYNCIO_RUN,
    "anyio.run": Runner(FUNCTION, RUN, "AW104", drops=("backend", "backend_options")),
}
# Longer bodies do more than drive.
_LONGEST = 12
_TASKS = frozenset({"asyncio.ensure_future", "asyncio.create_task"})
_SET_POLICY = frozenset({External("asyncio.set_event_loop_policy")})
_WRAPS = frozenset({"functools.wraps"})


@dataclass(eq=False)
class Runners:
    """Recognises runners and runner decorators; remembers what it found."""

    index: Index
    _helpers: dict[ast.AST, Runner | None] = field(default_factory=dict)
    _decorators: dict[ast.AST, RunnerDecorator | None] = field(default_factory=dict)

    def of(self, values: Values) -> Runner | None:
        """Return the runner if every value is one, and all drive alike."""
        return _merged({self._of(value) for value in values})

    def _of(self, value: Value) -> Runner | None:
        match value:
            case External(name):
                return _KNOWN.get(name)
            case Member(Loop() as loop, "run_until_complete"):
                return Runner(COROUTINE, COMPLETE, "AW102", loop, keyword="future")
            case Member(Instance(External("asyncio.Runner")), "run"):
                return Runner(COROUTINE, COMPLETE, "AW103", keyword="coro")
            case Function() | Anonymous():
                return self.helper(value)
            case Partial(module, node):
                # partial(asyncio.run, debug=False): what is fixed means nothing
                if len(node.args) == 1 and _are_defaults(node.keywords):
                    return self.of(self.index.value(node.args[0], module))
        return None

    def helper(self, function: Function | Anonymous) -> Runner | None:
        """Return how a project's function drives its argument, if it does only that."""
        if function.node not in self._helpers:
            self._helpers[function.node] = None  # what recursion finds
            if isinstance(function, Anonymous):
                found = self._driven(function, function.node.body)
            elif isinstance(function.node, ast.FunctionDef):
                found = self._body(function)
            else:
                found = None
            self._helpers[function.node] = found
        return self._helpers[function.node]

    def _body(self, function: Function) -> Runner | None:
        if len(function.node.body) > _LONGEST or not every_argument(function.node.args):
            return None
        known = {"staticmethod", "classmethod"}
        decorators = {dotted(each) for each in function.node.decorator_list}
        if not decorators <= known:
            return None
        drives = list(self._significant(function.node.body, function.module))
        if not drives or any(drive is None for drive in drives):
            return None
        found = _merged({self._driven(function, drive) for drive in drives if drive})
        if found is None:
            return None
        returned = all(_is_returned(drive, function.module) for drive in drives)
        return replace(found, returns=returned and found.returns)

    def _significant(
        self, body: list[ast.stmt], module: Module
    ) -> Iterator[ast.expr | None]:
        """Yield what each path through a body drives; None for anything else."""
        rest = [each for each in body if not self._is_idle(each, module)]
        match rest:
            case [ast.Return(value=ast.expr() as value)]:
                yield value
            case [ast.Expr(value=value)]:
                yield value
            case [
                ast.Assign(targets=[ast.Name(id=name)], value=value),
                ast.Return(value=ast.Name(id=returned)),
            ] if name == returned:
                yield value
            case [
                ast.Try(body=inner, handlers=[], orelse=[], finalbody=final),
                *after,
            ] if all(self._is_idle(each, module) for each in final):
                yield from self._significant([*inner, *after], module)
            case [ast.With(items=[item], body=inner), *after] if self._is_loop_block(
                item.context_expr, module
            ):
                yield from self._significant([*inner, *after], module)
            case [ast.If(test=test, body=inner, orelse=[*orelse]), *after] if (
                "version" in ast.dump(test)
            ):
                for branch in (inner, orelse):
                    ends = branch and isinstance(branch[-1], ast.Return)
                    path = branch if ends else [*branch, *after]
                    yield from self._significant(path, module)
            case _:
                yield None

    def _is_idle(self, node: ast.stmt, module: Module) -> bool:
        match node:
            case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Global():
                return True
            case ast.Expr(value=ast.Constant()):
                return True
            case ast.Expr(value=ast.Call(func=func, args=[ast.Constant(value=None)])):
                # To the default policy, as clean-ups do.
                if self.index.value(func, module) == _SET_POLICY:
                    return True
        return is_life_cycle(node, module, self.index)

    def _is_loop_block(self, node: ast.expr, module: Module) -> bool:
        """``with asyncio.Runner()`` or ``with closing(loop)``."""
        if not isinstance(node, ast.Call):
            return False
        callee = self.index.value(node.func, module)
        if callee == {External("asyncio.Runner")}:
            return not node.args and not node.keywords
        return callee == {External("contextlib.closing")}

    def _driven(self, function: Function | Anonymous, node: ast.expr) -> Runner | None:
        """Read ``RUNNER(parameter)`` in its variants."""
        if not isinstance(node, ast.Call) or not node.args:
            return None
        if not _are_defaults(node.keywords):
            return None
        inner = self.of(self.index.value(node.func, function.module))
        if inner is None or inner.form != COROUTINE or inner.limit is not None:
            return None
        outer = replace(inner, rule="AW105", definition=function, keyword="", drops=())
        if inner.loop is not None and inner.loop.scope is function.module.scopes.get(
            function.node
        ):
            # Made for each call, or fetched by it.
            own = inner.loop.kind == "new"
            outer = replace(outer, loop=None if own else inner.loop)
        return self._parameterised(function, outer, node.args[0])

    def _parameterised(
        self, function: Function | Anonymous, runner: Runner, node: ast.expr
    ) -> Runner | None:
        arguments = function.node.args
        names = [each.arg for each in every_argument(arguments)]
        if isinstance(function, Function) and _is_bound(function):
            names = names[1:]
        if not names:
            return None
        first = names[0]
        match node:
            case ast.Name(id=name) if name == first:
                return replace(runner, form=COROUTINE, keyword=first)
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if (
                name == first
            ):
                return replace(runner, form=FACTORY, keyword=first)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if (
                name == first and _passes_on(arguments, args, keywords)
            ):
                return replace(runner, form=FUNCTION)
            case ast.Call(func=func, args=[ast.Name(id=name), *_]) if name == first:
                return self._wrapped(function, runner, node, func, names)
        return None

    def _wrapped(
        self,
        function: Function | Anonymous,
        runner: Runner,
        node: ast.Call,
        func: ast.expr,
        names: list[str],
    ) -> Runner | None:
        callee = self.index.value(func, function.module)
        coroutine = replace(runner, form=COROUTINE, keyword=names[0])
        if callee and all(
            isinstance(each, External) and each.name in _TASKS for each in callee
        ):
            return coroutine
        if callee != {External("asyncio.wait_for")}:
            return None
        limit = node.args[1] if len(node.args) == 2 else None
        for keyword in node.keywords:
            if keyword.arg == "timeout" and limit is None:
                limit = keyword.value
        if limit is None:
            return None
        return replace(
            coroutine, limit=_limit(function.node.args, limit, names, dotted(func))
        )

    def decorator(self, function: Function) -> RunnerDecorator | None:
        """Return what a decorator does, if it only drives what it decorates."""
        if function.node not in self._decorators:
            self._decorators[function.node] = self._decorates(function)
        return self._decorators[function.node]

    def _decorates(self, function: Function) -> RunnerDecorator | None:
        arguments = every_argument(function.node.args)
        rest = [
            each
            for each in function.node.body
            if not self._is_idle(each, function.module)
        ]
        match rest:
            case [
                ast.FunctionDef() as wrapper,
                ast.Return(value=ast.Name(id=name)),
            ] if name == wrapper.name and len(arguments) == 1:
                pass
            case _:
                return None
        wraps = self._wraps(wrapper, function.module)
        if wraps is None or not (wrapper.args.vararg and wrapper.args.kwarg):
            return None
        drives = list(self._significant(self._prepared(wrapper), function.module))
        runners = [
            self._wrapper_drive(wrapper, drive, arguments[0].arg, function.module)
            for drive in drives
        ]
        first = runners[0] if runners else None
        if first is None or any(each is None for each in runners):
            return None
        return RunnerDecorator(function, first, wraps)

    def _prepared(self, wrapper: ast.FunctionDef) -> list[ast.stmt]:
        """Put ``coro = f(*a, **k)`` where the name is used: next to its drive."""
        body = list(wrapper.body)
        for number, statement in enumerate(body):
            match statement:
                case ast.Assign(
                    targets=[ast.Name()], value=ast.Call(args=[ast.Starred()])
                ):
                    return body[:number] + body[number + 1 :]
        return body

    def _wrapper_drive(
        self,
        wrapper: ast.FunctionDef,
        drive: ast.expr | None,
        decorated: str,
        module: Module,
    ) -> Runner | None:
        if not isinstance(drive, ast.Call) or not drive.args:
            return None
        runner = self.of(self.index.value(drive.func, module))
        if runner is None or runner.form != COROUTINE or runner.limit is not None:
            return None
        match _assigned_in(wrapper, drive.args[0]):
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if (
                name == decorated and _passes_on(wrapper.args, args, keywords, skip=0)
            ):
                return runner
        return None

    def _wraps(self, wrapper: ast.FunctionDef, module: Module) -> bool | None:
        """Whether a wrapper keeps name and signature; None if it does more."""
        if not wrapper.decorator_list:
            return False
        for decorator in wrapper.decorator_list:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            values = self.index.value(node, module)
            if not values or not all(
                isinstance(each, External) and each.name in _WRAPS for each in values
            ):
                return None
        return True


@dataclass(frozen=True)
class RunnerDecorator:
    """A decorator that makes a sync function of an async one by driving it."""

    definition: Function
    runner: Runner
    wraps: bool
    """Whether it keeps the name and signature (``functools.wraps``)."""


def _merged(found: set[Runner | None]) -> Runner | None:
    """Return the runner that stands for all, if they drive alike.

    Branches for old Pythons, and fall-backs: a helper of the project stands for
    what it falls back on, a loop for each call for one that is fetched.
    """
    known = {each for each in found if each is not None}
    alike = {(each.form, each.limit, each.returns) for each in known}
    if None in found or len(alike) != 1:
        return None
    return max(
        known,
        key=lambda each: (
            each.definition is not None,
            each.loop is None,
            each.boundary,
        ),
    )


def _is_returned(drive: ast.expr | None, module: Module) -> bool:
    return drive is None or not isinstance(module.parents.get(drive), ast.Expr)


def _are_defaults(keywords: list[ast.keyword]) -> bool:
    """Whether keyword arguments say what holds without them: ``debug=False``."""
    return all(
        each.arg == "debug"
        and isinstance(each.value, ast.Constant)
        and not each.value.value
        for each in keywords
    )


def _assigned_in(wrapper: ast.FunctionDef, node: ast.expr) -> ast.expr:
    """Return what a local name was set to: ``coro = f(*args)``; else the node."""
    for statement in wrapper.body if isinstance(node, ast.Name) else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if isinstance(node, ast.Name) and name == node.id:
                    return value
    return node


def _is_bound(function: Function) -> bool:
    decorators = {dotted(each) for each in function.node.decorator_list}
    return function.owner is not None and "staticmethod" not in decorators


def _passes_on(
    arguments: ast.arguments,
    args: list[ast.expr],
    keywords: list[ast.keyword],
    skip: int = 1,
) -> bool:
    """Whether a call hands on the function's own ``*args`` and ``**kwargs``."""
    rest = [each.arg for each in (*arguments.posonlyargs, *arguments.args)][skip:]
    expected: list[str] = []
    if rest and skip:
        return False
    if arguments.vararg:
        expected.append(f"*{arguments.vararg.arg}")
    if arguments.kwarg:
        expected.append(f"**{arguments.kwarg.arg}")
    given = [ast.unparse(each) for each in args]
    given += [
        f"**{ast.unparse(each.value)}" if each.arg is None else "=" for each in keywords
    ]
    return bool(expected) and given == expected


def _limit(
    arguments: ast.arguments, limit: ast.expr, names: list[str], callee: str
) -> TimeLimit | None:
    if not isinstance(limit, ast.Name) or limit.id not in names:
        return TimeLimit(callee, None, "", ast.unparse(limit))
    plain = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    default = ""
    if limit.id in plain:
        number = plain.index(limit.id) - len(plain) + len(arguments.defaults)
        if number >= 0:
            default = ast.unparse(arguments.defaults[number])
        return TimeLimit(callee, names.index(limit.id), limit.id, default)
    for argument, value in zip(
        arguments.kwonlyargs, arguments.kw_defaults, strict=True
    ):
        if argument.arg == limit.id and value is not None:
            default = ast.unparse(value)
    return TimeLimit(callee, None, limit.id, default)
