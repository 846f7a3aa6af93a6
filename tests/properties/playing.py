"""Migrates random projects, and runs them before and after."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from awaitify_codemods import Migration, Settings, Sources, migrate
from awaitify_codemods.directives import Directives
from tests.suite_runs import Run, run_pytest

_ARGUMENTS = [
    "-q",
    "--tb=short",
    "--continue-on-collection-errors",
    *("-p", "no:cacheprovider", "-p", "fresh_loops"),
    # Other plugins of our environment would double the time of each run.
    *("--disable-plugin-autoload", "-p", "pytest_asyncio.plugin"),
    *("-W", "error::RuntimeWarning"),
    *("-W", "error::pytest.PytestWarning"),
]
_ISOLATION = Path(__file__).parent / "isolation"

Files = Mapping[str, str]


@dataclass(frozen=True)
class Played:
    """What became of one project."""

    files: Files
    migration: Migration
    after: Files
    faults: tuple[str, ...]
    """Promises broken, as far as can be seen without a run."""


def sources(files: Files) -> Sources:
    """Return a project as the driver would discover it."""
    return sources_of({path: text.encode() for path, text in files.items()})


def sources_of(files: Mapping[str, bytes]) -> Sources:
    """Return a project of bytes as the driver would discover it."""
    tests = {path for path in files if _is_test(path)}
    return Sources(
        files,
        selected=frozenset(files),
        tests=frozenset(tests),
        roots=("", "tests"),
    )


def _is_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name == "conftest.py"


def play(files: Files, directives: Directives | None = None) -> Played:
    """Migrate a project twice, and say what is wrong with the results."""
    settings = Settings(directives=directives or Directives())
    migration = migrate(sources(files), settings)
    after = _after(files, migration)
    again = migrate(sources(after), settings)
    other = migrate(sources(files), settings)
    faults = [
        *_unlike(migration, other),
        *(f"bug: {bug.path}: {bug.check}: {bug.message}" for bug in migration.bugs),
        *(f"error: {e.path}:{e.line}: {e.message}" for e in migration.errors),
        *(f"the second run changes {path}" for path in again.results),
        *(f"bug of the second run: {bug.check}: {bug.message}" for bug in again.bugs),
        *_untold(files, migration),
        *_untold(after, again),
    ]
    return Played(files, migration, after, tuple(faults))


def _unlike(one: Migration, other: Migration) -> Iterator[str]:
    """Yield what two migrations of the same project do not share."""
    if one.results != other.results:
        yield "another run has other results"
    elif one.plan.findings != other.plan.findings:
        found = set(one.plan.findings) ^ set(other.plan.findings)
        yield f"another run says something else: {min(found, key=str)}"
    elif one.plan.units != other.plan.units:
        yield "another run has other units"


def _after(files: Files, migration: Migration) -> Files:
    found = dict(files)
    for path, result in migration.results.items():
        if result is None:
            del found[path]
        else:
            found[path] = result.decode()
    return found


def _untold(files: Files, migration: Migration) -> Iterator[str]:
    """Yield the sites of the text of which nothing is said."""
    told = {(each.path, each.line): each for each in migration.plan.findings}
    for path, text in files.items():
        if not path.startswith("tests/"):
            continue
        for line in _sites(text):
            found = told.get((path, line))
            if found is None:
                if path in migration.results:
                    continue  # told by the second run, or gone
                yield f"nothing is said of {path}:{line}"
            elif found.status == "left" and not found.reason:
                yield f"no reason is given for {path}:{line}"


def _sites(text: str) -> Iterator[int]:
    """Yield the lines of calls that drive a loop, by their spelling alone."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            callee = ast.unparse(node.func)
            if callee in ("asyncio.run", "aio.run") or callee.endswith(
                (".run_until_complete", ".run_forever")
            ):
                if "shutdown_asyncgens" not in ast.unparse(node):
                    yield node.lineno


# Runs


def run(folder: Path, each: Sequence[Files]) -> Run:
    """Write projects side by side, and run them all at once."""
    folder.mkdir(parents=True)
    folders = []
    for number, files in enumerate(each):
        for path, text in files.items():
            target = folder / f"p{number}" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
        folders += [f"p{number}", f"p{number}/tests"]
    (folder / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = strict\n"
        "asyncio_default_fixture_loop_scope = function\n"
        f"pythonpath = {' '.join(folders)}\n"
    )
    return run_pytest(folder, _ARGUMENTS, folder / "run.json", pythonpath=[_ISOLATION])


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a project; nothing if the migration keeps its promises."""

    played: Played
    faults: tuple[str, ...]
    unsound: tuple[str, ...] = ()
    """Tests that did not pass before: the project does not show anything."""

    def __str__(self) -> str:
        lines = [*self.unsound, *self.faults]
        for path, before in self.played.files.items():
            after = self.played.after.get(path)
            lines += ["", f"--- {path}", before]
            if after != before:
                lines += [f"+++ {path}", "(gone)" if after is None else after]
        return "\n".join(lines)


def judged(
    folder: Path, projects: Sequence[Files], directives: Sequence[Directives] = ()
) -> list[Verdict]:
    """Migrate projects, run all of them at once before and after, and compare.

    Args:
        folder: where they run.
        projects: the files of each.
        directives: what the plan of each has to keep to; nothing, if there are none.

    """
    told = directives or [Directives()] * len(projects)
    played = [play(*each) for each in zip(projects, told, strict=True)]
    with ThreadPoolExecutor(2) as pool:
        runs = {"before": projects, "after": [each.after for each in played]}
        before, after = pool.map(lambda name: run(folder / name, runs[name]), runs)
    found = [list(each.faults) for each in played]
    unsound: list[list[str]] = [[] for _ in played]
    for node, was in before.tests.items():
        if was in ("failed", "error", "collected") and "test_fails" not in node:
            unsound[_number(node)].append(f"{node}: {was}")
    for number, messages in _lost(before, after).items():
        found[number] += messages
    verdicts = [
        Verdict(each, tuple(faults), tuple(bad))
        for each, faults, bad in zip(played, found, unsound)
    ]
    losing = [number for number, messages in _lost(before, after).items() if messages]
    if len(projects) == 1:
        return verdicts
    if after.never_awaited > before.never_awaited and not losing:
        losing = list(range(len(projects)))  # a warning does not say whose it is
    # What one project drops may be reported while another runs.
    for number in losing:
        one = [projects[number]], [told[number]]
        verdicts[number] = judged(folder / f"alone{number}", *one)[0]
    return verdicts


def _lost(before: Run, after: Run) -> dict[int, list[str]]:
    """Return what is wrong with the runs of each project."""
    found: dict[int, list[str]] = {}
    for node, message in _differences(before, after):
        found.setdefault(_number(node), []).append(message)
    if {_number(node) for node in before.tests} == {0}:
        if after.never_awaited > before.never_awaited:
            found.setdefault(0, []).append("a coroutine was never awaited")
    return found


def _number(node: str) -> int:
    return int(node.partition("/")[0].removeprefix("p"))


def _differences(before: Run, after: Run) -> Iterator[tuple[str, str]]:
    """Yield the tests whose outcomes are not the same."""
    assert before.tests and after.tests, before.log + after.log
    for node in dict.fromkeys([*before.tests, *after.tests]):
        was, now = before.tests.get(node), after.tests.get(node)
        if was != now:
            yield node, f"{node}: {was} -> {now}"
