"""What the keys of a batch file take."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from awaitify.batch import templates
from awaitify.batch.templates import TemplateError

Reader = Callable[[object], Any]


class WrongValue(ValueError):
    """A value is not what its key takes."""


_SIZE = re.compile(r"(\d+(?:\.\d+)?) *([KMGT]?)i?B?", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
# Those that run no program of their own choice; a local path is none of them.
_URL = re.compile(r"(?:https?|ssh|git|file)://[^/]|file:///|[\w.+-]+@[\w.-]+:(?!:)")
_LONGEST = 100
_NO_BRANCH = re.compile(r"[ ~^:?*\[]|@\{")
"""What git takes in no name of a branch, beside control characters."""


def plain(value: object) -> str:
    """Return a text that is not empty and of one line."""
    if not isinstance(value, str) or not value.strip():
        raise WrongValue("must be a text that is not empty")
    if not value.isprintable():
        raise WrongValue("has a control character, or a line end")
    return value


def name(value: object) -> str:
    """Return a name: it becomes part of files' names and of a branch's."""
    text = plain(value)
    if re.search(r'[/\\"<>|]', text) or ".." in text:
        raise WrongValue(f"{text!r} cannot be part of a file's name")
    if (
        _NO_BRANCH.search(text)
        or text[0] in "-."
        or text[-1] == "."
        or text.endswith(".lock")
    ):
        raise WrongValue(f"{text!r} cannot be part of a branch's name")
    if len(text.encode("utf-8", "surrogateescape")) > _LONGEST:
        raise WrongValue(f"{text[:20]!r}... is longer than {_LONGEST} bytes")
    return text


def as_name(text: str) -> str:
    """Return a text with what git takes in no name of a branch replaced."""
    return _NO_BRANCH.sub("-", text)


def word(value: object) -> str:
    """Return a text that no program takes for a flag."""
    text = plain(value)
    if text.startswith("-"):
        raise WrongValue(f"{text!r} begins like a flag")
    return text


def url(value: object) -> str:
    """Return a URL that git fetches from by itself."""
    text = word(value)
    if not _URL.match(text) or "::" in text.partition("://")[0]:
        raise WrongValue(f"{text!r} is no URL of https, ssh, git or file")
    return text


def inside(value: object) -> str:
    """Return a path that stays in the folder where it starts."""
    text = word(value)
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text:
        raise WrongValue(f"{text!r} leads out of the entry")
    return text


def place(value: object) -> str:
    """Return a path below the file's folder, or an absolute one."""
    text = word(value)
    if ".." in PurePosixPath(text.replace("\\", "/")).parts:
        raise WrongValue(f"{text!r} leads out of the file's folder")
    return text


def relative(value: object) -> str:
    """Return a pattern of paths below the file's folder."""
    text = place(value)
    if PurePosixPath(text).is_absolute():
        raise WrongValue(f"{text!r} must be relative to the file's folder")
    return text


def switch(value: object) -> bool:
    """Return what is true or false."""
    if not isinstance(value, bool):
        raise WrongValue("must be true or false")
    return value


def count(value: object) -> int:
    """Return a number of things."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise WrongValue("must be a whole number above 0")
    return value


def seconds(value: object) -> float:
    """Return a time."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValue("must be a number of seconds")
    if not (0 < value < math.inf):
        raise WrongValue("must be a number of seconds above 0")
    return float(value)


def size(value: object) -> int:
    """Return a number of bytes."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise WrongValue('must be a size, as "2 GiB"')
    size = int(float(found[1]) * 1024 ** _POWERS[found[2].upper()])
    if size < 1 << 20:
        raise WrongValue("is less than 1 MiB")
    return size


def some(each: Reader) -> Reader:
    """Return what reads a list."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise WrongValue("must be a list of texts")
        return tuple(map(each, value))

    return read


def text(value: object) -> str:
    """Return a template for a name or a message."""
    found = plain(value)
    try:
        templates.check(found, templates.TEXT)
    except TemplateError as error:
        raise WrongValue(str(error)) from error
    return found


def command(value: object) -> tuple[str, ...]:
    """Return the words of a template of a command."""
    try:
        found = tuple(shlex.split(plain(value)))
    except ValueError as error:
        raise WrongValue(f"cannot be split into words: {error}") from error
    try:
        for each in found:
            templates.check(each, templates.COMMAND)
        if not found or templates.check(found[0], templates.COMMAND):
            raise WrongValue("must begin with the name of a program")
    except TemplateError as error:
        raise WrongValue(str(error)) from error
    return found


EITHER: Mapping[str, Reader] = {
    "ref": word,
    "paths": some(inside),
    "flags": some(plain),
    "python": place,
    "command": plain,
    "owner": plain,
    "prove": switch,
    "branch": text,
    "message": text,
    "on-done": command,
    "blame-ignore-revs": switch,
    "timeout": seconds,
    "memory": size,
}
"""The keys of an entry of which the batch has defaults."""
OF_BATCH: Mapping[str, Reader] = {
    **EITHER,
    "jobs": count,
    "patches": place,
    "reports": place,
}
OF_ENTRY: Mapping[str, Reader] = {
    **EITHER,
    "name": name,
    "path": place,
    "glob": relative,
    "url": url,
}
