"""What the user can ask for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

STREAM = Path("-")
"""Standard input or output, where a file is expected."""


class UsageError(Exception):
    """The flags make no sense, or name something that does not exist."""


class Mode(str, Enum):
    """Which pytest-asyncio mode the result is for."""

    STRICT = "strict"
    AUTO = "auto"
    KEEP = "keep"


class TimeoutStyle(str, Enum):
    """How a time-out is written: around awaits, or around the body of a test."""

    WAIT_FOR = "wait_for"
    TIMEOUT = "timeout"


class Format(str, Enum):
    """How findings are written; JUnit is for what a proof has found."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    MD = "md"
    HTML = "html"
    PATCH = "patch"
    JUNIT = "junit"


class Color(str, Enum):
    """When to use colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Options:
    """Everything that one command goes by; named like the flags.

    A name is also a key of configuration files, unless `keys` excludes it.
    """

    paths: tuple[Path, ...] = ()
    """Empty for the working directory; `STREAM` alone for standard input."""
    since: str | None = None
    files_from: Path | None = None
    stdin_filename: Path | None = None
    shard: str | None = None
    """The part of the project that is meant, as ``--shard`` names it."""
    executor: str = "local"
    """Where files are rewritten: a Dask cluster as ``dask://HOST:PORT``, or local."""
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unsafe: bool = False
    strict: bool = False
    mode: Mode = Mode.KEEP
    python: str | None = None
    target_python: str | None = None
    target_pytest_asyncio: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    extend_exclude: tuple[str, ...] = ()
    jobs: int | None = None
    """None for as many as there are processors."""
    cache_dir: Path | None = None
    no_cache: bool = False
    timeout: float | None = None
    """Seconds; without them no await is bounded."""
    timeout_all: bool = False
    timeout_style: TimeoutStyle = TimeoutStyle.WAIT_FOR
    format_command: str | None = None
    """Reads a file from standard input and prints it; run on those that change."""
    no_commands: bool = False
    """Commands that a configuration file names are not run."""
    format: Format = Format.TEXT
    output: Path | None = None
    patch: Path | None = None
    plan: Path | None = None
    from_plan: Path | None = None
    baseline: Path | None = None
    changed_lines: bool = False
    """Whether only findings on lines that changed since a revision are told."""
    evidence: Path | None = None
    """What was seen while the suite ran, as `prove` keeps it."""
    exit_zero: bool = False
    pytest_arguments: tuple[str, ...] = ()
    """What follows ``--`` on the command line of `prove`."""
    command: str | None = None
    """What runs pytest, as a shell would read it; from a file's table ``prove``."""
    python_before: str | None = None
    runs: int = 1
    rounds: int = 20
    random_order: bool = False
    timeout_suite: float | None = None
    """Seconds that one run of the suite may take."""
    resume: bool = False
    dry_run: bool = False
    allow_dirty: bool = False
    quiet: bool = False
    verbose: bool = False
    color: Color = Color.AUTO
    given: frozenset[str] = field(default=frozenset(), compare=False)
    """The names of those that the command line settles, whatever files say."""


def unknown(kind: str, word: str, known: Iterable[str]) -> str:
    """Return the message about a word that means nothing, with the nearest ones."""
    return f"no {kind} {word!r}{hint(word, known)}"


def hint(word: str, known: Iterable[str]) -> str:
    """Return what may have been meant by a word; empty if nothing is like it."""
    close = difflib.get_close_matches(word, list(known), n=3)
    return f"; did you mean {' or '.join(close)}?" if close else ""
