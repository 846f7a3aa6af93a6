"""The flags that several commands share, each declared once.

A command names the groups that it takes; typer reads them from the signature
that `taking` gives it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from awaitify.config import Color, Format, Mode, TimeoutStyle

Group = Mapping[str, Any]
"""Name -> annotated type. What may be None has no default but that."""

Values = dict[str, Any]
"""What the command line says, by the names of `config.Options`."""

PATHS: Group = {
    "paths": Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATHS",
            help="Files and directories; default: '.'; '-' for standard input.",
        ),
    ]
}

RULES: Group = {
    "select": Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODES", help="Only these rules: codes, beginnings of codes, names."
        ),
    ],
    "extend_select": Annotated[
        list[str] | None, typer.Option(metavar="CODES", help="These rules, too.")
    ],
    "ignore": Annotated[
        list[str] | None, typer.Option(metavar="CODES", help="Rules to leave out.")
    ],
    "unsafe": Annotated[
        bool, typer.Option("--unsafe", help="Also changes that a test may observe.")
    ],
    "strict": Annotated[
        bool,
        typer.Option("--strict", help="Sites that are left count as work: exit 1."),
    ],
}

FILES: Group = {
    "include": Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Only such files, as in .gitignore."),
    ],
    "exclude": Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Not such files, as in .gitignore."),
    ],
    "extend_exclude": Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Nor such files."),
    ],
    "since": Annotated[
        str | None,
        typer.Option(
            metavar="REF", help="Only files changed since the merge base with REF."
        ),
    ],
    "files_from": Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Paths, one a line; '-': standard input."),
    ],
    "stdin_filename": Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file that standard input is."),
    ],
}

SHARD: Group = {
    "shard": Annotated[
        str | None,
        typer.Option(metavar="I/N", help="The I-th of N parts, the same anywhere."),
    ],
    "executor": Annotated[
        str | None,
        typer.Option(
            metavar="WHERE",
            help="Where files are rewritten: local, or dask://HOST:PORT.",
        ),
    ],
}

PROJECT: Group = {
    "mode": Annotated[
        Mode | None, typer.Option("--mode", help="pytest-asyncio mode of the result.")
    ],
    "python": Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="The project's interpreter or venv; not run."
        ),
    ],
    "target_python": Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="The lowest Python of the result."),
    ],
    "target_pytest_asyncio": Annotated[
        str | None,
        typer.Option(
            metavar="VERSION", help="The lowest pytest-asyncio of the result."
        ),
    ],
}

RUNNING: Group = {
    "jobs": Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", min=1, help="Processes; default: one a processor."
        ),
    ],
    "cache_dir": Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep results there, not in the user's own."),
    ],
    "no_cache": Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep results.")
    ],
}

RESULT: Group = {
    "timeout": Annotated[
        float | None,
        typer.Option(
            "--timeout", metavar="SECONDS", help="Bound awaits that may block for ever."
        ),
    ],
    "timeout_all": Annotated[
        bool, typer.Option("--timeout-all", help="Bound every await of a test.")
    ],
    "timeout_style": Annotated[
        TimeoutStyle | None,
        typer.Option(
            "--timeout-style", help="Bound each await, or the body of the test."
        ),
    ],
    "format_command": Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND", help="Formats what changes, e.g. 'ruff format -'."
        ),
    ],
    # For projects of others: `batch` says it of what it has fetched.
    "no_commands": Annotated[bool, typer.Option("--no-commands", hidden=True)],
    "patch": Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the patch there.")
    ],
    "plan": Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Write the plan there."),
    ],
    "from_plan": Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Carry out a plan that --plan wrote."),
    ],
}

WRITING: Group = {
    "dry_run": Annotated[bool, typer.Option("--dry-run", help="The same as `diff`.")],
    "allow_dirty": Annotated[
        bool, typer.Option("--allow-dirty", help="Despite uncommitted changes.")
    ],
}

OUTPUT: Group = {
    "format": Annotated[
        Format | None, typer.Option("--format", help="How findings are written.")
    ],
    "output": Annotated[
        Path | None, typer.Option(metavar="FILE", help="Instead of standard output.")
    ],
    "exit_zero": Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 though there is work.")
    ],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="The summary alone.")],
    "verbose": Annotated[bool, typer.Option("--verbose", "-v", help="Tell more.")],
    "color": Annotated[Color | None, typer.Option("--color", help="On a terminal.")],
}


class By(str, Enum):
    """The order of the questions of a review."""

    TEST = "test"
    RULE = "rule"


class Listing(str, Enum):
    """How a list is written."""

    TEXT = "text"
    JSON = "json"


class Summarised(str, Enum):
    """How the summary of a batch is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    MD = "md"


BASELINE: Group = {
    "baseline": Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A report in JSON: tell only what is not in it."
        ),
    ],
    "changed_lines": Annotated[
        bool,
        typer.Option(
            "--changed-lines",
            help="With --since: all is planned, and what stands on changed lines told.",
        ),
    ],
}

EVIDENCE: Group = {
    "evidence": Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What `prove` has seen in a run: trust it, too."
        ),
    ],
}

HANDED = "--pytest-argument"
"""What follows ``--`` arrives by this flag, each word on its own."""

PROVING: Group = {
    "pytest_arguments": Annotated[list[str] | None, typer.Option(HANDED, hidden=True)],
    # The name of a key of configuration files; `batch` says it for an entry.
    "command": Annotated[str | None, typer.Option("--command", hidden=True)],
    "python_before": Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="The interpreter for the suite as it is; is run."
        ),
    ],
    "runs": Annotated[
        int | None,
        typer.Option(
            "--runs", min=1, metavar="N", help="Runs of each side; default: 1."
        ),
    ],
    "rounds": Annotated[
        int | None,
        typer.Option(
            "--rounds", min=1, metavar="N", help="Plans that are run; default: 20."
        ),
    ],
    "random_order": Annotated[
        bool,
        typer.Option(
            "--random-order", help="Shuffle the runs after the first, with a plugin."
        ),
    ],
    "timeout_suite": Annotated[
        float | None,
        typer.Option(
            "--timeout-suite",
            metavar="SECONDS",
            help="One run may take so long; default: 10 times the first, from 60.",
        ),
    ],
    "resume": Annotated[
        bool, typer.Option("--resume", help="Go on with a proof that was interrupted.")
    ],
    "allow_dirty": WRITING["allow_dirty"],
}

SHOWING = (PATHS, RULES, FILES, PROJECT, RUNNING, RESULT, OUTPUT)
"""What `check` and `diff` take."""


ASKING: Group = {
    "yes": Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")],
    "allow_dirty": WRITING["allow_dirty"],
    "quiet": OUTPUT["quiet"],
    "color": OUTPUT["color"],
}

RETELLING: Group = {
    "words": Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN | FILES]",
            help="One that `awaitify runs` lists, or a proof; default: the newest.",
        ),
    ],
    "merge": Annotated[
        bool,
        typer.Option("--merge", help="FILES are reports in JSON, of all shards."),
    ],
    **{name: OUTPUT[name] for name in OUTPUT if name != "exit_zero"},
}
"""What `report` takes."""

PROOF = (
    PATHS,
    RULES,
    {name: FILES[name] for name in FILES if name != "stdin_filename"},
    SHARD,
    {
        **PROJECT,
        "python": Annotated[
            str | None,
            typer.Option(metavar="PATH", help="The project's interpreter or venv."),
        ],
    },
    RUNNING,
    {name: RESULT[name] for name in RESULT if name not in ("plan", "from_plan")},
    {name: OUTPUT[name] for name in OUTPUT if name != "exit_zero"},
    PROVING,
)
"""What `prove` takes."""

REVIEWING = (
    PATHS,
    {n: kind for n, kind in RULES.items() if n != "strict"},
    {n: kind for n, kind in FILES.items() if n != "stdin_filename"},
    PROJECT,
    RUNNING,
    {n: RESULT[n] for n in RESULT if n not in ("patch", "plan", "from_plan")},
    EVIDENCE,
    {
        "by": Annotated[
            By | None,
            typer.Option("--by", help="The order of questions; default: test."),
        ],
        "again": Annotated[
            bool, typer.Option("--again", help="Forget what was answered before.")
        ],
        "allow_dirty": WRITING["allow_dirty"],
    },
    {n: OUTPUT[n] for n in ("quiet", "verbose", "color")},
)
"""What `review` takes."""

BATCH: Group = {
    "file": Annotated[Path, typer.Argument(metavar="FILE", help="The batch, in TOML.")],
    "names": Annotated[
        list[str] | None,
        typer.Argument(metavar="ENTRIES", help="Only these; default: all of it."),
    ],
    "state": Annotated[
        Path | None,
        typer.Option(
            "--state", metavar="DIR", help="What it remembers; default: beside FILE."
        ),
    ],
    "shard": Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="The I-th of N parts, by names."),
    ],
    "format": Annotated[
        Summarised | None, typer.Option("--format", help="How it is summarised.")
    ],
    "output": OUTPUT["output"],
    "quiet": OUTPUT["quiet"],
}
"""What all commands about a batch take."""

CARRYING_OUT: Group = {
    "limit": Annotated[
        int | None,
        typer.Option("--limit", min=1, metavar="N", help="At most so many entries."),
    ],
    "jobs": Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", min=1, help="Entries at a time; default: one a processor."
        ),
    ],
}
"""What those take that do something."""

BEGINNING = (PATHS, PROJECT, ASKING)
"""What `init` takes."""


def taking(*groups: Group) -> Callable[[Callable[[Values], None]], Callable[..., None]]:
    """Make a command of a function that wants the values of some groups of flags."""
    flags = {name: kind for group in groups for name, kind in group.items()}

    def wrap(run: Callable[[Values], None]) -> Callable[..., None]:
        def command(**values: Any) -> None:
            run(values)

        command.__doc__ = run.__doc__
        command.__annotations__ = dict(flags)
        command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [_parameter(name, kind) for name, kind in flags.items()]
        )
        return command

    return wrap


def _parameter(name: str, kind: Any) -> inspect.Parameter:
    default = False if kind.__origin__ is bool else None
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, keyword, default=default, annotation=kind)
