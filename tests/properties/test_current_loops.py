"""Tests keep their ids and outcomes, whatever of them needs the current loop."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.properties.current_loops import Current
from tests.properties.playing import judged


def _check(folder: Path, projects: list[Current]) -> None:
    texts = [each.files(number) for number, each in enumerate(projects)]
    verdicts = judged(folder / "batch", texts)
    assert sum(bool(each.unsound) for each in verdicts) <= len(verdicts) // 5
    for project, verdict in zip(projects, verdicts):
        assert verdict.unsound or not verdict.faults, f"{project}\n{verdict}"


@pytest.mark.parametrize(
    "seeds", [range(10), pytest.param(range(10, 50), marks=pytest.mark.slow)], ids=str
)
def test_outcomes_stay_with_known_projects(tmp_path: Path, seeds: range):
    _check(tmp_path, [Current(seed) for seed in seeds])


@pytest.mark.hunt
@settings(
    max_examples=20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(0, 10**9).map(Current), min_size=30, max_size=40))
def test_outcomes_stay_with_many_projects(
    tmp_path_factory: pytest.TempPathFactory, projects: list[Current]
):
    _check(tmp_path_factory.mktemp("projects"), projects)
