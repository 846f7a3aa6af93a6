"""Which tests can ask for a fixture that a fix writes."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.asyncio_marks import marked_scope
from awaitify_codemods.facts.module import every_argument, spelled
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.strict import elsewhere
from awaitify_codemods.strict.collected import is_marked
from awaitify_codemods.strict.repairs import needed_scope
from awaitify_codemods.work import Work


def can_ask(test: Function, name: str, work: Work) -> bool:
    """Whether pytest-asyncio runs a test, on a loop of its own, and may give it more.

    Args:
        test: an async test, or one that becomes async.
        name: that of the parameter.
        work: the colouring.

    """
    module, node = test.module, test.node
    if not is_test(test) or work.cases.running(test) or _has_defaults(node.args):
        return False
    if not asks(test, name) and says(test, name):
        return False
    if not work.sources.has_plugin:
        return False
    if not _is_run(test, work) or elsewhere.of_test(test, work):
        return False
    if elsewhere.of_library(module):
        return False
    # asynctest's patches are unittest's from this plan on.
    if work.decorated(test) and not _changes("AW421", test, work):
        return False
    # Those whose tests are marked in this plan go with it.
    if elsewhere.of_module(module, work) and test.node not in _newly_marked(work):
        return False
    # What hypothesis repeats would share it.
    if any("given" in spelled(getattr(d, "func", d)) for d in node.decorator_list):
        return False
    if work.references.to(test) or _is_collected_elsewhere(test, work):
        return False
    return _has_own_loop(test, work)


def asks(test: Function, name: str) -> bool:
    """Whether a test has a parameter of a name."""
    return any(each.arg == name for each in every_argument(test.node.args))


def _has_defaults(arguments: ast.arguments) -> bool:
    return bool(
        arguments.defaults
        or arguments.posonlyargs
        or (arguments.vararg or arguments.kwarg)
        or (arguments.kwonlyargs and not arguments.args)
    )


def says(test: Function, name: str) -> bool:
    """Whether a name means something in a test already."""
    uses = test.module.uses.get(name, ())
    return name in test.scope.names or any(
        test.node in test.module.enclosing(use) for use in uses
    )


def _is_run(test: Function, work: Work) -> bool:
    if test in work.coloured:
        return b"anyio" not in test.module.source
    mode = work.mode(test.module.path)
    if mode == "strict":
        return is_marked(test, work) or test.node in _newly_marked(work)
    return mode in ("auto", "legacy")


def _changes(rule: str, test: Function, work: Work) -> bool:
    """Whether a rule that decides before edits the file of a test."""
    return any(
        code == rule and each.op and each.module is test.module
        for code, each in work.apart
    )


def _newly_marked(work: Work) -> set[ast.AST]:
    """Return the tests that rules mark which decide before."""
    return {each.node for code, each in work.apart if code in ("AW316", "AW331")}


def _is_collected_elsewhere(test: Function, work: Work) -> bool:
    """Whether another file may have a test, too, where fixtures of its own are not."""
    name = test.owner.name if test.owner else test.node.name
    return any(
        each is not test.module for each in work.index.carriers(name, test.module)
    )


def _has_own_loop(test: Function, work: Work) -> bool:
    """Whether a test runs on a loop that is gone after it."""
    said = marked_scope(test, work.index)
    _, default = work.default_scopes(test.module.path)
    known = work.colouring.scopes.get(test, said or default or "function")
    return (
        said is not None
        and known == "function"
        and needed_scope(test, work) == "function"
    )
