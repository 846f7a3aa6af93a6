"""Functions that are kept somewhere, and called by what is not known here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.origins import origins
from awaitify_codemods.facts.reach.decorations import made_starts
from awaitify_codemods.facts.reach.reaching import DEPTH, Reaching
from awaitify_codemods.facts.reach.starters import is_runner
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Class, File, Function, Instance


def dispatched(
    of: ast.expr, name: ast.expr, module: Module, reach: Reaching, depth: int = 0
) -> str:
    """``getattr(self, "do_" + name)()``: any method or function of that kind."""
    first = next(
        (each.value for each in walk(name) if isinstance(each, ast.Constant)),
        "",
    )
    # "do_%s" % name, "do_{}".format(name)
    first = re.split("[%{]", str(first))[0]
    for value in reach.index.value(of, module):
        match value:
            case File(other):
                for node in other.functions:
                    if other.at[node].kind == "module":
                        if node.name.startswith(str(first)):
                            given = Function(other, node)
                            if found := reach.starts(given, depth + 1):
                                return found
            case Instance(Class() as owner):
                for method in _methods(owner, reach):
                    if method.node.name.startswith(str(first)):
                        if found := reach.starts(method, depth + 1, owner):
                            return found
    return ""


def _methods(owner: Class, reach: Reaching) -> Iterator[Function]:
    for base in reach.index.mro(owner):
        if isinstance(base, Class):
            for statement in base.node.body:
                if isinstance(statement, FUNCTIONS):
                    yield Function(base.module, statement)


def kept_in(module: Module, reach: Reaching, depth: int) -> str:
    """Return a function of a file that starts a loop and is kept somewhere."""
    for node in module.functions:
        uses = module.references(module.at[node], node.name)
        kept = bool(node.decorator_list) or any(
            not isinstance(outer := module.parents[use], ast.Call)
            or outer.func is not use
            for use in uses
        )
        if kept and (found := reach.starts(Function(module, node), depth + 1)):
            return found
    return ""


def unknown_starts(func: ast.expr, module: Module, reach: Reaching, depth: int) -> str:
    """Return what starts a loop where code under test calls what is kept."""
    if isinstance(func, ast.Name):
        owner = module.at[func].find(func.id)
        bindings = owner.names[func.id] if owner else []
        if any(each.kind == "other" for each in bindings):
            return reach.kept_starts(module, depth)
    return origin_starts(func, module, reach, depth + 1)


def origin_starts(
    node: ast.expr, module: Module, reach: Reaching, depth: int = 0
) -> str:
    """Return what starts a loop among what a name is bound to, at import."""
    if depth > DEPTH:
        return ""
    if isinstance(node, ast.Attribute):
        for value in reach.index.value(node.value, module):
            if isinstance(value, File):
                for given in reach.index.member(value, "__getattr__"):
                    if isinstance(given, Function) and (
                        found := reach.starts(given, depth + 1)
                    ):
                        return found
    for origin, home in origins(node, module, reach.index):
        if found := expression_starts(origin, home, reach, depth + 1):
            return found
    return ""


def expression_starts(
    node: ast.expr, module: Module, reach: Reaching, depth: int
) -> str:
    """Return what an expression hands on, and that starts a loop when called."""
    for each in walk(node):
        if not isinstance(each, (ast.Name, ast.Attribute)) or each not in module.at:
            continue
        values = reach.index.value(each, module)
        parent = module.parents[each]
        called = isinstance(parent, ast.Call) and parent.func is each
        if called and module.at[each].frame.kind != "lambda":
            starting = (made_starts(value, reach, depth) for value in values)
        else:
            if is_runner(values, reach):
                return spelled(each)
            starting = (reach.value_starts(value, depth) for value in values)
        if found := next(filter(None, starting), ""):
            return found
    return ""
