"""What a proof goes by, as JSON, and read back.

Everything is a frozen dataclass of plain parts: its annotations say how to read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from awaitify import installed_version

SCHEMA = 1
_T = TypeVar("_T")


class StoredError(ValueError):
    """It is damaged, or of another version."""


def dumps(value: object) -> bytes:
    """Return a dataclass as text; `loads` reads it back."""
    data = {"schema": SCHEMA, "version": installed_version(), "value": _plain(value)}
    # Escaped, halves of characters that follow each other would be read as one.
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def loads(kind: type[_T], text: bytes) -> _T:
    """Read a dataclass of some kind.

    Raises:
        StoredError: it is none, or was written by a version with other ones.

    """
    wanted: Any = kind
    try:
        data = json.loads(text.decode("utf-8", "surrogatepass"))
        if data["schema"] != SCHEMA:
            raise StoredError(f"written by awaitify {data['version']}, a later one")
        value = _reader(wanted)(data["value"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, StoredError):
            raise
        raise StoredError("damaged") from error
    assert isinstance(value, kind)
    return value


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value.value if isinstance(value, Enum) else value
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, frozenset)):
        return [_plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} cannot be stored")


_Reader = Callable[[Any], Any]


@cache
def _reader(kind: Any) -> _Reader:
    """Return what makes a value of some kind from what JSON has of it."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        [read] = [_reader(each) for each in arguments if each is not NoneType]
        return lambda data: None if data is None else read(data)
    if origin is tuple:
        return _tuples(arguments)
    if origin is frozenset:
        read = _reader(arguments[0])
        return lambda data: frozenset(map(read, _a(list, data)))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        read = _reader(arguments[1])
        return lambda data: {key: read(each) for key, each in _a(dict, data).items()}
    if is_dataclass(kind):
        return partial(_read_fields, kind)
    if issubclass(kind, (Enum, Path)):
        return lambda data: kind(_a(str, data))
    if kind is float:
        return lambda data: float(_a((int, float), data))
    return partial(_a, kind)


def _tuples(kinds: tuple[Any, ...]) -> _Reader:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        read = _reader(kinds[0])
        return lambda data: tuple(map(read, _a(list, data)))
    readers = [_reader(kind) for kind in kinds]
    return lambda data: tuple(
        read(each) for read, each in zip(readers, _a(list, data), strict=True)
    )


def _read_fields(kind: Any, data: Any) -> Any:
    """Read a dataclass; what it has only since then has its default."""
    readers, values = _readers(kind), _a(dict, data)
    if not _needed(kind) <= values.keys():
        raise StoredError("damaged")
    return kind(**{n: read(values[n]) for n, read in readers.items() if n in values})


@cache
def _readers(kind: Any) -> dict[str, _Reader]:
    hints = get_type_hints(kind)
    return {each.name: _reader(hints[each.name]) for each in fields(kind)}


@cache
def _needed(kind: Any) -> frozenset[str]:
    return frozenset(
        each.name
        for each in fields(kind)
        if (each.default, each.default_factory) == (MISSING, MISSING)
    )


def _a(kind: Any, data: Any) -> Any:
    # To Python True is an int; here it is none.
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise StoredError("damaged")
    return data
