"""Where the tests that were collected are defined."""

from __future__ import annotations

import functools
import inspect
from types import FunctionType
from typing import Any

from .places import Places, dotted


def definition(item: Any, places: Places) -> list[Any] | None:
    """Return the path, line and name of a test's function, and if it is async."""
    function = _function(item)
    if function is None:
        return None
    code = function.__code__
    name = dotted(function.__qualname__)
    is_async = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(
        function
    )
    return [places.of(code.co_filename)[1], code.co_firstlineno, name, is_async]


def _function(item: Any) -> FunctionType | None:
    # Asked for its `obj`, an item that has none yet may make an instance.
    found = vars(item).get("_obj")
    if found is None:
        return None
    function = _unwrapped(found)
    wanted: str = getattr(item, "originalname", None) or item.name
    if function is None or function.__name__ == wanted:
        return function
    # A decorator that does not say what it wraps: it is in one of its cells.
    return _enclosed(function, wanted, 5) or function


def _unwrapped(found: Any) -> FunctionType | None:
    for _ in range(100):
        if isinstance(found, functools.partial):
            found = found.func
        elif isinstance(found, FunctionType):
            inner = vars(found).get("__wrapped__")
            if inner is None:
                return found
            found = inner
        else:
            inner = getattr(found, "__func__", None)
            if inner is None:
                return None
            found = inner
    return None


def _enclosed(function: FunctionType, name: str, depth: int) -> FunctionType | None:
    for cell in function.__closure__ or ():
        try:
            inner = _unwrapped(cell.cell_contents)
        except ValueError:
            continue
        if inner is None or inner is function:
            continue
        if inner.__name__ == name:
            return inner
        if depth:
            further = _enclosed(inner, name, depth - 1)
            if further is not None:
                return further
    return None
