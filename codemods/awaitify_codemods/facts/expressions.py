"""What an expression means: an attribute, a call, ``getattr``, a choice of two."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.meanings import Meanings
from awaitify_codemods.facts.module import Module
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
)

_LOOP_MAKERS = {
    "asyncio.new_event_loop": "new",
    "asyncio.events.new_event_loop": "new",
    "asyncio.get_event_loop": "current",
    "asyncio.get_running_loop": "running",
    "asyncio.get_event_loop_policy().new_event_loop": "new",
    "asyncio.get_event_loop_policy().get_event_loop": "current",
}
_IO_LOOP_MAKERS = {
    "tornado.ioloop.IOLoop": "new",
    "tornado.ioloop.IOLoop.current": "current",
    "tornado.ioloop.IOLoop.instance": "current",
}


def evaluate(node: ast.expr, module: Module, index: Meanings, depth: int) -> Values:
    """Return what an expression means, worked out from its parts."""
    match node:
        case ast.Name(id=name):
            return index.name(module.at[node], name, module, depth)
        case ast.Attribute(value=owner, attr=name):
            found: set[Value] = set()
            for value in index.value(owner, module, depth):
                found |= index.member(value, name, depth)
            return frozenset(found)
        case ast.Call():
            return _called(node, module, index, depth)
        case ast.Lambda():
            return frozenset({Anonymous(module, node)})
        case ast.IfExp(body=body, orelse=orelse):
            one = index.value(body, module, depth)
            other = index.value(orelse, module, depth)
            return one | other if one and other else NOTHING
        case ast.NamedExpr(value=inner) | ast.Await(value=inner):
            if isinstance(node, ast.NamedExpr):
                return index.value(inner, module, depth)
    return NOTHING


def _called(node: ast.Call, module: Module, index: Meanings, depth: int) -> Values:
    found: set[Value] = set()
    for callee in index.value(node.func, module, depth):
        match callee:
            case External(name) if name in _LOOP_MAKERS:
                found.add(Loop(module, node, _LOOP_MAKERS[name]))
            case External(name) if name in _IO_LOOP_MAKERS:
                found.add(Loop(module, node, _IO_LOOP_MAKERS[name], "tornado"))
            case External("functools.partial") if node.args:
                found.add(Partial(module, node))
            case External("pytest.importorskip") if imported := _skipped(node):
                found |= index.imported((0, imported, ""), module, depth)
            case External("builtins.getattr"):
                return _got(node, module, index, depth)
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
            case Function() if (kind := index.utility(callee)) in ("new", "current"):
                found.add(Loop(module, node, kind))
            case Member(Instance(External("asyncio.Runner")), "get_loop"):
                found.add(Loop(module, node, "running"))
            case _:
                return NOTHING
    return frozenset(found)


def _got(node: ast.Call, module: Module, index: Meanings, depth: int) -> Values:
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
    for value in index.value(owner, module, depth):
        for name in _names_of(value, index):
            if name.startswith(start) and length in (0, len(name)):
                found |= index.member(value, name, depth)
    return frozenset(found)


def _names_of(value: Value, index: Meanings) -> set[str]:
    match value:
        case File(module):
            return set(module.scope.names)
        case Class() | Instance(Class()):
            owner = value.of if isinstance(value, Instance) else value
            assert isinstance(owner, Class)
            bases = [each for each in index.mro(owner) if isinstance(each, Class)]
            scopes = [each.module.scopes[each.node] for each in bases]
            return {name for scope in scopes for name in scope.names}
    return set()


def _skipped(call: ast.Call) -> str:
    """Return the module that ``pytest.importorskip("module")`` gives."""
    match call.args:
        case [ast.Constant(value=str(name)), *_]:
            return name
    return ""


def _class_around(module: Module, node: ast.AST) -> ast.ClassDef | None:
    for outer in module.enclosing(node):
        if isinstance(outer, ast.ClassDef):
            return outer
    return None
