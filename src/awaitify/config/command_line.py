"""From the command line's flags to options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from awaitify.config.combinations import complaints
from awaitify.config.options import STREAM, Format, Options, UsageError


def from_flags(command: str, flags: Mapping[str, Any]) -> Options:
    """Return the options that a command's flags make.

    Args:
        command: ``check``, ``diff`` or ``fix``.
        flags: by the names of `Options`; None or absent if not given.

    Raises:
        UsageError: some of them do not go together.

    """
    values = {
        field.name: _value(field.name, flags[field.name])
        for field in fields(Options)
        # A switch cannot be turned off on the command line; 0.0 is no switch.
        if flags.get(field.name) is not None and flags[field.name] is not False
    }
    if flags.get("select") and not values["select"]:
        # `--select "$RULES"`, where nothing has set RULES: not all of them.
        raise UsageError("--select names no rule")
    if command == "diff" or flags.get("dry_run"):
        values.setdefault("format", Format.PATCH)
    elif command == "fix" and STREAM in values.get("paths", ()):
        values.setdefault("format", Format.TEXT)
    options = Options(**values, given=frozenset(values))
    for complaint in complaints(command, options):
        raise UsageError(complaint)
    return options


def _value(name: str, value: Any) -> Any:
    if name in ("select", "extend_select", "ignore"):
        words = (word.strip() for group in value for word in group.split(","))
        return tuple(word for word in words if word)
    return tuple(value) if isinstance(value, list) else value
