"""What the user asked for: the command line's flags and what they mean."""

from awaitify.config.command_line import from_flags
from awaitify.config.options import (
    STREAM,
    Color,
    Format,
    Mode,
    Options,
    UsageError,
    unknown,
)
from awaitify.config.selectors import rules

__all__ = [
    "STREAM",
    "Color",
    "Format",
    "Mode",
    "Options",
    "UsageError",
    "from_flags",
    "rules",
    "unknown",
]
