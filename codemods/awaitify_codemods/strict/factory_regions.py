"""Whether a hook can stand for a fixture that decides on the loops of a folder.

The hook concerns async tests only: what a sync test uses runs on other loops. It is a
parameter of theirs, and pytest brings tests together that share a parameter which
lives longer than a test.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.asyncio_marks import marked_scope
from awaitify_codemods.facts.fixture_decorators import fixture_decorator, scope_of
from awaitify_codemods.facts.loop_factories import HOOK
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.work import Work

_NARROW = "function"
_BEYOND = ("package", "session")
_MAKING = ("new_event_loop", "get_event_loop", "set_event_loop")


def objection(conftest: Module, work: Work) -> Refusal | None:
    """Return why a hook in a conftest would not do what a fixture there does."""
    if taken := _taken(work):
        return Refusal("name-taken", f"there is such a hook, or marker ({taken})")
    folder = conftest.path.rpartition("/")[0]
    inside = [each for each in work.tests if is_below(each, folder)]
    tests = [test for path in sorted(inside) for test in _tests(path, work)]
    return (
        _on_other_loops(tests, work)
        or _out_of_order(tests, work)
        or _shared(tests, folder, work, alone=len(inside) == len(work.tests))
        or _asked_about(folder, work)
    )


def is_below(path: str, folder: str) -> bool:
    """Whether a file lies in a folder, or in one of its own."""
    return not folder or path.startswith(f"{folder}/")


def _taken(work: Work) -> str:
    words = work.index.words
    for word in (HOOK, "loop_factories"):
        for path in words.files_with(word):
            if path in work.references.test_code:
                return path
    return ""


def _tests(path: str, work: Work) -> Iterator[Function]:
    module = work.index.module(path)
    for node in module.functions if module else ():
        assert module is not None
        test = Function(module, node)
        if is_test(test):
            yield test


def _on_other_loops(tests: list[Function], work: Work) -> Refusal | None:
    for test in tests:
        if not work.is_coroutine(test):
            for fixture in _async_fixtures(test, work):
                message = (
                    f"{test.node.name} is sync: the hook does not give it the loop of "
                    f"the fixture {fixture.node.name}"
                )
                return Refusal("loop-factory", message)
    return None


def _async_fixtures(test: Function, work: Work) -> Iterator[Function]:
    for fixture in work.users.used(test):
        if work.is_coroutine(fixture):
            yield fixture


def _scope(test: Function, work: Work) -> str:
    """Return the loop scope of an async test; the widest if it is not known."""
    if test in work.colouring.scopes:
        return work.colouring.scopes[test]
    said = marked_scope(test, work.index)
    if said is None:
        return "session"
    _, default = work.default_scopes(test.module.path)
    return said or default or _NARROW


def _out_of_order(tests: list[Function], work: Work) -> Refusal | None:
    wide = [each for each in tests if work.is_coroutine(each)]
    wide = [each for each in wide if _scope(each, work) != _NARROW]
    sync = [each for each in tests if not work.is_coroutine(each)]
    if wide and sync:
        message = (
            f"with the hook, {sync[0].node.name} would run at another time: "
            f"{wide[0].node.name} shares its loop with other tests"
        )
        return Refusal("loop-factory", message)
    return None


def _shared(
    tests: list[Function], folder: str, work: Work, alone: bool
) -> Refusal | None:
    """Refuse loops and fixtures that tests outside the folder use as well."""
    for test in tests if not alone else ():
        if not work.is_coroutine(test):
            continue
        if _scope(test, work) in _BEYOND:
            message = f"{test.node.name} shares its loop with tests of other folders"
            return Refusal("loop-factory", message)
        for fixture in _async_fixtures(test, work):
            lives = scope_of(fixture, work.index)
            outside = not is_below(fixture.module.path, folder)
            if outside and (lives is None or lives in _BEYOND):
                message = f"tests of other folders share {fixture.node.name}"
                return Refusal("loop-factory", message)
    return None


def _asked_about(folder: str, work: Work) -> Refusal | None:
    """Refuse where something asks which policy there is, not for a loop."""
    name = "get_event_loop_policy"
    for path in work.index.words.files_with(name):
        if path in work.tests and not is_below(path, folder):
            continue
        module = work.index.module(path)
        for use in module.uses.get(name, ()) if module else ():
            assert module is not None
            if not _only_makes(use, module) and not _in_fixture(use, module, work):
                message = f"the policy is asked for ({path}:{use.lineno})"
                return Refusal("loop-asserted", message)
    return None


def _only_makes(use: ast.AST, module: Module) -> bool:
    """``get_event_loop_policy().new_event_loop()``."""
    call = module.parents[use]
    member = module.parents.get(call)
    return isinstance(member, ast.Attribute) and member.attr in _MAKING


def _in_fixture(use: ast.AST, module: Module, work: Work) -> bool:
    """Whether a fixture for loops says what is the default."""
    return any(
        isinstance(each, FUNCTIONS)
        and each.name in ("event_loop", "event_loop_policy")
        and fixture_decorator(Function(module, each), work.index) is not None
        for each in module.enclosing(use)
    )
