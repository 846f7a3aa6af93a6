"""The search for the plan that stands, with real plans and a suite that is told.

What a suite says of a plan is a function of the code that the plan makes: so every
way to be worse off can be had at once, and in a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from awaitify import engine, project
from awaitify.engine import Means, Run
from awaitify.prove.ladder import Level
from awaitify.prove.outcome import (
    CRASHED,
    FAILED,
    FINISHED,
    NEVER_AWAITED,
    PASSED,
    Complaint,
    Definition,
    SuiteRun,
    TestResult,
)
from awaitify.prove.rounds import Baseline, Rounds, Settled
from awaitify_codemods import Settings
from awaitify_codemods.directives import Directives

TESTS = """\
import asyncio


async def f():
    return 1


def test_a():
    assert asyncio.run(f()) == 1


def test_b():
    assert asyncio.run(f()) == 1


def test_c():
    assert asyncio.run(f()) == 1
"""
NAMES = ("test_a", "test_b", "test_c")

Judge = Callable[[str, str], str | Complaint | None]
"""From a test and the code of its file to how it fails, or what it leaves behind."""


@dataclass(eq=False)
class Told:
    """A suite of which it is told what it says."""

    files: tuple[str, ...]
    judge: Judge
    crashes: Callable[[dict[str, str]], bool] = lambda code: False
    plans: list[dict[str, str]] = field(default_factory=list)

    def outcome(self, result: Run, number: int) -> SuiteRun:
        """Return a run on what a plan makes of the files."""
        code = {
            path: (result.results.get(path) or result.project.files[path]).decode()
            for path in self.files
        }
        if code not in self.plans:
            self.plans.append(code)
        if self.crashes(code):
            return SuiteRun(CRASHED, -11, output="Segmentation fault")
        return self.run(code)

    def run(self, code: dict[str, str]) -> SuiteRun:
        results, complaints = {}, []
        for path, text in code.items():
            for name in NAMES:
                found = self.judge(f"{path}::{name}", text)
                outcome, message = PASSED, ""
                if isinstance(found, Complaint):
                    complaints.append(found)
                elif found:
                    outcome, message = FAILED, found
                definition = Definition(path, 1, name)
                results[f"{path}::{name}"] = TestResult(
                    outcome, definition, message=message
                )
        return SuiteRun(FINISHED, 0, results, complaints=tuple(complaints))


def settled(root: Path, suite: Told, limit: int = 20) -> Settled:
    """Search for the plan of a folder whose files all have the same three tests."""
    for path in suite.files:
        (root / path).write_text(TESTS)
    found = project.load(project.locate([root]))

    def migrate(directives: Directives) -> Run:
        return engine.migrate(found, Settings(directives=directives), Means(jobs=1))

    before = suite.run(dict.fromkeys(suite.files, TESTS))
    return Rounds(migrate, suite, Baseline((before,)), limit).settle()


def is_async(test: str, code: str) -> bool:
    """Whether a test has become a coroutine function."""
    return f"async def {test.rpartition('::')[2]}" in code


def fails(*tests: str) -> Judge:
    """Return what makes tests fail that are coroutine functions."""

    def judge(test: str, code: str) -> str | None:
        return "it hurts" if test in tests and is_async(test, code) else None

    return judge


def left(found: Settled) -> set[str]:
    """Return the tests that are no coroutine functions in the end."""
    return {
        f"{path}::{name}"
        for path in found.attempt.run.project.files
        for name in NAMES
        if not is_async(
            name, (found.attempt.results.get(path) or TESTS.encode()).decode()
        )
    }


def rolled_back(found: Settled) -> Iterable[tuple[str, tuple[str, ...]]]:
    return [(each.level, each.what) for each in found.rolled_back]


def test_a_plan_with_which_all_is_well_is_run_once(tmp_path: Path):
    found = settled(tmp_path, Told(("test_x.py",), fails()))
    assert left(found) == set()
    assert [each.number for each in found.rounds] == [1]


def test_what_fails_is_left_alone_and_nothing_else(tmp_path: Path):
    found = settled(tmp_path, Told(("test_x.py",), fails("test_x.py::test_b")))
    assert left(found) == {"test_x.py::test_b"}
    assert rolled_back(found) == [(Level.TEST.value, ("test_x.py::test_b",))]
    assert found.attempt.troubles == ()


def test_two_that_fail_are_mended_in_the_same_rounds(tmp_path: Path):
    files = ("test_x.py", "test_y.py")
    one = settled(tmp_path, Told(files, fails("test_x.py::test_b")))
    both = settled(
        tmp_path, Told(files, fails("test_x.py::test_b", "test_y.py::test_c"))
    )
    assert left(both) == {"test_x.py::test_b", "test_y.py::test_c"}
    assert len(both.rounds) == len(one.rounds)


def test_a_form_that_helps_is_kept(tmp_path: Path):
    def judge(test: str, code: str) -> str | None:
        body = code.partition("async def test_b")[2].partition("def test_c")[0]
        return (
            "no task"
            if test.endswith("_b") and body and "create_task" not in body
            else None
        )

    found = settled(tmp_path, Told(("test_x.py",), judge))
    assert left(found) == set()
    assert [each.kind for each in found.repairs] == ["task"]


def test_a_repair_is_not_lost_for_what_it_brings_to_light(tmp_path: Path):
    # As long as one fails, what the others leave behind is not looked at.
    def judge(test: str, code: str) -> str | Complaint | None:
        body = code.partition("async def test_b")[2].partition("def test_c")[0]
        hurt = bool(body) and "create_task" not in body
        if test.endswith("_b"):
            return "no task" if hurt else None
        if test.endswith("_c") and not hurt and is_async(test, code):
            return Complaint(NEVER_AWAITED, "g", test)
        return None

    found = settled(tmp_path, Told(("test_x.py",), judge))
    assert [each.kind for each in found.repairs] == ["task"]
    assert left(found) == {"test_x.py::test_c"}


@dataclass(eq=False)
class Linked(Told):
    """One test, once it is a coroutine function, breaks another in another file."""

    def run(self, code: dict[str, str]) -> SuiteRun:
        hurts = is_async("test_a", code["test_y.py"])
        self.judge = lambda test, text: (
            "somebody took my loop" if test == "test_z.py::test_c" and hurts else None
        )
        return super().run(code)


def test_what_breaks_another_test_is_found(tmp_path: Path):
    files = ("test_x.py", "test_y.py", "test_z.py")
    found = settled(tmp_path, Linked(files, fails()), limit=40)
    assert found.attempt.troubles == ()
    assert left(found) == {"test_y.py::test_a"}


def test_a_run_that_ended_early_clears_nobody(tmp_path: Path):
    # Where test_x.py alone is left the interpreter crashes: no proof against it.
    def crashes(code: dict[str, str]) -> bool:
        return code["test_x.py"] == TESTS != code["test_y.py"]

    files = ("test_x.py", "test_y.py", "test_z.py")
    found = settled(tmp_path, Linked(files, fails(), crashes), limit=60)
    assert found.attempt.troubles == ()
    assert left(found) == {"test_y.py::test_a"}


def test_where_nothing_helps_the_suite_is_as_it_was(tmp_path: Path):
    def judge(test: str, code: str) -> str | None:
        return "anything at all" if code != TESTS else None

    found = settled(tmp_path, Told(("test_x.py",), judge))
    assert dict(found.attempt.results) == {}


def test_no_more_plans_are_run_than_may_be(tmp_path: Path):
    files = tuple(f"test_{letter}.py" for letter in "uvwxyz")
    suite = Told(files, fails(*(f"{path}::test_b" for path in files)))
    found = settled(tmp_path, suite, limit=2)
    assert found.given_up
    assert found.attempt.troubles == ()
    assert len(found.rounds) <= 2 + 2
