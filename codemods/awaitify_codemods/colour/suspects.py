"""Mentions of what may start a loop where it is called."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.references import is_unknown
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, Function, Instance, Loop, Partial


@dataclass(eq=False)
class Suspects:
    """Judges names and attributes, one by one."""

    project: Project

    def of(
        self, node: ast.Name | ast.Attribute, module: Module, coloured: set[Function]
    ) -> Refusal | None:
        """Return why what is mentioned must not run inside a loop."""
        values = self.project.index.value(node, module)
        receiver = self._receiver(node, module)
        for value in values:
            if value in coloured:
                continue
            if (
                isinstance(value, Partial)
                or getattr(value, "node", None) in self.project.sites.helpers
            ):
                if node in self._claimed or isinstance(
                    module.parents[node], ast.Assign
                ):
                    continue  # a drive, or an alias of the runner
            if getattr(value, "node", None) in self._driven_by_decorators:
                message = f"{spelled(node)} keeps the decorator that drives it"
                return Refusal("inner-loop", message)
            if not isinstance(value, Loop):
                started = self.project.reach.value_starts(value, 0, receiver)
                if started:
                    message = f"{spelled(node)} starts a loop of its own ({started})"
                    return Refusal("inner-loop", message)
        if not values and (started := self.project.reach.origin_starts(node, module)):
            message = f"{spelled(node)} has what starts a loop ({started})"
            return Refusal("inner-loop", message)
        parent = module.parents[node]
        if not isinstance(node, ast.Attribute) or not isinstance(parent, ast.Call):
            return None
        if is_unknown(values) and parent.func is node:
            started = self.project.reach.starting_methods.get(node.attr, "")
            started = started or self._staying_method(node.attr, coloured)
            if started:
                message = f"{spelled(node)} may start a loop ({started})"
                return Refusal("inner-loop", message)
        if node.attr == "invoke" and any(
            self.project.reach.invokes_commands(each)
            for each in self.project.index.value(node.value, module)
        ):
            if self.project.reach.under_test:
                return Refusal("inner-loop", "the command may start a loop")
        return None

    def _receiver(self, node: ast.Name | ast.Attribute, module: Module) -> Class | None:
        """Return the class of the object of which a method is mentioned."""
        if isinstance(node, ast.Attribute):
            for value in self.project.index.value(node.value, module):
                if isinstance(value, Instance) and isinstance(value.of, Class):
                    return value.of
        return None

    @cached_property
    def _claimed(self) -> frozenset[ast.AST]:
        """The mentions of runners that become awaits."""
        found: set[ast.AST] = set()
        for drive in self.project.sites.drives:
            found.add(drive.node.func)
            found |= set(drive.node.args[drive.keep : drive.keep + 1])
        return frozenset(found)

    @cached_property
    def _driven_by_decorators(self) -> frozenset[ast.AST]:
        return frozenset(site.node for site in self.project.sites.decorated)

    def _staying_method(self, name: str, coloured: set[Function]) -> str:
        """Return a method of the test code that stays sync and starts a loop."""
        for method in self._methods.get(name, ()):
            if method not in coloured:
                if started := self.project.reach.starts(method):
                    return started
        return ""

    @cached_property
    def _methods(self) -> dict[str, list[Function]]:
        """The methods of the test code, by name."""
        found: dict[str, list[Function]] = {}
        for path, module in list(self.project.index.modules.items()):
            if module is None or path not in self.project.test_code:
                continue
            for node in module.functions:
                if module.class_of(node):
                    found.setdefault(node.name, []).append(Function(module, node))
        return found
