"""What an await may wait for, for ever: by what it calls, through a project's code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from awaitify_codemods.bounds import primitives
from awaitify_codemods.bounds.awaits import Awaited, Awaits
from awaitify_codemods.bounds.limits import is_limited, is_within_limit
from awaitify_codemods.bounds.objects import Objects
from awaitify_codemods.facts.module import Module, every_argument, own_nodes, spelled
from awaitify_codemods.facts.values import (
    External,
    Function,
    Instance,
    Loop,
    Member,
    Values,
)
from awaitify_codemods.work import Work

_DEPTH = 6
_STEPS = 2000
"""How many functions are looked into, of a whole project."""


@dataclass(eq=False)
class Waits:
    """Answers for awaits and functions; remembers them."""

    work: Work
    awaits: Awaits
    objects: Objects
    _known: dict[ast.AST, str] = field(default_factory=dict)

    def of(self, awaited: Awaited, depth: int = 0) -> str:
        """Return what an await may wait for, for ever; "" if nothing is known."""
        if awaited.is_bounded:
            return ""
        if awaited.callee is not None:
            return self._of_callee(awaited.callee, awaited.module, None, depth)
        if awaited.value is None:
            return ""
        return self.of_value(awaited.value, awaited.module, depth)

    def of_value(self, node: ast.expr, module: Module, depth: int = 0) -> str:
        """Return the same for what is awaited."""
        match node:
            case ast.Call():
                return self._of_call(node, module, depth)
            case ast.IfExp(body=one, orelse=other):
                found = self.of_value(one, module, depth)
                return found or self.of_value(other, module, depth)
            case ast.NamedExpr(value=value):
                return self.of_value(value, module, depth)
        if is_cancelled(node, module):
            return ""
        for each in self.objects.of(node, module):
            if each.kind in primitives.FUTURES:
                if each.made is None or self._may_last(each.made, each.module, depth):
                    return each.kind
        return ""

    def _may_last(self, call: ast.Call, module: Module | None, depth: int) -> bool:
        """Whether a task may never be done: its coroutine may wait, or is not known."""
        match call.args:
            case [ast.Call() as first] if module and not call.keywords:
                values = self.work.index.value(first.func, module)
                if values and all(isinstance(each, Function) for each in values):
                    return bool(self._of_call(first, module, depth + 1))
                return values != {External("asyncio.sleep")}
        return True

    def _of_call(self, call: ast.Call, module: Module, depth: int) -> str:
        if is_limited(call):
            return ""
        values = self.work.index.value(call.func, module)
        for value in values:
            if isinstance(value, External):
                name = primitives.plain(value.name)
                if name in primitives.HANDING_ON:
                    return self._of_given(call, module, depth, name)
        if found := self._of_callee(call.func, module, call, depth):
            return found
        return self._of_result(call, module, depth)

    def _of_given(self, call: ast.Call, module: Module, depth: int, name: str) -> str:
        """Return what ``gather(a, *b)`` and the like may wait for."""
        if name == "asyncio.gather" and _ends(call, module):
            return ""
        for given in call.args:
            if isinstance(given, ast.Starred):
                return name
            listed = isinstance(given, (ast.List, ast.Set, ast.Tuple))
            if name == "asyncio.wait" and not listed:
                return name
            for each in getattr(given, "elts", [given]) if listed else [given]:
                if found := self.of_value(each, module, depth):
                    return found
        return ""

    def _of_callee(
        self, func: ast.expr, module: Module, call: ast.Call | None, depth: int
    ) -> str:
        values = self.functions(func, module)
        for value in values:
            match value:
                case Function():
                    if found := self.of_function(value, call, module, depth):
                        return found
                case Member(Loop(), name) if name in primitives.LOOP_METHODS:
                    return f"loop.{name}"
        if isinstance(func, ast.Attribute):
            is_known = not all(isinstance(each, External) for each in values)
            return self._of_method(func, module, is_known=is_known)
        return ""

    def functions(self, func: ast.expr, module: Module) -> Values:
        """Return what is called; by the annotation of a parameter, where it has one."""
        found = self.work.index.value(func, module)
        if not found and isinstance(func, ast.Attribute):
            owners = self.objects.owners(func.value, module)
            members = [self.work.index.member(Instance(o), func.attr) for o in owners]
            found = frozenset().union(*members)
        return found

    def _of_method(self, func: ast.Attribute, module: Module, *, is_known: bool) -> str:
        name, objects = func.attr, self.objects.of(func.value, module)
        for each in objects:
            if each.kind == primitives.COMMUNICATORS:
                if name in primitives.COMMUNICATING:
                    return f"{spelled(func)}"
            elif name in primitives.METHODS.get(each.kind, ()):
                if name == "put" and not self._is_small(func.value, module):
                    continue
                return f"{each.kind}.{name}"
        if objects or is_known or name not in primitives.UNMISTAKABLE:
            return ""
        return spelled(func) or name

    def _is_small(self, node: ast.expr, module: Module) -> bool:
        """Whether a queue was made with a size."""
        if not isinstance(node, ast.Name):
            return False
        scope = module.at[node].find(node.id)
        bindings = scope.names.get(node.id, ()) if scope else ()
        return any(
            isinstance(each.value, ast.Call)
            and bool(each.value.args or each.value.keywords)
            for each in bindings
        )

    def _of_result(self, call: ast.Call, module: Module, depth: int) -> str:
        """Return what a future or coroutine waits for that a sync function gives."""
        for each in self.objects.of(call, module):
            if each.kind in primitives.FUTURES and each.made is not call:
                return each.kind
        return ""

    def of_function(
        self, function: Function, call: ast.Call | None, module: Module, depth: int
    ) -> str:
        """Return what a function of the project may wait for when it is awaited."""
        node = function.node
        if node not in self._known:
            if depth > _DEPTH or len(self._known) > _STEPS:
                return ""
            self._known[node] = ""  # what a cycle finds
            found = next(self._of_body(function, depth + 1), "")
            self._known[node] = found and f"{node.name} ({_innermost(found)})"
        if self._known[node] or call is None:
            return self._known[node]
        return self._of_arguments(function, call, module, depth)

    def _of_arguments(
        self, function: Function, call: ast.Call, module: Module, depth: int
    ) -> str:
        """Return what a function waits for that awaits what it is given."""
        parameters = {each.arg for each in every_argument(function.node.args)}
        awaited = (each for each in self.awaits.of(function) if not each.is_bounded)
        if not any(
            isinstance(each.value, ast.Name)
            and each.value.id in parameters
            and not is_within_limit(each.node, function.module, self.work)
            for each in awaited
        ):
            return ""
        for given in (*call.args, *(each.value for each in call.keywords)):
            if not isinstance(given, ast.Starred):
                if found := self.of_value(given, module, depth + 1):
                    return found
        return ""

    def _of_body(self, function: Function, depth: int) -> Iterator[str]:
        module = function.module
        if not self.awaits.is_async(function):
            for each in module.returns.get(function.node, ()):
                if each.value is not None:
                    yield from filter(None, [self.of_value(each.value, module, depth)])
            return
        for awaited in self.awaits.of(function):
            found = self.of(awaited, depth)
            if found and not is_within_limit(awaited.node, module, self.work):
                yield found
        for node in own_nodes(function.node):
            if isinstance(node, (ast.AsyncFor, ast.AsyncWith, ast.While)):
                found = self._of_block(node, function, depth)
                if found and not is_within_limit(node, module, self.work):
                    yield found

    def _of_block(
        self,
        node: ast.AsyncFor | ast.AsyncWith | ast.While,
        function: Function,
        depth: int,
    ) -> str:
        """Return what the head of a statement waits for, or a loop that may not end."""
        module = function.module
        match node:
            case ast.While():
                inner = {each for part in node.body for each in ast.walk(part)}
                polls = any(each.node in inner for each in self.awaits.of(function))
                return "a loop that awaits" if polls else ""
            case ast.AsyncFor(iter=source):
                for each in self.objects.of(source, module):
                    if each.kind in (primitives.READER, primitives.SOCKET):
                        return each.kind
                return self.of_value(source, module, depth)
            case ast.AsyncWith(items=items):
                for item in items:
                    for each in self.objects.of(item.context_expr, module):
                        if each.kind in primitives.LOCKS:
                            return f"{each.kind}.acquire"
        return ""

    def is_over(self, awaited: Awaited) -> bool:
        """Whether what is awaited has been told to end."""
        value, module = awaited.value, awaited.module
        if isinstance(value, ast.Call):
            values = self.work.index.value(value.func, module)
            return values == {External("asyncio.gather")} and _ends(value, module)
        return value is not None and is_cancelled(value, module)

    def is_limiting(self, awaited: Awaited) -> bool:
        """Whether what is called gives a time-out to all that it awaits."""
        func = awaited.callee
        if isinstance(awaited.value, ast.Call):
            if is_limited(awaited.value):
                return True
            func = awaited.value.func
        if func is None:
            return False
        for value in self.work.index.value(func, awaited.module):
            if isinstance(value, Function):
                inner = self.awaits.of(value)
                if inner and all(self._is_limited(each) for each in inner):
                    return True
        return False

    def _is_limited(self, awaited: Awaited) -> bool:
        limited = isinstance(awaited.value, ast.Call) and is_limited(awaited.value)
        within = is_within_limit(awaited.node, awaited.module, self.work)
        return awaited.is_bounded or limited or within

    def is_named(self, awaited: Awaited, patterns: tuple[str, ...]) -> bool:
        """Whether a pattern of the user's fits what an await calls."""
        func = awaited.callee
        if isinstance(awaited.value, ast.Call):
            func = awaited.value.func
        if not patterns or func is None:
            return False
        names = [spelled(func), *self._names(func, awaited.module)]
        return any(fnmatchcase(name, each) for name in names for each in patterns)

    def _names(self, func: ast.expr, module: Module) -> Iterator[str]:
        for value in self.work.index.value(func, module):
            match value:
                case External(name):
                    yield name
                case Function(home):
                    path = home.path.removesuffix(".py").removesuffix("/__init__")
                    dotted = path.replace("/", ".").removeprefix("src.")
                    yield f"{dotted}.{value.name.replace('::', '.')}"
        if isinstance(func, ast.Attribute):
            for each in self.objects.of(func.value, module):
                yield f"{each.kind}.{func.attr}"


def is_cancelled(node: ast.expr, module: Module) -> bool:
    """Whether a task has been told to end by the time that it is awaited."""
    if not isinstance(node, ast.Name):
        return False
    return any(
        spelled(each) == f"{node.id}.cancel"
        and each.lineno <= node.lineno
        and module.at[each].frame is module.at[node].frame
        for each in module.uses.get("cancel", ())
    )


def _ends(call: ast.Call, module: Module) -> bool:
    """``gather(*tasks, return_exceptions=True)``, where tasks have been cancelled."""
    return any(each.arg == "return_exceptions" for each in call.keywords) and any(
        each.lineno <= call.lineno and module.at[each].frame is module.at[call].frame
        for each in module.uses.get("cancel", ())
    )


def _innermost(reason: str) -> str:
    return reason[reason.find("(") + 1 : -1] if reason.endswith(")") else reason
