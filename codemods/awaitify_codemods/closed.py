"""What must not change: what was not chosen, what failed, and what comments keep.

Nothing deletes an edit. Functions are pinned, and names kept, until the plan that
follows has no edit where none may be.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.planning import Planner
from awaitify_codemods.suppression import Suppressions
from awaitify_codemods.work import Work

Breach = tuple[Module, ast.AST, Refusal, bool]
"""An edit where none may be, and whether it only follows from others."""


@dataclass(eq=False)
class Closed:
    """Says what is closed to one plan, and pins what would change it.

    Args:
        selected: the files that may be edited.
        paths: the files that are left as a whole, and why.
        suppressions: what comments keep.

    """

    selected: Collection[str]
    paths: Mapping[str, Refusal]
    suppressions: Suppressions
    kept: set[tuple[Scope, str]] = field(default_factory=set)
    """Names whose bindings stay, though nothing else needs them."""
    _functions: dict[Function, Refusal] = field(default_factory=dict)
    _shut: dict[str, Refusal] = field(default_factory=dict)
    _tries: Counter[ast.AST] = field(default_factory=Counter)

    def at(self, module: Module, node: ast.AST, rule: str) -> Refusal | None:
        """Return why a rule must not edit a node."""
        path = module.path
        if path in self.paths:
            return self.paths[path]
        if path not in self.selected:
            return Refusal("outside-selection", f"{path} is not selected")
        found = self.suppressions.at(path, node, rule)
        return found or self._shut.get(path)

    def whole(
        self, module: Module, node: ast.AST, rule: str, removes: bool
    ) -> Refusal | None:
        """Return the same, also of what stands in the node, should that go."""
        found = self.at(module, node, rule)
        if found is None and removes:
            found = self.suppressions.within(module.path, node)
        return found

    def pin(self, function: Function, needs: Collection[str]) -> Refusal | None:
        """Return why a function stays, whose change would take some rules."""
        path = function.module.path
        if path in self.paths:
            return self.paths[path]
        if path not in self.selected:
            return Refusal("outside-selection", f"{path} is not selected")
        found = self.suppressions.of_definition(path, function.node, needs)
        return found or self._functions.get(function) or self._shut.get(path)

    def breaches(self, planner: Planner, decided: int) -> Iterator[Breach]:
        """Yield the edits of a plan that must not be.

        Args:
            planner: after planning.
            decided: how many of its decisions are the rules' own.

        """
        for number, (rule, decision) in enumerate(planner.decisions):
            module, node = decision.module, decision.node
            if found := self.whole(module, node, rule, decision.op == "remove"):
                yield module, node, found, number >= decided
        for module, statement in planner.dropping():
            if found := self.at(module, statement, "AW105"):
                yield module, statement, found, True

    def hold(self, breach: Breach, work: Work) -> bool:
        """Pin what causes an edit, more of it each time; False if all of it is."""
        module, node, refusal, follows = breach
        tries = self._tries[node]
        self._tries[node] += 1
        if follows and tries == 0:
            self.kept |= set(_names(module, node))
            return True
        causes = list(_causes(module, node, work))
        new = [each for each in causes if each not in self._functions]
        if new and tries < 2:
            for each in new:
                self._functions[each] = _seen_from(each.module, refusal, module)
        elif module.path not in self._shut:
            self._shut[module.path] = refusal
        else:
            rest = [each for each in work.coloured if each not in self._functions]
            for each in rest:
                self._functions[each] = _seen_from(each.module, refusal, module)
            return bool(rest)
        return True


def _seen_from(here: Module, refusal: Refusal, there: Module) -> Refusal:
    """Return a refusal as it is said in a file, of what stands in another."""
    if here is there or there.path in refusal.message:
        return refusal
    return Refusal(refusal.reason, f"{there.path}: {refusal.message}")


def _causes(module: Module, node: ast.AST, work: Work) -> Iterator[Function]:
    """Yield the function around an edit, or those of the class and its family."""
    around = (node, *module.enclosing(node))
    for each in around:
        if isinstance(each, FUNCTIONS) and Function(module, each) in work.coloured:
            yield Function(module, each)
            return
    for each in around:
        if isinstance(each, ast.ClassDef):
            owner = Class(module, each)
            family: set[object] = {*work.index.mro(owner)}
            family |= {*work.references.subclasses(owner)}
            for function in work.coloured:
                if function.owner and Class(function.module, function.owner) in family:
                    yield function


def _names(module: Module, node: ast.AST) -> Iterator[tuple[Scope, str]]:
    """Yield the names that a statement binds, and those that it says."""
    for scope in module.scopes.values():
        for name, bindings in scope.names.items():
            if any(each.node is node for each in bindings):
                yield scope, name
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each in module.at:
            owner = module.at[each].find(each.id)
            if owner is not None:
                yield owner, each.id
