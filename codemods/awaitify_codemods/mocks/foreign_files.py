"""Which files change their mocks of asynctest for unittest's, and which keep them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.module import Module
from awaitify_codemods.mocks.awaitables import Awaitables
from awaitify_codemods.mocks.foreign_doubts import ForeignDoubts
from awaitify_codemods.mocks.foreign_names import Part, Taken, parts, taken
from awaitify_codemods.mocks.foreign_use import ForeignUse
from awaitify_codemods.mocks.renaming import Renaming
from awaitify_codemods.planning.elsewhere import Elsewhere
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Work

Refused = tuple[ast.AST, str, str]
"""Where the reason is, its code, and what it is."""

_CODE = "asynctest-mock"
_ASKING = frozenset({"patch", "create_autospec"})
_SPECS = frozenset({"spec", "spec_set", "autospec"})


@dataclass(frozen=True, eq=False)
class ForeignFiles:
    """Judges the files of a project."""

    work: Work
    _parts: dict[Module, list[Part]] = field(default_factory=dict)

    def judged(self, modules: Iterable[Module]) -> dict[Module, Refused | None]:
        """Return why each of the files stays that mention asynctest; None if not."""
        found: dict[Module, Refused | None] = {}
        for module in modules:
            refusal = self._refusal(module)
            if refusal is not None or self._parts_of(module):
                found[module] = refusal
        for module in [each for each, refusal in found.items() if refusal]:
            for below in self._below(module):
                if below in found and found[below] is None:
                    found[below] = self._met(below, module)
        return found

    def decisions(self, module: Module) -> list[Decision]:
        """Return what a file takes that changes."""
        return self._renaming(module).decisions() or []

    def _refusal(self, module: Module) -> Refused | None:
        for star in module.stars:
            if star.module in ("asynctest", "asynctest.mock"):
                return star, _CODE, "what comes from asynctest is not written out"
        found = self._parts_of(module)
        if not found:
            return None
        for node, message in self._doubts.about(module, found, self._names(module)):
            return node, _CODE, message
        for part in found:
            if doubt := self._use.of(part).doubt:
                return doubt[0], _CODE, doubt[1]
        if self._renaming(module).decisions() is None:
            return found[0].node, "name-taken", "no name is free for unittest's mocks"
        return None

    def _met(self, module: Module, above: Module) -> Refused | None:
        """Say so where a file asks for the kind of what may be another's mock.

        A patch of unittest takes a CoroutineMock for a plain one.
        """
        for part in self._parts_of(module):
            call = part.call
            has_spec = call is not None and (
                bool(call.args) or any(each.arg in _SPECS for each in call.keywords)
            )
            if part.name in _ASKING or has_spec:
                message = f"{above.path} keeps its mocks, and this may meet them"
                return part.node, _CODE, message
        return None

    def _below(self, module: Module) -> Iterator[Module]:
        """Yield the files that import one, or have it for a conftest."""
        seen, pending = {module}, [module]
        while pending:
            each = pending.pop()
            for other in self._users(each):
                if other not in seen:
                    seen.add(other)
                    pending.append(other)
                    yield other

    def _users(self, module: Module) -> Iterator[Module]:
        index = self.work.index
        for other in self._elsewhere.importing(module):
            if other is not module and any(
                index.imports_file(statement, alias, other, module.path)
                for statement in other.imports
                for alias in statement.names
            ):
                yield other
        folder, _, name = module.path.rpartition("/")
        if name == "conftest.py":
            for path in index.words.files_with("asynctest"):
                if path.startswith(f"{folder}/" if folder else ""):
                    if found := index.module(path):
                        yield found

    def _renaming(self, module: Module) -> Renaming:
        found, names = self._parts_of(module), self._names(module)
        return Renaming(self.work, module, found, names, self._use)

    def _parts_of(self, module: Module) -> list[Part]:
        if module not in self._parts:
            self._parts[module] = parts(module, self.work.index)
        return self._parts[module]

    def _names(self, module: Module) -> list[Taken]:
        return list(taken(module, self._parts_of(module)))

    @cached_property
    def _elsewhere(self) -> Elsewhere:
        return Elsewhere(self.work.index)

    @cached_property
    def _use(self) -> ForeignUse:
        return ForeignUse(self.work.index, self.work.mocks)

    @cached_property
    def _doubts(self) -> ForeignDoubts:
        work = self.work
        return ForeignDoubts(
            work.index,
            self._elsewhere,
            Awaitables(work.index, work.fixtures),
            work.sources.foreign("unittest.mock") or b"",
            lambda: work.mocks,
        )
