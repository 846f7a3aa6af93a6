"""Where the text says a value comes from: the expressions that a name is bound to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.values import Class, File, Instance

Origin = tuple[ast.expr, Module]
_DEPTH = 6


def origins(
    node: ast.expr, module: Module, index: Index, depth: int = 0
) -> Iterator[Origin]:
    """Yield what modules and classes bind a name, an attribute or a container to."""
    if depth > _DEPTH:
        return
    match node:
        case ast.Name(id=name):
            owner = module.at[node].find(name)
            if owner is not None and owner.kind == "module":
                yield from _bound(owner, name, module, index, depth)
            elif owner is not None and owner.kind in ("function", "lambda"):
                yield from _default(owner, name, module)
        case ast.Attribute(value=of, attr=name):
            for value in index.value(of, module):
                match value:
                    case File(other):
                        yield from _bound(other.scope, name, other, index, depth)
                    case Class() | Instance(Class()):
                        owner_class = value if isinstance(value, Class) else value.of
                        assert isinstance(owner_class, Class)
                        yield from _kept(owner_class, name, index, depth)
        case ast.Subscript(value=of):
            yield from origins(of, module, index, depth + 1)


def _default(scope: Scope, name: str, module: Module) -> Iterator[Origin]:
    """Yield what a parameter means where a caller gives nothing."""
    arguments = getattr(scope.node, "args", None)
    if not isinstance(arguments, ast.arguments):
        return
    plain = [*arguments.posonlyargs, *arguments.args]
    for argument, value in (
        *zip(plain[::-1], arguments.defaults[::-1], strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ):
        if argument.arg == name and value is not None:
            yield value, module


def _bound(
    scope: Scope, name: str, module: Module, index: Index, depth: int
) -> Iterator[Origin]:
    for binding in scope.names.get(name, ()):
        if binding.value is not None:
            yield binding.value, module
        elif isinstance(binding.node, ast.ImportFrom) and depth <= _DEPTH:
            path = index.source_of(binding.node, module)
            source = index.module(path) if path else None
            if source:
                imported = binding.target[2]
                yield from _bound(source.scope, imported, source, index, depth + 1)


def _kept(owner: Class, name: str, index: Index, depth: int) -> Iterator[Origin]:
    for base in index.mro(owner):
        if isinstance(base, Class):
            scope = base.module.scopes[base.node]
            yield from _bound(scope, name, base.module, index, depth)
