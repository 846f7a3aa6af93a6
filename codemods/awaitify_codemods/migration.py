"""What a migration comes to: data, without what it takes to get there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awaitify_codemods.plan import Plan


@dataclass(frozen=True)
class FileError:
    """A file that could not be read, parsed or rewritten; it is as it was."""

    path: str
    line: int
    message: str


@dataclass(frozen=True)
class Bug:
    """A result that failed a check; it was refused, and its units were left."""

    path: str
    check: str
    message: str
    before: bytes
    after: bytes


@dataclass(frozen=True)
class RuleFailure:
    """A rule that raised an exception: nothing of what it decided is done."""

    code: str
    message: str


@dataclass(frozen=True)
class Migration:
    """The plan, and what it makes of the files."""

    plan: Plan
    results: Mapping[str, bytes | None]
    """New bytes of the files that change; None for a file that goes."""
    errors: tuple[FileError, ...] = ()
    bugs: tuple[Bug, ...] = ()
    failures: tuple[RuleFailure, ...] = ()
