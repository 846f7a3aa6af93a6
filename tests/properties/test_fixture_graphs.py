"""Tests keep their ids and outcomes, whatever fixtures they use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.properties.fixture_graphs import Graph
from tests.properties.playing import judged


def _check(folder: Path, graphs: list[Graph]) -> None:
    texts = [graph.files(number) for number, graph in enumerate(graphs)]
    verdicts = judged(folder / "batch", texts)
    # Some ask for each other in a circle, and show nothing.
    assert sum(bool(each.unsound) for each in verdicts) <= len(verdicts) // 10
    for graph, verdict in zip(graphs, verdicts):
        assert verdict.unsound or not verdict.faults, f"{graph}\n{verdict}"


@pytest.mark.parametrize(
    "seeds", [range(10), pytest.param(range(10, 50), marks=pytest.mark.slow)], ids=str
)
def test_outcomes_stay_with_known_graphs(tmp_path: Path, seeds: range):
    _check(tmp_path, [Graph(seed) for seed in seeds])


@pytest.mark.hunt
@settings(
    max_examples=20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(0, 10**9).map(Graph), min_size=30, max_size=40))
def test_outcomes_stay_with_many_graphs(
    tmp_path_factory: pytest.TempPathFactory, graphs: list[Graph]
):
    _check(tmp_path_factory.mktemp("graphs"), graphs)
