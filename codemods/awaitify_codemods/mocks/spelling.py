"""How a file says ``AsyncMock``: in the style in which it says the other mocks."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from awaitify_codemods.facts.module import FUNCTIONS, Binding, Module, Scope, dotted
from awaitify_codemods.facts.values import External, File, Function, Value
from awaitify_codemods.work import Spelling, Work

STANDARD = "unittest.mock"
MOCKERS = frozenset(
    {"mocker", "class_mocker", "module_mocker", "package_mocker", "session_mocker"}
)
"""The fixtures of pytest-mock, which have the classes as attributes."""

# Mocks of the one library take mocks of the other for plain objects.
_BACKPORT = "mock"
_LIBRARIES = frozenset({STANDARD, _BACKPORT, "mock.mock"})


def spell_mock(
    work: Work,
    module: Module,
    scope: Scope,
    name: str,
    near: ast.expr | None = None,
    freed: Collection[tuple[Scope, str]] = (),
) -> Spelling | None:
    """Return how code in `scope` says a class of `unittest.mock`, in the file's style.

    Args:
        work: the project.
        module: the file.
        scope: where the code stands.
        name: of the class, e.g. ``AsyncMock``.
        near: what is called there now: ``MagicMock``, ``mock.patch.object``,
            ``mocker.Mock``, or the call itself; None if nothing is.
        freed: names that mean nothing any more by then.

    Returns:
        None where its names mean something else already (``name-taken``), or where
        it is not certain which library's mocks these are.

    """
    if isinstance(near, ast.Call):
        near = near.func
    line = getattr(near, "lineno", 0)
    speller = _Speller(work, module, scope, name, line, freed)
    found = speller.beside(near)
    if found or near is None:
        return found or speller.in_style(STANDARD)
    package = speller.family(near)
    return speller.in_style(package, near) if package else None


class _Speller:
    """Looks for names that some code can say."""

    def __init__(
        self,
        work: Work,
        module: Module,
        scope: Scope,
        name: str,
        line: int,
        freed: Collection[tuple[Scope, str]],
    ) -> None:
        self._work, self._index = work, work.index
        self._module, self._scope = module, scope
        self._name, self._freed = name, freed
        # What is evaluated at import knows what stands above it only.
        self._line = 0 if _in_function(scope) else line

    def beside(self, near: ast.expr | None) -> Spelling | None:
        """Return ``x.AsyncMock`` for ``x.MagicMock``, ``x.patch`` or ``x.patch.y``."""
        while isinstance(near, ast.Attribute):
            near = near.value
            text = dotted(near)
            if text and self._has_mocks(near):
                root = text.partition(".")[0]
                owner = self._scope.find(root)
                if owner and owner is self._module.at[near].find(root):
                    return Spelling(f"{text}.{self._name}", ((owner, root),))
        return None

    def _has_mocks(self, node: ast.expr) -> bool:
        values = self._index.value(node, self._module)
        if values:
            return all(map(self._is_library, values))
        return isinstance(node, ast.Name) and self._is_mocker(node.id, node)

    def _is_library(self, value: Value) -> bool:
        match value:
            case External(package):
                return package in _LIBRARIES and self._is_there(package)
            case File():
                found = self._index.member(value, self._name)
                return found == {External(f"{STANDARD}.{self._name}")}
        return False

    def _is_there(self, package: str) -> bool:
        """Whether a library has the class; old ones of ``mock`` lack it."""
        read = self._index.foreign.module("mock.mock") if package != STANDARD else None
        return read is None or self._name in read.scope.names

    def _is_mocker(self, name: str, node: ast.AST) -> bool:
        """Whether a parameter is given by pytest-mock."""
        scope = self._module.at[node].find(name)
        return scope is not None and self._gives_mocker(scope, name)

    def _gives_mocker(self, scope: Scope, name: str) -> bool:
        function = scope.node
        if name not in MOCKERS or not isinstance(function, FUNCTIONS):
            return False
        if any(each.kind != "param" for each in scope.names[name]):
            return False
        here = Function(self._module, function)
        return self._work.fixtures.visible(name, here) is None

    def family(self, near: ast.expr) -> str:
        """Return the library of what is called; "" if it may be one or another."""
        found = {_package(each) for each in self._index.value(near, self._module)}
        package, *others = found or {STANDARD}
        return package if not others and self._is_there(package) else ""

    def in_style(self, package: str, near: ast.expr | None = None) -> Spelling | None:
        """Return a name that the file has, or can import as it imports others."""
        full = f"{package}.{self._name}"
        named = self._known(full, full)
        if named:
            return named
        imported = isinstance(near, ast.Name) or self._imports_from(package)
        known = self._known_module(package)
        if known and not imported:
            return known
        if not imported and (mocker := self._mocker()):
            return mocker
        if self._is_available(self._name, full):
            code = f"from {package} import {self._name}"
            return Spelling(self._name, (), (code,))
        if known:
            return known
        if package == STANDARD and self._is_available("mock", STANDARD):
            return Spelling(f"mock.{self._name}", (), ("from unittest import mock",))
        return None

    def _known_module(self, package: str) -> Spelling | None:
        found = self._known(package, f"{package}.{self._name}")
        if found or package != STANDARD:
            return found
        for local, owner, bindings in self._visible():
            # `import unittest` alone does not import its mocks.
            full = any(_imports_plainly(each, STANDARD) for each in bindings)
            if local == "unittest" and full and self._certain(bindings, owner):
                return Spelling(f"{STANDARD}.{self._name}", ((owner, local),))
        return None

    def _known(self, meant: str, full: str) -> Spelling | None:
        """Return what code can say by a name that means `meant`."""
        for local, owner, bindings in self._visible():
            values = self._index.bound(owner, local, self._module)
            wanted = {External(meant)}
            if values == wanted and self._certain(bindings, owner):
                return Spelling(local + full.removeprefix(meant), ((owner, local),))
            if External(meant) in values and self._preferred(bindings, meant):
                return Spelling(local + full.removeprefix(meant), ((owner, local),))
        return None

    def _visible(self) -> Iterator[tuple[str, Scope, list[Binding]]]:
        """Yield the imported names that code in the scope sees."""
        scope: Scope | None = self._scope
        while scope is not None:
            for name, bindings in scope.names.items():
                if (scope, name) in self._freed:
                    continue
                if all(each.kind == "import" for each in bindings):
                    if self._scope.find(name) is scope:
                        yield name, scope, bindings
            scope = scope.parent

    def _certain(self, bindings: list[Binding], owner: Scope) -> bool:
        """Whether an import has run by then, whatever happens."""
        return any(
            self._module.parents[each.node] is owner.node and not self._is_below(each)
            for each in bindings
        )

    def _is_below(self, binding: Binding) -> bool:
        """Whether what binds a name has not run yet."""
        return bool(self._line) and getattr(binding.node, "lineno", 0) > self._line

    def _preferred(self, bindings: list[Binding], meant: str) -> bool:
        """``try: from unittest.mock import AsyncMock``, whatever it falls back on."""
        if not meant.startswith(STANDARD):
            return False
        for each in bindings:
            outer = self._module.parents[each.node]
            _, source, member = each.target
            if isinstance(outer, ast.Try) and each.node in outer.body:
                return f"{source}.{member}" == meant
        return False

    def _imports_from(self, package: str) -> bool:
        return any(
            isinstance(each, ast.ImportFrom) and each.module == package
            for each in self._module.imports
        )

    def _imports_below(self) -> bool:
        """Whether other imports follow, before any definition."""
        for statement in self._module.tree.body:
            if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
                return False
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                if statement.lineno > self._line:
                    return True
        return False

    def _mocker(self) -> Spelling | None:
        """Return ``mocker.AsyncMock`` where the code has one."""
        for name in sorted(MOCKERS):
            owner = self._scope.find(name)
            if owner and self._gives_mocker(owner, name):
                return Spelling(f"{name}.{self._name}", ((owner, name),))
        return None

    def _is_available(self, name: str, meant: str) -> bool:
        """Whether a new import at the top of the file would mean `meant` here."""
        owner = self._scope.find(name)
        if owner is not None and owner is not self._module.scope:
            return False
        if (self._module.scope, name) in self._freed:
            return True
        bindings = self._module.scope.names.get(name, ())
        if not all(_imports(each, meant) for each in bindings):
            return False
        if self._line and self._imports_below():
            return False  # the new one may come to stand beside those
        if bindings or not self._module.stars:
            return True
        values = self._index.name(self._module.scope, name, self._module)
        return values <= {External(meant)}


def _in_function(scope: Scope) -> bool:
    here: Scope | None = scope
    while here is not None and here.kind not in ("function", "lambda"):
        here = here.parent
    return here is not None


def _package(value: Value) -> str:
    """Return the library of a class, ``patch``, or an attribute of it."""
    name = value.name if isinstance(value, External) else ""
    return _BACKPORT if name.startswith(f"{_BACKPORT}.") else STANDARD


def _imports(binding: Binding, meant: str) -> bool:
    level, source, member = binding.target
    return binding.kind == "import" and not level and f"{source}.{member}" == meant


def _imports_plainly(binding: Binding, module: str) -> bool:
    """Whether it is ``import package.module``, which binds the package."""
    return isinstance(binding.node, ast.Import) and any(
        alias.name == module and not alias.asname for alias in binding.node.names
    )
