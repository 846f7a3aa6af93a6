"""The markers of tests: where they stand, and how they come to say a loop scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from awaitify_codemods.facts.asyncio_marks import asyncio_marks
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Work


def scoped(marks: Mapping[Function, str], work: Work) -> Iterator[Decision]:
    """Yield what makes the markers of tests say a loop scope."""
    done: set[Function] = set()
    for module in dict.fromkeys(test.module for test in marks):
        done |= set(_covered(module, marks, work))
        yield from _of_module(module, marks, work)
    for test, scope in marks.items():
        found = next(asyncio_marks(test, work.index), None)
        if found is None or test in done:
            continue
        module, node = test.module, test.node
        message = f"what it uses lives on the loop of its {scope}"
        if found in node.decorator_list:
            index = node.decorator_list.index(found)
            keywords = [["loop_scope", f'"{scope}"']]
            arguments = {"index": index, "to": "", "keywords": keywords}
            yield Decision(
                module, node, "fixture-decorator", arguments, message=message
            )
        else:
            yield added(test, scope, message, work)


def added(test: Function, scope: str, message: str, work: Work) -> Decision:
    """Return the decision to mark a test, on a loop of its own or a wider one."""
    module, node = test.module, test.node
    line = min(each.lineno for each in (node, *node.decorator_list))
    mark = work.spell(module, module.at[node], "pytest.mark.asyncio", line)
    arguments = f'(loop_scope="{scope}")' if scope else ""
    return Decision(
        module,
        node,
        "add-decorator",
        {"code": f"@{mark.text}{arguments}"},
        uses=mark.uses,
        imports=mark.imports,
        message=message,
    )


def _covered(
    module: Module, marks: Mapping[Function, str], work: Work
) -> list[Function]:
    """Return the tests that a plain ``pytestmark`` marks, if all need one scope."""
    assigned = _assigned(module)
    if assigned is None:
        return []
    tests = [Function(module, node) for node in module.functions]
    found = [
        test
        for test in tests
        if is_test(test)
        and work.is_coroutine(test)
        and next(asyncio_marks(test, work.index), None) is assigned.value
    ]
    scopes = {marks.get(test, "") for test in found}
    return found if len(scopes) == 1 and "" not in scopes else []


def _of_module(
    module: Module, marks: Mapping[Function, str], work: Work
) -> Iterator[Decision]:
    tests, assigned = _covered(module, marks, work), _assigned(module)
    if not tests or assigned is None:
        return
    value = assigned.value
    callee = value.func if isinstance(value, ast.Call) else value
    scope = marks[tests[0]]
    code = f'{ast.unparse(callee)}(loop_scope="{scope}")'
    message = f"what its tests use lives on the loop of their {scope}"
    yield Decision(module, assigned, "set-value", {"code": code}, message=message)


def _assigned(module: Module) -> ast.Assign | None:
    """Return ``pytestmark = pytest.mark.asyncio``, without arguments."""
    bindings = module.scope.names.get("pytestmark", [])
    if len(bindings) != 1:
        return None
    match bindings[0].node:
        case ast.Assign(value=ast.Call(args=[], keywords=[])) as found:
            return found
        case ast.Assign(value=ast.Attribute() | ast.Name()) as found:
            return found
    return None
