"""Which callables certainly take no argument of a name: read, never imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, every_argument
from awaitify_codemods.facts.values import Class, External, File, Function, Value

Family = Callable[[Function], Iterable[Function]]
"""A method -> those that override it, or that it overrides."""

# The signature below them is the one that callers see.
_TRANSPARENT = frozenset(
    "builtins.staticmethod builtins.classmethod abc.abstractmethod types.coroutine "
    "asyncio.coroutine contextlib.contextmanager contextlib.asynccontextmanager".split()
)
# Bases that leave it to a class what it is made with.
_PLAIN = ("builtins.object", "abc.ABC", "asyncio.", "typing.", "unittest.")


def lacks(
    call: ast.Call, name: str, module: Module, index: Index, family: Family
) -> bool:
    """Whether all that a call may call is known, and takes no keyword `name`."""
    values = [_read(each, index) for each in index.value(call.func, module)]
    # Of an object it may be another's attribute: self.factory of a subclass.
    fixed = isinstance(call.func, ast.Name) or (
        isinstance(call.func, ast.Attribute)
        and all(
            isinstance(owner, (File, External))
            for owner in index.value(call.func.value, module)
        )
    )
    return bool(values) and all(
        _lacks(each, name, index, family) and (fixed or _is_method(each))
        for each in values
    )


def _read(value: Value, index: Index) -> Value:
    """Return what is defined under an external name, if its source is there."""
    if isinstance(value, External):
        if value.name.partition(".")[0] not in sys.stdlib_module_names:
            return index.definition(value) or value
    return index.behind(value)


def _is_method(value: Value) -> bool:
    return isinstance(value, Function) and value.owner is not None


def _lacks(value: Value, name: str, index: Index, family: Family) -> bool:
    if isinstance(value, Class):
        return _constructor_lacks(value, name, index)
    if not isinstance(value, Function):
        return False
    related = family(value) if value.owner else ()
    return all(_signature_lacks(each, name, index) for each in (value, *related))


def _signature_lacks(function: Function, name: str, index: Index) -> bool:
    arguments = function.node.args
    if arguments.kwarg or name in {each.arg for each in every_argument(arguments)}:
        return False
    return all(
        isinstance(value, External) and value.name in _TRANSPARENT
        for decorator in function.node.decorator_list
        for value in index.value(decorator, function.module) or (None,)
    )


def _constructor_lacks(owner: Class, name: str, index: Index) -> bool:
    """Whether making an object takes no keyword `name`, by all that is inherited."""
    init: Function | None = None
    for base in index.mro(owner):
        if isinstance(base, External) and base.name.startswith(_PLAIN):
            if init is None and base.name != "builtins.object":
                return False
            continue
        if not isinstance(base, Class) or not _is_plain(base):
            return False
        scope = base.module.scopes[base.node]
        if "__init__" in scope.names and init is None:
            found = index.bound(scope, "__init__", base.module)
            if len(found) != 1:
                return False
            (value,) = found
            if not isinstance(value, Function):
                return False
            init = value
        elif init is None and len(base.node.bases) > 1:
            return False  # which of them comes first is not worked out here
    return init is None or _signature_lacks(init, name, index)


def _is_plain(owner: Class) -> bool:
    """Whether nothing but ``__init__`` decides on what an object is made with."""
    names = owner.module.scopes[owner.node].names
    special = owner.node.decorator_list or owner.node.keywords or "__new__" in names
    return not special
