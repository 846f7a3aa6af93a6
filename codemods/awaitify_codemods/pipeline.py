"""The whole way from sources to checked results, without touching a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from awaitify_codemods.analysis import Analysis, analyse
from awaitify_codemods.facts.index import Failure
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.reading import read
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.finishing import Finish, finished
from awaitify_codemods.migration import Bug, FileError, Migration
from awaitify_codemods.others import Operations, operations
from awaitify_codemods.plan import Edit, FilePlan, Finding, Plan, PlanError, digest
from awaitify_codemods.rule import Rule
from awaitify_codemods.sources import Bound, Choice, Settings, Sources
from awaitify_codemods.suite import SUITE

Transformed = bytes | str
"""New bytes, or the message of a `TransformError`."""

_ROUNDS = 20


@dataclass(frozen=True)
class Job:
    """One file to rewrite; it can be sent to another process."""

    edits: tuple[Edit, ...]
    source: bytes
    operations: Operations = field(default_factory=dict)
    """Those that edits ask for beside our own."""


@dataclass(frozen=True)
class Outcome:
    """One file on its own, after the rules."""

    source: bytes
    findings: tuple[Finding, ...] = ()


def transform_each(jobs: Sequence[Job]) -> Iterable[Transformed]:
    """Carry out the edits of each file, one after the other."""
    return map(transform_one, jobs)


def transform_one(job: Job) -> Transformed:
    """Carry out the edits of a file; return its new bytes, or what went wrong."""
    from awaitify_codemods.transform import TransformError, carry_out

    try:
        return carry_out(job.edits, job.source, job.operations)
    except TransformError as error:
        return str(error)


def apply(
    rules: Sequence[type[Rule]],
    source: bytes,
    path: str = "test_module.py",
    *,
    unsafe: bool = False,
    bound: Bound | None = None,
) -> Outcome:
    """Run `rules` over one file on its own, in strict mode.

    Args:
        rules: those to apply.
        source: the file's bytes.
        path: its name: by default it is a test module.
        unsafe: whether what may change what tests observe is wanted, too.
        bound: the time-out that awaits of tests are to get, if any.

    Raises:
        SyntaxError: the running Python cannot parse the file.

    """
    sources = Sources({path: source}, frozenset({path}), frozenset({path}))
    codes = frozenset(rule.META.code for rule in rules)
    others = tuple(rule for rule in rules if rule not in SUITE)
    migration = migrate(sources, Settings(Choice(codes, unsafe, bound), others=others))
    if migration.errors:
        error = migration.errors[0]
        raise SyntaxError(error.message, (path, error.line, None, None))
    after = migration.results.get(path, source)
    return Outcome(b"" if after is None else after, migration.plan.findings)


def migrate(
    sources: Sources,
    settings: Settings | None = None,
    transform: Callable[[Sequence[Job]], Iterable[Transformed]] = transform_each,
    finish: Finish | None = None,
) -> Migration:
    """Plan, carry out and check the migration of a project.

    A file that fails takes its units with it: they are pinned, and the plan is made
    again from the colouring on.

    Args:
        sources: what there is to read.
        settings: what the user chose.
        transform: rewrites files.
        finish: lays each result out anew; where it fails the layout stays.

    """
    settings = settings or Settings()
    whole = settings.directives.whole
    analysis = analyse(sources, settings, plain=frozenset(whole))
    if analysis is None:
        return Migration(Plan(), {})
    pinned = {path: Refusal("pinned", why) for path, why in whole.items()}
    errors: list[FileError] = []
    bugs: list[Bug] = []
    for _ in range(_ROUNDS):
        if analysis.shows(pinned):
            # They stay what they are, and are seen as that.
            kept = frozenset(pinned) | analysis.plain
            analysis = analyse(sources, settings, {}, analysis, kept) or analysis
        plan = analysis.plan(pinned)
        results, failed = _carry_out(plan, sources, settings.others, transform)
        errors += [FileError(path, 1, message) for path, message in failed.items()]
        found = (
            [] if failed else list(_check(plan, results, sources, settings, analysis))
        )
        broken = list(_not_ours(found))
        errors += broken
        gone = {error.path for error in broken}
        bugs += [bug for bug in found if bug.path not in gone]
        if not failed and not found:
            break
        for path in failed:
            pinned[path] = Refusal("pinned", "the file could not be rewritten")
        for bug in found:
            pinned[bug.path] = Refusal("pinned", f"a check failed: {bug.check}")
    else:
        plan, results = Plan(findings=plan.findings), {}
    if finish is not None:
        results, told = _finish(plan, results, sources, settings, analysis, finish)
        errors += told
    errors += [_error(each) for each in analysis.index.failures]
    return Migration(
        plan,
        results,
        tuple(e for e in errors if e.path in sources.files),
        tuple(bugs),
        tuple(dict.fromkeys(analysis.failures)),
    )


def replay(
    plan: Plan,
    sources: Sources,
    transform: Callable[[Sequence[Job]], Iterable[Transformed]] = transform_each,
    others: Sequence[type[Rule]] = (),
    finish: Finish | None = None,
) -> Migration:
    """Carry out a stored plan.

    Args:
        plan: what `migrate` made of the same files.
        sources: the files.
        transform: see `migrate`.
        others: the rules beside those of `SUITE` that it may be of.
        finish: see `migrate`.

    Raises:
        PlanError: a file is missing, or is not the one the plan was made for.

    """
    for file in plan.files:
        source = sources.files.get(file.path)
        if source is None:
            raise PlanError(f"{file.path}: the plan names it, but it is not there")
        if digest(source) != file.digest:
            raise PlanError(f"{file.path}: changed since the plan was made")
    results, failed = _carry_out(plan, sources, others, transform)
    if failed:
        raise PlanError("; ".join(f"{path}: {text}" for path, text in failed.items()))
    if finish is None:
        return Migration(plan, results)
    results, complaints = finished(results, finish)
    errors = tuple(FileError(path, 1, text) for path, text in complaints.items())
    return Migration(plan, results, errors)


def checked(
    plan: Plan,
    results: Mapping[str, bytes | None],
    sources: Sources,
    settings: Settings,
) -> tuple[Bug, ...]:
    """Return what is wrong with results that were changed by hand.

    Args:
        plan: what they are results of, but for what was changed.
        results: new bytes of every file of the plan.
        sources: what the plan was made of.
        settings: what the user chose, with pins for what was changed: a second run
            would leave it.

    """
    whole = settings.directives.whole
    analysis = analyse(sources, settings, plain=frozenset(whole))
    if analysis is None:
        return ()
    analysis.pinned_paths = {p: Refusal("pinned", why) for p, why in whole.items()}
    return tuple(_check(plan, results, sources, settings, analysis))


def _error(failure: Failure) -> FileError:
    return FileError(failure.path, failure.line, failure.message)


def _carry_out(
    plan: Plan,
    sources: Sources,
    others: Sequence[type[Rule]],
    transform: Callable[[Sequence[Job]], Iterable[Transformed]],
) -> tuple[dict[str, bytes | None], dict[str, str]]:
    changing = [file for file in plan.files if not file.delete]
    own = operations(others)
    jobs = [_job(file, sources.files[file.path], own) for file in changing]
    results: dict[str, bytes | None] = {
        file.path: None for file in plan.files if file.delete
    }
    failed: dict[str, str] = {}
    for file, result in zip(changing, transform(jobs) if jobs else (), strict=True):
        if isinstance(result, str):
            failed[file.path] = result
        else:
            results[file.path] = result
    return results, failed


def _job(file: FilePlan, source: bytes, own: Operations) -> Job:
    wanted = {edit.op: own[edit.op] for edit in file.edits if edit.op in own}
    return Job(file.edits, source, wanted)


def _check(
    plan: Plan,
    results: Mapping[str, bytes | None],
    sources: Sources,
    settings: Settings,
    analysis: Analysis,
) -> Iterator[Bug]:
    """Yield every result that breaks a promise."""
    from awaitify_codemods.checks import check_file, check_tests

    modules: dict[str, Module | None] = {}
    for file in plan.files:
        after = results[file.path]
        before = analysis.index.module(file.path)
        assert before is not None
        for name, message in check_tests(before, file):
            yield Bug(file.path, name, message, before.source, after or b"")
        if after is None:
            continue
        checked, failures = check_file(before, file, after)
        modules[file.path] = checked
        for name, message in failures:
            yield Bug(file.path, name, message, sources.files[file.path], after)
    if all(modules.values()):
        yield from _not_done(plan, results, sources, settings, modules, analysis)


def _finish(
    plan: Plan,
    results: dict[str, bytes | None],
    sources: Sources,
    settings: Settings,
    analysis: Analysis,
    finish: Finish,
) -> tuple[dict[str, bytes | None], list[FileError]]:
    """Lay the results out anew, where a second run has nothing to do even then.

    It is the same code; but comments may speak to us, and they may have moved.
    """
    laid_out, complaints = finished(results, finish)
    changed = {path for path in results if laid_out[path] != results[path]}
    modules = {path: _read(path, after) for path, after in laid_out.items() if after}
    again = _not_done(plan, laid_out, sources, settings, modules, analysis)
    for path in {bug.path for bug in again} & changed if changed else ():
        complaints[path] = "laid out by the format command, it would change again"
        laid_out[path] = results[path]
    return laid_out, [FileError(path, 1, text) for path, text in complaints.items()]


def _read(path: str, source: bytes) -> Module | None:
    try:
        return read(path, source)
    except SyntaxError:
        return None


def _not_ours(bugs: Iterable[Bug]) -> Iterator[FileError]:
    """Yield the files that could not be compiled in the first place."""
    from awaitify_codemods.facts.parsing import compiled

    for bug in bugs:
        if bug.check == "compiles":
            try:
                compiled(bug.path, bug.before)
            except SyntaxError as error:
                yield FileError(bug.path, error.lineno or 1, error.msg)


def _not_done(
    plan: Plan,
    results: Mapping[str, bytes | None],
    sources: Sources,
    settings: Settings,
    modules: dict[str, Module | None],
    analysis: Analysis,
) -> Iterator[Bug]:
    """Yield the files in which a second run would still change something."""
    if not plan.files:
        return
    files = {
        path: after
        for path, before in sources.files.items()
        if (after := results.get(path, before)) is not None
    }
    tests = sources.tests & files.keys()
    configured = replace(sources, files=files, tests=tests).with_settings(plan.settings)
    again = analyse(configured, settings, modules, analysis, analysis.plain)
    if again is None:
        return
    yield from _vacuous(results, sources, modules, analysis, again)
    for file in again.plan(analysis.pinned_paths).files:
        after = results.get(file.path) or b""
        message = f"a second run would make {len(file.edits)} more edits"
        before = sources.files[file.path]
        path = file.path if file.path in results else plan.files[0].path
        yield Bug(path, "idempotence", message, before, after)


def _vacuous(
    results: Mapping[str, bytes | None],
    sources: Sources,
    modules: Mapping[str, Module | None],
    analysis: Analysis,
    again: Analysis,
) -> Iterator[Bug]:
    """Yield the files in which unittest no longer runs what it ran."""
    from awaitify_codemods.checks import check_cases

    changed = [each for each in modules.values() if each]
    found = again.project.vacuous.tests_in(changed)
    for path, message in check_cases(analysis.project.vacuous.tests, found):
        after = results.get(path) or b""
        yield Bug(path, "vacuous tests", message, sources.files[path], after)
