"""How the runs of one side differ: the same on both, and never by chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitify.prove.conditions import RANDOM_ORDER, RANDOMLY, XDIST, Conditions
from awaitify.prove.run import Suite

SUITE = Suite(("pytest",), ("-k", "shop"), Path(), Path())


def arguments(conditions: Conditions, number: int, suite: Suite = SUITE) -> list[str]:
    """Return what a run gets beyond what the user gave."""
    given = conditions.applied(suite, number).arguments
    assert given[-len(suite.arguments) :] == suite.arguments
    return list(given[: -len(suite.arguments)])


def test_without_plugins_all_runs_are_the_same() -> None:
    conditions = Conditions(3, frozenset(), shuffled=True)
    assert [arguments(conditions, number) for number in range(3)] == [[], [], []]
    assert ["nothing is shuffled" in note for note in conditions.notes()] == [True]
    assert not list(Conditions().notes())


def test_the_first_run_is_never_shuffled() -> None:
    conditions = Conditions(2, {RANDOM_ORDER}, shuffled=True)
    assert arguments(conditions, 0) == []
    assert "--random-order" in arguments(conditions, 1)
    assert list(conditions.notes()) == ["the runs after the first are shuffled"]


def test_the_same_run_has_the_same_order_on_both_sides() -> None:
    conditions = Conditions(3, {RANDOMLY}, shuffled=True)
    first, again = arguments(conditions, 1), arguments(conditions, 1)
    assert first == again
    assert first != arguments(conditions, 2)


def test_a_plugin_that_always_shuffles_does_not_unless_that_is_wanted() -> None:
    quiet = Conditions(2, {RANDOMLY})
    for number in range(2):
        assert "--randomly-dont-reorganize" in arguments(quiet, number)
    shuffled = Conditions(2, {RANDOMLY}, shuffled=True)
    assert "--randomly-dont-reorganize" in arguments(shuffled, 0)
    assert "--randomly-dont-reorganize" not in arguments(shuffled, 1)


def test_the_last_of_several_runs_uses_all_processors() -> None:
    conditions = Conditions(3, {XDIST})
    runs = [arguments(conditions, number) for number in range(3)]
    assert runs == [[], [], ["-n", "auto"]]
    assert arguments(Conditions(1, {XDIST}), 0) == []


@pytest.mark.parametrize("given", ["-n2", "-n", "--numprocesses=4"])
def test_not_where_the_user_says_how_many(given: str) -> None:
    suite = Suite(("pytest",), (given, "3"), Path(), Path())
    assert arguments(Conditions(2, {XDIST}), 1, suite) == []
