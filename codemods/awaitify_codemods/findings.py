"""What is reported: each site once, as planned or as left, with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awaitify_codemods.colour import Colouring
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.sites import Refusal, Sites
from awaitify_codemods.facts.values import Function
from awaitify_codemods.plan import LEFT, Finding
from awaitify_codemods.planning import Planner
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Work


@dataclass(eq=False)
class Reporter:
    """Makes the findings of a plan."""

    work: Work
    sites: Sites
    colouring: Colouring
    planner: Planner
    selected: frozenset[str]

    def findings(self, decisions: Iterable[tuple[str, Decision]]) -> list[Finding]:
        """Return the findings of the selected files, by path and position."""
        found = [
            _finding(
                decision.module,
                decision.node,
                rule,
                decision.status,
                decision.message,
                decision.reason,
            )
            for rule, decision in decisions
            if decision.message
        ]
        found += self._left()
        return in_place({each for each in found if each.path in self.selected})

    def _left(self) -> Iterator[Finding]:
        for left in self.sites.left:
            if not self._is_gone(left.module, left.node):
                yield _refused(left.module, left.node, left.rule, left.refusal)
        for left in self.sites.given:
            if not self._is_gone(left.module, left.node):
                yield _refused(left.module, left.node, left.rule, left.refusal)
        for drive in self.sites.drives:
            if self._is_gone(drive.module, drive.node):
                continue  # another rule took it away
            if drive not in self.colouring.forms and drive.shape != "raises-lambda":
                refusal = self._refusal(drive.module, drive.scope.node)
                yield _refused(drive.module, drive.node, drive.runner.rule, refusal)
        for site in self.sites.decorated:
            function = Function(site.module, site.node)
            if function not in self.work.coloured:
                refusal = self._refusal(site.module, site.node)
                decorator = site.node.decorator_list[site.index]
                yield _refused(site.module, decorator, "AW106", refusal)
        for function in self.work.vacuous.tests - self.work.coloured:
            refusal = self._refusal(function.module, function.node)
            yield _refused(function.module, function.node, "AW205", refusal)
        for module, call in self.sites.inner:
            if not self._is_gone(module, call):
                yield _refused(module, call, "AW105", self._kept(module, call))

    def _refusal(self, module: Module, node: ast.AST) -> Refusal:
        for each in (node, *module.enclosing(node)):
            if isinstance(each, FUNCTIONS):
                found = self.colouring.left.get(Function(module, each))
                if found:
                    return found
        return Refusal("unresolved", "nothing is known of it")

    def _kept(self, module: Module, call: ast.Call) -> Refusal:
        """Say why a runner is still there."""
        for each in (call, *module.enclosing(call)):
            helper = self.sites.helpers.get(each)
            if helper is None:
                continue
            for reference in self.work.references.to(helper):
                if not self._is_gone(reference.module, reference.node):
                    where = f"{reference.module.path}:{reference.node.lineno}"
                    message = f"the runner is still used ({where})"
                    return Refusal("helper-escapes", message)
            named = self.work.references.named_in_strings(helper)
            if named:
                return Refusal("helper-escapes", f"a string names the runner ({named})")
            if unread := self.planner.elsewhere.unread(helper.module):
                message = f"{unread} imports the runner's module, and cannot be read"
                return Refusal("helper-escapes", message)
            imported = self.planner.elsewhere.imported_by_name(helper.module)
            if imported:
                message = f"a string imports the module of the runner ({imported})"
                return Refusal("helper-escapes", message)
        return Refusal("unresolved", "nothing is known to call the runner")

    def _is_gone(self, module: Module, node: ast.AST) -> bool:
        gone = self.planner.gone
        return (
            node in gone
            or module.path in self.planner.deleted
            or any(each in gone for each in module.enclosing(node))
        )


def in_place(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by path and position."""
    return sorted(
        findings, key=lambda each: (each.path, each.line, each.column, each.rule)
    )


def _refused(module: Module, node: ast.AST, rule: str, refusal: Refusal) -> Finding:
    return _finding(module, node, rule, LEFT, refusal.message, refusal.reason)


def _finding(
    module: Module,
    node: ast.AST,
    rule: str,
    status: str,
    message: str,
    reason: str = "",
) -> Finding:
    line = getattr(node, "lineno", 1)
    column = getattr(node, "col_offset", 0) + 1
    test = module.qualified(node)
    return Finding(module.path, line, column, rule, status, message, reason, test)
