"""The flags that an entry may hand to its command, told by the command itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_OURS = (
    "paths",
    "files_from",
    "stdin_filename",
    "format",
    "output",
    "patch",
    "plan",
    "from_plan",
    "dry_run",
    "python",
    "command",
    "no_commands",
    "shard",
)
"""What the batch says itself, or what would lead out of the entry."""


def complaint(flags: Sequence[str], *, prove: bool) -> str | None:
    """Return what is wrong with the flags of an entry, if anything is."""
    if not flags:
        return None
    for word in ("--", "--help", "-h"):
        if word in flags:
            return f"{word!r} is of no use here"
    import typer.main

    from awaitify.cli import app

    group: Any = typer.main.get_command(app)
    name = "prove" if prove else "fix"
    try:
        given: dict[str, Any] = group.commands[name].make_context(name, [*flags]).params
    except Exception as error:
        # Of click, which newer versions of typer have inside.
        if not hasattr(error, "format_message"):
            raise
        return str(error.format_message()).rstrip(".")
    for ours in _OURS:
        if given.get(ours):
            what = "a path" if ours == "paths" else f"--{ours.replace('_', '-')}"
            return f"{what} is not for the flags of an entry"
    return None
