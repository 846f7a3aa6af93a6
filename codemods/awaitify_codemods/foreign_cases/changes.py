"""What becomes of a family: its set-ups, its loop, and what only the library knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from awaitify_codemods.facts.cases import SET_UPS
from awaitify_codemods.facts.foreign_cases import CHECKS, short
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.references import Reference, References
from awaitify_codemods.facts.set_ups import super_calls
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.foreign_cases.families import Family, first_parameter

SWITCHES = ("use_default_loop", "forbid_get_event_loop")
"""Class attributes by which asynctest is told what to do about loops."""


@dataclass(frozen=True, eq=False)
class LoopUse:
    """``self.loop`` in a method."""

    method: Function
    node: ast.Attribute
    owner: str
    """The name by which the method knows its object."""

    @property
    def frame(self) -> ast.AST:
        """The function, lambda or class in whose frame it stands."""
        return self.method.module.at[self.node].frame.node


@dataclass(frozen=True, eq=False)
class SetUp:
    """An ``async def setUp`` or ``tearDown`` that the library awaits."""

    function: Function
    above: frozenset[Function | None]
    """What ``super()`` calls there, in any case; None where it is the library's."""
    supers: tuple[ast.Call, ...]
    others: tuple[Reference, ...]
    """What else mentions it."""

    @property
    def new_name(self) -> str:
        """How unittest calls it."""
        return SET_UPS[self.function.node.name]

    @property
    def stays_above(self) -> bool:
        """Whether a base's own is sync, and runs by itself afterwards."""
        return any(each is not None and not each.is_async for each in self.above)


@dataclass(frozen=True, eq=False)
class Changes:
    """All that a family's change takes, beside the bases."""

    family: Family
    set_ups: tuple[SetUp, ...] = ()
    loops: tuple[LoopUse, ...] = ()
    switches: tuple[tuple[Module, ast.Assign | ast.AnnAssign], ...] = ()
    checks: tuple[tuple[Module, ast.ClassDef | ast.FunctionDef, int], ...] = ()
    """Decorators that ask for checks: what they stand on, and which they are."""
    cleanups: tuple[tuple[Module, ast.Call], ...] = ()
    """``self.addCleanup(coroutine_function)``."""
    loop_makers: tuple[Function, ...] = ()
    """Methods that only tell aiounittest to make a loop."""

    @property
    def shares_loop(self) -> bool:
        """Whether tests may share the loop that asyncio gives at first."""
        return "aiounittest" in self.family.libraries or any(
            _name_of(statement) == "use_default_loop"
            and not (isinstance(each, ast.Constant) and not each.value)
            for _, statement in self.switches
            for each in [statement.value]
        )

    def within(self, owner: Class) -> bool:
        """Whether something changes in a class."""
        return any(
            each is owner.node
            for module, node in self.touched()
            for each in (node, *module.enclosing(node))
        )

    def touched(self) -> Iterator[tuple[Module, ast.AST]]:
        """Yield the places of all edits."""
        for owner, _, _ in self.family.roots:
            yield owner.module, owner.node
        for set_up in self.set_ups:
            function = set_up.function
            yield function.module, function.node
            for call in set_up.supers:
                yield function.module, call
            for reference in set_up.others:
                yield reference.module, reference.node
        for use in self.loops:
            yield use.method.module, use.node
        yield from self.switches
        for module, node, _ in self.checks:
            yield module, node
        yield from self.cleanups
        for maker in self.loop_makers:
            yield maker.module, maker.node


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads what a family's change takes."""

    index: Index
    references: References

    def read(self, family: Family) -> Changes:
        """Return the changes of a family, possible or not."""
        by_asynctest = "asynctest" in family.libraries
        return Changes(
            family,
            tuple(self._set_ups(family)) if by_asynctest else (),
            tuple(_loops(family)) if by_asynctest else (),
            tuple(_switches(family)) if by_asynctest else (),
            tuple(self._checks(family)) if by_asynctest else (),
            tuple(self._cleanups(family)),
            () if by_asynctest else tuple(_loop_makers(family)),
        )

    def chain(self, case: Class, name: str) -> list[Function]:
        """Return the definitions of a method, as ``super()`` finds them."""
        found = []
        for base in self.index.mro(case):
            if isinstance(base, Class):
                for binding in base.module.scopes[base.node].names.get(name, ()):
                    if isinstance(binding.node, FUNCTIONS):
                        found.append(Function(base.module, binding.node))
                        break
        return found

    def _set_ups(self, family: Family) -> Iterator[SetUp]:
        above: dict[Function, dict[Function | None, None]] = {}
        for case in family.cases:
            for name in SET_UPS:
                chain = self.chain(case, name)
                for one, other in zip_longest(chain, chain[1:]):
                    above.setdefault(one, {})[other] = None
        for function, after in above.items():
            if function.is_async:
                supers = super_calls(function)
                others = [
                    each
                    for each in self.references.to(function)
                    if each.call is None or not _is_super(each.call)
                ]
                yield SetUp(function, frozenset(after), tuple(supers), tuple(others))

    def _checks(
        self, family: Family
    ) -> Iterator[tuple[Module, ast.ClassDef | ast.FunctionDef, int]]:
        nodes = [(each.module, each.node) for each in family.classes]
        nodes += [(each.module, each.node) for each in family.methods()]  # type: ignore[misc]
        for module, node in nodes:
            for number, decorator in enumerate(node.decorator_list):
                if self.is_check(decorator, module):
                    yield module, node, number

    def is_check(self, decorator: ast.expr, module: Module) -> bool:
        """Whether a decorator asks for checks of the loop."""
        values = self.index.value(decorator, module)
        return bool(values) and all(
            isinstance(value, External)
            and short(value.name).removesuffix("()") in CHECKS
            for value in values
        )

    def _cleanups(self, family: Family) -> Iterator[tuple[Module, ast.Call]]:
        for method, use in family.mentions("addCleanup"):
            call = method.module.parents[use]
            if isinstance(call, ast.Call) and call.func is use and call.args:
                values = self.index.value(call.args[0], method.module)
                if values and all(
                    isinstance(value, Function) and value.is_async for value in values
                ):
                    yield method.module, call


def _is_super(call: ast.Call) -> bool:
    func = call.func
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call)


def _loops(family: Family) -> Iterator[LoopUse]:
    for method, use in family.mentions("loop"):
        yield LoopUse(method, use, first_parameter(method))


def _switches(
    family: Family,
) -> Iterator[tuple[Module, ast.Assign | ast.AnnAssign]]:
    for owner in family.classes:
        for statement in owner.node.body:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id=name)])
                    | ast.AnnAssign(target=ast.Name(id=name))
                ) if name in SWITCHES:
                    yield owner.module, statement


def _name_of(statement: ast.Assign | ast.AnnAssign) -> str:
    """Return the name that a statement in a class binds."""
    target = (
        statement.target
        if isinstance(statement, ast.AnnAssign)
        else statement.targets[0]
    )
    return target.id if isinstance(target, ast.Name) else ""


def _loop_makers(family: Family) -> Iterator[Function]:
    for method in family.methods():
        if method.node.name == "get_event_loop":
            yield method
