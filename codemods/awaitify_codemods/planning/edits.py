"""Decisions as plain data: the n-th node of a kind, and what becomes of it."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping, Sequence

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.plan import Argument, Edit, FilePlan, digest
from awaitify_codemods.rule import Decision


def file_plans(
    decisions: Sequence[tuple[str, Decision]],
    dropped: Mapping[ast.AST, set[int]],
    deleted: Container[str],
    index: Index,
) -> Iterator[FilePlan]:
    """Yield the edits of every file that changes.

    Args:
        decisions: with the code of the rule that made each.
        dropped: import statements, and which of their names go.
        deleted: the paths of the files that go.
        index: the project's files.

    """
    by_module: dict[Module, list[Edit]] = {}
    by_node: dict[tuple[ast.AST, str], list[Edit]] = {}
    for rule, decision in decisions:
        if not decision.op:
            # It takes an import, and nothing else.
            by_module.setdefault(decision.module, [])
            continue
        edit = _keyed(decision, rule)
        same = by_node.setdefault((decision.node, decision.op), [])
        if edit not in same:
            same.append(edit)
            by_module.setdefault(decision.module, []).append(edit)
    for module, statement, numbers in dropped_imports(dropped, index):
        kind, ordinal = module.ordinal(statement)
        arguments = {"indexes": sorted(numbers)}
        edit = Edit(kind, ordinal, "drop-names", arguments, "", "AW105")
        by_module.setdefault(module, []).append(edit)
    for module, edit in _added_imports(decisions, index):
        by_module[module].append(edit)
    for module in sorted(by_module, key=lambda each: each.path):
        delete = module.path in deleted
        edits = [] if delete else by_module[module]
        yield FilePlan(module.path, digest(module.source), tuple(edits), delete)


def _keyed(decision: Decision, rule: str) -> Edit:
    """Return a decision as an edit of the n-th node of a kind."""
    kind, ordinal = decision.module.ordinal(decision.node)
    expect = ""
    if isinstance(decision.node, ast.Call):
        expect = spelled(decision.node.func)
    elif isinstance(decision.node, ast.Await):
        value = decision.node.value
        expect = spelled(value.func) if isinstance(value, ast.Call) else ""
    elif isinstance(decision.node, (*FUNCTIONS, ast.ClassDef)):
        expect = decision.node.name
    return Edit(kind, ordinal, decision.op, decision.arguments, expect, rule)


def dropped_imports(
    dropped: Mapping[ast.AST, set[int]], index: Index
) -> Iterator[tuple[Module, ast.AST, set[int]]]:
    """Yield the import statements that lose names: which of them, by number."""
    homes: dict[ast.AST, Module] = {
        statement: module
        for module in index.modules.values()
        if module
        for statement in module.imports
    }
    for statement, numbers in dropped.items():
        yield homes[statement], statement, numbers


def _added_imports(
    decisions: Sequence[tuple[str, Decision]], index: Index
) -> Iterator[tuple[Module, Edit]]:
    imports: dict[Module, dict[str, str]] = {}
    for rule, decision in decisions:
        for code in decision.imports:
            imports.setdefault(decision.module, {}).setdefault(code, rule)
    for module, codes in imports.items():
        local = _local_packages(module, index)
        for code, rule in sorted(codes.items()):
            named: dict[str, Argument] = {"code": code, "local": local}
            yield module, Edit("Module", 0, "add-import", named, "", rule)


def _local_packages(module: Module, index: Index) -> list[str]:
    """Return the project's own packages among those that a file imports."""
    names = {
        (getattr(statement, "module", None) or alias.name).partition(".")[0]
        for statement in module.imports
        for alias in statement.names
        if not getattr(statement, "level", 0)
    }
    return sorted(name for name in names if index.is_local(name, module.path))
