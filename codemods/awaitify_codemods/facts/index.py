"""The files of a project, read on demand, and what names mean across them.

A name resolves to a set of values: the same function may be defined in an ``if``
and in its ``else``. An empty set means that the text does not tell.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.foreign import (
    KNOWN,
    Foreign,
    Search,
    foreign_name,
    is_followed,
)
from awaitify_codemods.facts.module import (
    FUNCTIONS,
    Binding,
    Module,
    Scope,
    every_argument,
    read,
)
from awaitify_codemods.facts.values import (
    NOTHING,
    Anonymous,
    Class,
    External,
    File,
    Function,
    Instance,
    Loop,
    Member,
    Parent,
    Partial,
    Value,
    Values,
    external_name,
)
from awaitify_codemods.facts.words import Words

_LOOP_MAKERS = {
    "asyncio.new_event_loop": "new",
    "asyncio.events.new_event_loop": "new",
    "asyncio.get_event_loop": "current",
    "asyncio.get_running_loop": "running",
    "asyncio.get_event_loop_policy().new_event_loop": "new",
    "asyncio.get_event_loop_policy().get_event_loop": "current",
}
_DEPTH = 40
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class Failure:
    """A file that cannot be read as Python."""

    path: str
    line: int
    message: str


@dataclass(eq=False)
class Index:
    """What is known of a project's files and of those its interpreter has.

    Args:
        files: posix path relative to the root -> bytes.
        roots: import roots, relative to the project's root; "" is the root.
        foreign: the modules of the project's interpreter.

    """

    files: Mapping[str, bytes]
    roots: tuple[str, ...] = ("",)
    foreign: Foreign = field(default_factory=Foreign)
    injected: Callable[[Function, str], Values] = lambda function, name: NOTHING
    """What pytest gives to a parameter of a test or fixture."""
    below: Callable[[Class], list[Class]] = lambda owner: []
    """The subclasses of a class."""
    modules: dict[str, Module | None] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    _names: dict[tuple[Scope, str], Values] = field(default_factory=dict)
    _values: dict[ast.AST, Values] = field(default_factory=dict)
    _located: dict[tuple[str, str], str | None] = field(default_factory=dict)
    _ancestors: dict[ast.AST, list[Class | External | None]] = field(
        default_factory=dict
    )
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
            message = error.msg or "invalid syntax"
            self.failures.append(Failure(path, error.lineno or 1, message))
        except RecursionError:
            self.failures.append(Failure(path, 1, "nested too deeply"))
        except ValueError as error:
            self.failures.append(Failure(path, 1, str(error)))
        return None

    @cached_property
    def words(self) -> Words:
        """The search for words in the files' bytes."""
        return Words(self.files)

    def may_have(self, dotted: str) -> bool:
        """Whether a dotted name may be of the project's files.

        ``patch("asyncio.run")`` names no helper called ``run``.
        """
        before, _, _ = dotted.rpartition(".")
        return before in ("", "__main__") or before.partition(".")[0] in self._parts

    @cached_property
    def _parts(self) -> frozenset[str]:
        paths = (path.removesuffix(".py").split("/") for path in self.files)
        return frozenset(part for path in paths for part in path)

    def carriers(self, name: str, home: Module) -> Iterator[Module]:
        """Yield the files that may mean a name that is defined in `home`."""
        for path in self.words.carriers(name, home.path):
            module = home if path == home.path else self.module(path)
            if module:
                yield module

    def locate(self, name: str, importer: str) -> str | None:
        """Return the project's file for an absolute module name.

        Looked for in the import roots and in every folder above the importer.
        """
        folder = importer.rpartition("/")[0]
        key = (name, folder)
        if key not in self._located:
            self._located[key] = self._locate(name, folder)
        return self._located[key]

    def is_local(self, package: str, importer: str) -> bool:
        """Whether a top-level name is a module or a folder of the project's own."""
        if self.locate(package, importer):
            return True
        roots = (*_above(importer.rpartition("/")[0]), *self.roots)
        folders = {f"{root}/{package}/" if root else f"{package}/" for root in roots}
        return any(path.startswith(tuple(folders)) for path in self.files)

    def _locate(self, name: str, folder: str) -> str | None:
        relative = name.replace(".", "/")
        for root in dict.fromkeys((*_above(folder), *self.roots)):
            base = f"{root}/{relative}" if root else relative
            for path in (f"{base}/__init__.py", f"{base}.py"):
                if path in self.files:
                    return path
        return None

    # Names

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
                if _is_rebound(binding, name):
                    continue
                values = self._binding(binding, module, depth + 1)
                if not values:
                    found.clear()
                    break
                found |= values
            self._names[key] = frozenset(found)
        return self._names[key]

    def _binding(self, binding: Binding, module: Module, depth: int) -> Values:
        if depth > _DEPTH:
            return NOTHING
        node = binding.node
        match binding.kind:
            case "def":
                assert isinstance(node, FUNCTIONS)
                return frozenset({Function(module, node)})
            case "class":
                assert isinstance(node, ast.ClassDef)
                return frozenset({Class(module, node)})
            case "import":
                return self._imported(binding.target, module, depth)
            case "assign" if binding.value is not None:
                return self.value(binding.value, module, depth)
            case "with" if binding.value is not None:
                return self._entered(binding.value, module, depth)
            case "param":
                return self._parameter(binding, module)
        return NOTHING

    def _parameter(self, binding: Binding, module: Module) -> Values:
        function = binding.scope.node
        if not isinstance(function, FUNCTIONS):
            return NOTHING
        owner = module.class_of(function)
        arguments = every_argument(function.args)
        if owner is None or not arguments or arguments[0] is not binding.node:
            assert isinstance(binding.node, ast.arg)
            return self.injected(Function(module, function), binding.node.arg)
        decorators = {getattr(each, "id", "") for each in function.decorator_list}
        if "staticmethod" in decorators:
            return NOTHING
        if "classmethod" in decorators:
            return frozenset({Class(module, owner)})
        return frozenset({Instance(Class(module, owner))})

    def _entered(self, value: ast.expr, module: Module, depth: int) -> Values:
        # `with asyncio.Runner() as r` and `with closing(loop) as l` give the object.
        if isinstance(value, ast.Call) and value.args:
            callee = self.value(value.func, module, depth)
            if callee == {External("contextlib.closing")}:
                return self.value(value.args[0], module, depth)
        entered = self.value(value, module, depth)
        if all(
            isinstance(each, Instance) and each.of == External("asyncio.Runner")
            for each in entered
        ):
            return entered
        return NOTHING

    # Imports

    def _imported(
        self, target: tuple[int, str, str], module: Module, depth: int
    ) -> Values:
        level, source, name = target
        if level == 0 and not is_followed(source):
            return frozenset({External(f"{source}.{name}".rstrip("."))})
        if level and (importer := foreign_name(module)):
            origin = self.foreign.absolute(importer, level, source)
            return frozenset({External(f"{origin}.{name}".rstrip("."))})
        if level:
            path = self._relative(module.path, level, source)
        else:
            path = self.locate(source, module.path)
        if not name:
            if path is None:
                return frozenset({External(source)})
            found = self.module(path)
            return frozenset({File(found)}) if found else NOTHING
        if path is None:
            return self._from_foreign(source, name, level, depth)
        found = self.module(path)
        return self.member(File(found), name, depth) if found else NOTHING

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

    def source_of(self, statement: ast.ImportFrom, module: Module) -> str | None:
        """Return the project's file from which a statement imports names."""
        if statement.level:
            return self._relative(module.path, statement.level, statement.module or "")
        return self.locate(statement.module or "", module.path)

    def origin(self, binding: Binding, module: Module) -> str | None:
        """Return the project's file from which a binding imports a name or module."""
        match binding.node:
            case ast.ImportFrom() as statement:
                return self.source_of(statement, module)
            case ast.Import():
                return self.locate(binding.target[1], module.path)
        return None

    def imports_file(
        self,
        statement: ast.Import | ast.ImportFrom,
        alias: ast.alias,
        module: Module,
        path: str,
    ) -> bool:
        """Whether one name of an import comes from a file, or is that file."""
        if isinstance(statement, ast.Import):
            return self.locate(alias.name, module.path) == path
        if self.source_of(statement, module) == path:
            return True
        source = statement.module or ""
        if statement.level:
            name = f"{source}.{alias.name}" if source else alias.name
            return self._relative(module.path, statement.level, name) == path
        return self.locate(f"{source}.{alias.name}", module.path) == path

    def _relative(self, importer: str, level: int, name: str) -> str | None:
        parts = importer.split("/")[:-level]
        base = "/".join([*parts, *filter(None, name.split("."))])
        for path in (f"{base}/__init__.py" if base else "__init__.py", f"{base}.py"):
            if path in self.files:
                return path
        return None

    def _from_foreign(self, source: str, name: str, level: int, depth: int) -> Values:
        # A module may hand on asyncio itself: `from package import asyncio`.
        if name in KNOWN and not level:
            module = self.foreign.module(source)
            if module and name in module.scope.names:
                return self.bound(module.scope, name, module, depth)
        return frozenset({External(f"{source}.{name}")}) if not level else NOTHING

    def _starred(self, module: Module, name: str, depth: int) -> Values:
        if depth > _DEPTH:
            return NOTHING
        for statement in module.stars:
            target = (statement.level, statement.module or "", "")
            for value in self._imported(target, module, depth + 1):
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

    # Expressions

    def value(self, node: ast.expr, module: Module, depth: int = 0) -> Values:
        """Return what an expression means."""
        if node not in self._values:
            if depth > _DEPTH:
                return NOTHING
            self._values[node] = NOTHING  # what a cycle finds
            self._values[node] = self._evaluate(node, module, depth + 1)
        return self._values[node]

    def _evaluate(self, node: ast.expr, module: Module, depth: int) -> Values:
        match node:
            case ast.Name(id=name):
                return self.name(module.at[node], name, module, depth)
            case ast.Attribute(value=owner, attr=name):
                found: set[Value] = set()
                for value in self.value(owner, module, depth):
                    found |= self.member(value, name, depth)
                return frozenset(found)
            case ast.Call():
                return self._called(node, module, depth)
            case ast.Lambda():
                return frozenset({Anonymous(module, node)})
            case ast.IfExp(body=body, orelse=orelse):
                one = self.value(body, module, depth)
                other = self.value(orelse, module, depth)
                return one | other if one and other else NOTHING
            case ast.NamedExpr(value=inner) | ast.Await(value=inner):
                if isinstance(node, ast.NamedExpr):
                    return self.value(inner, module, depth)
        return NOTHING

    def _called(self, node: ast.Call, module: Module, depth: int) -> Values:
        found: set[Value] = set()
        for callee in self.value(node.func, module, depth):
            match callee:
                case External(name) if name in _LOOP_MAKERS:
                    found.add(Loop(module, node, _LOOP_MAKERS[name]))
                case External("functools.partial") if node.args:
                    found.add(Partial(module, node))
                case External("pytest.importorskip") if imported := skipped(node):
                    found |= self._imported((0, imported, ""), module, depth)
                case External("builtins.getattr"):
                    return self._got(node, module, depth)
                case External("builtins.super"):
                    owner = _class_around(module, node)
                    if owner is None:
                        return NOTHING
                    found.add(Parent(Class(module, owner)))
                case External(name):
                    last = name.rpartition(".")[2]
                    # A class by convention; else its result, so that
                    # get_event_loop_policy().new_event_loop keeps a name.
                    if last[:1].isupper():
                        found.add(Instance(callee))
                    else:
                        found.add(External(f"{name}()"))
                case Class():
                    found.add(Instance(callee))
                case Member(Instance(External("asyncio.Runner")), "get_loop"):
                    found.add(Loop(module, node, "running"))
                case _:
                    return NOTHING
        return frozenset(found)

    def _got(self, node: ast.Call, module: Module, depth: int) -> Values:
        """Return what ``getattr`` may give, as far as the name is written out."""
        match node.args:
            case [owner, ast.Constant(value=str(exact))]:
                start, length = exact, len(exact)
            case [owner, ast.BinOp(left=ast.Constant(value=str(start)), op=ast.Add())]:
                length = 0
            case [owner, ast.JoinedStr(values=[ast.Constant(value=str(start)), *_])]:
                length = 0
            case _:
                return NOTHING
        if not length and len(start.strip("_")) < 2:
            return NOTHING  # it says too little
        found: set[Value] = set()
        for value in self.value(owner, module, depth):
            for name in self._names_of(value):
                if name.startswith(start) and length in (0, len(name)):
                    found |= self.member(value, name, depth)
        return frozenset(found)

    def _names_of(self, value: Value) -> set[str]:
        match value:
            case File(module):
                return set(module.scope.names)
            case Class() | Instance(Class()):
                owner = value.of if isinstance(value, Instance) else value
                assert isinstance(owner, Class)
                bases = [each for each in self.mro(owner) if isinstance(each, Class)]
                scopes = [each.module.scopes[each.node] for each in bases]
                return {name for scope in scopes for name in scope.names}
        return set()

    def member(self, value: Value, name: str, depth: int = 0) -> Values:
        """Return what an attribute of a value means."""
        match value:
            case External(owner):
                return frozenset({External(f"{owner}.{name}")})
            case File(module):
                return self._module_member(module, name, depth)
            case Class():
                return self.attribute(value, name, depth)
            case Instance(Class() as owner_class):
                found = self.attribute(owner_class, name, depth)
                return found or self._mixed_in(owner_class, name, depth)
            case Parent(Class() as below):
                for base in self.mro(below)[1:]:
                    if isinstance(base, Class):
                        found = self._own_attribute(base, name, depth)
                        if found:
                            return found
                return NOTHING
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
            path = self._relative(module.path, 1, name)
            submodule = self.module(path) if path else None
            if submodule:
                return frozenset({File(submodule)})
        return NOTHING

    # Classes

    def _mixed_in(self, owner: Class, name: str, depth: int) -> Values:
        """Return what ``self.name`` means in a mixin: what those that have it have."""
        if any(
            not isinstance(base, Class) and base != External("builtins.object")
            for base in self.mro(owner)
        ):
            return NOTHING
        found: set[Value] = set()
        for below in self.below(owner):
            found |= self.attribute(below, name, depth)
        return frozenset(found)

    def attribute(self, owner: Class, name: str, depth: int = 0) -> Values:
        """Return what ``owner.name`` means, looked up along the MRO."""
        for base in self.mro(owner):
            if isinstance(base, Class):
                found = self._own_attribute(base, name, depth)
                if found:
                    return found
                if name in base.module.scopes[base.node].names:
                    return NOTHING
        return self._stored(owner, name, depth)

    def _stored(self, owner: Class, name: str, depth: int) -> Values:
        """Return what methods assign to ``self.name``, if all of it is known."""
        found: set[Value] = set()
        for base in self.mro(owner):
            if not isinstance(base, Class):
                continue
            for node in base.module.stores.get(name, ()):
                if not _is_of_self(node, base):
                    continue
                match base.module.parents[node]:
                    case ast.Assign(targets=[target], value=value) if target is node:
                        values = self.value(value, base.module, depth + 1)
                    case _:
                        return NOTHING
                if not values:
                    return NOTHING
                found |= values
        return frozenset(found)

    def _own_attribute(self, owner: Class, name: str, depth: int) -> Values:
        scope = owner.module.scopes[owner.node]
        if name not in scope.names:
            return NOTHING
        return self.bound(scope, name, owner.module, depth)

    def bases(self, owner: Class) -> list[Class | External | None]:
        """Return the direct bases; None for one that is not known."""
        found: list[Class | External | None] = []
        for base in owner.node.bases:
            node = base.value if isinstance(base, ast.Subscript) else base
            values = self.value(node, owner.module)
            if len(values) > 1 and isinstance(node, ast.Name):
                values = self._preferred(node, owner.module) or values
            read = [self.behind(each) for each in values]
            known = [each for each in read if isinstance(each, (Class, External))]
            found.append(known[0] if len(known) == len(values) == 1 else None)
        return found

    def _preferred(self, node: ast.Name, module: Module) -> Values:
        """Return what ``try: from unittest import X`` means, whatever it falls back on.

        The standard library of every Python that the project may run on has it.
        """
        owner = module.at[node].find(node.id)
        for binding in owner.names.get(node.id, ()) if owner else ():
            outer = module.parents[binding.node]
            package = binding.target[1].partition(".")[0]
            if binding.kind == "import" and isinstance(outer, ast.Try):
                if binding.node in outer.body and package in sys.stdlib_module_names:
                    return self._binding(binding, module, 0)
        return NOTHING

    def mro(self, owner: Class) -> list[Class | External | None]:
        """Return the class and its ancestors, depth first without repetition."""
        if owner.node not in self._ancestors:
            self._ancestors[owner.node] = self._ancestry(owner)
        return self._ancestors[owner.node]

    def _ancestry(self, owner: Class) -> list[Class | External | None]:
        found: list[Class | External | None] = [owner]
        for base in self.bases(owner):
            above = (
                self.mro(base) if isinstance(base, Class) and base != owner else [base]
            )
            found += [each for each in above if each not in found or each is None]
            if len(found) > _DEPTH:
                break
        return found

    # What is installed

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


def skipped(call: ast.Call) -> str:
    """Return the module that ``pytest.importorskip("module")`` gives."""
    match call.args:
        case [ast.Constant(value=str(name)), *_]:
            return name
    return ""


def _is_rebound(binding: Binding, name: str) -> bool:
    """``with closing(loop) as loop``: the name means what it meant."""
    match binding.value:
        case ast.Call(args=[ast.Name(id=entered)]):
            return binding.kind == "with" and entered == name
    return False


def _above(folder: str) -> Iterable[str]:
    """Yield a folder and all above it, down from the nearest."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _is_of_self(node: ast.Attribute, owner: Class) -> bool:
    """Whether ``self.name`` stands in a method of a class."""
    if not isinstance(node.value, ast.Name):
        return False
    scope = owner.module.at[node].find(node.value.id)
    function = scope.node if scope else None
    if not isinstance(function, FUNCTIONS) or not scope:
        return False
    arguments = every_argument(function.args)
    first = bool(arguments) and arguments[0].arg == node.value.id
    return first and owner.module.class_of(function) is owner.node


def _class_around(module: Module, node: ast.AST) -> ast.ClassDef | None:
    for outer in module.enclosing(node):
        if isinstance(outer, ast.ClassDef):
            return outer
    return None
