"""The fixture by which tests skip sleeping, and which of them ask for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.fixture_decorators import (
    fixture_decorator,
    fixture_name,
    is_autouse,
    requested_parameters,
    scope_of,
)
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.replacements import Replacement
from awaitify_codemods.facts.sleeping import Sleeping
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.objections.definitions import XUNIT
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Work
from awaitify_codemods.written.helpers import FAST_SLEEP

CODE = "AW333"
NAME = FAST_SLEEP.name
_SLEEP = frozenset({External("asyncio.sleep")})
_MOCKS = frozenset(
    External(f"{package}.AsyncMock") for package in ("unittest.mock", "mock")
)
_GIVEN = frozenset({"monkeypatch", "mocker"})


@dataclass(frozen=True)
class Planned:
    """A fixture that becomes `fast_sleep`, and who asks for it."""

    fixture: Function
    tests: tuple[Function, ...]


def planned(fixture: Function, found: list[Replacement], work: Work) -> Planned | str:
    """Return what takes a fixture's place, or why it stays."""
    why = (
        _objection(fixture, found, work)
        or _use(fixture, work)
        or _looked_at(fixture, work)
    )
    if why:
        return why
    sleeping = Sleeping(work.index)
    tests: list[Function] = []
    for test in work.users.tests(fixture):
        for each in work.users.used(test):
            if each != fixture and is_autouse(each, work.index):
                if _may_sleep([each], work, sleeping):
                    return f"{each.node.name} may sleep before tests request anything"
        others = [each for each in work.users.used(test) if each != fixture]
        if _may_sleep([test, *others, *_set_ups(test, work)], work, sleeping):
            if not work.is_free(CODE, test.module, test.node):
                return f"{test.node.name} may sleep, and is to stay"
            tests.append(test)
    return Planned(fixture, tuple(tests))


def decisions(planned: Planned, message: str, work: Work) -> Iterator[Decision]:
    """Yield the edits that make `fast_sleep` of a fixture, and requests of it."""
    module, node = planned.fixture.module, planned.fixture.node
    code, spellings = FAST_SLEEP.written(module, work, node.lineno)
    yield Decision(module, node, "remove", removes=(node,), message=message)
    yield Decision(
        module,
        node,
        "insert-before",
        {"code": code},
        uses=tuple(use for each in spellings for use in each.uses),
        imports=tuple(name for each in spellings for name in each.imports),
    )
    for test in planned.tests:
        home, definition = test.module, test.node
        line = min(each.lineno for each in (definition, *definition.decorator_list))
        mark = work.spell(home, home.at[definition], "pytest.mark.usefixtures", line)
        yield Decision(
            home,
            definition,
            "add-decorator",
            {"code": f'@{mark.text}("{NAME}")'},
            uses=mark.uses,
            imports=mark.imports,
            message=f"it may sleep: it requests {NAME}",
        )


def _set_ups(test: Function, work: Work) -> Iterator[Function]:
    """Yield the methods of its class that run before and after a test."""
    if test.owner is not None:
        for base in work.index.mro(Class(test.module, test.owner)):
            if isinstance(base, Class):
                for node in base.node.body:
                    if isinstance(node, FUNCTIONS) and node.name in _SET_UPS:
                        yield Function(base.module, node)


_SET_UPS = XUNIT | {"asyncSetUp", "asyncTearDown"}


def _may_sleep(functions: list[Function], work: Work, sleeping: Sleeping) -> bool:
    """Whether a test and its fixtures may sleep in a loop, as far as is known."""
    answer = sleeping.by(functions)
    return answer is True or (
        answer is None
        and any(
            work.is_coroutine(each)
            or each.node in work.sites.by_frame
            or bool(work.starts(each))
            for each in functions
        )
    )


def _objection(fixture: Function, found: list[Replacement], work: Work) -> str:
    """Say what a fixture does besides skipping, "" for nothing."""
    node, index = fixture.node, work.index
    if [each.name for each in found] != ["sleep"]:
        return "sleeping is not all that it replaces"
    if scope_of(fixture, index) != "function" or fixture.owner:
        return "it does not live as long as a test"
    if not set(requested_parameters(fixture)) <= _GIVEN:
        return "it asks for other fixtures"
    decorator = fixture_decorator(fixture, index)
    if node.decorator_list != [decorator] or isinstance(node, ast.AsyncFunctionDef):
        return "it is decorated otherwise"
    said = decorator.keywords if isinstance(decorator, ast.Call) else []
    if not {each.arg for each in said} <= {"autouse", "scope"}:
        return "it is no plain fixture"
    (replacement,) = found
    if not _skips(replacement, fixture, work):
        return "what it puts there does more than to skip"
    inner = {each for each in node.body if isinstance(each, FUNCTIONS)}
    if not all(
        each in inner or _is_plain(each, replacement, fixture.module, work)
        for each in node.body
    ):
        return "it does more than to replace sleep"
    return ""


def _is_plain(
    statement: ast.stmt, replacement: Replacement, module: Module, work: Work
) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant() | ast.Yield()) | ast.Pass():
            return True
        case ast.Return(value=None | ast.Constant() | ast.Name()):
            return True
        case ast.Assign(targets=[ast.Name()], value=ast.Attribute() as value):
            return work.index.value(value, module) == _SLEEP
        case ast.With(items=[item], body=[inner]):
            is_it = item.context_expr is replacement.node
            return is_it and _is_plain(inner, replacement, module, work)
        case ast.Expr(value=value) | ast.Assign(value=value):
            return value is replacement.node
    return False


def _skips(replacement: Replacement, fixture: Function, work: Work) -> bool:
    """Whether what is put in the place of ``sleep`` only returns."""
    module, index = fixture.module, work.index
    value, maker = replacement.value, replacement.maker
    if value is None:
        # patch() finds out by itself that it is a coroutine function.
        is_patch = isinstance(replacement.node, ast.Call)
        return is_patch and (maker is None or index.value(maker, module) <= _MOCKS)
    match value:
        case ast.Call(func=func, args=[], keywords=keywords):
            plain = all(
                each.arg == "return_value" and isinstance(each.value, ast.Constant)
                for each in keywords
            )
            return (
                plain
                and bool(index.value(func, module))
                and (index.value(func, module) <= _MOCKS)
            )
    values = index.value(value, module)
    return bool(values) and all(
        isinstance(each, Function) and _returns(each, work) for each in values
    )


def _returns(function: Function, work: Work) -> bool:
    """Whether a coroutine function does nothing but return, after a turn perhaps."""
    if not isinstance(function.node, ast.AsyncFunctionDef):
        return False
    for statement in function.node.body:
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Return(value=None | ast.Constant() | ast.Name()):
                continue
            case (
                ast.Expr(value=ast.Await(value=ast.Call() as call))
                | ast.Return(value=ast.Await(value=ast.Call() as call))
            ):
                match call.args:
                    case [ast.Constant(value=0)]:
                        if work.index.value(call.func, function.module) == _SLEEP:
                            continue
        return False
    return True


def _use(fixture: Function, work: Work) -> str:
    """Say where a fixture is asked for by name; "" if nowhere."""
    name = fixture_name(fixture, work.index)
    for user in work.users.asking(fixture):
        return f"{user.node.name} asks for it by name"
    if work.users.alike(fixture):
        return "another fixture has its name"
    if work.references.to(fixture):
        return "it is used otherwise"
    for path in work.index.words.files_with(name):
        module = work.index.module(path)
        if module is None:
            return f"{path} may ask for it"
        if any(each.value == name for each in module.strings_naming(name)):
            return f"{path} may ask for it by name"
        if any(alias.name == name for each in module.imports for alias in each.names):
            return f"{path} imports it"
    for path in work.index.words.files_with(NAME):
        return f"{path} has something else of the name {NAME}"
    return ""


def _looked_at(fixture: Function, work: Work) -> str:
    """Say where a test looks at what replaces ``asyncio.sleep``; "" if nowhere."""
    for path in work.index.words.files_with("sleep"):
        module = work.index.module(path) if path in work.tests else None
        for use in module.uses.get("sleep", ()) if module else ():
            assert module is not None
            parent = module.parents[use]
            if isinstance(parent, ast.Attribute) and (
                work.index.value(use, module) == _SLEEP
            ):
                return f"{path}:{use.lineno} looks at what replaces it"
    return ""
