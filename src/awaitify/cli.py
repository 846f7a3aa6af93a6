"""The command line: parses arguments, sets exit codes, decides nothing.

Nothing heavy is imported here: `awaitify --help` needs neither rules nor LibCST.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from awaitify import flags, installed_version, interrupts, nesting, plain
from awaitify.config import UsageError, from_flags, unknown
from awaitify.journal import JournalError
from awaitify.terminal import say

_FILES_FAILED = 3
_INTERNAL_ERROR = 123
_INTERRUPTED = 130

_GROUPS = {
    "check": (*flags.SHOWING, flags.SHARD, flags.EVIDENCE, flags.BASELINE),
    "diff": (*flags.SHOWING, flags.SHARD, flags.EVIDENCE),
    "fix": (*flags.SHOWING, flags.SHARD, flags.EVIDENCE, flags.WRITING),
    "prove": flags.PROOF,
}
_PLAIN = ("check", "diff", "fix")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    # rich would read brackets in our texts as markup, and is slow to import.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


_batch = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(_batch, name="batch", help="Migrate many repositories, or parts of one.")


def main() -> NoReturn:
    """Run the command line; the entry point."""
    interrupts.end_on_signals()
    calls = nesting.allow()
    try:
        arguments = _with_flags(sys.argv[1:])
        _run_plain(arguments)
        app(arguments)
    except typer.Exit as end:
        if end.exit_code == _INTERRUPTED:
            _leave_interrupted()
        sys.exit(end.exit_code)
    except KeyboardInterrupt:
        _leave_interrupted()
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            _leave_interrupted()
        raise
    finally:
        sys.setrecursionlimit(calls)
    sys.exit(0)


def _with_flags(arguments: list[str]) -> list[str]:
    """Return the arguments with flags for what `prove` hands to pytest.

    Whoever parses them would not tell what follows ``--`` from the paths before it.
    """
    if arguments[:1] != ["prove"] or "--" not in arguments:
        return arguments
    end = arguments.index("--")
    handed = [f"{flags.HANDED}={each}" for each in arguments[end + 1 :]]
    return [*arguments[:end], *handed]


def _run_plain(arguments: list[str]) -> None:
    """Run the command, unless typer has to look at the arguments."""
    if not arguments or arguments[0] not in _PLAIN:
        return
    command, *rest = arguments
    values = plain.read(rest, _GROUPS[command])
    if values is not None:
        _carry_out(command, values)


def _leave_interrupted() -> NoReturn:
    # Where an interrupt has met an `exec`, as that of `dataclass`, Python ends by the
    # signal, though it was handled (python/cpython#11862): that is no exit code.
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(_INTERRUPTED)


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


@app.command("check")
@flags.taking(*_GROUPS["check"])
def _check(values: flags.Values) -> None:
    """List what can be migrated and what is left, with reasons; write nothing."""
    _carry_out("check", values)


@app.command("diff")
@flags.taking(*_GROUPS["diff"])
def _diff(values: flags.Values) -> None:
    """Print the patch; standard output has nothing else."""
    _carry_out("diff", values)


@app.command("fix")
@flags.taking(*_GROUPS["fix"])
def _fix(values: flags.Values) -> None:
    """Rewrite in place; refuses a dirty git tree."""
    _carry_out("fix", values)


@app.command("prove")
@flags.taking(*_GROUPS["prove"])
def _prove(values: flags.Values) -> None:
    """Run the suite, migrate, run it again, and take back what regressed.

    What follows -- is for pytest.
    """

    def work() -> int:
        options = from_flags("prove", values)
        from awaitify.prove import command

        return command.prove(options)

    _guarded(work, verbose=values["verbose"])


@app.command("review")
@flags.taking(*flags.REVIEWING)
def _review(values: flags.Values) -> None:
    """Ask for each change whether it is wanted, as `git add -p` does; write those."""

    def work() -> int:
        by, again = values.pop("by") or flags.By.TEST, values.pop("again")
        options = from_flags("review", values)
        from awaitify.review import command

        return command.review(options, by=by, again=again)

    _guarded(work, verbose=values["verbose"])


@app.command("init")
@flags.taking(*flags.BEGINNING)
def _init(values: flags.Values) -> None:
    """Show, then write, the configuration that the suite needs."""

    def work() -> int:
        yes = bool(values.pop("yes"))
        options = from_flags("init", values)
        from awaitify import workflow

        return workflow.init(options, yes=yes)

    _guarded(work, verbose=False)


@_batch.command("run")
@flags.taking(flags.BATCH, flags.CARRYING_OUT)
def _batch_run(values: flags.Values) -> None:
    """Carry out all entries that are not done; those that failed stay so."""
    _carry_out_batch("run", values)


@_batch.command("retry")
@flags.taking(flags.BATCH, flags.CARRYING_OUT)
def _batch_retry(values: flags.Values) -> None:
    """Carry out all entries that are not done, and again those that failed."""
    _carry_out_batch("retry", values)


@_batch.command("status")
@flags.taking(flags.BATCH)
def _batch_status(values: flags.Values) -> None:
    """Say how far all entries have come."""
    _carry_out_batch("status", values)


def _carry_out_batch(what: str, values: flags.Values) -> None:
    def work() -> int:
        from awaitify.batch import command

        given = {name: value for name, value in values.items() if value is not None}
        does = {"run": command.run, "retry": command.retry, "status": command.status}
        return does[what](command.Wanted(**given))

    _guarded(work, verbose=False)


@app.command("undo")
def _undo(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="One that `awaitify runs` lists; default: the newest that is not "
            "undone.",
        ),
    ] = None,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATHS",
            help="Files and directories; default: all that the run changed.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only what cannot be restored.")
    ] = False,
) -> None:
    """Restore the files from before a run; leave those changed since."""

    def work() -> int:
        from awaitify import history

        # Without the name of a run, the first path stands in its place.
        words = [word for word in (run, *(paths or [])) if word is not None]
        return history.undo(words, dry_run=dry_run, quiet=quiet)

    _guarded(work, verbose=False)


@app.command("runs")
def _runs(
    format: Annotated[
        flags.Listing, typer.Option("--format", help="How runs are written.")
    ] = flags.Listing.TEXT,
) -> None:
    """List the runs that have changed files here, newest first."""

    def work() -> int:
        from awaitify import history

        return history.show(as_json=format is flags.Listing.JSON)

    _guarded(work, verbose=False)


@app.command("report")
@flags.taking(flags.RETELLING)
def _report(values: flags.Values) -> None:
    """Render a run that was kept once more; or join the reports of shards."""

    def work() -> int:
        words, merges = values.pop("words") or [], values.pop("merge")
        options = from_flags("report", values)
        from awaitify.report import command

        tell = command.merge if merges else command.retell
        return tell(words, options)

    _guarded(work, verbose=values["verbose"])


@app.command("schema")
def _schema() -> None:
    """Print the JSON schema of the output of check, diff, fix and prove."""

    def work() -> int:
        from awaitify.report import schema

        typer.echo(schema.render(), nl=False)
        return 0

    _guarded(work, verbose=False)


@app.command()
def rules() -> None:
    """List the rules and the refusal codes."""

    def listing() -> int:
        from awaitify import plugins, rulebook

        typer.echo(rulebook.listing(rulebook.every(plugins.rules())), nl=False)
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
        from awaitify import plugins, rulebook

        rules = rulebook.every(plugins.rules())
        text = rulebook.explain(code, rules)
        if text is None:
            known = rulebook.codes(rules)
            raise UsageError(unknown("rule or refusal code", code, known))
        typer.echo(text, nl=False)
        return 0

    _guarded(explanation, verbose=False)


def _carry_out(command: str, values: flags.Values) -> None:
    def work() -> int:
        options = from_flags(command, values)
        from awaitify import workflow

        if command == "fix" and not options.dry_run:
            return workflow.fix(options)
        shown = workflow.check if command == "check" else workflow.diff
        return shown(options)

    _guarded(work, verbose=values["verbose"])


def _guarded(work: Callable[[], int], *, verbose: bool) -> NoReturn:
    """Exit with what `work` returns, or with the code that its failure means."""
    try:
        raise typer.Exit(work())
    except typer.Exit:
        raise
    except UsageError as error:
        say(f"error: {error}")
        raise typer.Exit(2) from error
    except JournalError as error:
        say(f"error: {error}")
        raise typer.Exit(_FILES_FAILED) from error
    except KeyboardInterrupt as error:
        say(": ".join(["interrupted", *map(str, error.args)]))
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
        say(f"internal error: {type(error).__name__}: {error}")
        say(
            f"This is a bug in awaitify. Please open an issue with {what}, the "
            "versions of Python and awaitify, and if you can the file."
        )
        raise typer.Exit(_INTERNAL_ERROR) from error
