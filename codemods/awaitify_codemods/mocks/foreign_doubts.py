"""Why a file keeps asynctest's mocks: what those of unittest would do otherwise."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Binding, Module
from awaitify_codemods.mocks.awaitables import Awaitables
from awaitify_codemods.mocks.facts import Findings
from awaitify_codemods.mocks.foreign_names import (
    ASYNC,
    MODULE,
    NAME,
    PACKAGE,
    SCOPES,
    TWINS,
    Part,
    Taken,
    is_foreign,
)
from awaitify_codemods.planning.elsewhere import Elsewhere

Doubt = tuple[ast.AST, str]
"""Where it is, and what it is."""

_SYNC = frozenset({"MagicMock", "Mock", "NonCallableMagicMock", "NonCallableMock"})
_GENERATORS = frozenset({"coroutine", "inlineCallbacks"})
_EFFECTS = frozenset({"side_effect", "wraps"})


@dataclass(frozen=True, eq=False)
class ForeignDoubts:
    """Judges a file by its text.

    Args:
        index: the project's files.
        elsewhere: who else imports a name of a file.
        awaitables: what values may be awaitable.
        library: the source of `unittest.mock` for the project; b"" if not known.
        findings: what the tests do with their mocks; it takes its time.

    """

    index: Index
    elsewhere: Elsewhere
    awaitables: Awaitables
    library: bytes
    findings: Callable[[], Findings]

    def about(
        self, module: Module, parts: list[Part], names: list[Taken]
    ) -> Iterator[Doubt]:
        """Yield all that speaks against a change of the file."""
        if self.library and b"class AsyncMock" not in self.library:
            yield parts[0].node, "unittest has no AsyncMock there"
        for name in names:
            yield from self._name(name)
        for part in parts:
            yield from self._part(part)
        yield from _attributes(module)
        kinds = _sync_targets(parts)
        for part in parts:
            if part.call and part.name in (ASYNC, "patch"):
                yield from self._given(part, part.call)
        for patching in patch_calls(parts):
            yield from self._decorated(patching, module)
        yield from self._configured(module, kinds)

    def _name(self, taken: Taken) -> Iterator[Doubt]:
        module, local = taken.module, taken.local
        if not is_shim(taken):
            for binding in taken.bindings:
                if not is_foreign(binding) and not is_twin(binding, taken):
                    yield taken.statement, f"{local} has another meaning, too"
                    return
                if module.parents[binding.node] is not taken.scope.node:
                    yield taken.statement, f"{local} is imported under a condition"
                    return
        if taken.scope is module.scope and taken.kind != PACKAGE:
            for other in self.elsewhere.importing(module):
                if other is not module and any(
                    self.elsewhere.imports_of(local, module, other)
                ):
                    yield taken.statement, f"{other.path} has {local} from here"
                    return
        if taken.kind in (MODULE, PACKAGE):
            for part in taken.parts:
                if not part.name:
                    yield part.node, "the module is handed on"

    def _part(self, part: Part) -> Iterator[Doubt]:
        parent = part.module.parents[part.node]
        if part.name in SCOPES:
            if not (isinstance(parent, ast.keyword) and parent.arg == "scope"):
                yield part.node, f"{part.name} is no argument of a patch"
        elif part.name and part.name not in TWINS:
            yield part.node, f"unittest has no {part.name}"
        elif part.name == ASYNC and isinstance(parent, ast.ClassDef):
            yield part.node, f"{parent.name} makes children of its own kind"
        for keyword in part.call.keywords if part.call else ():
            if keyword.arg == "is_coroutine":
                yield keyword.value, "unittest's mocks have no is_coroutine"
        if part.name == "patch" and part.call and len(part.call.args) > 7:
            yield part.node, "the patch has too many arguments"

    def _given(self, part: Part, call: ast.Call) -> Iterator[Doubt]:
        """Yield arguments of an async mock that asynctest awaits."""
        module = part.module
        for keyword in call.keywords:
            if keyword.arg == "return_value":
                yield from self._returned(keyword.value, module)
            elif keyword.arg in _EFFECTS:
                yield from self._effect(keyword.value, module)

    def _configured(self, module: Module, kinds: set[str]) -> Iterator[Doubt]:
        """Yield the same of what is assigned to mocks that may be async."""
        checks: tuple[tuple[str, Callable[..., Iterator[Doubt]]], ...] = (
            ("return_value", self._returned),
            ("side_effect", self._effect),
        )
        for name, check in checks:
            for target in module.stores.get(name, ()):
                statement = module.parents[target]
                if ast.unparse(target.value) in kinds:
                    continue
                if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                    if statement.value is None:
                        continue
                    for doubt in check(statement.value, module):
                        if not self._is_plain(statement):
                            yield doubt

    def _is_plain(self, statement: ast.stmt) -> bool:
        """Whether tests are seen to configure a mock there, and no async one."""
        kinds = self._kinds.get(statement, set())
        return bool(kinds) and not kinds & {ASYNC, "AsyncMock"}

    @cached_property
    def _kinds(self) -> dict[ast.AST, set[str]]:
        """The mocks that each statement configures."""
        found: dict[ast.AST, set[str]] = {}
        for site in self.findings().sites.values():
            for node in site.nodes.values():
                for each in node.configured:
                    found.setdefault(each.node, set()).update(node.kinds or {ASYNC})
        return found

    def _returned(self, value: ast.expr, module: Module) -> Iterator[Doubt]:
        if self.awaitables.may_be(value, module):
            yield value, "asynctest awaits what the mock is told to return"

    def _effect(self, value: ast.expr, module: Module) -> Iterator[Doubt]:
        message = "asynctest awaits what the side effect returns"
        given = self.awaitables
        if given.returned_by(value, module) or given.in_any(value, module):
            yield value, message
        elif b"StopIteration" in module.source and _may_end(value):
            yield value, "asynctest raises StopIteration where the values end"
        elif _may_end(value) and _expects_error(value, module):
            yield value, "the error where the values end is another one"

    def _decorated(self, patching: ast.Call, module: Module) -> Iterator[Doubt]:
        """Yield patches of generators, which unittest ends before they run."""
        owner = module.parents[patching]
        if isinstance(owner, FUNCTIONS) and patching in owner.decorator_list:
            functions = [owner]
        elif isinstance(owner, ast.ClassDef) and patching in owner.decorator_list:
            functions = [
                each
                for each in owner.body
                if isinstance(each, FUNCTIONS) and each.name.startswith("test")
            ]
        else:
            return
        of_dict = getattr(patching.func, "attr", "") == "dict"
        for function in functions:
            if _is_generator(function, module):
                yield patching, f"unittest does not patch within {function.name}"
            elif of_dict and isinstance(function, ast.AsyncFunctionDef):
                if self.library and not _decorates_async(self.library):
                    message = "patch.dict knows no async functions there"
                    yield patching, message


def is_twin(binding: Binding, taken: Taken) -> bool:
    """Whether a name is unittest's, too, which the one of asynctest hides."""
    twin = TWINS.get(taken.name, "")
    return bool(twin) and binding.target == (0, "unittest.mock", twin)


def is_shim(taken: Taken) -> bool:
    """Whether a name is asynctest's where it is installed, else unittest's."""
    module = taken.module
    tries = {module.parents[each.node] for each in taken.bindings}
    holders = {
        parent if isinstance(parent, ast.Try) else module.parents.get(parent)
        for parent in tries
    }
    return (
        len(taken.bindings) == 2
        and len(holders) == 1
        and taken.kind == NAME
        and (all(_is_plain_shim(each, taken) for each in holders))
    )


def _is_plain_shim(node: ast.AST | None, taken: Taken) -> bool:
    """``try: from asynctest import X except ImportError: from unittest.mock ...``"""
    match node:
        case ast.Try(
            body=[ast.ImportFrom() as one],
            handlers=[ast.ExceptHandler(body=[ast.ImportFrom() as other])],
            orelse=[],
            finalbody=[],
        ):
            pass
        case _:
            return False
    if taken.module.parents[node] is not taken.scope.node:
        return False
    ours, twins = (
        (one, other)
        if one.module and one.module.startswith("asynctest")
        else (other, one)
    )
    if ours.module not in ("asynctest", "asynctest.mock"):
        return False
    if twins.module not in ("unittest.mock", "mock", "asyncmock"):
        return False
    mine = {each.asname or each.name: TWINS.get(each.name) for each in ours.names}
    theirs = {each.asname or each.name: each.name for each in twins.names}
    return mine == theirs


def patch_calls(parts: list[Part]) -> Iterator[ast.Call]:
    """Yield the calls of `patch`, `patch.object` and the like."""
    for part in parts:
        if part.name == "patch":
            node: ast.AST = part.node
            parents = part.module.parents
            while isinstance(parents[node], ast.Attribute):
                node = parents[node]
            call = parents[node]
            if isinstance(call, ast.Call) and call.func is node:
                yield call


def _attributes(module: Module) -> Iterator[Doubt]:
    """Yield attributes that only asynctest's mocks have."""
    for name in ("awaited", "is_coroutine"):
        for use in (*module.uses.get(name, ()), *module.stores.get(name, ())):
            if isinstance(use, ast.Attribute):
                yield use, f"unittest's mocks have no {name}"


def _sync_targets(parts: list[Part]) -> set[str]:
    """Return what is given a mock whose calls return what they are told."""
    found: dict[str, set[bool]] = {}
    for part in parts:
        call = part.call
        statement = part.module.parents[call] if call else None
        if isinstance(statement, ast.Assign) and part.name in {*_SYNC, ASYNC}:
            for target in statement.targets:
                is_sync = part.name in _SYNC
                found.setdefault(ast.unparse(target), set()).add(is_sync)
    return {text for text, kinds in found.items() if kinds == {True}}


def _may_end(value: ast.expr) -> bool:
    return isinstance(value, (ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp)) or (
        isinstance(value, ast.Call)
        and getattr(value.func, "id", "") in ("iter", "list")
    )


def _expects_error(node: ast.AST, module: Module) -> bool:
    """Whether the function around expects the error of a coroutine that stops."""
    around = [each for each in module.enclosing(node) if isinstance(each, FUNCTIONS)]
    return bool(around) and any(
        isinstance(each, ast.Name) and each.id == "RuntimeError"
        for each in ast.walk(around[-1])
    )


def _is_generator(function: ast.AST, module: Module) -> bool:
    if not isinstance(function, ast.FunctionDef):
        return False
    if module.kinds(function) & {ast.Yield, ast.YieldFrom}:
        return True
    return any(
        getattr(each, "attr", getattr(each, "id", "")) in _GENERATORS
        for each in function.decorator_list
    )


def _decorates_async(library: bytes) -> bool:
    _, _, rest = library.partition(b"class _patch_dict")
    return b"decorate_async_callable" in rest.partition(b"\nclass ")[0]
