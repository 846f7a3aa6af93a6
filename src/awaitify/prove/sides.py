"""The suite as it is run before and after: by what, and under which conditions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitify import environment as environments
from awaitify.config import Options, UsageError
from awaitify.environment import NoInterpreter
from awaitify.prove import interpreter
from awaitify.prove.conditions import Conditions
from awaitify.prove.run import Suite
from awaitify.prove.store import Store

if TYPE_CHECKING:
    from awaitify.project import Project


@dataclass(frozen=True)
class Sides:
    """The suite as it is run before and after, and what it is run under."""

    before: Suite
    after: Suite
    plugins: frozenset[str]
    """The distributions that the environment of the result has."""
    conditions: Conditions
    store: Store
    """What an interrupted proof has run already."""


def sides_of(options: Options, found: Project, kept: Store) -> Sides:
    """Return how the suite is run, before and after.

    Raises:
        UsageError: there is no interpreter for it, or no pytest there.

    """
    after = before = interpreter.suite(options, found)
    plugins = both = interpreter.plugins(found.environment)
    if options.python_before is not None:
        try:
            environment = environments.find(options.python_before, found.root)
        except NoInterpreter as error:
            raise UsageError(f"--python-before: {error}") from error
        earlier = replace(options, python=options.python_before, command=None)
        before = interpreter.suite(earlier, replace(found, environment=environment))
        both &= interpreter.plugins(environment)
    conditions = Conditions(options.runs, both, shuffled=options.random_order)
    return Sides(before, after, plugins, conditions, kept)
