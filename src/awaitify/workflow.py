"""What each command does, from options to an exit code."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify import (
    baseline,
    cache,
    cluster,
    configuring,
    discover,
    engine,
    evidence,
    formatting,
    plugins,
    progress,
    report,
    repository,
    shards,
    writing,
)
from awaitify.config import STREAM, Color, Format, Options, UsageError
from awaitify.journal import write as journal
from awaitify.progress import Tell
from awaitify.project import Project
from awaitify.report import Report, as_markdown, content, job_summary, store
from awaitify.repository import NoRevision
from awaitify.task import Task, prepare
from awaitify.terminal import say as _say
from awaitify.terminal import say_all, shown

if TYPE_CHECKING:
    from awaitify.engine import Run
    from awaitify.settings.settlement import Settlement
    from awaitify.shards import Shard
    from awaitify_codemods import Plan

DONE = 0
WORK_REMAINS = 1
FILES_FAILED = 3


def check(options: Options) -> int:
    """List what can be migrated and what is left."""
    return _show(options, "check")


def diff(options: Options) -> int:
    """Print the patch."""
    return _show(options, "diff")


def fix(options: Options) -> int:
    """Rewrite in place."""
    started = time.monotonic()
    # A plan is for certain bytes: those that were read are those that are written.
    task = load(options, streamed=options.from_plan is None)
    options, found = task.options, task.project
    if task.stream is not None:
        return _filter(task, task.stream, started)
    journal.clean(found.root)
    refuse_dirty(found, options)
    run = _run(task, found)
    result = _report(run, options, "fix", started)
    while failures := writing.faults(written := writing.write(run), found.root):
        say_how_to_undo(written.run, options)
        # What cannot be written takes with it all that depends on it: the plan is
        # made again without it. A stored plan cannot be made again.
        before, found = found, engine.without(found, failures)
        if options.from_plan is not None or not is_less(found, before):
            run = replace(run, project=found)
            return _end(_report(run, options, "fix", started), options)
        run = _run(task, found)
        result = _report(run, options, "fix", started)
    _write_plan(run, options)
    _say_what_git_does_not_keep(run, result, options)
    try:
        if written.run is not None:
            store.at(found.root).keep(written.run, result.as_written())
        return _end(result.as_written(), options)
    finally:
        # Also where nobody reads the report to its end.
        say_how_to_undo(written.run, options)


def is_less(found: Project, than: Project) -> bool:
    """Whether less of a project may be edited than before."""
    return found.selected != than.selected or found.closed != than.closed


def init(options: Options, *, yes: bool, ask: Callable[[str], str] = input) -> int:
    """Show the configuration that the suite needs, and write it if that is wanted.

    Args:
        options: what the flags say.
        yes: whether the answer is known.
        ask: shows a question and returns the answer.

    """
    started = time.monotonic()
    task = load(options)
    options, found = task.options, task.project
    settled = configuring.initial(found, task.settings, task.wanted)
    run = engine.configured(found, settled)
    seconds = time.monotonic() - started
    result = content.of(run, "init", seconds=seconds, with_patch=True)
    _preview(result, options)
    if not result.work:
        _say("nothing to do: the configuration has what the tests need")
        return FILES_FAILED if result.faults else DONE
    if not yes and not _is_wanted(ask):
        return WORK_REMAINS
    journal.clean(found.root)
    refuse_dirty(found, options)
    written = writing.write(run)
    failures = writing.faults(written, found.root)
    for failure in failures:
        _say(f"{result.shown(failure.path)}: error: {failure.message}")
    if not failures:
        _say(f"written: {', '.join(map(result.shown, result.changed))}")
    say_how_to_undo(written.run, options)
    return FILES_FAILED if failures or result.faults else DONE


def _is_wanted(ask: Callable[[str], str]) -> bool:
    if not sys.stdin.isatty():
        _say("nothing was written: use --yes where nobody can be asked")
        return False
    if ask("Write this? [y/N] ").strip().lower() in ("y", "yes"):
        return True
    _say("nothing was written")
    return False


def _filter(task: Task, path: str, started: float) -> int:
    """Print the new source of standard input; whoever reads it may keep it."""
    run = _run(task, task.project)
    result = _report(run, task.options, "fix", started)
    before = run.project.files[path]
    save(None, run.migration.results.get(path, before) or b"")
    _write_plan(run, task.options)
    return _end(result.as_written(), task.options, aside=True)


def _show(options: Options, command: str) -> int:
    started = time.monotonic()
    # A plan is for certain bytes: those that were read are those that are written.
    task = load(options, streamed=options.from_plan is None)
    options = task.options
    known = _read_baseline(options) if command == "check" else None
    run = _run(task, task.project)
    _write_plan(run, options)
    result = _report(run, options, command, started)
    if known is not None:
        chosen = run.project.selected
        result = baseline.without(result, known, chosen.__contains__)
    if options.changed_lines:
        result = _on_changed_lines(result, run.project, options)
    return _end(result, options)


def _on_changed_lines(result: Report, found: Project, options: Options) -> Report:
    """Return what stands on lines that changed; all was planned as it always is."""
    assert found.repository is not None and options.since is not None
    try:
        lines = repository.lines_since(found.repository, options.since)
    except NoRevision as error:
        raise UsageError(f"--since: {error}") from error
    return result.narrowed(lines)


def _read_baseline(options: Options) -> baseline.Baseline | None:
    path = options.baseline
    if path is None or (options.output and options.output.resolve() == path.resolve()):
        # The configuration names it, and it is to be made anew.
        return None
    try:
        return baseline.load(path)
    except OSError as error:
        raise UsageError(f"--baseline: {path}: {error.strerror}") from error
    except baseline.BaselineError as error:
        raise UsageError(f"--baseline: {path}: {error}") from error


def load(options: Options, *, streamed: bool = False) -> Task:
    """Find, read and choose the files, and say what is odd about that.

    Args:
        options: what the flags say.
        streamed: see `prepare`; then what migrates them takes the shard's, else no
            others may be edited from the start.

    """
    shard = _shard(options)
    found = prepare(options, streamed=streamed)
    if shard is not None and not streamed:
        from awaitify import dealing

        found = replace(found, project=dealing.narrowed(found.project, shard))
    project = found.project
    for line in writing.reminders(project.root):
        _say(line)
    for path in found.options.paths if not found.options.quiet else ():
        if path.is_file() and not discover.is_python(path):
            _say(f"note: {path} is no Python file: passed over")
    if not project.selected and not found.options.quiet:
        _say("note: no Python files were chosen")
    if found.settings.evidence is not None and not found.options.quiet:
        if odd := evidence.note(found.settings.evidence, project.files):
            _say(odd)
    if found.options.verbose:
        _say(f"root: {project.root}")
        _say(f"configuration: {', '.join(found.configurations) or 'none found'}")
        _say(f"environment: {project.environment.home or 'none found'}")
        _say(f"imports are looked for in: {', '.join(r or '.' for r in project.roots)}")
        counts = len(project.files), len(project.selected), len(project.tests)
        _say("files: {} read, {} chosen, {} collected by pytest".format(*counts))
        for line in _unmentioned(found):
            _say(line)
    return found


def _unmentioned(task: Task) -> Iterator[str]:
    """Yield which of the names that the user lists occur nowhere."""
    for key in ("runners", "coroutines"):
        for name in sorted(getattr(task.settings, key)):
            last = name.rpartition(".")[2].encode()
            if not any(last in source for source in task.project.files.values()):
                yield f"{key}: {name} is mentioned nowhere"


def _run(task: Task, found: Project) -> Run:
    with progress.shown(quiet=task.options.quiet) as tell:
        means = means_of(task, tell)
        run = _replay(task, found, means) or engine.migrate(
            found, task.settings, means, task.wanted, _shard(task.options)
        )
    if task.options.verbose and means.cache and means.cache.trouble:
        _say(f"note: nothing is kept for the next run: {means.cache.trouble}")
    return run


def _shard(options: Options) -> Shard | None:
    return None if options.shard is None else shards.parse(options.shard)


def _replay(task: Task, found: Project, means: engine.Means) -> Run | None:
    if task.options.from_plan is None:
        return None
    from awaitify_codemods import PlanError

    try:
        plan, settlement = _read_plan(task.options.from_plan, found)
        return engine.replay(found, plan, means, plugins.rules(), settlement)
    except PlanError as error:
        raise UsageError(f"--from-plan: {error}") from error


def means_of(task: Task, tell: Tell) -> engine.Means:
    """Return what a run may use to get its result."""
    options, root = task.options, task.project.root
    elsewhere = cluster.named(options.executor)
    kept = None if options.no_cache else cache.at(options.cache_dir)
    trusted = not options.no_commands or "format_command" in options.given
    if options.format_command is None or not trusted:
        return engine.Means(options.jobs, kept, tell=tell, cluster=elsewhere)
    command = formatting.formatter(options.format_command, root)
    return engine.Means(options.jobs, kept, command, tell, elsewhere)


def _read_plan(path: Path, found: Project) -> tuple[Plan, Settlement]:
    from awaitify.settings.settlement import replayed
    from awaitify_codemods import Plan, PlanError

    try:
        data = sys.stdin.buffer.read() if path == STREAM else path.read_bytes()
        stored = json.loads(data)
        plan = Plan.from_json(stored)
        return plan, replayed(stored.get("documents", ()), found.documents.get)
    except OSError as error:
        raise UsageError(f"--from-plan: {path}: {error.strerror}") from error
    except ValueError as error:
        if isinstance(error, PlanError):
            raise
        raise PlanError(f"not a plan: {error}") from error


def _report(run: Run, options: Options, command: str, started: float) -> Report:
    return content.of(
        run,
        command,
        seconds=time.monotonic() - started,
        with_patch=options.patch is not None or options.format is Format.PATCH,
        with_changes=report.shows_changes(command, options.format)
        or (command == "fix" and len(run.results) <= store.WITH_DIFFS),
        shard=options.shard,
    )


def _end(result: Report, options: Options, *, aside: bool = False) -> int:
    """Print a report and return the exit code that it means.

    Args:
        result: what there is to say.
        options: how to say it.
        aside: standard output is for something else.

    """
    for line in complaints(result, options):
        _say(line)
    if options.patch is not None:
        save(options.patch, result.patch)
    if options.plan != STREAM:
        form = {"quiet": options.quiet, "verbose": options.verbose}
        colour = options.output is None and not aside and in_colour(options.color)
        data = report.render(result, options.format, **form, colour=colour)
        if aside and options.output is None:
            say_all(data.decode("utf-8", "surrogateescape").rstrip("\n"))
        else:
            save(options.output, data, coloured=colour)
    if options.format is Format.GITHUB:
        summarize(lambda room: as_markdown.render(result, room))
    if _is_apart(result, options):
        # Standard output is for the result alone.
        summary = report.render(result, Format.TEXT, quiet=not options.verbose)
        say_all(summary.decode("utf-8", "surrogateescape").rstrip("\n"))
    if result.faults or result.bugs or result.failures:
        return FILES_FAILED
    refused = options.strict and bool(result.left)
    return WORK_REMAINS if (result.work or refused) and not options.exit_zero else DONE


def summarize(markdown: Callable[[int], bytes]) -> None:
    """Add to the summary of a job of GitHub, if there is one."""
    if trouble := job_summary.append(markdown):
        _say(f"note: {trouble}")


def _is_apart(result: Report, options: Options) -> bool:
    """Whether the summary is not part of what is printed, and goes beside it."""
    if options.quiet or options.format in (Format.TEXT, Format.CONCISE):
        return False
    shows_numbers = options.format in (Format.MD, Format.GITHUB)
    is_diff = result.command == "diff" and not shows_numbers
    return options.format is Format.PATCH or is_diff


def _preview(result: Report, options: Options) -> None:
    for line in complaints(result, options):
        _say(line)
    for found in result.findings:
        where = f"{result.shown(found.path)}:{found.line}"
        _say(f"{where}: {found.rule} {found.message}")
    colour = in_colour(options.color)
    save(None, result.shown_patch(colour), coloured=colour)


def complaints(result: Report, options: Options) -> Iterator[str]:
    """Yield what went wrong with single files, rules and checks."""
    for fault in result.faults:
        yield f"{result.shown(fault.path)}:{fault.line}: error: {fault.message}"
    for failure in result.failures:
        yield (
            f"error: the rule {failure.code} failed: {failure.message}. Nothing that "
            "it asked for was done; whoever wrote the rule will want to know."
        )
    for bug in result.bugs:
        yield (
            f"{result.shown(bug.path)}: error: the result failed a check, {bug.check}: "
            f"{bug.message}. Nothing was changed. This is a bug in awaitify; please "
            "report it with the refused change (-v shows it)."
        )
        if options.verbose:
            yield from bug.diff.decode("utf-8", "replace").expandtabs().split("\n")


def refuse_dirty(found: Project, options: Options) -> None:
    """Refuse a tree in which git could not tell our changes from others.

    Raises:
        UsageError: it has uncommitted changes.

    """
    if found.repository is None:
        if not options.quiet:
            _say("note: no git work tree here; `awaitify undo` is the only way back")
        return
    if options.allow_dirty:
        return
    dirty = repository.modified(found.repository)
    if dirty is None:
        raise UsageError("git cannot say whether the tree is clean; use --allow-dirty")
    if dirty:
        more = f" and {len(dirty) - 1} more" if len(dirty) > 1 else ""
        raise UsageError(
            f"the git tree has uncommitted changes ({dirty[0]}{more}): commit or stash "
            "them, or use --allow-dirty"
        )


def say_how_to_undo(run: str | None, options: Options) -> None:
    """Say what takes a run back, if it has changed anything."""
    if run is not None and not options.quiet:
        _say(f"undo with: awaitify undo {run}")


def _say_what_git_does_not_keep(run: Run, result: Report, options: Options) -> None:
    if run.project.repository is None or options.quiet:
        return
    touched = (*result.changed, *result.removed)
    if new := repository.untracked(run.project.repository, touched):
        _say(f"note: changed, but not under version control: {', '.join(new)}")


def _write_plan(run: Run, options: Options) -> None:
    if options.plan is not None:
        stored = run.migration.plan.as_json()
        stored["documents"] = run.settlement.as_json()
        data = json.dumps(stored, indent=2) + "\n"
        save(None if options.plan == STREAM else options.plan, data.encode())


def save(path: Path | None, data: bytes, *, coloured: bool = False) -> None:
    """Write to a file, or to standard output.

    Args:
        path: the file.
        data: what goes there.
        coloured: whether it is for a terminal already.

    """
    if path is None:
        if not coloured and sys.stdout.isatty():
            # Nobody reads bytes there: code is shown, and not obeyed.
            data = shown(data)
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


def in_colour(color: Color) -> bool:
    """Whether standard output is to get colours."""
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
