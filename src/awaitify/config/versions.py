"""What the user wants the result to work with: versions, a mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitify.config.options import Mode, Options, UsageError
from awaitify.config.tables import Table
from awaitify.settings.given import Wanted
from awaitify.toml import ConfigError

if TYPE_CHECKING:
    from packaging.version import Version


def wanted(options: Options, table: Table | ConfigError) -> Wanted:
    """Return what is said about the result.

    Args:
        options: of the run.
        table: what decides for the directory that was named: a mode is settled file
            by file, and not among the options unless a flag says it.

    Raises:
        UsageError: one of them is none.

    """
    mode = options.mode
    if "mode" not in options.given and isinstance(table, Table):
        mode = table.values.get("mode", Mode.KEEP)
    return Wanted(
        _version("--target-python", options.target_python),
        _version("--target-pytest-asyncio", options.target_pytest_asyncio),
        "" if mode is Mode.KEEP else mode.value,
    )


def _version(flag: str, text: str | None) -> Version | None:
    if text is None:
        return None
    from awaitify.settings import versions

    found = versions.parse(text)
    if found is None:
        raise UsageError(f"{flag}: {text!r} is no version")
    return found
