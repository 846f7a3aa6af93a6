"""Which functions become ``async def``: the fixpoint over the test code's call graph.

A function is coloured if it drives a loop in its own frame or calls something
coloured. What cannot be async is left, with a reason, and so is all that depends
on it; the colouring is made again until nothing changes. Rolling back, reviewing,
suppressing and selecting are the same thing: more functions that are left.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.boundary import Boundaries
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope, spelled
from awaitify_codemods.facts.reach import Reach, frames_within
from awaitify_codemods.facts.references import Reference, References, is_unknown
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.sites import (
    Drive,
    Refusal,
    Sites,
    asserted,
    in_script_block,
    is_consumed,
)
from awaitify_codemods.facts.values import External, Function, Loop
from awaitify_codemods.leftovers import Leftovers
from awaitify_codemods.objections import Objections, is_test

_HANDED = "drive-in-callback"


@dataclass(frozen=True, eq=False)
class Colouring:
    """The result: who becomes async, who is left and why, and what joins them."""

    coloured: tuple[Function, ...]
    left: dict[Function, Refusal]
    awaits: tuple[Reference, ...] = ()
    """Calls of coloured functions in coloured functions."""
    bridges: tuple[Reference, ...] = ()
    """Calls of coloured functions that stay sync, and drive them themselves."""
    forms: dict[Drive, str] = field(default_factory=dict)
    """How each drive is awaited: plain, task, turn."""
    promoted: frozenset[Function] = frozenset()
    """Tests that drive nothing, but need a loop that runs."""
    shared: dict[Function, Loop] = field(default_factory=dict)
    """The module's loop that a function ran on, itself or through a helper."""


@dataclass(eq=False)
class Colourist:
    """Makes the colouring of a project.

    Args:
        pins: functions that stay sync, and why; what is rolled back, suppressed or
            not selected.
        test_code: the files that may become async.

    """

    index: Index
    runners: Runners
    sites: Sites
    reach: Reach
    references: References
    objections: Objections
    boundaries: Boundaries
    leftovers: Leftovers
    test_code: frozenset[str]
    pins: Callable[[Function], Refusal | None]
    left: dict[Function, Refusal] = field(default_factory=dict)
    promoted: set[Function] = field(default_factory=set)
    _handed: tuple[int, dict[str, str]] = field(default_factory=lambda: (-1, {}))
    _judged: dict[Function, Refusal | None] = field(default_factory=dict)
    _forms: dict[Drive, str | Refusal] = field(default_factory=dict)

    def colour(self) -> Colouring:
        """Return the largest colouring to which nothing objects."""
        while True:
            coloured = self._spread()
            objections = dict(self._object(coloured)) or self._useless(coloured)
            objections = objections or self._stranded(coloured)
            if not objections and coloured == self._spread():
                break
            self.left |= objections
        awaits, bridges = self._calls(coloured)
        ordered = _in_order(coloured)
        forms: dict[Drive, str] = {}
        for function in ordered:
            for drive in self.sites.by_frame.get(function.node, ()):
                form = self._form(drive)
                assert isinstance(form, str)
                forms[drive] = form
        shared = self._shared_loops(coloured, awaits)
        promoted = frozenset(self.promoted & coloured)
        return Colouring(
            tuple(ordered), self.left, awaits, bridges, forms, promoted, shared
        )

    # Spreading

    def _seeds(self) -> Iterator[Function]:
        for drive in self.sites.drives:
            node = drive.scope.node
            if isinstance(node, ast.FunctionDef):
                yield Function(drive.module, node)
        for site in self.sites.decorated:
            yield Function(site.module, site.node)
        yield from self.promoted

    def _spread(self) -> set[Function]:
        coloured: set[Function] = set()
        pending = [each for each in self._seeds() if each not in self.left]
        while pending:
            function = pending.pop()
            if function in coloured:
                continue
            coloured.add(function)
            for related in (
                *self._callers(function),
                *self.references.family(function),
            ):
                if related not in self.left and related not in coloured:
                    pending.append(related)
        return coloured

    def _callers(self, function: Function) -> Iterator[Function]:
        for reference in self.references.to(function):
            caller = self._caller(reference)
            if caller is not None:
                yield caller

    def _caller(self, reference: Reference) -> Function | None:
        """Return the sync function of the test code that would await a reference."""
        module = reference.module
        if module.path not in self.test_code:
            return None
        scope = reference.scope.frame
        asserted = raising(reference, self.index)
        if scope.kind == "lambda" and asserted is not None:
            scope = module.at[asserted].frame
        elif reference.call is None and asserted is None:
            return None
        if isinstance(scope.node, ast.FunctionDef):
            function = Function(module, scope.node)
            if scope.node not in self.sites.helpers:
                return function
        return None

    # Objecting

    def _object(self, coloured: set[Function]) -> Iterator[tuple[Function, Refusal]]:
        for function in _in_order(coloured):
            found = self._judge(function) or self._related(function, coloured)
            if found:
                yield function, found
        for function, refusal in self._coupled(coloured):
            yield function, refusal

    def _useless(self, coloured: set[Function]) -> dict[Function, Refusal]:
        """Refuse helpers of which no test that becomes async makes use."""
        reached = {each for each in coloured if is_test(each)}
        pending = list(reached)
        callees: dict[Function, set[Function]] = {}
        for function in _in_order(coloured):
            for caller in self._callers(function):
                callees.setdefault(caller, set()).add(function)
        while pending:
            function = pending.pop()
            related = {*callees.get(function, ()), *self.references.family(function)}
            for each in (related & coloured) - reached:
                reached.add(each)
                pending.append(each)
        return {each: self._reason_of_callers(each) for each in coloured - reached}

    def _stranded(self, coloured: set[Function]) -> dict[Function, Refusal]:
        """Promote what needs the current loop; refuse what would strand the rest."""
        if not any(self.leftovers.takes_loop(each) for each in coloured):
            self.promoted.clear()
            return {}
        needing = self.leftovers.needing(coloured)
        stays = [
            each
            for each in needing
            if each in self.left or not is_test(each) or self._judge(each)
        ]
        if not stays:
            self.promoted |= set(needing)
            return {}
        where = self.leftovers.where(stays[0])
        message = (
            f"{stays[0].name} stays sync and needs the current loop ({where}), "
            "which async tests take away"
        )
        return {
            each: Refusal("multi-loop", message)
            for each in coloured
            if self.leftovers.takes_loop(each)
        }

    def _reason_of_callers(self, function: Function) -> Refusal:
        for caller in self._callers(function):
            if caller in self.left:
                reason = self.left[caller]
                message = f"its callers stay sync: {reason.message}"
                return Refusal(reason.reason, message)
        return Refusal("helper-escapes", "no test that becomes async calls it")

    def _judge(self, function: Function) -> Refusal | None:
        if function not in self._judged:
            found = self.pins(function)
            if found is None and function.module.path not in self.test_code:
                found = Refusal("inner-loop", "it is not test code")
            found = found or self.objections.to(function)
            for drive in self.sites.by_frame.get(function.node, ()):
                form = self._form(drive)
                if isinstance(form, Refusal):
                    found = found or form
            self._judged[function] = found
        return self._judged[function]

    def _form(self, drive: Drive) -> str | Refusal:
        if drive not in self._forms:
            self._forms[drive] = self.boundaries.form(drive)
        return self._forms[drive]

    def _related(self, function: Function, coloured: set[Function]) -> Refusal | None:
        for member in self.references.family(function):
            if member in self.left:
                message = f"{member.name} stays: {self.left[member].message}"
                return Refusal(self.left[member].reason, message)
        for reference in self.references.to(function):
            found = self._misused(reference, function, coloured)
            if found:
                return found
        for reference in self.references.possible(function):
            if reference.module.path in self.test_code:
                where = f"{reference.module.path}:{reference.node.lineno}"
                message = f"{function.node.name} may be called on an object ({where})"
                return Refusal("helper-escapes", message)
        named = self.references.named_in_strings(function)
        if named and not is_test(function):
            message = f"a string names it ({named})"
            return Refusal("helper-escapes", message)
        return self._reaches_loop(function, coloured)

    def _misused(
        self, reference: Reference, function: Function, coloured: set[Function]
    ) -> Refusal | None:
        caller = self._caller(reference)
        name = function.node.name
        where = f"{reference.module.path}:{reference.node.lineno}"
        if caller is not None and caller in coloured:
            return self._lazy(reference)
        if reference.call is None:
            parent = reference.module.parents[reference.node]
            if isinstance(parent, (ast.List, ast.Tuple, ast.Dict, ast.Set)):
                return Refusal(
                    "dynamic-call", f"{name} is kept in a collection ({where})"
                )
            return Refusal("helper-escapes", f"{name} is handed on ({where})")
        if self.can_bridge(reference, function, coloured):
            return None
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

    def _lazy(self, reference: Reference) -> Refusal | None:
        scope = reference.scope
        comprehensions: list[ast.AST] = []
        while scope.kind == "comprehension" and scope.parent:
            comprehensions.append(scope.node)
            scope = scope.parent
        if len(comprehensions) > 1 or any(
            isinstance(node, ast.GeneratorExp)
            and not is_consumed(node, reference.module, self.index)
            for node in comprehensions
        ):
            return Refusal("drive-in-callback", "a generator is evaluated elsewhere")
        return None

    def can_bridge(
        self, reference: Reference, function: Function, coloured: set[Function]
    ) -> bool:
        """Whether a caller that stays sync can drive a coloured function itself."""
        if reference.call is None or self._spawning_frame(reference, coloured):
            return False
        module = reference.module
        if module.path not in self.test_code:
            return False
        frame = reference.scope.frame
        if frame.kind == "class":
            return False
        if frame.kind == "module" and not in_script_block(reference.node, module):
            return False
        if module.scope.names.get("asyncio") and not is_asyncio(module, self.index):
            return False
        return self._keeps_its_loop(function, coloured, set())

    def _spawning_frame(self, reference: Reference, coloured: set[Function]) -> bool:
        """Whether the call would run inside a loop: in a coroutine, or its lambda."""
        module = reference.module
        return any(
            isinstance(outer, ast.AsyncFunctionDef)
            or (isinstance(outer, FUNCTIONS) and Function(module, outer) in coloured)
            for outer in module.enclosing(reference.node)
        )

    def _keeps_its_loop(
        self, function: Function, coloured: set[Function], seen: set[Function]
    ) -> bool:
        """Whether each call ran on a loop of its own, as `asyncio.run` does."""
        if function in seen:
            return True
        seen.add(function)
        drives = self.sites.by_frame.get(function.node, ())
        if len(drives) > 1 or self.objections.loops(function).kept:
            # Several runs, or a loop handed on: what they share is not known.
            if any(drive.runner.loop for drive in drives):
                return False
        for drive in drives:
            loop = drive.runner.loop
            if loop is not None and (loop.kind != "new" or loop.scope.kind == "module"):
                return False
        return all(
            self._keeps_its_loop(called, coloured, seen)
            for call in function.scope.calls
            for called in self.index.value(call.func, function.module)
            if isinstance(called, Function) and called in coloured
        )

    def _reaches_loop(
        self, function: Function, coloured: set[Function]
    ) -> Refusal | None:
        """Refuse what calls or hands on sync code that starts a loop."""
        if function.is_async:
            return None  # it ran inside a loop before
        module = function.module
        for given in self._given_loops(function, coloured):
            return given
        for frame in frames_within(module, function.scope):
            if frame is not function.scope and isinstance(frame.node, FUNCTIONS):
                inner = Function(module, frame.node)
                if inner in coloured:
                    continue
            unknown = self._unknown_call(frame, module)
            if unknown:
                return unknown
            for node in _frame_nodes(frame.node):
                found = self._node_reaches_loop(node, module, coloured)
                if found:
                    return found
        return None

    def _unknown_call(self, frame: Scope, module: Module) -> Refusal | None:
        """Refuse calls of what is not known, where what drives is handed around."""
        for call in frame.calls:
            func = call.func
            if isinstance(func, ast.Attribute):
                continue  # by name, as methods are
            if not is_unknown(self.index.value(func, module)):
                continue
            handed = self._handed_around(module)
            if handed:
                message = f"it calls what is not known (line {call.lineno}): {handed}"
                return Refusal("dynamic-call", message)
            return None
        return None

    def _handed_around(self, module: Module) -> str:
        """Return what drives and is handed on in a file or in its conftests."""
        if len(self.left) != self._handed[0]:
            found: dict[str, str] = {}
            for function in self.left:
                for reference in self.references.to(function):
                    if reference.call is None:
                        found[reference.module.path] = (
                            f"{function.node.name} is handed on"
                        )
            for site in self.sites.left:
                if site.scope.kind == "lambda" or site.refusal.reason == _HANDED:
                    found[site.module.path] = "a runner is handed on"
            self._handed = (len(self.left), found)
        folder = module.path.rpartition("/")[0]
        for path, what in self._handed[1].items():
            above, _, name = path.rpartition("/")
            if path == module.path or (
                name == "conftest.py"
                and f"{folder}/".startswith(f"{above}/" if above else "")
            ):
                return what
        return ""

    def _given_loops(
        self, function: Function, coloured: set[Function]
    ) -> Iterator[Refusal]:
        """Yield what decorators and fixtures give to a test, and that starts a loop."""
        module = function.module
        decorated = [*function.node.decorator_list]
        if function.owner:
            decorated += function.owner.decorator_list
        for node in (each for d in decorated for each in ast.walk(d)):
            if self._hands_on_loop(node, module, coloured):
                yield Refusal("inner-loop", "its parameters start loops of their own")
        if not is_test(function):
            return
        for fixture in self.objections.context.fixtures.of(function):
            name = fixture.node.name
            for node in self._given(fixture):
                if self._is_runner(node, fixture.module):
                    continue  # the test's calls of it are drives
                if self._hands_on_loop(node, fixture.module, coloured):
                    message = f"what the fixture {name!r} gives starts a loop"
                    yield Refusal("inner-loop", message)

    def _given(self, fixture: Function) -> Iterator[ast.AST]:
        """Yield the parts of a fixture that its tests may call later."""
        module = fixture.module
        for node in ast.walk(fixture.node):
            if isinstance(node, (ast.Return, ast.Yield)) and node.value:
                yield from ast.walk(node.value)
            elif isinstance(node, ast.Lambda):
                yield from ast.walk(node)
            elif isinstance(node, ast.FunctionDef) and node is not fixture.node:
                if self.runners.helper(Function(module, node)) is None:
                    yield from ast.walk(node)

    def _is_runner(self, node: ast.AST, module: Module) -> bool:
        """``return asyncio.run``: the fixture is a runner."""
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return False
        values = self.index.value(node, module)
        returned = isinstance(module.parents[node], ast.Return)
        return returned and bool(values) and self.runners.of(values) is not None

    def _hands_on_loop(
        self, node: ast.AST, module: Module, coloured: set[Function]
    ) -> bool:
        """Whether an expression mentions, without calling it, what starts a loop."""
        if not isinstance(node, (ast.Name, ast.Attribute)) or node not in module.at:
            return False
        parent = module.parents[node]
        inside = module.at[node].frame.kind == "lambda"
        if isinstance(parent, ast.Call) and parent.func is node and not inside:
            return isinstance(parent.func, ast.Name) and bool(
                self._node_reaches_loop(node, module, coloured)
            )
        values = self.index.value(node, module)
        if values and self.runners.of(values) is not None:
            return True
        return self._node_reaches_loop(node, module, coloured) is not None

    def _node_reaches_loop(
        self, node: ast.Name | ast.Attribute, module: Module, coloured: set[Function]
    ) -> Refusal | None:
        values = self.index.value(node, module)
        for value in values:
            if value in coloured:
                continue
            if getattr(value, "node", None) in self.sites.helpers:
                if node in self._claimed or isinstance(
                    module.parents[node], ast.Assign
                ):
                    continue  # a drive, or an alias of the runner
            if getattr(value, "node", None) in self._driven_by_decorators:
                message = f"{spelled(node)} keeps the decorator that drives it"
                return Refusal("inner-loop", message)
            if not isinstance(value, Loop):
                started = self.reach.value_starts(value)
                if started:
                    message = f"{spelled(node)} starts a loop of its own ({started})"
                    return Refusal("inner-loop", message)
        parent = module.parents[node]
        if not isinstance(node, ast.Attribute) or not isinstance(parent, ast.Call):
            return None
        if is_unknown(values) and parent.func is node:
            started = self.reach.starting_methods.get(node.attr, "")
            started = started or self._staying_method(node.attr, coloured)
            if started:
                message = f"{spelled(node)} may start a loop ({started})"
                return Refusal("inner-loop", message)
        if node.attr == "invoke" and any(
            self.reach.invokes_commands(each)
            for each in self.index.value(node.value, module)
        ):
            if self.reach.under_test:
                return Refusal("inner-loop", "the command may start a loop")
        return None

    @cached_property
    def _claimed(self) -> frozenset[ast.AST]:
        """The mentions of runners that become awaits."""
        found: set[ast.AST] = set()
        for drive in self.sites.drives:
            found.add(drive.node.func)
            found |= set(drive.node.args[drive.keep : drive.keep + 1])
        return frozenset(found)

    @cached_property
    def _driven_by_decorators(self) -> frozenset[ast.AST]:
        return frozenset(site.node for site in self.sites.decorated)

    def _staying_method(self, name: str, coloured: set[Function]) -> str:
        """Return a method of the test code that stays sync and starts a loop."""
        for method in self._methods.get(name, ()):
            if method not in coloured and (started := self.reach.starts(method)):
                return started
        return ""

    @cached_property
    def _methods(self) -> dict[str, list[Function]]:
        """The methods of the test code, by name."""
        found: dict[str, list[Function]] = {}
        for path, module in list(self.index.modules.items()):
            for node in module.functions if module and path in self.test_code else ():
                if module and module.class_of(node):
                    found.setdefault(node.name, []).append(Function(module, node))
        return found

    # Loops of a module

    def _coupled(self, coloured: set[Function]) -> Iterator[tuple[Function, Refusal]]:
        """Those that share a module's loop move together or not at all."""
        sharing: dict[Loop, list[Function]] = {}
        for drive in self.sites.drives:
            loop = drive.runner.loop
            if loop is not None and loop.scope.kind == "module":
                node = drive.scope.node
                assert isinstance(node, ast.FunctionDef)
                sharing.setdefault(loop, []).append(Function(drive.module, node))
        for loop, functions in sharing.items():
            stays = [each for each in functions if each in self.left]
            refusal = self._other_uses(loop)
            if stays:
                message = f"{stays[0].name} stays on the same loop"
                refusal = Refusal("multi-loop", message)
            if refusal:
                yield from ((f, refusal) for f in functions if f in coloured)

    def _other_uses(self, loop: Loop) -> Refusal | None:
        module = loop.module
        parent = module.parents[loop.node]
        if not isinstance(parent, ast.Assign) or not isinstance(
            parent.targets[0], ast.Name
        ):
            return None
        name = parent.targets[0].id
        for use in module.references(module.scope, name):
            outer = module.parents[use]
            statement = module.parents.get(module.statement(use))
            if isinstance(outer, ast.Attribute) and outer.attr == "run_until_complete":
                continue
            if isinstance(statement, ast.Module) and isinstance(
                module.parents[outer], (ast.Expr, ast.Call)
            ):
                if isinstance(outer, (ast.Call, ast.Attribute)):
                    continue
            message = f"{name} is used for more than driving (line {use.lineno})"
            return Refusal("loop-asserted", message)
        return None

    def _shared_loops(
        self, coloured: set[Function], awaits: Iterable[Reference]
    ) -> dict[Function, Loop]:
        found: dict[Function, Loop] = {}
        for function in _in_order(coloured):
            for drive in self.sites.by_frame.get(function.node, ()):
                loop = drive.runner.loop
                if loop is not None and loop.scope.kind == "module":
                    found[function] = loop
        changed = True
        while changed:
            changed = False
            for reference in awaits:
                caller = self._caller(reference)
                for value in self.index.value(reference.node, reference.module):
                    if value in found and caller and caller not in found:
                        assert isinstance(value, Function)
                        found[caller] = found[value]
                        changed = True
        return found

    def _calls(
        self, coloured: set[Function]
    ) -> tuple[tuple[Reference, ...], tuple[Reference, ...]]:
        awaits: list[Reference] = []
        bridges: list[Reference] = []
        for function in _in_order(coloured):
            for reference in self.references.to(function):
                caller = self._caller(reference)
                if caller is not None and caller in coloured:
                    awaits.append(reference)
                else:
                    bridges.append(reference)
        return tuple(awaits), tuple(bridges)


def raising(reference: Reference, index: Index) -> ast.Call | None:
    """Return ``raises(E, f, ...)`` or ``raises(E, lambda: f())`` around a reference."""
    module = reference.module
    outer: ast.AST = reference.node
    if reference.call is not None:
        outer = module.parents[reference.call]
        if not isinstance(outer, ast.Lambda):
            return None
    parent = module.parents[outer]
    if not isinstance(parent, ast.Call):
        return None
    keep = asserted(parent, module, index)
    if keep and len(parent.args) > keep and parent.args[keep] is outer:
        if isinstance(module.parents[parent], ast.Expr):
            return parent
    return None


def _in_order(functions: Iterable[Function]) -> list[Function]:
    """Sort functions by place, so that every run decides and reports alike."""
    return sorted(functions, key=lambda each: (each.module.path, each.node.lineno))


def is_asyncio(module: Module, index: Index) -> bool:
    """Whether ``asyncio`` means asyncio at the top of a module."""
    return index.bound(module.scope, "asyncio", module) == {External("asyncio")}


def _frame_nodes(node: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    body = getattr(node, "body", [])
    pending: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while pending:
        each = pending.pop()
        if isinstance(each, (*FUNCTIONS, ast.Lambda)):
            continue
        if isinstance(each, (ast.Name, ast.Attribute)) and isinstance(
            each.ctx, ast.Load
        ):
            yield each
        pending.extend(ast.iter_child_nodes(each))
