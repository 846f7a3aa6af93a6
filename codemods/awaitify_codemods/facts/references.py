"""Who refers to a function, and how: calls it, hands it on, names it in a string."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.attributes import direct_bases
from awaitify_codemods.facts.foreign import KNOWN
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, Scope, spelled
from awaitify_codemods.facts.values import Anonymous, Class, External, Function, Values

_CALLING = frozenset({"getattr", "methodcaller", "attrgetter"})
_NAMING = _CALLING | {"setattr", "delattr", "hasattr", "object", "patch"}


@dataclass(frozen=True, eq=False)
class Reference:
    """One mention of a function outside its definition."""

    module: Module
    node: ast.Name | ast.Attribute
    scope: Scope

    @property
    def call(self) -> ast.Call | None:
        """The call of which it is the callee."""
        parent = self.module.parents[self.node]
        if isinstance(parent, ast.Call) and parent.func is self.node:
            return parent
        return None


@dataclass(eq=False)
class References:
    """Finds references across the files of a project; remembers them."""

    index: Index
    test_code: frozenset[str]
    _known: dict[ast.AST, list[Reference]] = field(default_factory=dict)
    _subclasses: dict[ast.AST, list[Class]] = field(default_factory=dict)
    _named: dict[ast.AST, str] = field(default_factory=dict)
    _families: dict[ast.AST, list[Function]] = field(default_factory=dict)

    def to(self, function: Function | Anonymous) -> list[Reference]:
        """Return every reference that certainly means the function."""
        if function.node not in self._known:
            self._known[function.node] = list(self._search(function))
        return self._known[function.node]

    def _search(self, function: Function | Anonymous) -> Iterator[Reference]:
        for module, names in self._mentions(function):
            for name in names:
                for use in module.uses.get(name, ()):
                    if function in self.index.value(use, module):
                        yield Reference(module, use, module.at[use])

    def _mentions(
        self, function: Function | Anonymous
    ) -> Iterator[tuple[Module, set[str]]]:
        """Yield the modules that mention a function, and the names they know it by."""
        name = self.name(function)
        home = function.module
        if self._is_local(function):
            yield home, {name}
            return
        if isinstance(function, Function) and function.owner:
            # Objects are passed around: who calls a method need not say where it is.
            # Those of tests are not.
            is_test = name.startswith("test")
            owner = function.owner.name
            for path in (
                self.index.words.carriers(owner, home.path)
                if is_test
                else self.index.words.files_with(name)
            ):
                module = self.index.module(path) if path in self.test_code else None
                if module:
                    yield module, {name}
            return
        for module in self.index.carriers(name, home):
            yield module, {name, *_aliases(module, name)}

    def unread(self, function: Function) -> str:
        """Return a file of test code that may use a function and cannot be read.

        Python may read it all the same: a newer one, if nothing else.
        """
        name = self.name(function)
        if self._is_local(function):
            return ""
        owner = function.owner
        # No other file calls the tests of a module; one may derive from a class.
        paths = [] if name.startswith("test") else self._searched(name, function)
        if owner:
            paths = [
                *paths,
                *self.index.words.carriers(owner.name, function.module.path),
            ]
        return next((path for path in paths if self._is_broken(path)), "")

    def _searched(self, name: str, function: Function) -> list[str]:
        if function.owner:
            return self.index.words.files_with(name)
        return self.index.words.carriers(name, function.module.path)

    def _is_broken(self, path: str) -> bool:
        return path in self.test_code and self.index.module(path) is None

    def name(self, function: Function | Anonymous) -> str:
        """Return the name a function is bound to; of a lambda, that of its variable."""
        if isinstance(function, Function):
            return function.node.name
        match function.module.parents[function.node]:
            case ast.Assign(targets=[ast.Name(id=name), *_]):
                return name
        return "<lambda>"

    def _is_local(self, function: Function | Anonymous) -> bool:
        scope = function.module.at[function.node].frame
        return scope.kind in ("function", "lambda")

    def named_in_strings(self, function: Function | Anonymous) -> str:
        """Return where a string names the function (``__all__``); "" if none does."""
        if function.node not in self._named:
            self._named[function.node] = self._search_strings(function)
        return self._named[function.node]

    def called_by_name(self, function: Function) -> str:
        """Return where a string looks the function up; "" if none does."""
        for module, _ in self._mentions(function):
            for constant in module.strings_naming(function.node.name):
                parent = module.parents[constant]
                if constant.value == function.node.name and isinstance(
                    parent, ast.Call
                ):
                    callee = parent.func
                    name = getattr(callee, "attr", getattr(callee, "id", ""))
                    if name in _CALLING:
                        return f"{module.path}:{constant.lineno}"
        return ""

    def _search_strings(self, function: Function | Anonymous) -> str:
        name = self.name(function)
        if self._is_local(function):
            return ""
        owned = isinstance(function, Function) and function.owner is not None
        for module, _ in self._mentions(function):
            for constant in module.strings_naming(name):
                if names(constant, name, module) and (
                    owned or self.index.may_have(str(constant.value))
                ):
                    return f"{module.path}:{constant.lineno}"
            for use in module.uses.get("multiple", ()):
                # patch.multiple(helpers, run=fake)
                call = module.parents[use]
                if isinstance(call, ast.Call) and call.func is use:
                    if any(each.arg == name for each in call.keywords):
                        return f"{module.path}:{call.lineno}"
        return ""

    def subclasses(self, owner: Class) -> list[Class]:
        """Return the classes of the project that derive from one, at any depth."""
        if owner.node not in self._subclasses:
            self._subclasses[owner.node] = []
            found: list[Class] = []
            for module in self.index.carriers(owner.node.name, owner.module):
                for node in module.classes:
                    below = Class(module, node)
                    if below == owner or not self._may_derive(below, owner):
                        continue
                    if owner in direct_bases(below, self.index):
                        found += [below, *self.subclasses(below)]
            self._subclasses[owner.node] = list(dict.fromkeys(found))
        return self._subclasses[owner.node]

    def _may_derive(self, below: Class, owner: Class) -> bool:
        """Whether a base may be a class: what others define is dear to find out.

        It is not if all bases are imported from files that do not mention it.
        """
        module, name = below.module, owner.node.name.encode()
        if not name.isascii():
            return True  # it has more than one spelling
        for base in below.node.bases:
            first = spelled(base).partition(".")[0]
            bindings = module.scope.names.get(first, [])
            paths = [self.index.origin(each, module) for each in bindings]
            if not paths or any(
                path is None or name in self.index.files[path] for path in paths
            ):
                return True
        return False

    def family(self, function: Function) -> list[Function]:
        """Return the overrides of a method, up and down, with the method itself."""
        if function.node not in self._families:
            self._families[function.node] = self._overrides(function)
        return self._families[function.node]

    def _overrides(self, function: Function) -> list[Function]:
        owner_node = function.owner
        if owner_node is None:
            return [function]
        owner = Class(function.module, owner_node)
        related: list[Class] = [owner]
        # A base's set-up may stay sync, and run by itself.
        is_set_up = function.node.name in ("setUp", "tearDown")
        for above in () if is_set_up else self.index.mro(owner):
            if isinstance(above, Class):
                related += [above, *self.subclasses(above)]
        found: list[Function] = []
        for each in dict.fromkeys([*related, *self.subclasses(owner)]):
            scope = each.module.scopes[each.node]
            for binding in scope.names.get(function.node.name, ()):
                if isinstance(binding.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    found.append(Function(each.module, binding.node))
        return list(dict.fromkeys(found))


def is_unknown(values: Values) -> bool:
    """Whether values say nothing: none, or what outside code returned."""
    return all(
        isinstance(value, External)
        and "()" in value.name
        and (
            value.name.partition(".")[0] not in KNOWN
            or value.name.partition("()")[0] in _GIVING_BACK
        )
        for value in values
    )


# They return what they are given, or something of it.
_GIVING_BACK = frozenset(
    "builtins." + name for name in "eval getattr iter max min next type vars".split()
) | {"typing.cast"}


def _aliases(module: Module, name: str) -> set[str]:
    return {
        alias.asname
        for statement in module.imports
        for alias in statement.names
        if alias.name == name and alias.asname
    }


def names(constant: ast.Constant, name: str, module: Module) -> bool:
    """Whether a string names something: dotted, in ``getattr``, in ``__all__``."""
    text = str(constant.value)
    if text.endswith(f".{name}") and text.replace(".", "").isidentifier():
        return True
    if text != name:
        return False
    parent = module.parents[constant]
    if isinstance(parent, ast.Call):
        callee = getattr(parent.func, "attr", getattr(parent.func, "id", ""))
        return callee in _NAMING
    if isinstance(parent, ast.Subscript):
        owner = spelled(parent.value)
        return owner.endswith(("globals()", "vars()", "locals()", "__dict__"))
    if isinstance(parent, (ast.List, ast.Tuple)):
        outer = module.parents[parent]
        targets = getattr(outer, "targets", [getattr(outer, "target", None)])
        return any(getattr(each, "id", "") == "__all__" for each in targets)
    return False
