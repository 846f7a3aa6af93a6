"""Codemods of other distributions, by the entry-point group ``awaitify.codemods``.

An entry point names a `Rule`, or a sequence of rules. Installed means in use:
`--ignore` takes their codes as it takes ours.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from awaitify.config import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from awaitify_codemods import Rule

GROUP = "awaitify.codemods"
_METADATA = (".dist-info", "egg-info", ".egg")
_CODE = re.compile(r"(?!AW\d)[A-Z]+[0-9]+")


class PluginError(UsageError):
    """An installed codemod cannot be used as it is."""


def installed() -> tuple[str, ...]:
    """Return what says which plugins there are, in a stable order; imports none."""
    return tuple(_shown(entry) for entry in _entries())


@cache
def rules() -> tuple[type[Rule], ...]:
    """Return the rules of all plugins, by the names of their entry points.

    Raises:
        PluginError: one of them cannot be imported, or is no rule of its own.

    """
    found = [(entry, rule) for entry in _entries() for rule in _load(entry)]
    _refuse_doubles(found)
    return tuple(rule for _, rule in found)


def _entries() -> list[EntryPoint]:
    if not any(map(_may_declare, sys.path)):
        return []
    from importlib.metadata import entry_points

    return sorted(
        entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)
    )


def _may_declare(place: str) -> bool:
    """Whether a distribution in a place of ``sys.path`` may have plugins.

    Few have: to load what reads all their metadata takes longer than to look.
    """
    try:
        with os.scandir(place or os.curdir) as entries:
            names = [e.name for e in entries if e.name.lower().endswith(_METADATA)]
    except NotADirectoryError:
        return True
    except OSError:
        return False
    return any(map(_declares, (os.path.join(place, name) for name in names)))


def _declares(metadata: str) -> bool:
    try:
        with open(os.path.join(metadata, "entry_points.txt"), "rb") as file:
            return GROUP.encode() in file.read()
    except OSError:
        # An .egg-info may also be a file, and an .egg an archive.
        return metadata.endswith(".egg") and os.path.isfile(metadata)


def _load(entry: EntryPoint) -> Iterator[type[Rule]]:
    try:
        value = entry.load()
    except Exception as error:
        # Whatever their module raises: the message has to say whose it is.
        message = f"{_shown(entry)}: {type(error).__name__}: {error}"
        raise PluginError(message) from error
    for rule in value if isinstance(value, Sequence) else (value,):
        for complaint in _complaints(rule):
            raise PluginError(f"{_shown(entry)}: {complaint}")
        yield rule


def _complaints(rule: Any) -> Iterator[str]:
    from awaitify_codemods import Meta, Rule

    if not (isinstance(rule, type) and issubclass(rule, Rule)):
        yield f"{rule!r} is not a subclass of awaitify_codemods.Rule"
        return
    meta = getattr(rule, "META", None)
    if not isinstance(meta, Meta):
        yield f"{rule.__name__} has no META"
    elif not _CODE.fullmatch(meta.code):
        yield f"the code {meta.code!r} is not capitals and a number, or it is ours"
    elif rule.__abstractmethods__:
        yield f"{rule.__name__} has no method {min(rule.__abstractmethods__)}"
    import pickle

    for name, operation in rule.OPERATIONS.items():
        try:
            pickle.dumps(operation)
        except Exception:
            # Files are rewritten in other processes.
            yield f"the operation {name!r} is not a function of a module"


def _refuse_doubles(found: Iterable[tuple[EntryPoint, type[Rule]]]) -> None:
    from awaitify import settings
    from awaitify_codemods.codes import NAMES

    ours = (*NAMES.values(), *settings.NAMES.values())
    names = dict.fromkeys(ours, "awaitify")
    for entry, rule in found:
        for word in (rule.META.code, rule.META.name):
            if word in names:
                raise PluginError(f"{_shown(entry)}: {word} is taken by {names[word]}")
            names[word] = _shown(entry)


def _shown(entry: EntryPoint) -> str:
    dist = entry.dist
    version = f" {dist.version}" if dist else ""
    return f"plugin {dist.name if dist else entry.name}{version} ({entry.value})"
