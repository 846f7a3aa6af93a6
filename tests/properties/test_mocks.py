"""Random mocks keep what their tests say: who passed passes, with the same calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom

import pytest

from awaitify_codemods import Choice, Migration, Settings, migrate
from tests.properties.mock_scenes import Scene, project, scene
from tests.properties.playing import sources
from tests.suite_runs import Run, run_pytest, warnings_by_test

_ARGUMENTS = (
    *("-q", "--tb=line", "-p", "no:cacheprovider", "--disable-plugin-autoload"),
    *("-p", "pytest_asyncio.plugin", "-p", "pytest_mock", "-p", "gc_after_tests"),
    *("-W", "always::RuntimeWarning"),
    *("-o", "asyncio_default_fixture_loop_scope=function", "-o", "pythonpath=. tests"),
)
_RULES = frozenset({"AW401", "AW402"})
_ADDRESS = re.compile(r" at 0x[0-9a-f]+|id='\d+'")
_SCENES = 80
"""How many scenes a project has."""

Shown = dict[str, list[list[str]]]
"""The number of a scene -> the calls of its mocks."""
Dropped = dict[str, set[str]]
"""The node id of a test -> the warnings about what nobody awaited."""


@dataclass
class Outcome:
    """What became of some scenes."""

    scenes: Sequence[Scene]
    before: Run
    after: Run
    files: Mapping[str, str]
    migration: Migration
    faults: dict[int, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return what went wrong, with the scenes."""
        return "\n\n".join(
            f"# scene {number}: {message}\n\n{self.scenes[number].app}\n\n"
            f"{self.scenes[number].test}\n\n# after:\n{self.after_of(number)}"
            for number, message in self.faults.items()
        )

    def after_of(self, number: int) -> str:
        """Return the text of a scene after the migration."""
        text = self.files["tests/test_scenes.py"]
        found = re.search(
            rf"(?s)(\n(?:@[^\n]*\n)*(?:async )?(?:def|class) "
            rf"(?:made|test_|Test){number}\b.*?)(?=\n\S[^\n]*\n(?:@[^\n]*\n)*"
            rf"(?:async )?(?:def|class) (?:made|test_|Test){number + 1}\b|\Z)",
            text,
        )
        return found.group(1) if found else "(not found)"


def played(folder: Path, seed: int, scenes: int = _SCENES) -> Outcome:
    """Migrate random scenes, and run them before and after."""
    random = Random(seed)
    made = [scene(random, number) for number in range(scenes)]
    files = project(made)
    migration = migrate(sources(files), Settings(Choice(_RULES)))
    after = dict(files)
    for path, result in migration.results.items():
        assert result is not None
        after[path] = result.decode()
    run_before, shown_before, dropped_before = _run(folder / "before", files)
    run_after, shown_after, dropped_after = _run(folder / "after", after)
    outcome = Outcome(made, run_before, run_after, after, migration)
    for test, said in run_before.tests.items():
        number = _number(test)
        now = run_after.tests.get(test)
        if said != "passed":
            continue
        if now != "passed":
            outcome.faults[number] = f"passed -> {now}"
        elif dropped := dropped_after.get(test, set()) - dropped_before.get(
            test, set()
        ):
            outcome.faults[number] = f"never awaited: {dropped}"
        elif shown_before.get(str(number)) != shown_after.get(str(number)):
            outcome.faults[number] = (
                f"{shown_before.get(str(number))} -> {shown_after.get(str(number))}"
            )
    return outcome


def _run(folder: Path, files: Mapping[str, str]) -> tuple[Run, Shown, Dropped]:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    log = folder / "shown.jsonl"
    log.touch()
    run = run_pytest(
        folder,
        [*_ARGUMENTS, "tests"],
        folder / "run.json",
        environment={"SHOWN": str(log)},
    )
    assert run.tests, run.log
    shown: Shown = {}
    for line in log.read_text("utf-8").splitlines():
        name, calls = json.loads(line)
        shown.setdefault(str(name), []).append([_ADDRESS.sub("", c) for c in calls])
    dropped: Dropped = {}
    for test, text in warnings_by_test(folder / "run.json"):
        if "never awaited" in text:
            dropped.setdefault(test, set()).add(text.partition("\n")[0])
    return run, shown, dropped


def _number(test: str) -> int:
    return int(test.rpartition("test_")[2])


@pytest.mark.parametrize("seed", [1])
def test_what_passed_passes(tmp_path: Path, seed: int):
    outcome = played(tmp_path, seed)
    assert not outcome.migration.bugs
    assert not outcome.faults, outcome.text


@pytest.mark.slow
def test_scenes_show_something(tmp_path: Path):
    """Some mocks are swapped, and that lets tests pass that did not."""
    outcome = played(tmp_path, 3)
    passed = [test for test, said in outcome.before.tests.items() if said == "passed"]
    better = [
        test
        for test, said in outcome.after.tests.items()
        if said == "passed" != outcome.before.tests[test]
    ]
    assert len(passed) > 10
    assert len(better) > 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_what_passed_passes_in_known_projects(tmp_path: Path, seed: int):
    outcome = played(tmp_path, seed)
    assert not outcome.migration.bugs
    assert not outcome.faults, outcome.text


@pytest.mark.hunt
@pytest.mark.parametrize("number", range(40))
def test_what_passed_passes_in_many_projects(tmp_path: Path, number: int):
    seed = SystemRandom().randrange(10**9)
    outcome = played(tmp_path, seed)
    assert not outcome.migration.bugs, seed
    assert not outcome.faults, f"seed {seed}\n{outcome.text}"
