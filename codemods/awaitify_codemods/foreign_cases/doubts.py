"""Why a family stays: what unittest's own class would do otherwise."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.cases import ISOLATED, SET_UPS, TEST_CASES
from awaitify_codemods.facts.current import CurrentLoop
from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.foreign_cases import (
    CASES,
    CHECKS,
    CLOCKED,
    WITHOUT_TWIN,
    Mention,
    case_of,
    mentions,
    short,
)
from awaitify_codemods.facts.module import FUNCTIONS, Binding, Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import (
    NOTHING,
    Class,
    External,
    Function,
    Instance,
    Value,
)
from awaitify_codemods.foreign_cases import loop_doubts, set_up_doubts
from awaitify_codemods.foreign_cases.changes import Changes, Reader
from awaitify_codemods.objections import classes
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.decorators import decorators

_KNOWN = classes.PLAIN_BASES | TEST_CASES
# What asynctest's class does by methods of its own.
_INNER = frozenset(
    "_init_loop _unset_loop _patch_loop _setUp _tearDown _run_test_method _checker "
    "doCleanups".split()
)
_ASSERTIONS = frozenset(
    "assertAsyncRaises assertAsyncRaisesRegex assertAsyncWarns "
    "assertAsyncWarnsRegex".split()
)
_DATA = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.BinOp)
_KEEPING = (*CHECKS, "asynctest.patch", "asynctest.skip", "asynctest.expectedFailure")


@dataclass(frozen=True, eq=False)
class Doubts:
    """Judges families, apart from what the user chose."""

    context: Context
    reader: Reader
    current: CurrentLoop

    def about(self, changes: Changes) -> Refusal | None:
        """Return the first reason why a family stays."""
        checks: tuple[Callable[[Changes], Iterator[Refusal]], ...] = (
            self._bases,
            self._unread,
            self._mixins,
            self._mentions,
            self._inner,
            self._entries,
            self._class_set_ups,
            lambda each: set_up_doubts.doubts(each, self.reader),
            lambda each: loop_doubts.doubts(each, self.context),
            self._made_loops,
        )
        return next((found for check in checks for found in check(changes)), None)

    def _bases(self, changes: Changes) -> Iterator[Refusal]:
        if len(changes.family.libraries) > 1:
            yield Refusal("foreign-base", "its classes are of two libraries")
        for owner, _, said in changes.family.roots:
            library = said.partition(".")[0]
            if self.context.index.is_local(library, owner.module.path):
                yield Refusal("foreign-base", f"{library} is the project's own")
        for case in changes.family.cases:
            name = case.node.name
            for base in self.context.index.mro(case):
                if base is None:
                    yield Refusal("foreign-base", f"a base of {name} is not known")
                elif isinstance(base, External):
                    yield from _external(base, name)
                elif found := classes.peculiar(base):
                    yield found
                elif foreign_name(base.module) and base.module.uses.get("loop"):
                    message = f"{base.node.name} may use the loop of {name}"
                    yield Refusal("foreign-base", message)

    def _unread(self, changes: Changes) -> Iterator[Refusal]:
        """Yield files that may derive from a class, but cannot be read."""
        index = self.context.index
        for case in changes.family.cases:
            for path in index.words.carriers(case.node.name, case.module.path):
                if path in self.context.reach.test_code and index.module(path) is None:
                    yield Refusal("unresolved-import", f"{path} cannot be read")

    def _mixins(self, changes: Changes) -> Iterator[Refusal]:
        """Yield where a class that changes is mixed into others, too."""
        family = changes.family
        for owner in family.classes:
            if owner in family.cases:
                continue
            for below in self.context.references.subclasses(owner):
                if below not in family.classes and changes.within(owner):
                    message = f"{below.node.name} has {owner.node.name}, too"
                    yield Refusal("foreign-base", message)

    def _mentions(self, changes: Changes) -> Iterator[Refusal]:
        """Yield what needs the library's own class."""
        own = {each.node for each in changes.family.classes}
        bases = {owner.node.bases[number] for owner, number, _ in changes.family.roots}
        for module in dict.fromkeys(each.module for each in changes.family.classes):
            for each in mentions(module, self.context.index):
                if each.node in bases or not _concerns(each, own):
                    continue
                where = f"{module.path}:{each.node.lineno}"
                if each.name == CLOCKED:
                    message = f"{each.name} has no counterpart ({where})"
                    yield Refusal("clocked-test", message)
                elif each.name in WITHOUT_TWIN:
                    message = f"{each.name} has no counterpart ({where})"
                    yield Refusal("foreign-base", message)
                elif each.name.startswith(tuple(CASES)):
                    message = f"{each.name} is not only a base ({where})"
                    yield Refusal("dynamic-call", message)

    def _inner(self, changes: Changes) -> Iterator[Refusal]:
        """Yield what is asked of the object that only the library's class has."""
        for owner in changes.family.classes:
            names = owner.module.scopes[owner.node].names
            for name in sorted((_INNER | _ASSERTIONS) & names.keys()):
                message = f"{owner.node.name} has a {name} of its own"
                yield Refusal("foreign-base", message)
        for name in sorted(_INNER | _ASSERTIONS):
            for method, use in changes.family.mentions(name):
                where = f"{method.module.path}:{use.lineno}"
                message = f"{name} has no counterpart ({where})"
                yield Refusal("foreign-base", message)

    def _entries(self, changes: Changes) -> Iterator[Refusal]:
        """Yield the tests and set-ups that unittest would not await, or not so."""
        awaits_results = "asynctest" in changes.family.libraries
        for owner in changes.family.classes:
            scope = owner.module.scopes[owner.node]
            for name, bindings in scope.names.items():
                if name.startswith("test") or name in SET_UPS:
                    if not all(self._is_known(b, owner.module) for b in bindings):
                        message = f"what {name} is, is not written out"
                        yield Refusal("dynamic-call", message)
        for entry in changes.family.entries():
            yield from self._entry(entry, awaits_results)

    def _is_known(self, binding: Binding, module: Module) -> bool:
        """Whether a name is bound to a function there, or to what is no test."""
        if isinstance(binding.node, FUNCTIONS) or isinstance(binding.value, _DATA):
            return True
        index = self.context.index
        values = index.value(binding.value, module) if binding.value else NOTHING
        return bool(values) and all(
            isinstance(value, Instance)
            and isinstance(value.of, Class)
            and not attribute(value.of, "__call__", index)
            for value in values
        )

    def _entry(self, entry: Function, awaits_results: bool) -> Iterator[Refusal]:
        name, module = entry.node.name, entry.module
        made = any(self._makes(each, module) for each in entry.node.decorator_list)
        if not made and module.kinds(entry.node) & {ast.Yield, ast.YieldFrom}:
            yield Refusal("generator-test", f"{name} is a generator")
        found = decorators(entry, self.context, self._keeps)
        if found:
            yield Refusal(found.reason, f"{name}: {found.message}")
        returned = [each.value for each in module.returns.get(entry.node, ())]
        if awaits_results and not entry.is_async and any(returned):
            yield Refusal("unknown-value", f"{name} may return a coroutine")
        if name.startswith("test") and (found := classes.debugged(entry, self.context)):
            yield found

    def _keeps(self, decorator: ast.expr, module: Module) -> bool:
        """Whether a decorator keeps what it decorates, or makes it a coroutine."""
        if self._makes(decorator, module):
            return True
        values = self.context.index.value(decorator, module)
        return bool(values) and all(
            isinstance(value, External) and short(value.name).startswith(_KEEPING)
            for value in values
        )

    def _makes(self, decorator: ast.expr, module: Module) -> bool:
        """Whether a decorator returns a coroutine function, whatever it is given."""
        values = self.context.index.value(decorator, module)
        return bool(values) and all(map(_returns_coroutine_function, values))

    def _class_set_ups(self, changes: Changes) -> Iterator[Refusal]:
        """Yield what runs between classes, and needs a loop that unittest takes."""
        for method in changes.family.methods():
            if method.node.name in ("setUpClass", "tearDownClass"):
                if where := self.current.needs(method):
                    message = f"{method.node.name} needs the current loop ({where})"
                    yield Refusal("setUpClass-drive", message)

    def _made_loops(self, changes: Changes) -> Iterator[Refusal]:
        """Yield what aiounittest is told about loops, but for a fresh one."""
        if "aiounittest" not in changes.family.libraries:
            return
        for module, call in changes.cleanups:
            where = f"{module.path}:{call.lineno}"
            yield Refusal("foreign-base", f"aiounittest never awaits it ({where})")
        for maker in changes.loop_makers:
            if not self._makes_fresh(maker):
                message = "get_event_loop() gives more than a fresh loop"
                yield Refusal("multi-loop", message)
        for method, _ in changes.family.mentions("get_event_loop"):
            message = f"{method.node.name} asks for the loop of the class"
            yield Refusal("multi-loop", message)

    def _makes_fresh(self, maker: Function) -> bool:
        """Whether a method does nothing but make a loop, or let it be made."""
        if maker.is_async or maker.node.decorator_list:
            return False
        body = [
            each
            for each in maker.node.body
            if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        ]
        match body:
            case [ast.Return(value=None | ast.Constant(value=None))] | [ast.Pass()]:
                return True
            case [ast.Return(value=ast.Call() as call)]:
                values = self.context.index.value(call.func, maker.module)
                return values == {External("asyncio.new_event_loop")}
        return False


def _external(base: External, name: str) -> Iterator[Refusal]:
    if short(base.name) == CLOCKED:
        message = "asynctest.ClockedTestCase has no counterpart"
        yield Refusal("clocked-test", message)
    elif base.name in ISOLATED:
        yield Refusal("foreign-base", f"{name} has both kinds of bases")
    elif base.name not in _KNOWN and not case_of(base):
        yield Refusal("foreign-base", f"{name} is a {base.name}")


def _concerns(mention: Mention, own: set[ast.ClassDef]) -> bool:
    """Whether a mention stands in the family, or outside of all classes."""
    outer = mention.module.enclosing(mention.node)
    around = [each for each in outer if isinstance(each, ast.ClassDef)]
    return not around or any(each in own for each in around)


def _returns_coroutine_function(value: Value) -> bool:
    if not isinstance(value, Function) or value.is_async:
        return False
    inner = {
        node.name for node in value.node.body if isinstance(node, ast.AsyncFunctionDef)
    }
    returned = [each.value for each in value.module.returns.get(value.node, ())]
    return bool(returned) and all(
        isinstance(each, ast.Name)
        and each.id in inner
        and len(value.scope.names[each.id]) == 1
        for each in returned
    )
