"""The planner: follows what decisions take, until nothing more falls out of use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.lifecycle import ending
from awaitify_codemods.facts.module import FUNCTIONS, Binding, Module, Scope
from awaitify_codemods.facts.values import (
    Anonymous,
    Class,
    External,
    Function,
    Loop,
    Member,
    Partial,
)
from awaitify_codemods.mocks.home_made import home_made
from awaitify_codemods.plan import FilePlan
from awaitify_codemods.planning.disuse import Disuse
from awaitify_codemods.planning.edits import dropped_imports, file_plans
from awaitify_codemods.planning.elsewhere import Elsewhere
from awaitify_codemods.planning.emptied import Emptied
from awaitify_codemods.planning.mentioned import Mentioned
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Work

_WHOLE = frozenset({"remove", "set-value", "to-argument", "to-constructor"})
"""The operations that leave nothing of what their decisions say that they remove."""


@dataclass(eq=False)
class Planner:
    """Completes the decisions of the rules, and keys them by kind and ordinal."""

    work: Work
    decisions: list[tuple[str, Decision]]
    """With the code of the rule that made each."""
    selected: frozenset[str]
    """The files that may be edited."""
    gone: set[ast.AST] = field(default_factory=set)
    needed: set[tuple[Scope, str]] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    _dropped: dict[ast.AST, set[int]] = field(default_factory=dict)

    def dropping(self) -> Iterator[tuple[Module, ast.AST]]:
        """Yield the import statements that lose names."""
        for module, statement, _ in dropped_imports(self._dropped, self.work.index):
            yield module, statement

    @cached_property
    def elsewhere(self) -> Elsewhere:
        """Where other files mention what may go."""
        return Elsewhere(self.work.index)

    @cached_property
    def _disuse(self) -> Disuse:
        return Disuse(self.work, self.elsewhere, self.gone, self.needed, self.selected)

    def plan(self) -> tuple[FilePlan, ...]:
        """Return the edits of every file that changes."""
        using = [each for _, each in self.decisions if each.uses]
        kept = set(self.needed)
        for _, decision in self.decisions:
            self.gone |= set(decision.removes)
            self.needed |= set(decision.uses)
        pending = [
            (decision.module, node)
            for _, decision in self.decisions
            for node in decision.removes
        ]
        for module, node in pending:
            if isinstance(node, ast.alias):
                self._drop_alias(module, node)
        mentioned = Mentioned(self.work)
        while pending:
            # Each name once: what a thousand tests called is asked for once.
            met = dict.fromkeys(
                found
                for module, node in pending
                for found in mentioned.names_in(node, module)
            )
            pending = [each for found in met for each in self._retire(*found)]
            if not pending:
                pending += self._empty_conditions()
                pending += self._overtaken(using, kept)
        index = self.work.index
        emptied = Emptied(index, self.elsewhere, self.gone, self._dropped)
        self.deleted |= emptied.among({each.module for _, each in self.decisions})
        return tuple(file_plans(self.decisions, self._dropped, self.deleted, index))

    def _overtaken(
        self, using: list[Decision], kept: set[tuple[Scope, str]]
    ) -> list[tuple[Module, ast.AST]]:
        """Forget what edits need that stand in what goes as a whole."""
        gone = {
            node
            for _, each in self.decisions
            if each.op in _WHOLE
            for node in each.removes
        }
        found = [
            each
            for each in using
            if isinstance(each.node, ast.expr)
            and any(outer in gone for outer in each.module.enclosing(each.node))
        ]
        for each in found:
            using.remove(each)
        still = kept.union(*(each.uses for each in using)) if found else kept
        for each in found:
            self.needed.difference_update(set(each.uses) - still)
        return [(each.module, each.node) for each in found]

    def _empty_conditions(self) -> list[tuple[Module, ast.AST]]:
        """Remove the conditions at import of which no branch is left."""
        around = [
            (decision.module, parent)
            for _, decision in self.decisions
            if decision.op == "remove"
            and isinstance(parent := decision.module.parents[decision.node], ast.If)
            and decision.module.parents[parent] is decision.module.tree
            and not any(isinstance(each, ast.Call) for each in ast.walk(parent.test))
            and self.gone.issuperset((*parent.body, *parent.orelse))
            and parent not in self.gone
        ]
        found = list(dict.fromkeys(around))
        for module, condition in found:
            self.gone.add(condition)
            decision = Decision(module, condition, "remove", {}, (condition,))
            self.decisions.append(("AW105", decision))
        return [*found]

    def _retire(
        self, scope: Scope, name: str, module: Module
    ) -> list[tuple[Module, ast.AST]]:
        """Remove what bound a name, if nothing mentions the name any more."""
        bindings = scope.names.get(name, [])
        if not bindings or (scope, name) in self.needed:
            return []
        if module.path not in self.selected:
            return []
        if any(each.kind == "import" for each in bindings):
            return self._retire_import(scope, name, bindings, module)
        statements = [self._statement(each, module) for each in bindings]
        if any(each is None or each in self.gone for each in statements):
            return []
        if not self._disuse.is_unused(scope, name, module):
            return []
        found = [each for each in statements if each is not None]
        found += self._life_of(scope, name, module)
        for statement in dict.fromkeys(found):
            self.gone.add(statement)
            decision = Decision(module, statement, "remove", {}, (statement,))
            self.decisions.append(("AW105", decision))
        self._drop_imports_elsewhere(scope, name, module)
        return [(module, each) for each in dict.fromkeys(found)]

    def _statement(self, binding: Binding, module: Module) -> ast.stmt | None:
        """Return that of a runner helper, an alias of one, a loop, a home-made mock."""
        node = binding.node
        if isinstance(node, ast.ClassDef):
            owner = Class(module, node)
            return node if home_made(owner, self.work.index) else None
        if isinstance(node, FUNCTIONS):
            if node in self.work.sites.helpers or node in self.work.retiring:
                return node
            if home_made(Function(module, node), self.work.index):
                return node
            return node if self.work.index.utility(Function(module, node)) else None
        match node:
            case (
                ast.Assign(targets=[ast.Name()], value=value)
                | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
            ):
                values = self.work.index.value(value, module)
            case _:
                return None
        retirable = all(isinstance(each, Loop) for each in values) or (
            isinstance(value, (ast.Attribute, ast.Name, ast.Lambda, ast.Call))
            and all(
                isinstance(each, (External, Function, Anonymous, Member, Partial))
                for each in values
            )
            and self.work.runners.of(values) is not None
        )
        # pytest.importorskip("asyncio"): which never skips.
        retirable = retirable or values == {External("asyncio")}
        return node if values and retirable else None

    def _life_of(self, scope: Scope, name: str, module: Module) -> list[ast.stmt]:
        """Return the life-cycle statements of a module's loop."""
        return [
            statement
            for use in module.references(scope, name)
            if not self._disuse.is_gone(use, module)
            and (statement := ending(use, module, self.work.index))
        ]

    def _drop_imports_elsewhere(self, scope: Scope, name: str, module: Module) -> None:
        """Drop the imports of what is removed, even where nothing used them."""
        if scope.kind != "module":
            return
        for other in self.elsewhere.importing(module):
            if other is not module:
                for owner, local, _ in self.elsewhere.imports_of(name, module, other):
                    self._drop(owner.names[local][0], local)
                    self._drop_imports_elsewhere(owner, local, other)

    def _retire_import(
        self, scope: Scope, name: str, bindings: list[Binding], module: Module
    ) -> list[tuple[Module, ast.AST]]:
        # What nothing used here is there for others.
        if module.references(scope, name) and self._disuse.is_dead_import(
            scope, name, module
        ):
            self._drop(bindings[0], name)
            self._drop_imports_elsewhere(scope, name, module)
        return []

    def _drop_alias(self, module: Module, alias: ast.alias) -> None:
        """Drop what a rule itself takes from an import."""
        statement = next(each for each in module.imports if alias in each.names)
        number = statement.names.index(alias)
        self._dropped.setdefault(statement, set()).add(number)

    def _drop(self, binding: Binding, name: str) -> None:
        statement = binding.node
        assert isinstance(statement, (ast.Import, ast.ImportFrom))
        for number, alias in enumerate(statement.names):
            if (alias.asname or alias.name.partition(".")[0]) == name:
                self._dropped.setdefault(statement, set()).add(number)
