"""Random projects keep their outcomes when they are migrated."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.properties.playing import judged
from tests.properties.projects import Project, projects

# Shrinking would run each batch hundreds of times; a failure names the project.
_PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
_CHECKS = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]
_BATCHES = st.lists(projects(), min_size=20, max_size=25)
_KNOWN = settings(
    max_examples=2,
    derandomize=True,
    deadline=None,
    database=None,
    phases=_PHASES,
    suppress_health_check=_CHECKS,
)


@_KNOWN
@given(st.lists(projects(), min_size=6, max_size=8))
def test_outcomes_stay(batch: list[Project]):
    _check(batch)


@pytest.mark.slow
@_KNOWN
@given(_BATCHES)
def test_outcomes_stay_in_known_projects(batch: list[Project]):
    _check(batch)


@pytest.mark.hunt
@settings(
    max_examples=25,
    derandomize=False,
    deadline=None,
    database=None,
    phases=_PHASES,
    suppress_health_check=_CHECKS,
)
@given(_BATCHES)
def test_outcomes_stay_in_many_projects(batch: list[Project]):
    _check(batch)


def _check(batch: list[Project]) -> None:
    with TemporaryDirectory() as folder:
        texts = [project.files(number) for number, project in enumerate(batch)]
        for project, verdict in zip(batch, judged(Path(folder) / "batch", texts)):
            assert not verdict.unsound, f"{project}\n{verdict}"
            assert not verdict.faults, f"{project}\n{verdict}"
