"""The whole way from sources to checked results, without touching a disk."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from awaitify_codemods.boundary import PLAIN, Boundaries
from awaitify_codemods.colour import Colouring, Colourist
from awaitify_codemods.facts.aftermath import Aftermaths
from awaitify_codemods.facts.current import CurrentLoop
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Failure, Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.reach import Reach
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.sites import Refusal, Sites, find
from awaitify_codemods.facts.values import Function
from awaitify_codemods.findings import Reporter
from awaitify_codemods.leftovers import Leftovers
from awaitify_codemods.objections import Context, Objections, is_test
from awaitify_codemods.plan import (
    Edit,
    Finding,
    Plan,
    PlanError,
    Unit,
    digest,
)
from awaitify_codemods.planning import Planner
from awaitify_codemods.rule import Rule
from awaitify_codemods.suite import SUITE
from awaitify_codemods.testcode import test_code
from awaitify_codemods.work import Work

Job = tuple[tuple[Edit, ...], bytes]
Transformed = bytes | str
"""New bytes, or the message of a `TransformError`."""

_ROUNDS = 20


@dataclass(frozen=True)
class Settings:
    """What the user chose."""

    rules: frozenset[str] | None = None
    """Codes of the rules to apply; None for all."""
    unsafe: bool = False


@dataclass(frozen=True)
class Sources:
    """What there is to read, and what of it may change."""

    files: Mapping[str, bytes]
    """Every Python file that may be read: posix path from the root -> bytes."""
    selected: frozenset[str]
    """Those that may be edited, and whose sites are reported."""
    tests: frozenset[str]
    """Those that pytest collects, and conftest files."""
    roots: tuple[str, ...] = ("",)
    """Import roots, relative to the root."""
    modes: Mapping[str, str] = field(default_factory=lambda: {"": "strict"})
    """Folder -> asyncio mode in force there; the longest prefix wins."""
    foreign: Callable[[str], bytes | None] = lambda name: None
    """Dotted module name -> source in the project's interpreter, never imported."""

    def mode(self, path: str) -> str:
        """Return the asyncio mode in force for a file."""
        folder = path.rpartition("/")[0]
        while folder not in self.modes and folder:
            folder = folder.rpartition("/")[0]
        return self.modes.get(folder, "strict")


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
class Migration:
    """The plan, and what it makes of the files."""

    plan: Plan
    results: Mapping[str, bytes | None]
    """New bytes of the files that change; None for a file that goes."""
    errors: tuple[FileError, ...] = ()
    bugs: tuple[Bug, ...] = ()


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

    edits, source = job
    try:
        return carry_out(edits, source)
    except TransformError as error:
        return str(error)


def apply(rules: Sequence[type[Rule]], source: bytes) -> Outcome:
    """Run `rules` over one file on its own, as a test module in strict mode.

    Raises:
        SyntaxError: the running Python cannot parse the file.

    """
    path = "test_module.py"
    sources = Sources({path: source}, frozenset({path}), frozenset({path}))
    codes = frozenset(rule.META.code for rule in rules)
    migration = migrate(sources, Settings(codes))
    if migration.errors:
        error = migration.errors[0]
        raise SyntaxError(error.message, (path, error.line, None, None))
    after = migration.results.get(path, source)
    return Outcome(b"" if after is None else after, migration.plan.findings)


def migrate(
    sources: Sources,
    settings: Settings | None = None,
    transform: Callable[[Sequence[Job]], Iterable[Transformed]] = transform_each,
) -> Migration:
    """Plan, carry out and check the migration of a project.

    A file that fails takes its units with it: they are pinned, and the plan is made
    again from the colouring on.
    """
    settings = settings or Settings()
    analysis = analyse(sources, settings)
    if analysis is None:
        return Migration(Plan(), {})
    pinned: dict[str, Refusal] = {}
    errors: list[FileError] = []
    bugs: list[Bug] = []
    for _ in range(_ROUNDS):
        plan = analysis.plan(pinned)
        results, failed = _carry_out(plan, sources, transform)
        errors += [FileError(path, 1, message) for path, message in failed.items()]
        found = (
            [] if failed else list(_check(plan, results, sources, settings, analysis))
        )
        bugs += found
        if not failed and not found:
            break
        for path in failed:
            pinned[path] = Refusal("pinned", "the file could not be rewritten")
        for bug in found:
            pinned[bug.path] = Refusal("pinned", f"a check failed: {bug.check}")
    else:
        plan, results = Plan(findings=plan.findings), {}
    errors += [_error(each) for each in analysis.index.failures]
    return Migration(
        plan, results, tuple(e for e in errors if e.path in sources.files), tuple(bugs)
    )


def replay(
    plan: Plan,
    sources: Sources,
    transform: Callable[[Sequence[Job]], Iterable[Transformed]] = transform_each,
) -> Migration:
    """Carry out a stored plan.

    Raises:
        PlanError: a file is missing, or is not the one the plan was made for.

    """
    for file in plan.files:
        source = sources.files.get(file.path)
        if source is None:
            raise PlanError(f"{file.path}: the plan names it, but it is not there")
        if digest(source) != file.digest:
            raise PlanError(f"{file.path}: changed since the plan was made")
    results, failed = _carry_out(plan, sources, transform)
    if failed:
        raise PlanError("; ".join(f"{path}: {text}" for path, text in failed.items()))
    return Migration(plan, results)


def _error(failure: Failure) -> FileError:
    return FileError(failure.path, failure.line, failure.message)


def _carry_out(
    plan: Plan,
    sources: Sources,
    transform: Callable[[Sequence[Job]], Iterable[Transformed]],
) -> tuple[dict[str, bytes | None], dict[str, str]]:
    changing = [file for file in plan.files if not file.delete]
    jobs = [(file.edits, sources.files[file.path]) for file in changing]
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


def _check(
    plan: Plan,
    results: Mapping[str, bytes | None],
    sources: Sources,
    settings: Settings,
    analysis: Analysis,
) -> Iterator[Bug]:
    """Yield every result that breaks a promise."""
    from awaitify_codemods.checks import check_file

    modules: dict[str, Module | None] = {}
    for file in plan.files:
        after = results[file.path]
        if after is None:
            continue
        before = analysis.index.module(file.path)
        assert before is not None
        checked, failures = check_file(before, file, after)
        modules[file.path] = checked
        for name, message in failures:
            yield Bug(file.path, name, message, sources.files[file.path], after)
    if all(modules.values()):
        yield from _not_done(plan, results, sources, settings, modules, analysis)


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
    again = analyse(replace(sources, files=files), settings, modules, analysis)
    if again is None:
        return
    for file in again.plan(analysis.pinned_paths).files:
        after = results.get(file.path) or b""
        message = f"a second run would make {len(file.edits)} more edits"
        before = sources.files[file.path]
        path = file.path if file.path in results else plan.files[0].path
        yield Bug(path, "idempotence", message, before, after)


@dataclass(eq=False)
class Analysis:
    """The stages up to the plan, made once; plans are made from it with pins."""

    sources: Sources
    settings: Settings
    index: Index
    runners: Runners
    sites: Sites
    test_code: frozenset[str]
    references: References
    objections: Objections
    boundaries: Boundaries
    reach: Reach
    leftovers: Leftovers
    pinned_paths: dict[str, Refusal] = field(default_factory=dict)
    _loops: dict[Function, object] = field(default_factory=dict)

    def plan(self, pinned: Mapping[str, Refusal]) -> Plan:
        """Return the plan that leaves the functions of pinned files as they are."""
        self.pinned_paths = dict(pinned)
        colourist = Colourist(
            self.index,
            self.runners,
            self.sites,
            self.reach,
            self.references,
            self.objections,
            self.boundaries,
            self.leftovers,
            self.test_code,
            self._pin,
        )
        colouring = colourist.colour()
        work = Work(
            self.index,
            self.runners,
            self.sites,
            self.references,
            self.boundaries,
            colouring,
            self.sources.mode,
            self.objections.loops,
        )
        decisions = [
            (rule.META.code, decision)
            for rule in SUITE
            for decision in rule().decide(work)
        ]
        planner = Planner(work, list(decisions))
        files = planner.plan()
        reporter = Reporter(work, self.sites, colouring, planner, self.sources.selected)
        findings = reporter.findings(decisions)
        return Plan(files, tuple(findings), tuple(_units(colouring, work)))

    def _pin(self, function: Function) -> Refusal | None:
        path = function.module.path
        if path in self.pinned_paths:
            return self.pinned_paths[path]
        if path not in self.sources.selected:
            return Refusal("outside-selection", f"{path} is not selected")
        rules = self.settings.rules
        missing = self._needs(function) - (_ALL if rules is None else rules)
        if missing:
            return Refusal("outside-selection", f"{min(missing)} is not selected")
        return None

    def _needs(self, function: Function) -> set[str]:
        """Return the rules that the change of a function takes."""
        needs = {"AW109"} if is_test(function) else {"AW108"}
        if function.is_async:
            needs.add("AW106")
        for drive in self.sites.by_frame.get(function.node, ()):
            needs.add(drive.runner.rule)
            if drive.shape != "call":
                needs.add("AW107")
        use = self.objections.loops(function)
        if use.removed or use.kept or use.tasks or use.closing:
            needs.add("AW110")
        return needs


_ALL = frozenset(rule.META.code for rule in SUITE)


def analyse(
    sources: Sources,
    settings: Settings,
    known: Mapping[str, Module | None] | None = None,
    first: Analysis | None = None,
) -> Analysis | None:
    """Index a project and find its sites; None if nothing in it mentions a driver.

    Args:
        sources: what there is to read.
        settings: what the user chose.
        known: files whose facts are there already.
        first: an earlier analysis of other files, for the facts of those unchanged.

    """
    index = Index(sources.files, sources.roots, sources.foreign)
    if not index.words.drivers():
        return None
    if first is not None and known is not None:
        for path, module in first.index.modules.items():
            if sources.files.get(path) is first.sources.files.get(path):
                index.modules[path] = module
        index.modules.update({path: m for path, m in known.items() if m})
        index._foreign.update(first.index._foreign)
    runners = Runners(index)
    tests = test_code(index, runners, sources.tests)
    sites = find(index, runners, tests)
    references = References(index)
    reach = Reach(index, runners, tests)
    objections = Objections(
        Context(index, runners, sites, reach, references, Fixtures(index))
    )
    boundaries = Boundaries(index, Aftermaths(index))
    return Analysis(
        sources,
        settings,
        index,
        runners,
        sites,
        tests,
        references,
        objections,
        boundaries,
        reach,
        Leftovers(index, CurrentLoop(index, tests), sites),
    )


def _units(colouring: Colouring, work: Work) -> Iterator[Unit]:
    """Yield the connected components of the colouring."""
    group: dict[Function, set[Function]] = {each: {each} for each in colouring.coloured}

    def join(one: Function, other: Function) -> None:
        if one in group and other in group and group[one] is not group[other]:
            merged = group[one] | group[other]
            for each in merged:
                group[each] = merged

    for reference in colouring.awaits:
        scope = reference.scope.frame
        if isinstance(scope.node, FUNCTIONS):
            caller = Function(reference.module, scope.node)
            for value in work.index.value(reference.node, reference.module):
                if isinstance(value, Function):
                    join(caller, value)
    sharing: dict[object, Function] = {}
    for function in colouring.coloured:
        for member in work.references.family(function):
            join(function, member)
        loop = colouring.shared.get(function)
        if loop is not None:
            join(function, sharing.setdefault(loop, function))
    forms: dict[ast.AST, set[str]] = {}
    for drive, form in colouring.forms.items():
        forms.setdefault(drive.scope.node, set()).add(form)
    seen: set[int] = set()
    for function in colouring.coloured:
        members = group[function]
        if id(members) in seen:
            continue
        seen.add(id(members))
        ordered = [each for each in colouring.coloured if each in members]
        yield Unit(
            tuple(f"{each.module.path}::{each.name}" for each in ordered),
            {
                f"{each.module.path}::{each.name}": max(
                    forms.get(each.node, {PLAIN}), key=_STRATEGIES.index
                )
                for each in ordered
            },
        )


_STRATEGIES = ("plain", "turn", "task")
