"""Units: the functions that become async together, or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.boundary import PLAIN
from awaitify_codemods.colour import Colouring
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.values import Function
from awaitify_codemods.plan import Unit
from awaitify_codemods.work import Work


def units(colouring: Colouring, work: Work) -> Iterator[Unit]:
    """Yield the connected components of the colouring."""
    group: dict[Function, set[Function]] = {each: {each} for each in colouring.coloured}

    def join(one: Function, other: Function) -> None:
        if one in group and other in group and group[one] is not group[other]:
            merged = group[one] | group[other]
            for each in merged:
                group[each] = merged

    for reference in colouring.awaits:
        scope = reference.scope.frame
        if isinstance(scope.node, FUNCTIONS):
            caller = Function(reference.module, scope.node)
            for value in work.index.value(reference.node, reference.module):
                if isinstance(value, Function):
                    join(caller, value)
    for one, other in colouring.joined:
        join(one, other)
    sharing: dict[object, Function] = {}
    for function in colouring.coloured:
        for member in work.references.family(function):
            join(function, member)
        loop = colouring.shared.get(function)
        if loop is not None:
            join(function, sharing.setdefault(loop, function))
    forms: dict[ast.AST, set[str]] = {}
    for drive, form in colouring.forms.items():
        forms.setdefault(drive.scope.node, set()).add(form)
    ordered_groups: dict[int, list[Function]] = {}
    for function in colouring.coloured:
        ordered_groups.setdefault(id(group[function]), []).append(function)
    for ordered in ordered_groups.values():
        yield Unit(
            tuple(each.full_name for each in ordered),
            {
                each.full_name: max(
                    forms.get(each.node, {PLAIN}), key=_STRATEGIES.index
                )
                for each in ordered
            },
        )


_STRATEGIES = ("plain", "turn", "task")
