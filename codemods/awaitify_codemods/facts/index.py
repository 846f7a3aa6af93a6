"""The files of a project, read on demand, and what names mean across them.

A name resolves to a set of values: the same function may be defined in an ``if``
and in its ``else``. An empty set means that the text does not tell.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.attributes import (
    ancestry,
    attribute,
    inherited,
    mixed_in,
)
from awaitify_codemods.facts.bindings import is_rebound, meaning
from awaitify_codemods.facts.expressions import evaluate
from awaitify_codemods.facts.files import Files
from awaitify_codemods.facts.foreign import (
    KNOWN,
    Foreign,
    Search,
    foreign_name,
    is_followed,
)
from awaitify_codemods.facts.frameworks import loop_of
from awaitify_codemods.facts.meanings import DEPTH, Ancestors
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.reading import read
from awaitify_codemods.facts.values import (
    NOTHING,
    Class,
    External,
    File,
    Function,
    Instance,
    Loop,
    Member,
    Parent,
    Value,
    Values,
    external_name,
)

_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class Failure:
    """A file that cannot be read as Python."""

    path: str
    line: int
    message: str


@dataclass(eq=False)
class Index(Files):
    """What is known of a project's files and of those its interpreter has.

    Args:
        files: posix path relative to the root -> bytes.
        roots: import roots, relative to the project's root; "" is the root.
        foreign: the modules of the project's interpreter.

    """

    foreign: Foreign = field(default_factory=Foreign)
    injected: Callable[[Function, str], Values] = lambda function, name: NOTHING
    """What pytest gives to a parameter of a test or fixture."""
    below: Callable[[Class], list[Class]] = lambda owner: []
    """The subclasses of a class."""
    utility: Callable[[Function], str] = lambda function: ""
    """What a function gives that only makes, installs or ends a loop."""
    utilities: Callable[[], Container[str]] = tuple
    """The names of such functions."""
    modules: dict[str, Module | None] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    _names: dict[tuple[Scope, str], Values] = field(default_factory=dict)
    _values: dict[ast.AST, Values] = field(default_factory=dict)
    _ancestors: dict[ast.AST, Ancestors] = field(default_factory=dict)
    _definitions: dict[str, Value | None] = field(default_factory=dict)

    def module(self, path: str) -> Module | None:
        """Return the facts of a file; None if it cannot be read (see `failures`)."""
        if path not in self.modules:
            self.modules[path] = self._read(path, self.files[path])
        return self.modules[path]

    def _read(self, path: str, source: bytes) -> Module | None:
        try:
            return read(path, source)
        except SyntaxError as error:
            self.failures.append(Failure(path, error.lineno or 1, error.msg))
        return None

    def carriers(self, name: str, home: Module) -> Iterator[Module]:
        """Yield the files that may mean a name that is defined in `home`."""
        for path in self.words.carriers(name, home.path):
            module = home if path == home.path else self.module(path)
            if module:
                yield module

    def name(self, scope: Scope, name: str, module: Module, depth: int = 0) -> Values:
        """Return what `name` means in a scope."""
        owner = scope.find(name)
        if owner is None:
            if module.stars:
                found = self._starred(module, name, depth)
                if found:
                    return found
            if name not in _BUILTINS:
                return NOTHING
            return frozenset({External(f"builtins.{name}")})
        return self.bound(owner, name, module, depth)

    def bound(self, owner: Scope, name: str, module: Module, depth: int = 0) -> Values:
        """Return the meanings of all bindings of `name` in its scope."""
        key = (owner, name)
        if key not in self._names:
            self._names[key] = NOTHING  # what a cycle finds
            found: set[Value] = set()
            for binding in owner.names.get(name, ()):
                if is_rebound(binding, name):
                    continue
                values = meaning(binding, module, self, depth + 1)
                if not values:
                    found.clear()
                    break
                found |= values
            self._names[key] = frozenset(found)
        return self._names[key]

    def imported(
        self, target: tuple[int, str, str], module: Module, depth: int
    ) -> Values:
        """Return what an import binds: its level, the module, and the name."""
        level, source, name = target
        if level == 0 and not is_followed(source):
            return frozenset({External(f"{source}.{name}".rstrip("."))})
        if level and (importer := foreign_name(module)):
            origin = self.foreign.absolute(importer, level, source)
            return frozenset({External(f"{origin}.{name}".rstrip("."))})
        if level:
            path = self.relative(module.path, level, source)
        else:
            path = self.locate(source, module.path)
        if not name:
            if path is None:
                return frozenset({External(source)})
            found = self.module(path)
            return frozenset({File(found)}) if found else NOTHING
        if path is None:
            inner = f"{source}.{name}" if source else name
            if level:
                path = self.relative(module.path, level, inner)
            else:
                path = self.locate(inner, module.path)
            return self._file(path) or self._from_foreign(source, name, level, depth)
        found = self.module(path)
        return self.member(File(found), name, depth) if found else NOTHING

    def _file(self, path: str | None) -> Values:
        """Return a file of a folder that is a package without an ``__init__.py``."""
        found = self.module(path) if path else None
        return frozenset({File(found)}) if found else NOTHING

    def target(self, dotted: str, module: Module) -> Values:
        """Return what a string names, as `patch` reads it: ``"pkg.module.name"``."""
        parts = dotted.split(".")
        for size in range(len(parts), 0, -1):
            path = self.locate(".".join(parts[:size]), module.path)
            found = self.module(path) if path else None
            if found is None:
                continue
            values: Values = frozenset({File(found)})
            for part in parts[size:]:
                members = [self.member(each, part) for each in values]
                values = frozenset().union(*members)
            return values
        return frozenset({External(dotted)})

    def _from_foreign(self, source: str, name: str, level: int, depth: int) -> Values:
        # A module may hand on asyncio itself: `from package import asyncio`.
        if name in KNOWN and not level:
            module = self.foreign.module(source)
            if module and name in module.scope.names:
                return self.bound(module.scope, name, module, depth)
        return frozenset({External(f"{source}.{name}")}) if not level else NOTHING

    def _starred(self, module: Module, name: str, depth: int) -> Values:
        if depth > DEPTH:
            return NOTHING
        for statement in module.stars:
            target = (statement.level, statement.module or "", "")
            for value in self.imported(target, module, depth + 1):
                if isinstance(value, File) and value.module is not module:
                    found = self.member(value, name, depth + 1)
                    if found:
                        return found
                elif isinstance(value, External) and (
                    value.name == "asyncio"
                    or self.definition(External(f"{value.name}.{name}"))
                ):
                    return frozenset({External(f"{value.name}.{name}")})
        return NOTHING

    def value(self, node: ast.expr, module: Module, depth: int = 0) -> Values:
        """Return what an expression means."""
        if node not in self._values:
            if depth > DEPTH:
                return NOTHING
            self._values[node] = NOTHING  # what a cycle finds
            self._values[node] = evaluate(node, module, self, depth + 1)
        return self._values[node]

    def member(self, value: Value, name: str, depth: int = 0) -> Values:
        """Return what an attribute of a value means."""
        match value:
            case External(owner):
                dotted = f"{owner}.{name}"
                path = self.locate(dotted, "") if is_followed(owner) else None
                return self._file(path) or frozenset({External(dotted)})
            case File(module):
                return self._module_member(module, name, depth)
            case Class():
                return attribute(value, name, self, depth)
            case Instance(Class() as owner_class):
                found = attribute(owner_class, name, self, depth)
                found = found or mixed_in(owner_class, name, self, depth)
                return (
                    loop_of(owner_class, self)
                    if not found and name == "loop"
                    else found
                )
            case Parent(Class() as below):
                return inherited(below, name, self, depth)
            case Loop() | Instance():
                return frozenset({Member(value, name)})
        return NOTHING

    def _module_member(self, module: Module, name: str, depth: int) -> Values:
        if name in module.scope.names:
            return self.bound(module.scope, name, module, depth)
        if module.stars:
            found = self._starred(module, name, depth)
            if found:
                return found
        if package := foreign_name(module):
            submodule = self.foreign.module(f"{package}.{name}")
            return frozenset({File(submodule)}) if submodule else NOTHING
        if module.path.endswith("__init__.py"):
            path = self.relative(module.path, 1, name)
            submodule = self.module(path) if path else None
            if submodule:
                return frozenset({File(submodule)})
        return NOTHING

    def mro(self, owner: Class) -> Ancestors:
        """Return the class and its ancestors, depth first without repetition."""
        if owner.node not in self._ancestors:
            self._ancestors[owner.node] = ancestry(owner, self)
        return self._ancestors[owner.node]

    def definition(self, value: External) -> Value | None:
        """Return what an external name means, if its module can be read."""
        if value.name not in self._definitions:
            self._definitions[value.name] = None  # what a cycle finds
            found = self._define(value.name.split("."))
            if isinstance(found, External):
                found = self.definition(found)
            self._definitions[value.name] = found
        return self._definitions[value.name]

    def _define(self, parts: list[str]) -> Value | None:
        for size in range(len(parts) - 1, 0, -1):
            module = self.foreign.module(".".join(parts[:size]))
            if module is None:
                continue
            values: Values = frozenset({File(module)})
            for part in parts[size:]:
                found: set[Value] = set()
                for each in values:
                    found |= self.member(each, part)
                values = frozenset(found)
            return next(iter(values), None) if len(values) == 1 else None
        return None

    def behind(self, value: Value) -> Value:
        """Return what an installed package defines under a name; else the value."""
        match value:
            case External(name) if is_followed(name):
                return self.definition(value) or value
            case Instance(External() as of):
                owner = self.behind(of)
                return Instance(owner) if isinstance(owner, Class) else value
            case Member(Instance(External()) as of, name):
                owner = self.behind(of)
                found = self.member(owner, name) if owner != of else NOTHING
                return next(iter(found)) if len(found) == 1 else value
        return value

    def called(
        self, call: ast.Call, module: Module, search: Search
    ) -> Iterator[Function]:
        """Yield the functions that a call may call, as far as they can be read.

        Args:
            call: in `module`.
            module: the file it stands in.
            search: what a package must mention for its functions to be read.

        """
        for value in self.value(call.func, module):
            package = external_name(value).partition(".")[0]
            if package and is_followed(package):
                if self.foreign.mentioning(package, search):
                    value = self.behind(value)
            if isinstance(value, Function):
                yield value
