"""What Python itself calls on an object: operators, properties, ``with``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.frameworks import is_django
from awaitify_codemods.facts.module import FUNCTIONS, spelled
from awaitify_codemods.facts.reach.kept import expression_starts
from awaitify_codemods.facts.reach.reaching import Reaching
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Anonymous, Class, Function


def implicit_starts(owner: Class, reach: Reaching, depth: int) -> str:
    """Return what starts a loop without being called by name."""
    found = (
        _statement_starts(statement, base, owner, reach, depth)
        for base in reach.index.mro(owner)
        # Django's cases start loops around their tests, not in them.
        if isinstance(base, Class) and not is_django(base)
        for statement in base.node.body
    )
    return next(filter(None, found), "")


def meta_starts(owner: Class, reach: Reaching, depth: int) -> str:
    """Return what starts a loop when a class is called that has a metaclass."""
    return next(filter(None, _metas(owner, reach, depth)), "")


def _metas(owner: Class, reach: Reaching, depth: int) -> Iterator[str]:
    """Yield what the metaclasses of a class start where it is called."""
    for base in reach.index.mro(owner):
        for keyword in base.node.keywords if isinstance(base, Class) else ():
            assert isinstance(base, Class)
            for value in reach.index.value(keyword.value, base.module):
                if keyword.arg == "metaclass" and isinstance(value, Class):
                    yield reach.object_starts(value, depth + 1)


def _statement_starts(
    statement: ast.stmt, base: Class, owner: Class, reach: Reaching, depth: int
) -> str:
    if isinstance(statement, FUNCTIONS) and _is_implicit(statement):
        return _defined_starts(statement, base, owner, reach, depth)
    if isinstance(statement, ast.Assign):
        return expression_starts(statement.value, base.module, reach, depth + 1)
    return ""


def _defined_starts(
    node: ast.AST, base: Class, owner: Class, reach: Reaching, depth: int
) -> str:
    """Return what starts a loop in a method, or what it may return, as a proxy."""
    for inner in walk(node):
        if isinstance(inner, ast.FunctionDef):
            function = Function(base.module, inner)
            if found := reach.starts(function, depth + 1, owner):
                return found
        elif isinstance(inner, ast.Lambda):
            anonymous = Anonymous(base.module, inner)
            if found := reach.lambda_starts(anonymous, depth + 1):
                return found
    return ""


def _is_implicit(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method is called without its name: operators, properties, with."""
    special = node.name.startswith("__") and node.name.endswith("__")
    return special or any(
        spelled(each).rpartition(".")[2] in ("property", "cached_property", "setter")
        for each in node.decorator_list
    )
