"""Whatever is pinned stays as it is, and the rest is migrated all the same."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaitify_codemods import SUITE, Choice, Settings, Sources, migrate
from awaitify_codemods.rule import Example
from tests.properties import pinning
from tests.properties.playing import judged
from tests.properties.projects import Project, projects
from tests.properties.test_outcomes import _BATCHES, _KNOWN

_CASES = sorted((Path(__file__).parents[1] / "cases").glob("*/before"))
_EXAMPLES = [
    pytest.param(example, id=f"{rule.META.code}-{number}")
    for rule in SUITE
    for number, example in enumerate(rule.META.examples)
]


def _of_example(example: Example) -> tuple[Sources, Choice]:
    files = {example.path: dedent(example.before).lstrip("\n").encode()}
    every = frozenset(files)
    return Sources(files, every, every), Choice(None, True, example.bound)


def _of_case(folder: Path) -> Sources:
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.py"))
    }
    tests = {
        path
        for path in found
        if (name := path.rpartition("/")[2]).startswith("test_")
        or name == "conftest.py"
    }
    return Sources(found, frozenset(found), frozenset(tests), ("", "src", "tests"))


@pytest.mark.parametrize("example", _EXAMPLES)
def test_pins_in_examples(example: Example):
    sources, choice = _of_example(example)
    random = Random(example.before)
    for make in (pinning.pins, pinning.pins, pinning.mixed):
        directives = make(sources.files, random)
        found = pinning.faults(sources, Settings(choice, directives=directives))
        assert not found, directives


@pytest.mark.parametrize("example", _EXAMPLES)
def test_nothing_in_a_definition_changes_where_all_is_pinned(example: Example):
    sources, choice = _of_example(example)
    directives = pinning.everything(sources.files)
    migrated = migrate(sources, Settings(choice, directives=directives))
    assert not migrated.bugs
    assert not migrated.plan.units
    for path, after in migrated.results.items():
        assert after is not None
        texts = [each.text for each in pinning.definitions({path: sources.files[path]})]
        assert all(each in after for each in texts)


@pytest.mark.slow
@pytest.mark.parametrize("folder", _CASES, ids=lambda each: each.parent.name)
def test_pins_in_cases(folder: Path):
    sources = _of_case(folder)
    random = Random(folder.parent.name)
    for make in (pinning.pins, pinning.pins, pinning.mixed):
        directives = make(sources.files, random)
        settings = Settings(Choice(None, True), directives=directives)
        assert not pinning.faults(sources, settings), directives


@_KNOWN
@given(st.lists(projects(), min_size=6, max_size=8))
def test_outcomes_stay_beside_pins(batch: list[Project]):
    _check(batch)


@pytest.mark.slow
@_KNOWN
@given(_BATCHES)
def test_outcomes_stay_beside_pins_in_known_projects(batch: list[Project]):
    _check(batch)


def _check(batch: list[Project]) -> None:
    texts = [project.files(number) for number, project in enumerate(batch)]
    told = [
        pinning.pins({path: text.encode() for path, text in each.items()}, Random(n))
        for n, each in enumerate(texts)
    ]
    with TemporaryDirectory() as folder:
        verdicts = judged(Path(folder) / "batch", texts, told)
    for project, directives, verdict in zip(batch, told, verdicts, strict=True):
        assert not verdict.faults, f"{project}\n{sorted(directives.pins)}\n{verdict}"
