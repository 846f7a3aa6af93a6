"""Mentions of what may start a loop where it is called."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.frameworks import overrides_settings
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.origins import origins
from awaitify_codemods.facts.reach.kept import dispatched, origin_starts
from awaitify_codemods.facts.reach.starters import invokes_commands, is_made_outside
from awaitify_codemods.facts.receivers import LOOKING
from awaitify_codemods.facts.references import is_unknown
from awaitify_codemods.facts.runners import ASYNC_TO_SYNC
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import (
    Class,
    Function,
    Instance,
    Loop,
    Partial,
    Value,
)
from awaitify_codemods.objections.definitions import XUNIT, is_test


@dataclass(frozen=True)
class Suspicion:
    """Why something must not run inside a loop, whoever else becomes async."""

    refusal: Refusal
    unless: Value | None = None
    """What lifts it by becoming async."""


def first(
    suspicions: Iterable[Suspicion],
    coloured: Container[object],
    left: Mapping[Function, Refusal],
) -> Refusal | None:
    """Return the first suspicion that stands."""
    for each in suspicions:
        if each.unless is None or each.unless not in coloured:
            if isinstance(each.unless, Function) and each.unless in left:
                # It would not start a loop any more, had it been chosen.
                holder = left[each.unless]
                if holder.reason == "outside-selection":
                    return holder
                if holder.reason == "pinned":
                    name, where = each.unless.node.name, each.unless.module.path
                    message = f"{name} stays sync ({where}): {holder.message}"
                    return Refusal("pinned", message)
            return each.refusal
    return None


@dataclass(eq=False)
class Suspects:
    """Judges names and attributes, each once for all colourings."""

    project: Project
    _known: dict[ast.AST, tuple[Suspicion, ...]] = field(default_factory=dict)

    def of(
        self, node: ast.Name | ast.Attribute, module: Module
    ) -> tuple[Suspicion, ...]:
        """Return what is suspected of a mention, in order."""
        if node not in self._known:
            self._known[node] = tuple(self._judge(node, module))
        return self._known[node]

    def _called_for(
        self, node: ast.Name | ast.Attribute, module: Module
    ) -> Function | None:
        """Return what is called to make the value of a name, if it is one function."""
        found = {
            value
            for origin, home in origins(node, module, self.project.index)
            for call in walk(origin)
            if isinstance(call, ast.Call)
            for value in self.project.index.value(call.func, home)
        }
        only = found.pop() if len(found) == 1 else None
        return only if isinstance(only, Function) else None

    def _judge(
        self, node: ast.Name | ast.Attribute, module: Module
    ) -> Iterator[Suspicion]:
        values = self.project.index.value(node, module)
        for value in values:
            if message := self._starts(value, node, module):
                yield Suspicion(Refusal("inner-loop", message), value)
        if is_made_outside(values):
            if started := origin_starts(node, module, self.project.reach):
                message = f"{spelled(node)} has what starts a loop ({started})"
                refusal = Refusal("inner-loop", message)
                yield Suspicion(refusal, self._called_for(node, module))
        yield from self._handed_on(node, module)
        yield from self._looked_up(node, module)
        parent = module.parents[node]
        if isinstance(node, ast.Attribute) and isinstance(parent, ast.Call):
            if parent.func is node and is_unknown(values):
                yield from self._by_name(node)
            if self._invokes(node, module):
                yield Suspicion(Refusal("inner-loop", "the command may start a loop"))

    def _starts(
        self, value: Value, node: ast.Name | ast.Attribute, module: Module
    ) -> str:
        """Return how a value starts a loop; "" if it does not."""
        definition = getattr(value, "node", None)
        runner = definition in self.project.sites.helpers
        runner = runner or self.project.runners.is_declared(value)
        if runner or isinstance(value, Partial):
            if node in self._claimed or isinstance(module.parents[node], ast.Assign):
                return ""  # a drive, or an alias of the runner
        if definition in self._driven_by_decorators:
            return f"{spelled(node)} keeps the decorator that drives it"
        if overrides_settings(value):
            return ""
        if isinstance(value, Loop) or (
            value == ASYNC_TO_SYNC and node in self._claimed
        ):
            return ""
        receiver = self._receiver(node, module)
        started = self.project.reach.value_starts(value, 0, receiver)
        return (
            f"{spelled(node)} starts a loop of its own ({started})" if started else ""
        )

    def _looked_up(
        self, node: ast.Name | ast.Attribute, module: Module
    ) -> Iterator[Suspicion]:
        """``getattr(app, "main")()``, ``methodcaller("main")(app)``."""
        reach, call = self.project.reach, module.parents[node]
        started = ""
        match call:
            case ast.Call(func=func, args=[of, name, *_]) if (
                func is node and spelled(node) == "getattr"
            ):
                started = dispatched(of, name, module, reach)
            case ast.Call(func=func, args=[ast.Constant(value=str(method)), *_]) if (
                func is node and spelled(node).endswith("methodcaller")
            ):
                started = reach.starting_methods.get(method, "")
        if started:
            message = f"what is looked up by name starts a loop ({started})"
            yield Suspicion(Refusal("inner-loop", message))

    def _handed_on(
        self, node: ast.Name | ast.Attribute, module: Module
    ) -> Iterator[Suspicion]:
        """Yield the methods of an object that is given to others, who may call them."""
        call = _taker(node, module)
        callee = self.project.index.value(call.func, module) if call else frozenset()
        if call is None or any(getattr(v, "name", "") in LOOKING for v in callee):
            return
        for value in self.project.index.value(node, module):
            owner = value.of if isinstance(value, Instance) else value
            if not isinstance(owner, Class):
                continue
            if owner.module.path not in self.project.test_code:
                continue
            for each in owner.node.body:
                if not isinstance(each, ast.FunctionDef) or each.name in XUNIT:
                    continue
                method = Function(owner.module, each)
                if is_test(method) or fixture_decorator(method, self.project.index):
                    continue
                if started := self.project.reach.starts(method, 0, owner):
                    message = f"who gets {spelled(node)} may start a loop ({started})"
                    yield Suspicion(Refusal("inner-loop", message), method)

    def _by_name(self, node: ast.Attribute) -> Iterator[Suspicion]:
        """Yield what a method may be, where its object is not known."""
        reach = self.project.reach
        found: list[tuple[str, Function | None]]
        if under_test := reach.starting_methods.get(node.attr):
            found = [(under_test, None)]
        else:
            found = [(reach.starts(m), m) for m in self._methods.get(node.attr, ())]
        for started, unless in found:
            if started:
                message = f"{spelled(node)} may start a loop ({started})"
                yield Suspicion(Refusal("inner-loop", message), unless)

    def _invokes(self, node: ast.Attribute, module: Module) -> bool:
        """``runner.invoke(command)``, where commands may start a loop."""
        return (
            node.attr == "invoke"
            and any(
                invokes_commands(each)
                for each in self.project.index.value(node.value, module)
            )
            and self.project.reach.has_any
        )

    def _receiver(self, node: ast.Name | ast.Attribute, module: Module) -> Class | None:
        """Return the class of the object of which a method is mentioned."""
        if isinstance(node, ast.Attribute):
            for value in self.project.index.value(node.value, module):
                if isinstance(value, Instance) and isinstance(value.of, Class):
                    return value.of
        return None

    @cached_property
    def _claimed(self) -> frozenset[ast.AST]:
        """The mentions of runners that become awaits."""
        found: set[ast.AST] = set()
        for drive in self.project.sites.drives:
            found.add(drive.node.func)
            if isinstance(drive.node.func, ast.Call):
                found.add(drive.node.func.func)  # async_to_sync(f)(x)
            found |= set(drive.node.args[drive.keep : drive.keep + 1])
            if drive.shape in ("clean-up", "finalizer"):
                found |= set(walk(drive.node))
        return frozenset(found)

    @cached_property
    def _driven_by_decorators(self) -> frozenset[ast.AST]:
        return frozenset(site.node for site in self.project.sites.decorated)

    @cached_property
    def _methods(self) -> dict[str, list[Function]]:
        """The methods of the test code, by name."""
        found: dict[str, list[Function]] = {}
        for path, module in list(self.project.index.modules.items()):
            if module is None or path not in self.project.test_code:
                continue
            for node in module.functions:
                if module.class_of(node):
                    found.setdefault(node.name, []).append(Function(module, node))
        return found


def _taker(node: ast.expr, module: Module) -> ast.Call | None:
    """Return the call that is given a class, or an object that is made of it."""
    below: ast.AST = node
    parent = module.parents[node]
    if isinstance(parent, ast.Call) and parent.func is node:
        below, parent = parent, module.parents[parent]
    while isinstance(parent, (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.keyword)):
        below, parent = parent, module.parents[parent]
    return parent if isinstance(parent, ast.Call) and parent.func is not below else None
