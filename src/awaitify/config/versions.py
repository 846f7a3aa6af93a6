"""What the user wants the result to work with: versions, a mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitify.config.options import Mode, Options, UsageError

if TYPE_CHECKING:
    from packaging.version import Version

    from awaitify.settings.targets import Wanted


def wanted(options: Options) -> Wanted:
    """Return what options say about the result.

    Raises:
        UsageError: one of them is none.

    """
    from awaitify.settings.targets import Wanted

    return Wanted(
        _version("--target-python", options.target_python),
        _version("--target-pytest-asyncio", options.target_pytest_asyncio),
        "" if options.mode is Mode.KEEP else options.mode.value,
    )


def _version(flag: str, text: str | None) -> Version | None:
    from awaitify.settings import versions

    if text is None:
        return None
    found = versions.parse(text)
    if found is None:
        raise UsageError(f"{flag}: {text!r} is no version")
    return found
