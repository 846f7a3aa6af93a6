"""Test ids: functions, their parameters and their decorators, in order."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from awaitify_codemods.checks.edited import edits_of, inserted
from awaitify_codemods.checks.expectation import Expectation
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.plan import Edit, FilePlan


def check_ids(
    before: Module, after: Module, plan: FilePlan
) -> Iterator[tuple[str, str]]:
    """Compare functions, their parameters and their decorators, in order."""
    edits = edits_of(before, plan)
    removed = {
        node for node, each in edits.items() if any(e.op == "remove" for e in each)
    }
    printed = Expectation(edits)
    plain = Expectation({})
    placed = [
        ((node.lineno, 1), _identity(before, node, edits.get(node, []), printed))
        for node in before.functions
        if not _inside(before, node, removed) and not _is_joined(edits.get(node, ()))
    ]
    placed += [
        (place, _identity(new, node, [], plain))
        for place, new in inserted(edits)
        for node in new.functions
    ]
    expected = [each for _, each in sorted(placed, key=lambda pair: pair[0])]
    added = {name for edit in plan.edits for name in _defined(edit)}
    found = [
        _identity(after, node, [], plain)
        for node in after.functions
        if after.qualified(node).partition("::")[0] not in added
    ]
    for was, now in zip(expected, found, strict=False):
        if was != now:
            yield "test ids", f"{was} became {now}"
            return
    if len(expected) != len(found):
        yield "test ids", f"{len(expected)} functions became {len(found)}"


def _defined(edit: Edit) -> Iterator[str]:
    """Yield the names of the functions that an edit adds to a module."""
    if edit.op == "insert-after-imports":
        for each in ast.parse(str(edit.arguments["code"])).body:
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield each.name


def _is_joined(edits: Iterable[Edit]) -> bool:
    """Whether the body of a function goes to another one."""
    return any(edit.op == "join" for edit in edits)


def check_tests(before: Module, plan: FilePlan) -> Iterator[tuple[str, str]]:
    """No test may go or get another name, be it with its whole file."""
    edits = edits_of(before, plan)
    gone = {n for n, each in edits.items() if any(e.op == "remove" for e in each)}
    for node in before.functions:
        if not is_test(Function(before, node)):
            continue
        if plan.delete or _inside(before, node, gone):
            yield "test ids", f"the test {before.qualified(node)} would be removed"
        elif any(edit.op == "rename-function" for edit in edits.get(node, ())):
            yield "test ids", f"the test {before.qualified(node)} would be renamed"


def _identity(
    module: Module,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    edits: list[Edit],
    printed: Expectation,
) -> tuple[str, bool, str, list[str]]:
    decorators = [printed.of(each) for each in node.decorator_list]
    is_async = isinstance(node, ast.AsyncFunctionDef)
    added: list[str] = []
    first: list[str] = []
    for edit in edits:
        if edit.op == "drop-decorator":
            decorators[int(str(edit.arguments["index"]))] = ""
        elif edit.op == "add-decorator":
            code = str(edit.arguments["code"]).removeprefix("@")
            new = printed.of(ast.parse(code, mode="eval").body)
            if edit.arguments.get("first"):
                first.insert(0, new)
            else:
                added.append(new)
        elif edit.op == "fixture-decorator":
            number = int(str(edit.arguments["index"]))
            declared = _declared(node.decorator_list[number], edit)
            decorators[number] = printed.of(declared)
        elif edit.op == "make-async":
            is_async = True
    names = [*first, *filter(None, decorators), *added]
    name = printed.qualified(node, module)
    return name, is_async, printed.of(_parameters(node.args, edits)), names


def _declared(node: ast.expr, edit: Edit) -> ast.expr:
    """Return a fixture's decorator after an edit."""
    callee = node.func if isinstance(node, ast.Call) else node
    if edit.arguments["to"]:
        callee = ast.parse(str(edit.arguments["to"]), mode="eval").body
    added = [
        ast.keyword(str(name), ast.parse(str(code), mode="eval").body)
        for name, code in edit.arguments["keywords"]
    ]
    if isinstance(node, ast.Call):
        return ast.Call(callee, node.args, [*node.keywords, *added])
    return ast.Call(callee, [], added) if added else callee


def _parameters(node: ast.arguments, edits: list[Edit]) -> ast.arguments:
    """Return the parameters of a function after its edits."""
    gone = {n for e in edits if e.op == "drop-parameters" for n in e.arguments["names"]}
    new = [n for e in edits if e.op == "add-parameters" for n in e.arguments["names"]]
    if not gone and not new:
        return node
    only = [
        (each, default)
        for each, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
        if each.arg not in gone
    ]
    plain = [each for each in node.args if each.arg not in gone]
    return ast.arguments(
        [each for each in node.posonlyargs if each.arg not in gone],
        [*plain, *(ast.arg(str(name)) for name in new)],
        node.vararg,
        [each for each, _ in only],
        [default for _, default in only],
        node.kwarg,
        node.defaults,
    )


def _inside(module: Module, node: ast.AST, roots: set[ast.AST]) -> bool:
    return node in roots or any(each in roots for each in module.enclosing(node))
