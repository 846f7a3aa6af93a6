"""Event loops that test classes keep: ``self.loop = asyncio.new_event_loop()``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import is_life_cycle, loops
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.sites import Sites
from awaitify_codemods.facts.values import Class, External, Function, Loop

_INSTALLERS = frozenset(
    {External("asyncio.set_event_loop"), External("asyncio.set_event_loop_policy")}
)


@dataclass(frozen=True, eq=False)
class Use:
    """A mention of a kept loop that is neither a drive nor its life cycle."""

    module: Module
    node: ast.Attribute

    @property
    def function(self) -> Function | None:
        """The method in which it stands, or in functions of it; None elsewhere."""
        around = self.module.enclosing(self.node)
        found = [each for each in around if isinstance(each, FUNCTIONS)]
        return Function(self.module, found[-1]) if found else None


@dataclass(frozen=True, eq=False)
class ClassLoop:
    """A loop that objects of a class keep for their tests."""

    owner: Class
    name: str
    makers: tuple[Function | None, ...]
    """The methods that make it; None for the body of the class."""
    making: tuple[tuple[Module, ast.Assign], ...]
    life: tuple[tuple[Module, ast.stmt], ...]
    """Statements that only install or end it."""
    others: tuple[Use, ...]
    going: tuple[Use, ...] = ()
    """Arguments that go: what they are given to takes no loop."""

    @property
    def is_running(self) -> bool:
        """Whether it is the loop that runs the tests, asked for by a coroutine."""
        return any(each is not None and each.is_async for each in self.makers)

    @property
    def is_shared(self) -> bool:
        """Whether it is made once for all tests of the class."""
        return any(
            each is None or each.node.name == "setUpClass" for each in self.makers
        )

    @property
    def gone(self) -> list[tuple[Module, ast.stmt]]:
        """The statements that go once nothing is driven any more."""
        making = [] if self.others else self.making
        return [*making, *self.life]


@dataclass(eq=False)
class ClassLoops:
    """Finds the loops that classes of the test code keep."""

    index: Index
    references: References
    sites: Sites
    test_code: frozenset[str]
    goes: Callable[[ast.AST, Module], bool]
    """Whether a mention of a loop goes once a loop runs."""

    @cached_property
    def all(self) -> list[ClassLoop]:
        """Every kept loop that something drives."""
        return list(dict.fromkeys(self._by_loop.values()))

    def of(self, loop: Loop) -> ClassLoop | None:
        """Return which class keeps a loop; None if none does."""
        return self._by_loop.get(loop)

    @cached_property
    def _by_loop(self) -> dict[Loop, ClassLoop]:
        driven = {drive.runner.loop for drive in self.sites.drives}
        found: dict[Loop, ClassLoop] = {}
        for loop in sorted(filter(None, driven), key=_place):
            if loop not in found and (kept := self._kept(loop)):
                for module, statement in kept.making:
                    for each in loops(self.index.value(statement.value, module)):
                        found[each] = kept
        return found

    def _kept(self, loop: Loop) -> ClassLoop | None:
        module = loop.module
        if module.path not in self.test_code:
            return None
        statement = module.parents[loop.node]
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return None
        target = statement.targets[0]
        name: str = getattr(target, "attr", getattr(target, "id", ""))
        owner = next(
            (
                each
                for each in module.enclosing(statement)
                if isinstance(each, ast.ClassDef)
            ),
            None,
        )
        on_self = isinstance(statement.targets[0], ast.Attribute)
        in_body = owner is not None and module.parents[statement] is owner
        if owner is None or not (on_self or in_body):
            return None
        return self._read(Class(module, owner), name, loop)

    def _read(self, owner: Class, name: str, loop: Loop) -> ClassLoop:
        family = self._family(owner)
        making = [
            (base.module, statement)
            for base in family
            for statement in _stores(base, name)
            if loops(self.index.value(statement.value, base.module))
        ]
        kept = {
            each
            for module, statement in making
            for each in loops(self.index.value(statement.value, module))
        } | {loop}
        methods = dict.fromkeys(method_of(module, each) for module, each in making)
        life: list[tuple[Module, ast.stmt]] = []
        others: list[Use] = []
        going: list[Use] = []
        for module, use in self._mentions(name, kept):
            statement = module.statement(use)
            if _drives(use, module):
                continue
            if self._is_life(statement, use, module):
                life.append((module, statement))
                continue
            found = Use(module, use)
            if found.function and found.function.node in self.sites.helpers:
                continue  # it goes with its last call
            # Nothing pins a coroutine function where an argument has to stay.
            pinned = found.function is not None and not found.function.is_async
            if pinned and self.goes(use, module):
                going.append(found)
            else:
                others.append(found)
        ending = (method_of(module, statement) for module, statement in life)
        for method in dict.fromkeys([*methods, *ending]):
            if method is not None and not method.is_async:
                life += self._installing(method)
        life += [
            (base.module, statement)
            for base in family
            for statement in _stores(base, name)
            if isinstance(statement.value, ast.Constant)
            and statement.value.value is None
        ]
        others += self._mentioned_abroad(owner, name)
        return ClassLoop(
            owner,
            name,
            tuple(methods),
            tuple(making),
            tuple(dict.fromkeys(life)),
            tuple(others),
            tuple(going),
        )

    def _family(self, owner: Class) -> list[Class]:
        above = [each for each in self.index.mro(owner) if isinstance(each, Class)]
        family = [*above, *self.references.subclasses(owner)]
        return [each for each in dict.fromkeys(family) if not foreign_name(each.module)]

    def _mentions(
        self, name: str, kept: set[Loop]
    ) -> Iterator[tuple[Module, ast.Attribute]]:
        for path in self.index.words.files_with(name):
            module = self.index.module(path) if path in self.test_code else None
            for use in module.uses.get(name, ()) if module else ():
                if module and isinstance(use, ast.Attribute):
                    if kept.intersection(self.index.value(use, module)):
                        yield module, use

    def _is_life(self, statement: ast.stmt, use: ast.Attribute, module: Module) -> bool:
        if is_life_cycle(statement, module, self.index):
            return True
        match statement:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(attr="addCleanup"), args=[given])
            ):
                return isinstance(given, ast.Attribute) and (
                    given.value is use and given.attr == "close"
                )
        return False

    def _installing(self, method: Function) -> Iterator[tuple[Module, ast.stmt]]:
        """``asyncio.set_event_loop(None)``, now or as a clean-up."""
        module = method.module
        for statement in method.node.body:
            match statement:
                case (
                    ast.Expr(
                        value=ast.Call(
                            func=ast.Attribute(attr="addCleanup"), args=[func, given]
                        )
                    )
                    | ast.Expr(value=ast.Call(func=func, args=[given]))
                ):
                    if isinstance(given, ast.Constant) and given.value is None:
                        callee = self.index.value(func, module)
                        if callee and callee <= _INSTALLERS:
                            yield module, statement

    def _mentioned_abroad(self, owner: Class, name: str) -> list[Use]:
        """Return uses by bases that are installed, which read what tests keep."""
        return [
            Use(base.module, use)
            for base in self.index.mro(owner)
            if isinstance(base, Class) and foreign_name(base.module)
            for use in base.module.uses.get(name, ())
            if isinstance(use, ast.Attribute)
        ]


def _stores(owner: Class, name: str) -> Iterator[ast.Assign]:
    """Yield the assignments to an attribute in a class."""
    module = owner.module
    for node in module.stores.get(name, ()):
        statement = module.parents[node]
        inside = any(each is owner.node for each in module.enclosing(node))
        if inside and isinstance(statement, ast.Assign):
            yield statement
    for statement in owner.node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=local)]) if local == name:
                yield statement


def method_of(module: Module, statement: ast.AST) -> Function | None:
    """Return the function in whose frame a statement stands; None in a class."""
    for outer in module.enclosing(statement):
        if isinstance(outer, FUNCTIONS):
            return Function(module, outer)
        if isinstance(outer, ast.ClassDef):
            return None
    return None


def _drives(use: ast.Attribute, module: Module) -> bool:
    parent = module.parents[use]
    return isinstance(parent, ast.Attribute) and parent.attr == "run_until_complete"


def _place(loop: Loop) -> tuple[str, int]:
    return loop.module.path, loop.node.lineno


def is_left_empty(function: Function, gone: set[ast.AST]) -> bool:
    """Whether nothing but a call of the base's own is left of a method."""
    name = function.node.name
    return any(each in gone for each in function.node.body) and all(
        statement in gone
        or isinstance(statement, ast.Pass)
        or is_super_call(statement, name)
        or (
            isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Constant)
        )
        for statement in function.node.body
    )


def is_super_call(statement: ast.stmt, name: str) -> bool:
    """``super().setUp()``, in any of its spellings."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=attr))):
            called = isinstance(owner, ast.Call) and spelled(owner.func) == "super"
            return called and attr == name
    return False
