"""Bisection finds what does harm, alone or together, with few runs."""

from __future__ import annotations

from math import log2

from hypothesis import given
from hypothesis import strategies as st

from awaitify.prove.search import culprits

PARTS = [f"tests/test_{number}.py" for number in range(32)]


@given(st.integers(0, len(PARTS) - 1))
def test_one_culprit_takes_a_logarithm_of_runs(number: int) -> None:
    runs = []

    def is_fine(left: frozenset[str]) -> bool:
        runs.append(left)
        return PARTS[number] in left

    assert culprits(PARTS, is_fine) == {PARTS[number]}
    assert len(runs) <= 1 + 2 * log2(len(PARTS))


@given(st.sets(st.sampled_from(PARTS), min_size=2, max_size=4))
def test_several_culprits_are_all_found(guilty: set[str]) -> None:
    found = culprits(PARTS, lambda left: guilty <= left)
    assert found == guilty


@given(st.sets(st.sampled_from(PARTS), min_size=2))
def test_one_of_several_is_enough_where_each_alone_helps(helping: set[str]) -> None:
    found = culprits(PARTS, lambda left: bool(helping & left))
    assert found is not None
    assert len(found) == 1
    assert found <= helping


def test_what_leaving_all_does_not_help_has_no_culprit() -> None:
    assert culprits(PARTS, lambda left: False) is None
    assert culprits([], lambda left: True) is None
