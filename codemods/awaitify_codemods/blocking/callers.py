"""Who calls a coroutine function: pytest, an ``await``, or something that may count."""

from __future__ import annotations

import ast
from functools import cached_property

from awaitify_codemods.blocking.unawaited import is_asserted, is_dropped
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.references import Reference
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections.definitions import XUNIT
from awaitify_codemods.work import Work

_SET_UPS = XUNIT | {"asyncSetUp", "asyncTearDown"}


class Callers:
    """Says which coroutine functions may give way to others while they run.

    Tests, fixtures and set-ups are called by pytest alone; of a helper each mention
    has to be an `await`, or to become one.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    def refusal(self, function: Function) -> Refusal | None:
        """Return why others may count on a function not to give way."""
        work = self._work
        if work.is_served(function) or function.node.name in _SET_UPS:
            return None
        if function.owner is not None and not _is_of_tests(function.owner):
            return Refusal("blocking-wanted", "others may call this method")
        mentions = work.references.to(function)
        for each in mentions:
            if not self._is_awaited(each, function):
                where = f"{each.module.path}:{each.node.lineno}"
                return Refusal("blocking-wanted", f"it is handed on there ({where})")
        if not mentions or work.references.named_in_strings(function):
            return Refusal("blocking-wanted", "it is not known who calls it")
        return None

    def _is_awaited(self, mention: Reference, function: Function) -> bool:
        call = mention.call
        if mention.node in self._driven or call in self._driven:
            return True
        if call is None:
            return False
        # The calls of a function that becomes async will be awaited; what is dropped
        # never runs, unless it will be awaited, too.
        return (
            not function.is_async
            or isinstance(mention.module.parents[call], ast.Await)
            or is_dropped(call, mention.module)
            or is_asserted(call, mention.module)
        )

    @cached_property
    def _driven(self) -> frozenset[ast.AST | None]:
        """What drives give to their runners, and will be awaited in their place."""
        return frozenset(
            drive.awaitable
            for drive in self._work.colouring.forms
            if drive.shape in ("call", "raises") and drive.awaitable
        )


def _is_of_tests(owner: ast.ClassDef) -> bool:
    return any(
        isinstance(each, FUNCTIONS) and each.name.startswith("test")
        for each in owner.body
    )
