"""Command lines in which nothing is unusual, read without typer's machinery.

To convert values typer loads pydantic, which takes longer than all else that a run
does where nothing has changed. Whatever is not as plain as can be, and every
mistake, is left to typer: it has the words for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from awaitify.flags import Group, Values


def read(arguments: Sequence[str], groups: Sequence[Group]) -> Values | None:
    """Return the values of a command's flags as typer gives them.

    Args:
        arguments: what follows the command.
        groups: the flags that it takes.

    Returns:
        None where typer has to look at them.

    """
    flags = {name: kind for group in groups for name, kind in group.items()}
    values: Values = {n: _default(get_args(kind)[0]) for n, kind in flags.items()}
    names = _names(flags)
    waiting = iter(arguments)
    for word in waiting:
        name, _, given = word.partition("=")
        if not word.startswith("-") or word == "-":
            name, given = "", word
        elif name not in names:
            return None
        flag = names.get(name, "paths")
        kind = get_args(flags[flag])[0]
        if "=" in word and name and (kind is bool or not name.startswith("--")):
            return None
        if kind is bool:
            values[flag] = True
            continue
        if name and "=" not in word:
            given = next(waiting, "-")
        if given.startswith("-") and (name or given != "-"):
            return None
        value = _value(kind, given, flags[flag].__metadata__[0])
        if value is None:
            return None
        many = get_origin(_one(kind)) is list
        values[flag] = [*(values[flag] or ()), value] if many else value
    return values


def _names(flags: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of each flag by how it may be written."""
    written = {}
    for name, kind in flags.items():
        declared = kind.__metadata__[0]
        # The first one stands where typer expects a default outside Annotated.
        given = (declared.default, *(declared.param_decls or ()))
        words = [word for word in given if isinstance(word, str)]
        if not any(word.startswith("--") for word in words):
            words.append(f"--{name.replace('_', '-')}")
        written.update(dict.fromkeys(words, name))
    return {word: name for word, name in written.items() if name != "paths"}


def _default(kind: Any) -> bool | None:
    return False if kind is bool else None


def _one(kind: Any) -> Any:
    """Return a type without None."""
    kinds = [each for each in get_args(kind) if each is not NoneType]
    return kinds[0] if NoneType in get_args(kind) else kind


def _value(kind: Any, given: str, declared: Any) -> Any:
    """Return a value of a type; None if it is none."""
    kind = _one(kind)
    if get_origin(kind) is list:
        kind = get_args(kind)[0]
    if kind in (str, Path):
        return kind(given)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next((member for member in kind if member.value == given), None)
    if kind is int and given.isascii() and given.isdigit():
        least = declared.min
        return int(given) if least is None or int(given) >= least else None
    return None
