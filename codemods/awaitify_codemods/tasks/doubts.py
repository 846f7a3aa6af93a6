"""Why a test's tasks are not to be ended where the test ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.bounds.clocks import Clocks
from awaitify_codemods.facts.asyncio_patches import is_collected, replaced
from awaitify_codemods.facts.fixtures import is_parametrized, marks_of
from awaitify_codemods.facts.module import Module, every_argument, spelled
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.tasks.endings import ends_at_once
from awaitify_codemods.tasks.made import Made, outlives_cancelling
from awaitify_codemods.work import Work

# What asyncio says of tasks that nobody awaits, and what lets go of objects.
_LOOKING = (b"never retrieved", b"was destroyed", b"gc.collect")
_REPLACED = ("create_task", "ensure_future", "gather", "wait")
# Fixtures of pytest and its plugins that have nothing to do with a loop.
_HARMLESS = frozenset(
    "cache capfd capfdbinary caplog capsys capsysbinary event_loop mocker monkeypatch "
    "pytestconfig pytester recwarn record_property request subtests testdir tmp_path "
    "tmp_path_factory tmpdir tmpdir_factory unused_tcp_port unused_tcp_port_factory "
    "unused_udp_port unused_udp_port_factory".split()
)


def doubt(made: Made, work: Work) -> Refusal | None:
    """Return why the task of a test is left to whatever ends it so far."""
    module = made.function.module
    for word in _LOOKING:
        if word in module.source:
            message = f"the tests look at what becomes of tasks ({word.decode()})"
            return Refusal("run-boundary", message)
    if where := outlives_cancelling(made, work):
        message = f"the task may go on when it is cancelled ({where})"
        return Refusal("run-boundary", message)
    for where in _replacing(module, work):
        message = f"asyncio's functions are replaced there ({where})"
        return Refusal("runner-patched", message)
    if not ends_at_once(made, work):
        if clock := Clocks(work).of(made.function):
            message = f"the limit of a wait would go by another clock ({clock})"
            return Refusal("clocked-test", message)
    return None


def _replacing(module: Module, work: Work) -> Iterator[str]:
    """Yield where test code replaces what makes tasks, and what awaits them."""
    for name in ("asyncio", *_REPLACED):
        for constant in module.strings_naming(name):
            if isinstance(module.parents.get(constant), ast.Call):
                yield f"{module.path}:{constant.lineno}"
    for name in _REPLACED:
        for home, node in replaced(name, work.index, work.references.test_code):
            if home is module or not (is_collected(module) and is_collected(home)):
                yield f"{home.path}:{getattr(node, 'lineno', 1)}"


def torn_down_later(test: Function, work: Work) -> Refusal | None:
    """Object to what is torn down after a test, and may need its tasks for that."""
    for fixture in work.fixtures.of(test):
        if work.is_coroutine(fixture) and _goes_on(fixture):
            message = f"the fixture {fixture.node.name} may need the task when it ends"
            return Refusal("run-boundary", message)
    for name in sorted(work.fixtures.missing(test) - _HARMLESS - _injected(test)):
        if not _is_given(test, name):
            message = f"the fixture {name!r} is not known: it may need the task"
            return Refusal("run-boundary", message)
    return None


def _goes_on(fixture: Function) -> bool:
    """Whether a fixture does something after its ``yield``."""
    if ast.Yield not in fixture.module.kinds(fixture.node):
        return False
    last = fixture.node.body[-1]
    return not (isinstance(last, ast.Expr) and isinstance(last.value, ast.Yield))


def _injected(test: Function) -> set[str]:
    """Return the parameters that Python and decorators fill, not pytest."""
    callees = [getattr(each, "func", each) for each in test.node.decorator_list]
    said = [spelled(each) for each in callees]
    names = [each.arg for each in every_argument(test.node.args)]
    if any(each.endswith("given") for each in said):
        return set(names)
    mocks = [each for each in said if each.endswith(("patch", "patch.object"))]
    return set(names[: len(mocks) + bool(test.owner)])


def _is_given(test: Function, name: str) -> bool:
    """Whether a mark gives a parameter its values."""
    return is_parametrized(test, name) or any(
        isinstance(each, ast.Constant)
        and name in str(each.value).replace(",", " ").split()
        for mark in marks_of(test)
        for each in ast.walk(mark)
    )
