"""Tasks by the names they have or get, and the edits around their making."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from awaitify_codemods.facts.values import Function
from awaitify_codemods.plan import Argument
from awaitify_codemods.rule import Decision
from awaitify_codemods.tasks.asking import says
from awaitify_codemods.tasks.made import Made, follows, is_at_top, is_bound_once
from awaitify_codemods.work import Spelling


@dataclass(frozen=True)
class Named:
    """A task, and the name by which new code knows it."""

    made: Made
    name: str

    @property
    def fits_try(self) -> bool:
        """Whether all that the test does afterwards can stand under a ``try``."""
        made = self.made
        fits = is_at_top(made) and follows(made)
        return fits and (not made.name or is_bound_once(made))

    def assigned(self) -> Iterator[Decision]:
        """Yield what gives a task its name."""
        if not self.made.name:
            yield self.edit("assign-to", {"name": self.name})

    def edit(
        self,
        op: str,
        arguments: Mapping[str, Argument],
        spelling: Spelling | None = None,
        group: ast.AST | None = None,
        message: str = "",
    ) -> Decision:
        """Return a decision about the statement that makes a task."""
        return Decision(
            self.made.function.module,
            self.made.statement,
            op,
            arguments,
            uses=spelling.uses if spelling else (),
            imports=spelling.imports if spelling else (),
            message=message,
            group=group or self.made.statement,
        )


def names(found: Sequence[Made]) -> dict[Made, str]:
    """Return names for tasks: their own, or one that is free in their tests."""
    given: dict[Made, str] = {}
    taken: dict[Function, set[str]] = {}
    for made in found:
        own = taken.setdefault(made.function, set())
        name = made.name or next(
            each
            for number in count(1)
            for each in [f"task_{number}" if number > 1 else "task"]
            if each not in own and not says(made.function, each)
        )
        own.add(name)
        given[made] = name
    return given
