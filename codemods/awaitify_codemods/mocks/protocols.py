"""Mocks as async context managers and iterators: what is configured in vain."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.values import Class, External, Instance
from awaitify_codemods.mocks.facts import ITERATED, MISSING, Findings, Site, Use
from awaitify_codemods.mocks.spelling import MOCKERS

PROTOCOL = ("__aenter__", "__aexit__", "__aiter__", "__anext__")
_LIBRARIES = ("unittest.mock", "mock", "mock.mock")
_ASYNC = frozenset(
    {f"{each}.AsyncMock" for each in _LIBRARIES}
    | {"asynctest.CoroutineMock", "asynctest.mock.CoroutineMock"}
)
_MAGIC = frozenset(
    f"{library}.{name}"
    for library in _LIBRARIES
    for name in ("AsyncMock", "MagicMock", "NonCallableMagicMock")
)
_RESULT = ("return_value", "side_effect", "wraps")


def swallowing(module: Module, index: Index) -> Iterator[ast.AST]:
    """Yield what makes `__aexit__` an AsyncMock that nobody told what to return.

    It returns a mock, which is true: whatever is raised in the block is gone.
    """
    for target in module.stores.get("__aexit__", ()):
        statement = module.parents[target]
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            continue
        if not _is_bare(statement.value, module, index):
            continue
        if not _is_told_later(target, module) and not _is_plain(target, module, index):
            yield statement
    for node in module.classes:
        for binding in module.scopes[node].names.get("__aexit__", ()):
            if _is_bare(binding.value, module, index):
                yield binding.node
    for call in module.calls:
        for keyword in call.keywords:
            if _is_exit(keyword.arg) and _is_bare(keyword.value, module, index):
                yield keyword.value
            elif keyword.arg is None and isinstance(keyword.value, ast.Dict):
                pairs = zip(keyword.value.keys, keyword.value.values, strict=True)
                for key, value in pairs:
                    name = key.value if isinstance(key, ast.Constant) else None
                    if _is_exit(name) and _is_bare(value, module, index):
                        yield value


def _is_exit(name: object) -> bool:
    return isinstance(name, str) and name.rpartition(".")[2] == "__aexit__"


def _is_bare(node: ast.expr | None, module: Module, index: Index) -> bool:
    """Whether an expression is an AsyncMock without a result of its own."""
    if not isinstance(node, ast.Call) or len(node.args) > 1:
        return False
    if any(each.arg in (None, *_RESULT) for each in node.keywords):
        return False
    values = index.value(node.func, module)
    if values:
        return all(isinstance(v, External) and v.name in _ASYNC for v in values)
    owner, _, name = spelled(node.func).rpartition(".")
    return name == "AsyncMock" and owner in MOCKERS


def _is_told_later(target: ast.Attribute, module: Module) -> bool:
    text = ast.unparse(target)
    return any(
        ast.unparse(each.value) == text
        for name in _RESULT
        for each in module.stores.get(name, ())
    )


def _is_plain(target: ast.Attribute, module: Module, index: Index) -> bool:
    """Whether it is set on an object whose class is the project's: that is unused."""
    return any(
        isinstance(value, Instance) and isinstance(value.of, Class)
        for value in index.value(target.value, module)
    )


@dataclass(frozen=True)
class Ignored:
    """A class of mocks that defines what its objects do not use."""

    node: ast.ClassDef
    base: str
    names: tuple[str, ...]


def ignored(module: Module, index: Index) -> Iterator[Ignored]:
    """Yield subclasses of MagicMock and AsyncMock that define a protocol.

    Since Python 3.8 each object of them gets one of its own, which hides theirs.
    """
    for node in module.classes:
        scope = module.scopes[node]
        names = [each for each in PROTOCOL if each in scope.names]
        if not names or _configures_itself(node, module):
            continue
        for base in index.mro(Class(module, node)):
            if isinstance(base, External) and base.name in _MAGIC:
                name = base.name.rpartition(".")[2]
                yield Ignored(node, name, tuple(names))
                break


def _configures_itself(node: ast.ClassDef, module: Module) -> bool:
    """Whether a class may put its own definitions back, or has a spec without them."""
    for each in ast.walk(node):
        match each:
            case ast.Attribute(attr=name, ctx=ast.Store()) if name in PROTOCOL:
                return True
            case ast.keyword(arg="spec" | "spec_set"):
                return True
            case ast.Name(id="setattr") | ast.Constant(value="setattr"):
                return True
    return any(
        isinstance(each, FUNCTIONS) and each.name.startswith("_mock_")
        for each in node.body
    )


def unable(findings: Findings) -> Iterator[tuple[Site, Use]]:
    """Yield plain Mocks that are certainly entered or iterated, and where first.

    Each test that gets one fails there; so nothing is lost by what a MagicMock can do
    beyond it.
    """
    for site in findings.sites.values():
        root = site.nodes.get(())
        if site.form != "call" or root is None or root.kinds != {"Mock"}:
            continue
        if site.node.args or any(_is_spec(each.arg) for each in site.node.keywords):
            continue
        if any(node.doubts & _DOUBTS for node in site.nodes.values()):
            continue
        uses = [
            use
            for node in site.nodes.values()
            for use in node.itself
            if use.kind == MISSING and use.certain
        ]
        if uses and site.tests <= {use.test for use in uses} - findings.incomplete:
            yield site, uses[0]


_DOUBTS = frozenset({"deleted", "unknown-value"})


def _is_spec(name: str | None) -> bool:
    return name is None or name in ("spec", "spec_set", "wraps")


@dataclass(frozen=True)
class SyncIterator:
    """``m.__aiter__ = lambda self: iter(items)``: no async iterator."""

    module: Module
    statement: ast.Assign
    value: ast.Lambda
    items: ast.expr
    where: Use | None
    """Where it is certainly iterated."""


def sync_iterators(findings: Findings) -> Iterator[SyncIterator]:
    """Yield lambdas in the place of `__aiter__` that make no async iterator."""
    for site in findings.sites.values():
        for path, node in site.nodes.items():
            if path[-1:] != ("__aiter__",):
                continue
            owner = site.nodes.get(path[:-1])
            for each in node.configured:
                match each.node:
                    case ast.Assign(
                        targets=[ast.Attribute()], value=ast.Lambda() as fn
                    ):
                        pass
                    case _:
                        continue
                items = _items(fn)
                if items is None or owner is None or not owner.kinds <= _ITERABLE:
                    continue
                uses = [use for use in owner.itself if use.kind == ITERATED]
                sure = uses and all(use.certain for use in uses)
                where = uses[0] if sure and _is_known(items, each.module, fn) else None
                yield SyncIterator(each.module, each.node, fn, items, where)


_ITERABLE = {"MagicMock", "AsyncMock"}


def _items(function: ast.Lambda) -> ast.expr | None:
    """Return what a lambda makes a sync iterator of."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    if len(plain) != 1 and not (arguments.vararg and not plain):
        return None
    match function.body:
        case ast.Call(func=ast.Name(id="iter"), args=[items], keywords=[]):
            return items
        case ast.List() | ast.Tuple():
            return function.body
    return None


def _is_known(items: ast.expr, module: Module, function: ast.Lambda) -> bool:
    """Whether an expression means the same where the lambda is made."""
    for each in ast.walk(items):
        if isinstance(each, (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield)):
            return False
        if isinstance(each, ast.Name):
            owner = module.at[each].find(each.id)
            if owner is None or owner.kind in ("module", "comprehension"):
                continue
            lines = [getattr(b.node, "lineno", 0) for b in owner.names[each.id]]
            is_own = owner is module.scopes.get(function)
            if is_own or max(lines) >= function.lineno:
                return False
    return True


def plain_lists(findings: Findings) -> Iterator[tuple[Module, ast.Attribute, Use]]:
    """Yield where mocks are told to return lists that are iterated asynchronously."""
    for site in findings.sites.values():
        for node in site.nodes.values():
            if node.kinds != {"MagicMock"} or len(node.configured) != 1:
                continue
            (configured,) = node.configured
            match configured.node:
                case ast.Assign(
                    targets=[ast.Attribute(attr="return_value") as target],
                    value=ast.List() | ast.Tuple() | ast.ListComp(),
                ):
                    pass
                case _:
                    continue
            others = any(each.kind != ITERATED for each in node.uses)
            if node.listed and all(u.certain for u in node.listed) and not others:
                yield configured.module, target, node.listed[0]
