"""What may stand in a configuration file: names, and what values they take."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from math import inf
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from awaitify.config.options import Options, hint

PER_FILE = frozenset(
    {
        "select",
        "extend_select",
        "ignore",
        "unsafe",
        "mode",
        "timeout",
        "timeout_all",
        "timeout_style",
        "include",
        "exclude",
        "extend_exclude",
    }
)
"""Options that the configuration nearest to each file decides for that file."""

EXCLUSIVE = (
    ("quiet", "verbose"),
    ("strict", "exit_zero"),
    ("cache_dir", "no_cache"),
)
"""Options of which one makes no sense beside the other."""

# What is about one run, not about a project. All other options are keys.
_ONE_RUN = frozenset(
    {
        "paths",
        "since",
        "shard",
        # Whoever wrote a file of the project has no say in where its code is sent.
        "executor",
        "changed_lines",
        "files_from",
        "stdin_filename",
        "patch",
        "output",
        "plan",
        "from_plan",
        "evidence",
        "pytest_arguments",
        "command",
        "python_before",
        "runs",
        "rounds",
        "random_order",
        "timeout_suite",
        "resume",
        "dry_run",
        "no_commands",
        "given",
    }
)
# What no flag says. They are always decided file by file.
_NO_FLAG: Mapping[str, Any] = {
    "per_file_ignores": Mapping[str, tuple[str, ...]],
    "runners": tuple[str, ...],
    "coroutines": tuple[str, ...],
    "timeout_calls": tuple[str, ...],
    "prove": Mapping[str, Any],
}
PROVE: Mapping[str, tuple[str, type]] = {
    "command": ("command", str),
    "runs": ("runs", int),
    "timeout": ("timeout_suite", float),
}
"""The keys of the table ``prove``: the option that each is, and its type."""


class WrongValue(ValueError):
    """A value is not what its key takes."""


@cache
def kinds() -> Mapping[str, Any]:
    """Return the type of every key, by its name in Python."""
    hints = get_type_hints(Options)
    flags = {name: hints[name] for name in hints if name not in _ONE_RUN}
    return {**flags, **_NO_FLAG}


def spelled(name: str) -> str:
    """Return a name as it stands in a file."""
    return name.replace("_", "-")


def complaint(key: str) -> str | None:
    """Return what is wrong with a key, if anything is."""
    known = [spelled(name) for name in kinds()]
    if key in known:
        return None
    if key in map(
        spelled, _ONE_RUN - {"given", "command", "no_commands", "pytest_arguments"}
    ):
        return f"{key!r} is for the command line, not for a file"
    return f"unknown key {key!r}{hint(key, known)}"


def read(name: str, value: object, directory: Path) -> Any:
    """Return the value of a key as an option has it.

    Args:
        name: one of `kinds`.
        value: what TOML says.
        directory: where paths start that are not absolute.

    Raises:
        WrongValue: it is of another type, or none of those allowed.

    """
    kind = _without_none(kinds()[name])
    if get_origin(kind) is tuple:
        return _words(spelled(name), value)
    if name == "prove":
        return _proving(value)
    if kind == _NO_FLAG["per_file_ignores"]:
        if not isinstance(value, dict):
            raise WrongValue(f"{spelled(name)} must be a table of lists of strings")
        return {each: _words(repr(each), words) for each, words in value.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _one_of(name, kind, value)
    value = _simple(spelled(name), kind, value)
    if kind is Path or name == "python":
        return _place(str(value), kind, directory)
    return value


def _proving(value: object) -> Mapping[str, Any]:
    """Return what the table ``prove`` says, by the names of options."""
    if not isinstance(value, dict):
        raise WrongValue("prove must be a table")
    found = {}
    for key, each in value.items():
        if key not in PROVE:
            raise WrongValue(f"unknown key {f'prove.{key}'!r}{hint(key, PROVE)}")
        name, kind = PROVE[key]
        found[name] = _simple(f"prove.{key}", kind, each)
    return found


def _simple(name: str, kind: Any, value: object) -> Any:
    """Return a value that is no list, table or one of a few words."""
    if kind is bool and not isinstance(value, bool):
        raise WrongValue(f"{name} must be true or false")
    if kind is int and (type(value) is not int or value < 1):
        raise WrongValue(f"{name} must be a whole number from 1")
    if kind is float:
        return _seconds(name, value)
    if kind in (str, Path) and not isinstance(value, str):
        raise WrongValue(f"{name} must be a string")
    return value


def _words(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return tuple(value)
    raise WrongValue(f"{name} must be a list of strings")


def _seconds(name: str, value: object) -> float:
    if type(value) in (int, float) and is_duration(float(str(value))):
        return float(str(value))
    raise WrongValue(f"{name} must be a number of seconds above 0")


def is_duration(seconds: float) -> bool:
    """Whether something can take so many seconds, and comes to an end."""
    return 0 < seconds < inf


def _one_of(name: str, kind: type[Enum], value: object) -> Enum:
    allowed = [str(member.value) for member in kind]
    if value in allowed:
        return kind(value)
    raise WrongValue(f"{spelled(name)} must be one of {', '.join(allowed)}")


def _place(value: str, kind: Any, directory: Path) -> Any:
    path = directory / Path(value).expanduser()
    # An interpreter may also be named as a shell finds it.
    if kind is str:
        return str(path) if path.exists() else value
    return path


def _without_none(kind: Any) -> Any:
    kinds = [each for each in get_args(kind) if each is not NoneType]
    return kinds[0] if NoneType in get_args(kind) else kind
