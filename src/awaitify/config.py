"""What the user asked for, from the command line's flags.

The flags are validated here, together: one that would have no effect beside
another is an error, never ignored.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Any

STREAM = Path("-")
"""Standard input or output, where a file is expected."""


class UsageError(Exception):
    """The flags make no sense, or name something that does not exist."""


class Mode(str, Enum):
    """Which pytest-asyncio mode the result is for."""

    STRICT = "strict"
    AUTO = "auto"
    KEEP = "keep"


class Format(str, Enum):
    """How findings are written."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    PATCH = "patch"


class Color(str, Enum):
    """When to use colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Options:
    """Everything that the flags of one command say; named like the flags."""

    paths: tuple[Path, ...] = ()
    """Empty for the working directory."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unsafe: bool = False
    strict: bool = False
    mode: Mode = Mode.KEEP
    python: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    jobs: int | None = None
    """None for as many as there are processors."""
    format: Format = Format.TEXT
    output: Path | None = None
    patch: Path | None = None
    plan: Path | None = None
    from_plan: Path | None = None
    exit_zero: bool = False
    dry_run: bool = False
    allow_dirty: bool = False
    quiet: bool = False
    verbose: bool = False
    color: Color = Color.AUTO


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
        if flags.get(field.name) is not None
    }
    if flags.get("select") and not values["select"]:
        # `--select "$RULES"`, where nothing has set RULES: not all of them.
        raise UsageError("--select names no rule")
    if command == "diff" or flags.get("dry_run"):
        values.setdefault("format", Format.PATCH)
    options = Options(**values)
    for complaint in _complaints(command, options):
        raise UsageError(complaint)
    return options


def rules(options: Options, known: Mapping[str, str]) -> frozenset[str] | None:
    """Return the codes of the rules that were chosen; None for all.

    Args:
        options: `select` and `ignore` name codes, beginnings of codes, or names.
            Of several that fit a rule the longest decides, as in ruff.
        known: code -> name of every rule.

    Raises:
        UsageError: one of them fits no rule, or together they leave none.

    """
    if not options.select and not options.ignore:
        return None
    codes = {name: code for code, name in known.items()}
    for word in (*options.select, *options.ignore):
        if not any(_fit(_selector(word, codes), code) for code in known):
            raise UsageError(unknown("rule", word, [*known, *codes]))
    wanted = [_selector(word, codes) for word in options.select or ("ALL",)]
    unwanted = [_selector(word, codes) for word in options.ignore]
    chosen = frozenset(
        code for code in known if _longest(wanted, code) > _longest(unwanted, code)
    )
    if not chosen:
        raise UsageError("--select and --ignore leave no rule")
    return chosen


def unknown(kind: str, word: str, known: Iterable[str]) -> str:
    """Return the message about a word that means nothing, with the nearest ones."""
    close = difflib.get_close_matches(word, list(known), n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    return f"no {kind} {word!r}{hint}"


def _value(name: str, value: Any) -> Any:
    if name in ("select", "ignore"):
        words = (word.strip() for group in value for word in group.split(","))
        return tuple(word for word in words if word)
    return tuple(value) if isinstance(value, list) else value


def _selector(word: str, codes: Mapping[str, str]) -> str:
    return codes.get(word, word.upper())


def _fit(word: str, code: str) -> int:
    """Return how much of a code a selector names, plus one; 0 if it is another."""
    if word == "ALL":
        return 1
    return len(word) + 1 if word and code.startswith(word) else 0


def _longest(words: Iterable[str], code: str) -> int:
    return max((_fit(word, code) for word in words), default=0)


def _complaints(command: str, options: Options) -> Iterator[str]:
    yield from _of_output(command, options)
    yield from _of_files(options)
    if options.from_plan is not None:
        for name in _settled_by_a_plan(options):
            yield f"--from-plan settles what is done: {name} would have no effect"
    if options.strict and options.exit_zero:
        yield "--strict asks for an exit code that --exit-zero takes away"
    if command == "fix" and options.exit_zero and not options.dry_run:
        yield "fix leaves no work behind: --exit-zero would have no effect"
    if options.allow_dirty and options.dry_run:
        yield "--dry-run writes nothing: --allow-dirty would have no effect"


def _of_output(command: str, options: Options) -> Iterator[str]:
    if options.quiet and options.verbose:
        yield "--quiet and --verbose exclude each other"
    shows_patch = command == "diff" or options.dry_run
    if shows_patch and options.format is not Format.PATCH:
        yield f"--format {options.format.value}: this prints a patch and nothing else"
    if options.color is Color.ALWAYS and options.format is Format.JSON:
        yield "--format json has no colours"
    if options.plan == STREAM and command != "check":
        yield f"--plan -: standard output belongs to the result of {command}"
    if options.plan == STREAM and (options.output or options.format is not Format.TEXT):
        yield "--plan - prints the plan instead of the findings"


def _of_files(options: Options) -> Iterator[str]:
    for flag, path in (("--output", options.output), ("--patch", options.patch)):
        if path == STREAM:
            yield f"{flag} needs the name of a file"
    written = [options.output, options.patch, options.plan]
    given = [path for path in written if path is not None]
    if len(set(given)) < len(given):
        yield "--output, --patch and --plan need files of their own"
    for path in given:
        # Before anything is done: a report that cannot be saved comes too late.
        if not path.parent.is_dir() or path.is_dir():
            yield f"{path} cannot be written"
    for path in options.paths:
        if path == STREAM:
            yield "reading from standard input is not supported"
        elif not path.exists():
            yield f"{path} does not exist"


def _settled_by_a_plan(options: Options) -> Iterator[str]:
    default = Options()
    names = ("select", "ignore", "unsafe", "mode", "python", "include", "exclude")
    for name in ("paths", *names, "plan"):
        if getattr(options, name) != getattr(default, name):
            yield "PATHS" if name == "paths" else f"--{name}"
