"""The command line: parses arguments, sets exit codes, decides nothing.

Nothing heavy is imported here: `awaitify --help` needs neither rules nor LibCST.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from awaitify import installed_version
from awaitify.config import Color, Format, Mode, UsageError, from_flags, unknown

_INTERNAL_ERROR = 123
_INTERRUPTED = 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    # rich would read brackets in our texts as markup, and is slow to import.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATHS", help="Files and directories; default: '.'."),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODES", help="Only these rules: codes, beginnings of codes, names."
    ),
]
Ignore = Annotated[
    list[str] | None, typer.Option(metavar="CODES", help="Rules to leave out.")
]
Unsafe = Annotated[
    bool, typer.Option("--unsafe", help="Also changes that a test may observe.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Sites that are left count as work: exit 1.")
]
ModeFlag = Annotated[
    Mode | None, typer.Option("--mode", help="pytest-asyncio mode of the result.")
]
Python = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="The project's interpreter or venv; not run."),
]
Include = Annotated[
    list[str] | None,
    typer.Option(metavar="PATTERN", help="Only such files, as in .gitignore."),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(metavar="PATTERN", help="Not such files, as in .gitignore."),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Processes; default: one a processor."),
]
FormatFlag = Annotated[
    Format | None, typer.Option("--format", help="How findings are written.")
]
Output = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Instead of standard output.")
]
Patch = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also write the patch there.")
]
PlanFlag = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", help="Write the plan there.")
]
FromPlan = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Carry out a plan that --plan wrote."),
]
ExitZero = Annotated[
    bool, typer.Option("--exit-zero", help="Exit with 0 though there is work.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="The same as `diff`.")]
AllowDirty = Annotated[
    bool, typer.Option("--allow-dirty", help="Despite uncommitted changes.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="The summary alone.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Tell more.")]
ColorFlag = Annotated[Color | None, typer.Option("--color", help="On a terminal.")]


def main() -> NoReturn:
    """Run the command line; the entry point."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    sys.exit(0)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"awaitify {installed_version()}")
        raise typer.Exit


@app.callback()
def _awaitify(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Show it."),
    ] = False,
) -> None:
    """Migrate legacy asyncio tests to pytest-asyncio, and break nothing."""


@app.command()
def check(
    paths: Paths = None,
    select: Select = None,
    ignore: Ignore = None,
    unsafe: Unsafe = False,
    strict: Strict = False,
    mode: ModeFlag = None,
    python: Python = None,
    include: Include = None,
    exclude: Exclude = None,
    jobs: Jobs = None,
    format: FormatFlag = None,
    output: Output = None,
    patch: Patch = None,
    plan: PlanFlag = None,
    from_plan: FromPlan = None,
    exit_zero: ExitZero = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: ColorFlag = None,
) -> None:
    """List what can be migrated and what is left, with reasons; write nothing."""
    _carry_out("check", locals())


@app.command()
def diff(
    paths: Paths = None,
    select: Select = None,
    ignore: Ignore = None,
    unsafe: Unsafe = False,
    strict: Strict = False,
    mode: ModeFlag = None,
    python: Python = None,
    include: Include = None,
    exclude: Exclude = None,
    jobs: Jobs = None,
    format: FormatFlag = None,
    output: Output = None,
    patch: Patch = None,
    plan: PlanFlag = None,
    from_plan: FromPlan = None,
    exit_zero: ExitZero = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: ColorFlag = None,
) -> None:
    """Print the patch; standard output has nothing else."""
    _carry_out("diff", locals())


@app.command()
def fix(
    paths: Paths = None,
    select: Select = None,
    ignore: Ignore = None,
    unsafe: Unsafe = False,
    strict: Strict = False,
    mode: ModeFlag = None,
    python: Python = None,
    include: Include = None,
    exclude: Exclude = None,
    jobs: Jobs = None,
    format: FormatFlag = None,
    output: Output = None,
    patch: Patch = None,
    plan: PlanFlag = None,
    from_plan: FromPlan = None,
    exit_zero: ExitZero = False,
    dry_run: DryRun = False,
    allow_dirty: AllowDirty = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: ColorFlag = None,
) -> None:
    """Rewrite in place; refuses a dirty git tree."""
    _carry_out("fix", locals())


@app.command()
def rules() -> None:
    """List the rules and the refusal codes."""

    def listing() -> int:
        from awaitify import rulebook

        typer.echo(rulebook.listing(), nl=False)
        return 0

    _guarded(listing, verbose=False)


@app.command()
def explain(
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="A rule, e.g. AW101, or a refusal.")
    ],
) -> None:
    """Explain a rule, with examples, or a refusal code."""

    def explanation() -> int:
        from awaitify import rulebook

        text = rulebook.explain(code)
        if text is None:
            raise UsageError(unknown("rule or refusal code", code, rulebook.codes()))
        typer.echo(text, nl=False)
        return 0

    _guarded(explanation, verbose=False)


def _carry_out(command: str, flags: dict[str, Any]) -> None:
    def work() -> int:
        options = from_flags(command, flags)
        from awaitify import workflow

        if command == "fix" and not options.dry_run:
            return workflow.fix(options)
        shown = workflow.check if command == "check" else workflow.diff
        return shown(options)

    _guarded(work, verbose=flags["verbose"])


def _guarded(work: Callable[[], int], *, verbose: bool) -> NoReturn:
    """Exit with what `work` returns, or with the code that its failure means."""
    try:
        raise typer.Exit(work())
    except typer.Exit:
        raise
    except UsageError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        typer.echo("interrupted", err=True)
        raise typer.Exit(_INTERRUPTED) from error
    except BrokenPipeError as error:
        # Whoever read our output has seen enough. What Python would flush at its
        # end has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from error
    except Exception as error:
        if verbose:
            import traceback

            traceback.print_exc()
        what = "the above" if verbose else "what the same command says with -v"
        typer.echo(
            f"internal error: {type(error).__name__}: {error}\n"
            f"This is a bug in awaitify. Please open an issue with {what}, the "
            "versions of Python and awaitify, and if you can the file.",
            err=True,
        )
        raise typer.Exit(_INTERNAL_ERROR) from error
