"""What asynctest and aiounittest are known for, and where a file mentions it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.meanings import Meanings
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External, Instance

LIBRARIES = ("asynctest", "aiounittest")
CASES = frozenset({"asynctest.TestCase", "aiounittest.AsyncTestCase"})
"""The classes that become `IsolatedAsyncioTestCase`, by their short names."""
OWN_LOOP = Instance(External("asynctest.TestCase().loop"))
"""``self.loop`` in asynctest's class: the one that runs the test."""
CHECKS = frozenset(
    f"asynctest.{name}" for name in ("fail_on", "strict", "lenient", "ignore_loop")
)
"""Decorators that ask for checks of the loop after a test."""
CLOCKED = "asynctest.ClockedTestCase"
WITHOUT_TWIN = frozenset(
    "asynctest." + name
    for name in (
        "FunctionTestCase exhaust_callbacks TestSelector set_read_ready "
        "set_write_ready FileMock SocketMock SSLSocketMock FileDescriptor fd fileno "
        "isfilemock get_registered_events"
    ).split()
)
"""What needs the loop of asynctest's own class, and has no counterpart."""
MOCKS = frozenset(
    "asynctest." + name
    for name in (
        "ANY CoroutineMock DEFAULT FILTER_DIR GLOBAL LIMITED MagicMock MagicMockMixin "
        "Mock NonCallableMagicMock NonCallableMock PropertyMock call create_autospec "
        "mock mock_open patch return_once seal sentinel"
    ).split()
)
UNITTEST = frozenset(
    "asynctest." + name
    for name in (
        "SkipTest TestLoader TestResult TestSuite TextTestResult TextTestRunner "
        "defaultTestLoader expectedFailure installHandler main registerResult "
        "removeHandler removeResult skip skipIf skipUnless"
    ).split()
)
"""What asynctest hands on from unittest as it is."""
_PARTS = ("case", "mock", "selector", "helpers", "_fail_on")


@dataclass(frozen=True, eq=False)
class Mention:
    """A name or attribute that means something of one of the libraries."""

    module: Module
    node: ast.Name | ast.Attribute
    name: str
    """Its short name, e.g. ``asynctest.TestCase``."""


def short(name: str) -> str:
    """Return a dotted name without the submodule that defines what it means."""
    package, _, rest = name.partition(".")
    first, _, last = rest.partition(".")
    if package in LIBRARIES and last and first in _PARTS:
        return f"{package}.{last}"
    return name


def is_of_library(name: str) -> bool:
    """Whether a dotted name is one of the libraries', or one of them."""
    return name.partition(".")[0] in LIBRARIES


def case_of(value: object) -> str:
    """Return the short name of a class that is to be replaced; "" for others."""
    if isinstance(value, External) and short(value.name) in CASES:
        return short(value.name)
    return ""


def gives_loop(value: object) -> bool:
    """Whether a class gives its objects a loop: ``self.loop``."""
    return case_of(value) == "asynctest.TestCase"


def mentions(module: Module, index: Meanings) -> Iterator[Mention]:
    """Yield what a file says of the libraries, by the longest chain of names."""
    for name in sorted(_local_names(module)):
        for scope in {module.scope, *module.scopes.values()}:
            for use in module.references(scope, name) if name in scope.names else ():
                longest = _longest(use, module)
                for value in index.value(longest, module):
                    if isinstance(value, External) and is_of_library(value.name):
                        yield Mention(module, longest, short(value.name))


def _local_names(module: Module) -> set[str]:
    """Return the names that imports may give to something of the libraries."""
    if not any(word.encode() in module.source for word in LIBRARIES):
        return set()
    found: set[str] = set()
    for statement in module.imports:
        package = getattr(statement, "module", None) or ""
        for alias in statement.names:
            if is_of_library(package) or is_of_library(alias.name):
                plain = isinstance(statement, ast.Import)
                name = alias.name.partition(".")[0] if plain else alias.name
                found.add(alias.asname or name)
    return found


def _longest(use: ast.Name | ast.Attribute, module: Module) -> ast.Name | ast.Attribute:
    """Return ``a.b.c`` for the ``a`` that it starts with."""
    outer = module.parents[use]
    while isinstance(outer, ast.Attribute) and outer.value is use:
        use, outer = outer, module.parents[outer]
    return use
