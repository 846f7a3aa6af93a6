"""Walks over syntax trees, past what is no code: contexts and operators.

They take a third of the time of those in `ast`, which ask each field of each node
what it is.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator

_LEAVES = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
# Fields that hold names, numbers and the like.
_PLAIN = frozenset(
    "arg asname attr conversion ctx id is_async kind kwd_attrs level module n name "
    "names op ops rest s simple str tag type_comment".split()
)
_NAMES_OF = (ast.Global, ast.Nonlocal)


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    if issubclass(kind, (ast.Constant, ast.MatchSingleton, *_NAMES_OF, *_LEAVES)):
        return ()
    found = [name for name in kind._fields if name not in _PLAIN]
    if kind in (ast.Import, ast.ImportFrom):
        found.append("names")
    if kind.__name__ == "TypeAlias":
        found.insert(0, "name")
    return tuple(found)


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    kind: _fields(kind)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below one, in the order of its fields."""
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += value
        elif value is not None:
            found.append(value)
    return [each for each in found if each is not None] if None in found else found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all below it, the nearest first."""
    pending = deque([node])
    while pending:
        each = pending.popleft()
        pending.extend(children(each))
        yield each
