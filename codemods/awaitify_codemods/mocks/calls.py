"""What calls do: of functions, classes, mocks, and of what only has a name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from awaitify_codemods.facts.values import Anonymous, Class, Function
from awaitify_codemods.mocks.facts import ESCAPED, LOOKED_AT
from awaitify_codemods.mocks.machine import Exhausted, Raised
from awaitify_codemods.mocks.values import (
    NONE,
    TEXT,
    Applied,
    Callable_,
    Called,
    ClassObject,
    Frame,
    FutureObject,
    Items,
    Mapping,
    Mock,
    MockClass,
    Native,
    Object,
    Opaque,
    Suspended,
    Value,
    alternatives,
    joined,
)

if TYPE_CHECKING:
    from awaitify_codemods.mocks.execution import Execution

_DEPTH = 15
_RECURSION = 2
_TEXTS = frozenset(
    f"builtins.{name}"
    for name in "str repr bytes int float bool len round abs hash format".split()
)
"""Functions that return a text or a number."""


class Calls:
    """Calls what can be called."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._machine = execution.machine
        self._handlers: dict[type[object], Callable[..., Value]] = {
            Callable_: self._function,
            Mock: self._mock,
            MockClass: self._make,
            ClassObject: self._instance,
            Applied: self._applied,
            Native: self._native,
            Object: self._object,
            Called: self._called,
            Opaque: self._opaque,
        }

    def evaluated(self, node: ast.Call, frame: Frame) -> Value:
        """Evaluate a call."""
        expressions = self._execution.expressions
        callee = expressions.value(node.func, frame)
        if isinstance(callee, Native) and callee.name == "builtins.super":
            return self._execution.natives.parent(frame)
        args, keywords, is_open = self._arguments(node, frame)
        found = alternatives(callee)
        if len(found) == 1:
            return self.call(callee, args, keywords, node, frame, is_open)
        results = []
        with self._machine.condition():
            for one in found:
                call = partial(self.call, one, args, keywords, node, frame, is_open)
                value = self._execution.guarded(call)
                results.append(value)
        return joined(results)

    def _arguments(
        self, node: ast.Call, frame: Frame
    ) -> tuple[list[Value], dict[str, Value], bool]:
        expressions = self._execution.expressions
        args: list[Value] = []
        is_open = False
        for argument in node.args:
            value = expressions.value(argument, frame)
            if not isinstance(argument, ast.Starred):
                args.append(value)
            elif isinstance(value, Items) and not value.is_open:
                args += value.items
            else:
                is_open = True
                if isinstance(value, Items):
                    args += value.items
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = expressions.value(keyword.value, frame)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            elif isinstance(value, Mapping):
                is_open = is_open or value.is_open
                keywords.update({str(k): v for k, v in value.items.items()})
            else:
                is_open = True
        return args, keywords, is_open

    def call(
        self,
        callee: Value,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool = False,
    ) -> Value:
        """Call a value."""
        self._machine.step()
        handler = self._handlers.get(type(callee))
        if handler is not None:
            return handler(callee, args, keywords, node, frame, is_open)
        for value in (*args, *keywords.values()):
            self._execution.expressions.escape(value, node, frame)
        return Opaque()

    def _mock(
        self,
        callee: Mock,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool,
    ) -> Value:
        return self._execution.mocks.call(callee, args, keywords, node, frame)

    def _applied(
        self,
        callee: Applied,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool,
    ) -> Value:
        keywords = {**callee.keywords, **keywords}
        args = [*callee.args, *args]
        return self.call(callee.function, args, keywords, node, frame, is_open)

    def _native(
        self,
        callee: Native,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool,
    ) -> Value:
        return self._execution.natives.call(callee, args, keywords, node, frame)

    def _object(
        self,
        callee: Object,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool,
    ) -> Value:
        if callee.of is not None:
            lookups = self._execution.lookups
            method = lookups.of_class(callee.of, "__call__", callee, node, frame)
            if method is not None:
                return self.call(method, args, keywords, node, frame, is_open)
        for value in (*args, *keywords.values()):
            self._execution.expressions.escape(value, node, frame)
        return Opaque()

    def _called(
        self,
        callee: Called,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool,
    ) -> Value:
        value = self._execution.expressions.plain(callee, node, frame)
        return self.call(value, args, keywords, node, frame, is_open)

    def _opaque(
        self,
        callee: Opaque,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool,
    ) -> Value:
        awaiting, expressions = self._execution.awaiting, self._execution.expressions
        last = callee.name.rpartition(".")[2]
        if how := awaiting.consumes(callee):
            given = [*args, *(keywords.get(each) for each in ("coro", "main", "fut"))]
            known = [each for each in given if each is not None]
            return awaiting.consumed(how, callee, known, node, frame)
        if last == "create_future" and not args and not keywords:
            return FutureObject(frame.module, node)
        if last in ("to_thread", "run_in_executor"):
            return self._in_thread(last, args, keywords, node, frame)
        if callee.name.startswith(("inspect.", "types.", "functools.")):
            self._machine.asked_for_kind(args)
        if callee.name in _TEXTS:
            told = [*args, *keywords.values()]
            self._machine.forgets(told)
            for value in told:
                expressions.plain(value, node, frame, LOOKED_AT)
            return Opaque(TEXT)
        for value in (*args, *keywords.values()):
            expressions.escape(value, node, frame)
        if last in ("enter_context", "enterContext", "enter_async_context") and args:
            return self._execution.patching.applied_first(args[0])
        if last == "addCleanup":
            return NONE
        return Opaque(f"{callee.name}()" if callee.name else "")

    def _in_thread(
        self,
        name: str,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        function, *given = args[name == "run_in_executor" :] or [Opaque()]
        with self._machine.condition():
            value = self.call(function, given, keywords, node, frame)
        value = self._execution.expressions.plain(value, node, frame)
        return Items([], True) if isinstance(value, Suspended) else Opaque()

    def _make(
        self,
        made: MockClass,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool,
    ) -> Value:
        if not isinstance(node, ast.Call):
            return Opaque()
        form = "helper" if made.home_made else "call"
        return self._execution.mocks.make(made, node, args, keywords, frame, form)

    # Functions.

    def _function(
        self,
        callee: Callable_,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool,
    ) -> Value:
        function = callee.function
        if callee.bound is not None:
            args = [callee.bound, *args]
        names = self._bound(callee, args, keywords, is_open)
        given = _given(function, args, keywords)
        if callee.is_context:
            return Suspended(callee, names, "context", frame.module, node, given)
        kind = _kind(function)
        if kind:
            made = Suspended(callee, names, kind, frame.module, node, given)
            if kind == "coroutine":
                self._machine.coroutines.append(made)
            return made
        return self._run(callee, names, given, None)

    def run(
        self, suspended: Suspended, on_yield: Callable[[Value], Value] | None = None
    ) -> Value:
        """Run the body of a coroutine or of a generator."""
        suspended.awaited = True
        names, given = suspended.names, suspended.given
        return self._run(suspended.function, names, set(given), on_yield)

    def _run(
        self,
        callee: Callable_,
        names: dict[str, Value],
        given: set[str],
        on_yield: Callable[[Value], Value] | None,
    ) -> Value:
        machine, function = self._machine, callee.function
        active = machine.active.get(function.node, 0)
        if machine.depth >= _DEPTH or active >= _RECURSION:
            machine.findings.cut.add(machine.test)
            if function.module.path in machine.tests:
                machine.findings.incomplete.add(machine.test)
            machine.forgets(names.values())
            return Opaque()
        frame = Frame(function.module, function.node, callee.closure, dict(names))
        frame.owner, frame.on_yield = callee.owner, on_yield
        frame.filled = given
        machine.touched.add(function.module)
        machine.findings.entered.add(function.node)
        machine.findings.entered_by.setdefault(function.node, set()).add(machine.test)
        machine.depth += 1
        machine.active[function.node] = active + 1
        conditions = machine.mark()
        machine.open_conditions += callee.doubtful
        try:
            result = self._body(callee, frame)
        except Raised:
            machine.reset(conditions)
            if frame.result is None:
                raise
            # It may have returned before.
            frame.may_have_raised, result = True, frame.result
        except Exhausted:
            machine.reset(conditions)
            raise
        finally:
            machine.depth -= 1
            machine.active[function.node] = active
        machine.reset(conditions)
        if frame.may_have_raised:
            machine.may_have_raised()
        return result

    def _body(self, callee: Callable_, frame: Frame) -> Value:
        function = callee.function
        if isinstance(function, Anonymous):
            return self._execution.expressions.value(function.node.body, frame)
        patchers = self._execution.patching.of_function(function, frame)
        for patcher in patchers:
            self._execution.patching.applied_to(patcher, function, frame)
        try:
            outcome = self._execution.statements.block(function.node.body, frame)
        finally:
            for patcher in reversed(patchers):
                self._execution.patching.undone(patcher)
        result = frame.result
        if outcome != "returned":
            result = NONE if result is None else joined((result, NONE))
        return result if result is not None else NONE

    def _bound(
        self,
        callee: Callable_,
        args: Sequence[Value],
        keywords: dict[str, Value],
        is_open: bool,
    ) -> dict[str, Value]:
        """Return the parameters of a function by name."""
        parameters = callee.function.node.args
        plain = [*parameters.posonlyargs, *parameters.args]
        names: dict[str, Value] = {}
        for parameter, value in zip(plain, args, strict=False):
            names[parameter.arg] = value
        rest = list(args[len(plain) :])
        if parameters.vararg:
            names[parameters.vararg.arg] = Items(rest, is_open, False)
        others: dict[object, Value] = {}
        known = {each.arg for each in (*plain, *parameters.kwonlyargs)}
        for name, value in keywords.items():
            if name in known:
                names[name] = value
            else:
                others[name] = value
        if parameters.kwarg:
            names[parameters.kwarg.arg] = Mapping(others, is_open)
        defaults = self._defaults(callee, is_open)
        for parameter in (*plain, *parameters.kwonlyargs):
            if parameter.arg not in names:
                names[parameter.arg] = defaults(parameter.arg)
        return names

    def _defaults(self, callee: Callable_, is_open: bool) -> Callable[[str], Value]:
        parameters = callee.function.node.args
        plain = [*parameters.posonlyargs, *parameters.args]
        nodes: dict[str, ast.expr] = {}
        if parameters.defaults:
            last = plain[-len(parameters.defaults) :]
            nodes.update(
                {p.arg: d for p, d in zip(last, parameters.defaults, strict=False)}
            )
        for parameter, default in zip(
            parameters.kwonlyargs, parameters.kw_defaults, strict=False
        ):
            if default is not None:
                nodes[parameter.arg] = default

        def default_of(name: str) -> Value:
            if is_open or name not in nodes:
                return Opaque()
            module = callee.function.module
            frame = callee.closure or Frame(module, module.tree, is_function=False)
            return self._execution.expressions.value(nodes[name], frame)

        return default_of

    # Classes.

    def _instance(
        self,
        callee: ClassObject,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
        is_open: bool,
    ) -> Value:
        of, lookups = callee.of, self._execution.lookups
        made = Object(of, {}, self._machine.forks)
        initialise = lookups.of_class(of, "__init__", made, node, frame)
        if isinstance(initialise, Callable_):
            self._function(initialise, args, keywords, node, frame, is_open)
            return made
        for name, value in self._fields(of, args, keywords):
            made.attributes[name] = value
        for value in (*args, *keywords.values()):
            for one in alternatives(value):
                if isinstance(one, Called):
                    self._machine.use(one.mock, ESCAPED, node, frame)
        after = lookups.of_class(of, "__post_init__", made, node, frame)
        if isinstance(after, Callable_):
            self._function(after, [], {}, node, frame, False)
        return made

    def _fields(
        self, of: Class, args: list[Value], keywords: dict[str, Value]
    ) -> list[tuple[str, Value]]:
        """Return the fields of a dataclass, or of what is like one."""
        names: list[str] = []
        for base in reversed(self._machine.index.mro(of)):
            if isinstance(base, Class):
                for statement in base.node.body:
                    if isinstance(statement, ast.AnnAssign):
                        if isinstance(statement.target, ast.Name):
                            if statement.target.id not in names:
                                names.append(statement.target.id)
        found = list(zip(names, args, strict=False))
        return [*found, *((n, v) for n, v in keywords.items() if n in names)]


def _given(
    function: Function | Anonymous, args: Sequence[Value], keywords: dict[str, Value]
) -> set[str]:
    """Return the parameters that a call gives; what patches give comes after them."""
    parameters = function.node.args
    plain = [*parameters.posonlyargs, *parameters.args]
    return {*(each.arg for each in plain[: len(args)]), *keywords}


def _kind(function: Function | Anonymous) -> str:
    """Return what a call makes in place of running: a coroutine, a generator."""
    if isinstance(function, Anonymous):
        return ""
    kinds = function.module.kinds(function.node)
    if ast.Yield in kinds or ast.YieldFrom in kinds:
        return "generator"
    return "coroutine" if function.is_async else ""
