"""What the user asked for: flags, configuration files, and what they mean together.

command_line -> options; tables -> keys; merging and admission join the two.
"""

from awaitify.config.command_line import from_flags
from awaitify.config.merging import (
    broken,
    modes,
    refuse_unknown_rules,
    settings,
    settled,
)
from awaitify.config.options import (
    STREAM,
    Color,
    Format,
    Mode,
    Options,
    TimeoutStyle,
    UsageError,
    unknown,
)
from awaitify.config.tables import Tables
from awaitify.config.versions import wanted

__all__ = [
    "STREAM",
    "Color",
    "Format",
    "Mode",
    "Options",
    "Tables",
    "TimeoutStyle",
    "UsageError",
    "broken",
    "from_flags",
    "modes",
    "refuse_unknown_rules",
    "settings",
    "settled",
    "unknown",
    "wanted",
]
