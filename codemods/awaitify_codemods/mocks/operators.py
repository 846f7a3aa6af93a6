"""What operators and questions give, of values that are known."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from awaitify_codemods.mocks.values import (
    PLAIN,
    TEXT,
    Callable_,
    Called,
    ClassObject,
    Constant,
    Items,
    Mapping,
    Mock,
    ModuleObject,
    Native,
    Opaque,
    Suspended,
    Value,
)


def operated(left: Value, operator: ast.operator, right: Value) -> Value:
    """Return what an operator makes of two values that are used as they are."""
    if isinstance(operator, ast.Add):
        if isinstance(left, Items) and isinstance(right, Items):
            is_open = left.is_open or right.is_open
            return Items([*left.items, *right.items], is_open, left.is_list)
        if isinstance(left, Constant) and isinstance(right, Constant):
            if isinstance(left.value, str) and isinstance(right.value, str):
                return Constant(left.value + right.value)
    if isinstance(operator, ast.Mult) and isinstance(left, Items):
        return Items(left.items, True, left.is_list)
    is_text = isinstance(left, Constant) and isinstance(left.value, (str, bytes))
    if is_text or (isinstance(left, Opaque) and left.name.startswith(TEXT)):
        return Opaque(TEXT)
    return Opaque(PLAIN)


def formatted(node: ast.AST, values: Sequence[Value]) -> Value:
    """Return a formatted text, or a part of one."""
    if isinstance(node, ast.JoinedStr) and values:
        if all(isinstance(each, Constant) for each in values):
            texts = [getattr(each, "value", "") for each in values]
            return Constant("".join(map(str, texts)))
    if isinstance(node, ast.FormattedValue) and node.format_spec is None:
        if isinstance(values[0], Constant) and node.conversion == -1:
            return values[0]
    return Opaque(TEXT)


def is_no_question(left: Value, operator: ast.cmpop, rights: Sequence[Value]) -> bool:
    """Whether a MagicMock's answer is compared with None: a coroutine is none, too."""
    return (
        isinstance(operator, (ast.Is, ast.IsNot))
        and isinstance(left, Called)
        and not left.mock.is_async
        and isinstance(left.value, Mock)
        and all(isinstance(each, Constant) for each in rights)
    )


def compared(left: Value, operator: ast.cmpop, right: Value) -> bool | None:
    """Return what a comparison of two values gives, if that is known."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _of_constants(left.value, operator, right.value)
    if isinstance(operator, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Constant) and isinstance(other, _NEVER_CONSTANT):
                return isinstance(operator, (ast.IsNot, ast.NotEq))
        if left is right and isinstance(left, _NEVER_CONSTANT):
            return isinstance(operator, (ast.Is, ast.Eq))
    if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(left, Constant):
        if isinstance(right, Mapping) and not right.is_open:
            return (left.value in right.items) is isinstance(operator, ast.In)
        if isinstance(right, Items) and not right.is_open:
            values = [each.value for each in right.items if isinstance(each, Constant)]
            if len(values) == len(right.items):
                return (left.value in values) is isinstance(operator, ast.In)
    return None


_NEVER_CONSTANT = (Mock, Callable_, ClassObject, ModuleObject, Suspended)


def _of_constants(left: object, operator: ast.cmpop, right: object) -> bool | None:
    match operator:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.Is():
            return left is right or left == right
        case ast.IsNot():
            return not (left is right or left == right)
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(right, str):
            if isinstance(left, str):
                return (left in right) is isinstance(operator, ast.In)
        return None
    match operator:
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Gt():
            return left > right
        case ast.GtE():
            return left >= right
    return None


_BUILTIN = {
    f"builtins.{each.__name__}": each
    for each in (str, bytes, bytearray, int, float, bool, dict, list, tuple, set)
}
_OF_ITEMS = frozenset(("list", "tuple", "set"))


def is_of_builtin(value: Value, of: Value) -> bool | None:
    """Return whether a value is of a builtin type, or one of several, if known."""
    if isinstance(of, Items) and not of.is_open:
        found = {is_of_builtin(value, each) for each in of.items}
        return None if None in found else True in found
    kind = _BUILTIN.get(of.name) if isinstance(of, (Opaque, Native)) else None
    if kind is None:
        return None
    if isinstance(value, Constant):
        return isinstance(value.value, kind)
    if isinstance(value, Mapping):
        return kind is dict
    if isinstance(value, Items):
        return None if kind.__name__ in _OF_ITEMS else False
    return None
