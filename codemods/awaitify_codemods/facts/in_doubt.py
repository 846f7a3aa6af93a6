"""Sync code that may need the current event loop, by the names that it mentions.

`CurrentLoop` says what is certain to. What is called by way of a callback, a
property or an object that is not known is found here: too much rather than too
little, because what it leads to is a fixture, not another test.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from awaitify_codemods.facts.asking import EVERYBODYS
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, every_argument
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.facts.words import stem

NEEDING = frozenset(
    "asyncio." + name
    for name in (
        "get_event_loop get_event_loop_policy().get_event_loop Future ensure_future "
        "gather wrap_future shield as_completed Task StreamReader "
        "StreamReaderProtocol events.get_event_loop tasks.ensure_future"
    ).split()
)
"""What raises where there is no current event loop."""
WORDS = tuple(sorted({name.rpartition(".")[2] for name in NEEDING}))
_HOPS = 5
_CAUGHT = frozenset({"RuntimeError", "Exception", "BaseException"})


@dataclass(frozen=True)
class Need:
    """A function that may need the current loop."""

    where: str
    """The call that needs it, as ``path:line``."""
    sure: bool
    """Whether each call on the way there is known, and expected to run."""


@dataclass(eq=False)
class InDoubt:
    """Finds the functions of a project; remembers them.

    Args:
        anchored: those that are said to need the current loop.

    """

    index: Index
    references: References
    anchored: Sequence[Function] = ()
    _guards: dict[ast.AST, bool] = field(default_factory=dict)

    @cached_property
    def at_import(self) -> str:
        """Where a module fetches the loop when it is imported; "" if none does."""
        return self._found[1]

    def of(self, function: Function) -> Need | None:
        """Return whether and why a sync function may need the current loop."""
        return self._found[0].get(function)

    def all(self) -> list[Function]:
        """Return all that may need it."""
        return list(self._found[0])

    def _importing(self, module: Module) -> Iterator[Function]:
        """Yield the functions that may be the first to import a module."""
        for inside in self._importers(module):
            if isinstance(inside, Function):
                yield inside

    def _is_imported_first(self, module: Module) -> bool:
        """Whether a module is imported before the first test runs."""
        name = module.path.rpartition("/")[2]
        collected = name.startswith("test") or name in ("conftest.py", "__init__.py")
        return collected or "" in self._importers(module)

    def _importers(self, module: Module) -> list[Function | str | None]:
        """Return where a module is imported: a function; "" at the top of a file."""
        wanted = stem(module.path)
        return [
            _runs_in(statement, user)
            for path in self.index.words.files_with(wanted)
            for user in [self.index.module(path)]
            if user is not None and user is not module
            for statement in user.imports
            if wanted in _imported(statement)
        ]

    @cached_property
    def _found(self) -> tuple[dict[Function, Need], str]:
        found: dict[Function, Need] = {}
        imported = ""
        holders: dict[Function | Class, Need] = {}
        frontier: list[Function | Class] = [*self.anchored]
        for each in self.anchored:
            found[each] = Need(f"{each.module.path}:{each.node.lineno}", False)
        for module, use in self._mentions():
            place = f"{module.path}:{use.lineno}"
            function = _runs_in(use, module)
            if function is None:
                continue
            if isinstance(function, str):
                if _is_called(use, module):
                    if self._is_imported_first(module):
                        imported = imported or place
                    for each in self._importing(module):
                        found.setdefault(each, Need(place, False))
                        frontier.append(each)
                elif owner := _class_around(use, module):
                    frontier.append(owner)
                    holders[owner] = Need(place, False)
            elif not self._installs(function):
                sure = _is_expected(use, module, function)
                if function not in found:
                    frontier.append(function)
                if function not in found or sure:
                    found[function] = Need(place, sure)
        for _ in range(_HOPS):
            further: list[Function | Class] = []
            for holder in frontier:
                need = holders.get(holder) or found[cast(Function, holder)]
                for user, where in self._users(holder, need):
                    if isinstance(user, str):
                        imported = imported or where.where
                    elif user not in found:
                        found[user] = where
                        further.append(user)
                    elif where.sure:
                        found[user] = where
            frontier = further
        return found, imported

    def _mentions(self) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
        """Yield where asyncio's functions are mentioned that need the loop."""
        search = self.index.words.files_with
        for path in sorted({path for word in WORDS for path in search(word)}):
            module = self.index.module(path)
            if module is None:
                continue
            words = [*WORDS]
            for statement in module.imports:
                for alias in statement.names:
                    if alias.asname and alias.name in WORDS:
                        words.append(alias.asname)
            for word in words:
                for use in module.uses.get(word, ()):
                    values = self.index.value(use, module)
                    if any(
                        isinstance(v, External) and v.name in NEEDING for v in values
                    ):
                        if not self._is_excused(use, module):
                            yield module, use

    def _users(
        self, function: Function | Class, need: Need
    ) -> Iterator[tuple[Function | str, Need]]:
        """Yield those that mention a function and may thus need the loop, too."""
        if isinstance(function, Function) and _is_pytests(function, self.index):
            return
        for name in self._names(function):
            for path in self._paths(name, function):
                module = self.index.module(path)
                for use in module.uses.get(name, ()) if module else ():
                    assert module is not None
                    user = _runs_in(use, module)
                    if user is None or self._is_excused(use, module):
                        continue
                    if user == "" and not _is_called(use, module):
                        continue
                    if isinstance(function, Function):
                        if _gives_loop(use, module, function):
                            continue
                    known = self._means(use, module, function)
                    if known is False or (known is None and _is_vague(name, user)):
                        continue
                    if known is None and not self._is_near(function, module):
                        continue
                    if isinstance(user, Function) and self._installs(user):
                        continue
                    sure = need.sure and known is True
                    if isinstance(user, Function):
                        sure = sure and _is_expected(use, module, user)
                    yield user, Need(need.where, sure)

    def _is_near(self, holder: Function | Class, module: Module) -> bool:
        """Whether a file that only names a method has to do with a class that has it.

        It names the class, or imports its module. Without that, every ``start``
        would mean every other.
        """
        if isinstance(holder, Class) or holder.owner is None:
            return True
        owner = Class(holder.module, holder.owner)
        imported = {name for each in module.imports for name in _imported(each)}
        return any(
            module is each.module
            or each.node.name.encode() in module.source
            or stem(each.module.path) in imported
            for each in (owner, *self.references.subclasses(owner))
        )

    def _names(self, holder: Function | Class) -> Iterator[str]:
        """Yield the names by which a function, or what a class makes, is reached."""
        name = holder.node.name
        if isinstance(holder, Class):
            owner = holder
        elif holder.owner is None or not name.startswith("__"):
            yield name
            return
        else:
            owner = Class(holder.module, holder.owner)
        for each in (owner, *self.references.subclasses(owner)):
            yield each.node.name

    def _paths(self, name: str, function: Function | Class) -> list[str]:
        paths = self.index.words.files_with(name)
        if name in EVERYBODYS and isinstance(function, Function) and function.owner:
            near = set(self.index.words.files_with(function.owner.name))
            return [each for each in paths if each in near]
        return paths

    def _means(
        self,
        use: ast.Name | ast.Attribute,
        module: Module,
        holder: Function | Class,
    ) -> bool | None:
        """Whether a mention means a function, or its class; None if not known."""
        values = self.index.value(use, module)
        if not values or any(
            not isinstance(each, (Function, Class, External)) for each in values
        ):
            return None
        owner = holder.node if isinstance(holder, Class) else holder.owner
        owners = {owner} - {None}
        for each in values:
            if isinstance(each, (Function, Class)) and each.node is holder.node:
                return True
            if isinstance(each, Class) and owners:
                lineage = [a.node for a in self.index.mro(each) if isinstance(a, Class)]
                if owners & set(lineage):
                    return True
        return False

    def _is_excused(self, use: ast.AST, module: Module) -> bool:
        """Whether a loop is given, or that there is none is caught."""
        call = module.parents[use]
        if isinstance(call, ast.Call) and call.func is use:
            for each in call.keywords:
                if each.arg == "loop" and not isinstance(each.value, ast.Constant):
                    return True
        below: ast.AST = use
        for outer in module.enclosing(use):
            if isinstance(outer, (*FUNCTIONS, ast.Lambda)):
                break
            if isinstance(outer, ast.Try) and below in outer.body:
                if any(map(_catches, outer.handlers)):
                    return True
            below = outer
        return False

    def _installs(self, function: Function) -> bool:
        return any(
            value == External("asyncio.set_event_loop")
            for call in function.scope.calls
            for value in self.index.value(call.func, function.module)
        )


def _is_called(use: ast.AST, module: Module) -> bool:
    call = module.parents[use]
    return isinstance(call, ast.Call) and call.func is use


def _class_around(use: ast.AST, module: Module) -> Class | None:
    for outer in module.enclosing(use):
        if isinstance(outer, ast.ClassDef):
            return Class(module, outer)
    return None


def _imported(statement: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the words of the names that a statement imports."""
    names = [each.name for each in statement.names]
    if isinstance(statement, ast.ImportFrom):
        names.append(statement.module or "")
    return {part for name in names for part in name.split(".")}


def _gives_loop(use: ast.AST, module: Module, function: Function) -> bool:
    """Whether a call gives a function a loop, by its place among the arguments."""
    call = module.parents[use]
    if not isinstance(call, ast.Call) or call.func is not use:
        return False
    names = [each.arg for each in function.node.args.args]
    if "loop" not in names:
        return False
    bound = function.owner is not None and names[:1] == ["self"]
    place = names.index("loop") - bound
    given = call.args[place] if len(call.args) > place else None
    return given is not None and not isinstance(given, ast.Constant)


def _is_expected(use: ast.AST, module: Module, function: Function) -> bool:
    """Whether a mention runs whenever its function does, or where an argument lacks."""
    named = {each.arg for each in every_argument(function.node.args)}
    below = use
    for outer in module.enclosing(use):
        if outer is function.node:
            return True
        match outer:
            case ast.FunctionDef() | ast.ExceptHandler():
                return False
            case ast.If() | ast.IfExp() if below is not outer.test:
                if not _asks_only_for(outer.test, named):
                    return False
            case ast.BoolOp(values=[first, *_]) if below is not first:
                if not _asks_only_for(first, named):
                    return False
        below = outer
    return False


def _asks_only_for(test: ast.expr, names: set[str]) -> bool:
    """``loop``, ``loop is None``, ``not loop``: whether an argument was given."""
    match test:
        case ast.Name(id=name):
            return name in names
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _asks_only_for(operand, names)
        case ast.Compare(left=left, comparators=[ast.Constant(value=None)]):
            return _asks_only_for(left, names)
    return False


def _is_vague(name: str, user: Function | str) -> bool:
    """Whether a name alone does not tell what is meant."""
    return name in EVERYBODYS or isinstance(user, str)


def _is_pytests(function: Function, index: Index) -> bool:
    """Whether nothing but pytest is expected to call a function."""
    scope = function.module.at[function.node]
    if function.node.name.startswith("test") and scope.kind in ("module", "class"):
        return True
    return fixture_decorator(function, index) is not None


def _runs_in(use: ast.AST, module: Module) -> Function | str | None:
    """Return the outermost sync function of a mention; "" where it is imported.

    None within a coroutine, which has a loop, and in annotations.
    """
    found: Function | None = None
    below = use
    for outer in module.enclosing(use):
        if isinstance(outer, ast.AsyncFunctionDef):
            return None
        if isinstance(outer, (ast.arg, ast.AnnAssign)):
            if below is outer.annotation:
                return None
        if isinstance(outer, ast.FunctionDef):
            if below is outer.returns:
                return None
            found = Function(module, outer)
        below = outer
    return found or ""


def _catches(handler: ast.ExceptHandler) -> bool:
    if isinstance(handler.body[-1], ast.Raise):
        return False
    return handler.type is None or any(
        isinstance(node, ast.Name) and node.id in _CAUGHT for node in walk(handler.type)
    )
