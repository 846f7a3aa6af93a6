"""What attributes lead to, in the project, its packages and the standard library.

`Index` joins all bindings of a name and stops at what the rules know by name. Here a
name means what it is bound to once its module is imported, wherever that is defined.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Binding, Module, Scope, dotted
from awaitify_codemods.facts.values import (
    Class,
    External,
    File,
    Function,
    Instance,
    Loop,
    Member,
    Value,
    external_name,
)

UNKNOWN = "unknown"
OBJECT = "object"

Thing = Value | str
"""A value; or ``object`` for a plain one, ``unknown`` for what the text hides."""
Things = frozenset[Thing]

_HIDDEN: Things = frozenset({UNKNOWN})
_PLAIN: Things = frozenset({OBJECT})
_EMPTY: Things = frozenset()
_LOOP = External("asyncio.base_events.BaseEventLoop")
# They add nothing that a mock could stand for.
_BARE = frozenset(
    "builtins.object typing.Generic typing.Protocol typing_extensions.Protocol "
    "abc.ABC abc.ABCMeta builtins.type".split()
)
_DISPLAYS = (
    ast.Constant,
    ast.UnaryOp,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.Tuple,
    ast.JoinedStr,
)


@dataclass(eq=False)
class Lookup:
    """Follows names and attributes as an import of their modules would bind them."""

    index: Index
    _names: dict[tuple[Scope, str], Things] = field(default_factory=dict)
    _externals: dict[str, Things] = field(default_factory=dict)
    _stores: dict[tuple[ast.AST, str], Things] = field(default_factory=dict)
    _orders: dict[ast.AST, tuple[Thing, ...]] = field(default_factory=dict)

    def target(self, name: str, importer: str = "") -> Things:
        """Return what a string names, as `patch` reads it.

        Args:
            name: dotted; its longest prefix that can be imported is a module.
            importer: the file that says it.

        """
        parts = name.split(".")
        for size in range(len(parts) - 1, 0, -1):
            path = self.index.locate(".".join(parts[:size]), importer)
            found = self.index.module(path) if path else None
            if found is not None:
                return self._walk(frozenset({File(found)}), parts[size:])
        return self.external(name)

    def external(self, name: str) -> Things:
        """Return what a dotted name outside the project leads to."""
        if name not in self._externals:
            self._externals[name] = _HIDDEN  # what a cycle finds
            self._externals[name] = self._external(name)
        return self._externals[name]

    def _external(self, name: str) -> Things:
        parts = name.split(".")
        for size in range(len(parts) - 1, 0, -1):
            module = self.index.foreign.module(".".join(parts[:size]))
            if module is not None:
                found = self._walk(frozenset({File(module)}), parts[size:])
                return self._module(name) if found == _HIDDEN else found
        return self._module(name)

    def _module(self, name: str) -> Things:
        module = self.index.foreign.module(name)
        if module is not None:
            return frozenset({File(module)})
        return _built_in(name.split("."))

    def _walk(self, things: Things, parts: Iterable[str]) -> Things:
        for part in parts:
            things = self._joined(self.member(each, part) for each in things)
        return things

    def _joined(self, all_things: Iterable[Things]) -> Things:
        return frozenset[Thing]().union(*all_things)

    def member(self, thing: Thing, name: str) -> Things:
        """Return what an attribute of something is; hidden if it has none."""
        match thing:
            case File(module):
                return self._of_module(module, name) or _HIDDEN
            case Class():
                return self._of_class(thing, name) or _HIDDEN
            case Instance(of):
                owners = self.settled(of)
                return self._joined(self._of_object(each, name) for each in owners)
            case Loop():
                return self._walk(self.external(_LOOP.name), [name])
            case External(owner):
                # It is left only where it is a part of the interpreter.
                return _built_in([*owner.split("."), name])
        return _HIDDEN

    def settled(self, value: Value) -> Things:
        """Return what stands behind an external name, or an attribute of an object."""
        match value:
            case External(name):
                return self.external(name)
            case Member(of, name):
                return self.member(of, name)
        return frozenset({value})

    def expression(self, node: ast.expr, module: Module) -> Things:
        """Return what an expression means, wherever that is defined."""
        if isinstance(node, _DISPLAYS):
            return _PLAIN
        if isinstance(node, ast.Name) and node in module.at:
            owner = module.at[node].find(node.id)
            if owner is not None and owner.kind in ("module", "class"):
                return self.bound(owner, node.id, module)
        if isinstance(node, ast.Attribute) and dotted(node):
            owners = self.expression(node.value, module)
            return self._joined(self.member(each, node.attr) for each in owners)
        values = self.index.value(node, module)
        return self._joined(map(self.settled, values)) or _HIDDEN

    def bound(self, scope: Scope, name: str, module: Module) -> Things:
        """Return what a name of a module or class is bound to in the end."""
        key = (scope, name)
        if key not in self._names:
            self._names[key] = _HIDDEN  # what a cycle finds
            bindings = _lasting(scope.names.get(name, ()), module, scope)
            found = (self._meaning(each, module) for each in bindings)
            self._names[key] = self._joined(found)
        return self._names[key]

    def _meaning(self, binding: Binding, module: Module) -> Things:
        match binding.kind, binding.node:
            case "def", ast.FunctionDef() | ast.AsyncFunctionDef() as node:
                return frozenset({Function(module, node)})
            case "class", ast.ClassDef() as node:
                return frozenset({Class(module, node)})
            case "import", _:
                return self._imported(*binding.target, module)
            case "assign", _ if binding.value is not None:
                return self.expression(binding.value, module)
        return _HIDDEN

    def _imported(self, level: int, source: str, name: str, module: Module) -> Things:
        importer = foreign_name(module)
        if level and importer:
            source = self.index.foreign.absolute(importer, level, source)
            level = 0
        path = None
        if level:
            path = self.index.relative(module.path, level, source)
        elif not importer:
            path = self.index.locate(source, module.path)
        if path is not None:
            read = self.index.module(path)
            found = frozenset[Thing]({File(read)} if read else {UNKNOWN})
        elif level:
            return _HIDDEN
        elif _is_elsewhere(source):
            return _EMPTY
        else:
            found = self._module(source)
            if name and found == _HIDDEN:
                return self.external(f"{source}.{name}")
        return self._walk(found, [name]) if name else found

    def _of_module(self, module: Module, name: str) -> Things:
        names = module.scope.names
        found = self.bound(module.scope, name, module) if name in names else _EMPTY
        certain = (
            _line(each.node)
            for each in names.get(name, ())
            if module.parents.get(each.node) is module.tree
        )
        after = max(certain, default=0)
        for statement in module.stars:
            if module.at[statement] is module.scope and statement.lineno > after:
                found |= self._starred(statement, name, module)
        if found or "__getattr__" in names:
            return found or _HIDDEN
        return self._submodule(module, name)

    def _starred(self, statement: ast.ImportFrom, name: str, module: Module) -> Things:
        source, level = statement.module or "", statement.level
        if not self._mentions(statement, name, module):
            return _EMPTY
        for each in self._imported(level, source, "", module):
            if isinstance(each, File):
                if each.module is module or not _gives(each.module, name):
                    return _EMPTY
                return self._of_module(each.module, name)
        found = _built_in([source, name])
        # What is written in C hides no coroutine function.
        known = source.partition(".")[0] in sys.stdlib_module_names
        return _EMPTY if found == _HIDDEN and known else found

    def _mentions(self, statement: ast.ImportFrom, name: str, module: Module) -> bool:
        """Whether it is worth it to read what a statement imports all names of."""
        source, importer = statement.module or "", foreign_name(module)
        if not importer:
            return True
        if statement.level:
            foreign = self.index.foreign
            source = foreign.absolute(importer, statement.level, source)
        text = self.index.foreign.source(source)
        return text is None or name.encode() in text or b"import *" in text

    def _submodule(self, module: Module, name: str) -> Things:
        found: Module | None = None
        if package := foreign_name(module):
            found = self.index.foreign.module(f"{package}.{name}")
        elif module.path.endswith("__init__.py"):
            path = self.index.relative(module.path, 1, name)
            found = self.index.module(path) if path else None
        return frozenset({File(found)}) if found else _EMPTY

    def order(self, owner: Class) -> tuple[Thing, ...]:
        """Return the class and its ancestors, as Python orders them."""
        if owner.node not in self._orders:
            self._orders[owner.node] = (owner, UNKNOWN)  # what a cycle finds
            bases = [self._base(base, owner.module) for base in owner.node.bases]
            orders = [
                self.order(base) if isinstance(base, Class) else (base,)
                for base in bases
            ]
            merged = _merged([*map(list, orders), list(bases)])
            self._orders[owner.node] = (owner, *merged)
        return self._orders[owner.node]

    def _base(self, node: ast.expr, module: Module) -> Thing:
        plain = node.value if isinstance(node, ast.Subscript) else node
        values = self.index.value(plain, module)
        if len(values) == 1 and external_name(next(iter(values))) in _BARE:
            return next(iter(values))
        found = self.expression(plain, module)
        return next(iter(found)) if len(found) == 1 else UNKNOWN

    def _of_class(self, owner: Class, name: str) -> Things:
        for base in self.order(owner):
            match base:
                case Class(module, node) if name in module.scopes[node].names:
                    if found := self.bound(module.scopes[node], name, module):
                        return found
                case Class() | External():
                    found = _inherited(base, name)
                    if found:
                        return found
                case _:
                    return _HIDDEN
        return _EMPTY

    def _of_object(self, owner: Thing, name: str) -> Things:
        """Return what an attribute of an object of a class is."""
        if not isinstance(owner, Class):
            return self.member(owner, name)
        key = (owner.node, name)
        if key not in self._stores:
            self._stores[key] = _HIDDEN  # what a cycle finds
            found = self._of_class(owner, name) or self._stored(owner, name)
            self._stores[key] = found or _HIDDEN
        return self._stores[key]

    def _stored(self, owner: Class, name: str) -> Things:
        """Return what methods assign to ``self.name``."""
        found: set[Thing] = set()
        for base in self.order(owner):
            if not isinstance(base, Class):
                continue
            for node in base.module.stores.get(name, ()):
                match base.module.parents[node]:
                    case ast.Assign(value=value) if base.node in base.module.enclosing(
                        node
                    ):
                        found |= self.expression(value, base.module)
                    case _:
                        found.add(UNKNOWN)
        return frozenset(found)


def _inherited(base: Class | External, name: str) -> Things:
    """Return what a class that is written in C has under a name."""
    if isinstance(base, Class) or base.name in _BARE:
        return _EMPTY
    found = _built_in([*base.name.split("."), name])
    if found == _HIDDEN and base.name.startswith("builtins."):
        return _EMPTY
    return found


def _built_in(parts: Sequence[str]) -> Things:
    """Return what a module that is part of every interpreter has under a name.

    Nothing that is written in C is a coroutine function.
    """
    found = _part_of_interpreter(".".join(parts))
    if found is None:
        return _HIDDEN
    return frozenset({External(".".join(parts))}) if callable(found) else _PLAIN


def _is_elsewhere(module: str) -> bool:
    """Whether a module of the standard library is for another platform: ``nt``."""
    return module in sys.stdlib_module_names and find_spec(module) is None


def is_class(built_in: External) -> bool:
    """Whether a name that `Lookup` left external is a class, not a function."""
    return isinstance(_part_of_interpreter(built_in.name), type)


def _part_of_interpreter(name: str) -> object:
    module, _, rest = name.partition(".")
    if module not in sys.builtin_module_names or not rest:
        return None
    owner: object = import_module(module)
    for part in rest.split("."):
        owner = getattr(owner, part, None)
    return owner


def _lasting(
    bindings: Sequence[Binding], module: Module, scope: Scope
) -> Iterator[Binding]:
    """Yield the bindings that may be in force once all statements have run."""
    held: list[Binding] = []
    for binding in bindings:
        if _is_silent(binding, module):
            continue
        if module.parents.get(binding.node) is scope.node:
            held.clear()
        held.append(binding)
    yield from held


def _is_silent(binding: Binding, module: Module) -> bool:
    """Whether a binding is for the eyes of a type checker only."""
    node = binding.node
    if isinstance(node, FUNCTIONS):
        names = {dotted(each).rpartition(".")[2] for each in node.decorator_list}
        return "overload" in names
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return True
    for outer in module.enclosing(node):
        if isinstance(outer, ast.If) and node in outer.body:
            return dotted(outer.test).rpartition(".")[2] == "TYPE_CHECKING"
        node = outer
    return False


def _gives(module: Module, name: str) -> bool:
    """Whether ``import *`` may take a name from a module."""
    listed = {
        each.value
        for binding in module.scope.names.get("__all__", ())
        for each in ast.walk(binding.node)
        if isinstance(each, ast.Constant)
    }
    if listed and not module.stars:
        return name in listed
    return not name.startswith("_") or name in listed


def _merged(orders: list[list[Thing]]) -> Iterator[Thing]:
    """Yield classes so that each comes before its bases: C3."""
    while orders := [order for order in orders if order]:
        heads = (order[0] for order in orders)
        tails = [each for order in orders for each in order[1:]]
        chosen = next((each for each in heads if each not in tails), None)
        if chosen is None:
            yield UNKNOWN
            return
        yield chosen
        for order in orders:
            if order[0] == chosen:
                del order[0]


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)
