"""Digests of what a result depends on: data, and the tool itself."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any


def of(*values: Any) -> str:
    """Return the digest of plain data; the order of mappings and sets is nothing.

    Raises:
        TypeError: a value is of a kind that has no text of its own.

    """
    text = json.dumps([_plain(value) for value in values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def of_bytes(data: bytes) -> str:
    """Return the digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def of_tool(plugins: Iterable[str]) -> str:
    """Return the digest of all the code that makes a result.

    A version says too little: where awaitify is developed, and in an editable
    install, the code changes without it.

    Args:
        plugins: top-level packages of other people's rules.

    """
    digest = hashlib.sha256(sys.version.encode())
    for package in ("awaitify", "awaitify_codemods", *sorted(plugins)):
        for name, path in _modules(package):
            digest.update(f"\0{package} {name}\0".encode("utf-8", "surrogateescape"))
            with open(path, "rb") as file:
                digest.update(file.read())
    digest.update(_libcst())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, bytes):
        return ["bytes", of_bytes(value)]
    if isinstance(value, PurePath):
        return ["path", str(value)]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Set):
        return ["set", *sorted(map(str, value))]
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return ["named", *_name(value)]


def _name(value: type | Callable[..., Any]) -> tuple[str, str]:
    """Return where a class or a function is defined; its code is of the tool."""
    try:
        return value.__module__, value.__qualname__
    except AttributeError:
        raise TypeError(f"{value!r} cannot be part of a key") from None


def _modules(package: str) -> Iterator[tuple[str, str]]:
    """Yield the relative and the full path of each module of a package, in order."""
    for place in _places(package):
        if place.endswith(".py"):
            yield "", place
        for folder, folders, files in os.walk(place):
            folders.sort()
            for name in sorted(files):
                if name.endswith(".py"):
                    path = os.path.join(folder, name)
                    yield os.path.relpath(path, place), path


def _places(package: str) -> list[str]:
    # Finding a top-level package does not import it.
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None:
        return []
    found = spec.submodule_search_locations
    return list(found) if found else [spec.origin or ""]


def _libcst() -> bytes:
    """Return what changes with LibCST's version."""
    for place in _places("libcst"):
        try:
            with open(os.path.join(place, "_version.py"), "rb") as file:
                return file.read()
        except OSError:
            return str(os.stat(place).st_mtime_ns).encode()
    return b""
