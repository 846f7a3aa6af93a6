"""Why a family stays for its loop: more is done with it than the running one allows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.foreign_cases.changes import SWITCHES, Changes, LoopUse
from awaitify_codemods.foreign_cases.families import first_parameter
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.definitions import XUNIT

_ENDING = frozenset({"close", "stop", "run_forever"})
_EARLY = XUNIT - {"setUp", "tearDown"}
_GETTERS = frozenset({External("asyncio.get_event_loop")})
_LOOKING_UP = frozenset({"getattr", "setattr", "hasattr", "delattr"})


def doubts(changes: Changes, context: Context) -> Iterator[Refusal]:
    """Yield what is done with the loop of asynctest's classes."""
    if "asynctest" not in changes.family.libraries:
        return
    for use in changes.loops:
        yield from _use(use, context)
        if not _may_drive(use, context):
            where = f"{use.method.module.path}:{use.node.lineno}"
            message = f"the loop is driven by way of something else ({where})"
            yield Refusal("multi-loop", message)
    yield from _kept(changes)
    if changes.loops:
        yield from _handed_on(changes, context)
    yield from _switched(changes, context)


def _use(use: LoopUse, context: Context) -> Iterator[Refusal]:
    module = use.method.module
    where = f"{module.path}:{use.node.lineno}"
    frame = use.frame
    if not isinstance(frame, FUNCTIONS) or (
        frame is not use.method.node and not isinstance(frame, ast.AsyncFunctionDef)
    ):
        message = f"another thread may ask for the loop ({where})"
        yield Refusal("outside-coroutine", message)
    name = use.method.node.name
    if name in ("setUpClass", "tearDownClass"):
        yield Refusal("setUpClass-drive", f"there is no loop yet ({where})")
    elif name in _EARLY or (name.startswith("__") and name.endswith("__")):
        yield Refusal("multi-loop", f"{name} runs before there is a loop ({where})")
    if fixture_decorator(use.method, context.index):
        yield Refusal("multi-loop", f"a fixture runs before there is a loop ({where})")
    outer = module.parents[use.node]
    if isinstance(outer, ast.Attribute):
        if outer.attr in _ENDING:
            message = f"the loop is driven or ended there ({where})"
            yield Refusal("multi-loop", message)
        elif outer.attr.startswith("_"):
            yield Refusal("loop-asserted", f"it looks into the loop ({where})")


def _may_drive(use: LoopUse, context: Context) -> bool:
    """Whether a use is no drive, or one in a sync method that only calls it there."""
    module = use.method.module
    outer = module.parents[use.node]
    if not isinstance(outer, ast.Attribute) or outer.attr != "run_until_complete":
        return True
    call = module.parents[outer]
    return (
        isinstance(call, ast.Call)
        and call.func is outer
        and isinstance(use.frame, ast.FunctionDef)
        and use.frame not in context.sites.helpers
    )


def _kept(changes: Changes) -> Iterator[Refusal]:
    """Yield what else is called the loop of a class."""
    for owner in changes.family.classes:
        name, scope = owner.node.name, owner.module.scopes[owner.node]
        for binding in scope.names.get("loop", ()):
            yield Refusal("multi-loop", f"{name} has a loop of its own")
            assert binding
        for node in owner.module.stores.get("loop", ()):
            if any(each is owner.node for each in owner.module.enclosing(node)):
                if isinstance(node.value, ast.Name) and node.value.id in (
                    "self",
                    "cls",
                ):
                    yield Refusal("multi-loop", f"{name} keeps a loop of its own")
        for text in owner.module.strings_naming("loop"):
            call = owner.module.parents[text]
            if isinstance(call, ast.Call) and text in call.args:
                if getattr(call.func, "id", "") in _LOOKING_UP:
                    yield Refusal("multi-loop", f"{name} may look its loop up by name")


def _handed_on(changes: Changes, context: Context) -> Iterator[Refusal]:
    """Yield where others get the test, which may ask it for its loop."""
    asking = next(_asked_elsewhere(context), "")
    for method in changes.family.methods() if asking else ():
        owner = first_parameter(method)
        for use in method.module.uses.get(owner, ()) if owner else ():
            if not any(n is method.node for n in method.module.enclosing(use)):
                continue
            if isinstance(use, ast.Name) and _escapes(use, method.module):
                where = f"{method.module.path}:{use.lineno}"
                message = f"who gets the test there ({where}) may ask for its loop"
                yield Refusal("helper-escapes", f"{message} ({asking})")


def _asked_elsewhere(context: Context) -> Iterator[str]:
    """Yield where the test code asks something that it was given for a loop."""
    for path in context.index.words.files_with("loop"):
        if path not in context.reach.test_code:
            continue
        module = context.index.module(path)
        for use in module.uses.get("loop", ()) if module else ():
            assert module is not None
            if not isinstance(use, ast.Attribute) or not isinstance(
                use.value, ast.Name
            ):
                continue
            scope = module.at[use.value].find(use.value.id)
            if scope and scope.kind == "function":
                function = Function(module, scope.node)  # type: ignore[arg-type]
                kinds = {each.kind for each in scope.names[use.value.id]}
                if not (function.owner and first_parameter(function) == use.value.id):
                    if "param" in kinds:
                        yield f"{path}:{use.lineno}"


def _escapes(use: ast.Name, module: Module) -> bool:
    parent = module.parents[use]
    if isinstance(parent, ast.Attribute):
        return False
    if isinstance(parent, ast.Call) and use in parent.args:
        callee = parent.func
        if getattr(callee, "id", "") in ("super", "isinstance", "type", "id", "repr"):
            return False
    return True


def _switched(changes: Changes, context: Context) -> Iterator[Refusal]:
    """Yield what depends on the loop that tests share, if they do."""
    for owner in changes.family.classes:
        for name in SWITCHES:
            for use in owner.module.uses.get(name, ()):
                where = f"{owner.module.path}:{use.lineno}"
                yield Refusal("loop-asserted", f"{name} is looked at ({where})")
            if owner.module.stores.get(name):
                yield Refusal("multi-loop", f"{name} is set elsewhere")
    for _, statement in changes.switches:
        if not isinstance(statement.value, ast.Constant):
            yield Refusal(
                "unknown-value", "what it is told of loops is not written out"
            )
    if changes.shares_loop:
        yield from _sharing(changes, context)


def _sharing(changes: Changes, context: Context) -> Iterator[Refusal]:
    for method in changes.family.methods():
        if method.node.name in ("setUpClass", "tearDownClass"):
            message = f"{method.node.name} and the tests share a loop"
            yield Refusal("setUpClass-drive", message)
    for path in context.index.words.files_with("get_event_loop"):
        module = context.index.module(path)
        for call in module.calls if module and not foreign_name(module) else ():
            assert module is not None
            if module.at[call].frame.kind in ("module", "class"):
                if context.index.value(call.func, module) == _GETTERS:
                    where = f"{path}:{call.lineno}"
                    message = (
                        f"tests share the loop that is asked for at import ({where})"
                    )
                    yield Refusal("multi-loop", message)
