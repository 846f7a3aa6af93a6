"""Flags that do not go together: one without effect is an error, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from awaitify.config.keys import PER_FILE, is_duration, spelled
from awaitify.config.options import STREAM, Color, Format, Options

_IN_COLOUR = (Format.TEXT, Format.CONCISE, Format.PATCH)


_OF_FILES = ("since", "shard", "include", "exclude", "extend_exclude", "allow_dirty")


def complaints(command: str, options: Options) -> Iterator[str]:
    """Yield what makes no sense about the options of a command."""
    yield from _of_output(command, options)
    yield from _of_files(options)
    yield from _of_selection(command, options)
    yield from _of_patterns(options)
    if options.baseline is not None:
        yield from _of_baseline(options)
    if options.changed_lines:
        yield from _of_changed_lines(options)
    if options.evidence is not None:
        yield from _of_evidence(options)
    if options.from_plan is not None:
        for name in _settled_by_a_plan(options):
            yield f"--from-plan settles what is done: {name} would have no effect"
    for flag, seconds in (
        ("--timeout", options.timeout),
        ("--timeout-suite", options.timeout_suite),
    ):
        if seconds is not None and not is_duration(seconds):
            yield f"{flag} takes a number of seconds above 0"
    if command == "prove":
        yield from _of_a_proof(options)
    if options.strict and options.exit_zero:
        yield "--strict asks for an exit code that --exit-zero takes away"
    if command == "fix" and options.exit_zero and not options.dry_run:
        yield "fix leaves no work behind: --exit-zero would have no effect"
    if options.no_cache and options.cache_dir is not None:
        yield "--no-cache: --cache-dir would have no effect"
    if options.allow_dirty and options.dry_run:
        yield "--dry-run writes nothing: --allow-dirty would have no effect"


def _of_evidence(options: Options) -> Iterator[str]:
    if options.evidence == STREAM:
        yield "--evidence needs the name of a file"
    for flag, path in (
        ("--output", options.output),
        ("--patch", options.patch),
        ("--plan", options.plan),
    ):
        if path and options.evidence and path.resolve() == options.evidence.resolve():
            yield f"{flag} would overwrite the evidence"


def _of_a_proof(options: Options) -> Iterator[str]:
    if STREAM in options.paths:
        yield "prove runs a suite: '-' is none"
    if options.random_order and options.runs == 1:
        yield "--random-order is for the runs after the first: it needs --runs"


def _of_output(command: str, options: Options) -> Iterator[str]:
    if options.quiet and options.verbose:
        yield "--quiet and --verbose exclude each other"
    if options.format is Format.JUNIT and command not in ("prove", "report"):
        yield f"--format junit is for `prove`, not for {command}"
    if options.color is Color.ALWAYS and options.format not in _IN_COLOUR:
        yield f"--format {options.format.value} has no colours"
    if options.plan == STREAM and command != "check":
        yield f"--plan -: standard output belongs to the result of {command}"
    if options.plan == STREAM and (options.output or options.format is not Format.TEXT):
        yield "--plan - prints the plan instead of the findings"


def _of_baseline(options: Options) -> Iterator[str]:
    if options.baseline == STREAM:
        yield "--baseline needs the name of a file"
    if options.format is Format.PATCH:
        yield "--format patch has no findings: --baseline would have no effect"
    if options.plan == STREAM:
        yield "--plan - prints no findings: --baseline would have no effect"
    for flag, path in (
        ("--output", options.output),
        ("--patch", options.patch),
        ("--plan", options.plan),
    ):
        if path and options.baseline and path.resolve() == options.baseline.resolve():
            # What it knows is not in the report: it would be lost.
            yield f"{flag} would overwrite the baseline"


def _of_changed_lines(options: Options) -> Iterator[str]:
    if options.since is None:
        yield "--changed-lines needs --since: changed since when?"
    if options.format is Format.PATCH:
        yield "--format patch has no findings: --changed-lines would have no effect"
    if options.plan == STREAM:
        yield "--plan - prints no findings: --changed-lines would have no effect"


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


def _of_selection(command: str, options: Options) -> Iterator[str]:
    if options.since == "":
        yield "--since names no revision"
    if options.files_from is not None and options.paths:
        yield "--files-from names the files: PATHS would have no effect"
    elif STREAM in options.paths:
        yield from _of_standard_input(command, options)
    elif options.stdin_filename is not None:
        yield "--stdin-filename needs '-' for PATHS"
    elif options.paths and not any(path.exists() for path in options.paths):
        yield f"{options.paths[0]} does not exist"


def _of_standard_input(command: str, options: Options) -> Iterator[str]:
    if command == "init":
        yield "init is about a project, not about standard input"
    if command == "review":
        yield "review asks about files: '-' is none"
    if len(options.paths) > 1:
        yield "'-' is one file, standard input: it takes no other PATHS"
    if options.stdin_filename is not None and options.stdin_filename.is_dir():
        yield f"--stdin-filename: {options.stdin_filename} is a directory"
    for name in _OF_FILES:
        if name in options.given:
            yield f"--{spelled(name)} would have no effect on standard input"
    if command == "fix" and not options.dry_run and options.output is None:
        if options.format is not Format.TEXT:
            yield f"--format {options.format.value}: this prints the new source"


def _of_patterns(options: Options) -> Iterator[str]:
    from awaitify.discover import is_pattern

    for pattern in (*options.include, *options.exclude, *options.extend_exclude):
        if not is_pattern(pattern):
            yield f"{pattern!r} is no pattern as in .gitignore"


def _settled_by_a_plan(options: Options) -> Iterator[str]:
    chosen = {"paths", "since", "shard", "files_from", "stdin_filename"}
    about = {"python", "target_python", "target_pytest_asyncio", "plan", "evidence"}
    for name in sorted(options.given & {*PER_FILE, *chosen, *about}):
        yield "PATHS" if name == "paths" else f"--{spelled(name)}"
