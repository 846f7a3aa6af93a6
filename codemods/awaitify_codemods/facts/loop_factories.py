"""The factory of loops that a policy stands for, or a fixture that gives one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import loops
from awaitify_codemods.facts.module import Binding, Module, dotted
from awaitify_codemods.facts.values import Class, External, Instance, Value, Values

HOOK = "pytest_asyncio_loop_factories"
"""pytest-asyncio 1.4 and later ask it for what makes the loops of async tests."""

PARAMETERS = ("config", "item")
"""What it is given."""

_KNOWN = {
    "asyncio.DefaultEventLoopPolicy": ("default", "asyncio.new_event_loop"),
    "asyncio.WindowsSelectorEventLoopPolicy": (
        "selector",
        "asyncio.SelectorEventLoop",
    ),
    "asyncio.WindowsProactorEventLoopPolicy": (
        "proactor",
        "asyncio.ProactorEventLoop",
    ),
    "uvloop.EventLoopPolicy": ("uvloop", "uvloop.new_event_loop"),
    "winloop.EventLoopPolicy": ("winloop", "winloop.new_event_loop"),
}
_CURRENT = External("asyncio.get_event_loop_policy()")
_ENDS = re.compile(r"(Event)?(Loop)?(Policy)?$")
# What a condition may ask without any effect.
_ASKING = ("sys.", "os.", "platform.")


@dataclass(frozen=True)
class Factory:
    """What makes a loop, as an expression."""

    name: str
    code: str
    """As the file of the fixture can say it; "" if `external` is to be spelled."""
    external: str = ""
    """The dotted name of a function or class outside the project."""
    policy: Class | None = None
    """The class that nothing needs any more if the factory stands for it."""

    @property
    def is_default(self) -> bool:
        """Whether it makes what asyncio makes by itself."""
        return self.external == "asyncio.new_event_loop"


def of_policy(node: ast.expr, module: Module, index: Index) -> Factory | None:
    """Return the factory that a policy stands for; None if it is more than that."""
    values = index.value(node, module) or _optional(node, module)
    if len(values) != 1:
        return None
    (value,) = values
    if value == _CURRENT and isinstance(node, ast.Call):
        return Factory("current", "", "asyncio.new_event_loop")
    if not _is_bare_call(node):
        return None
    match value:
        case Instance(External(name)) if name in _KNOWN:
            called, external = _KNOWN[name]
            return Factory(called, "", external)
        case Instance(Class() as owner):
            return _of_own(owner, node, module, index)
    return None


def of_loop(node: ast.expr, module: Module, index: Index) -> Factory | None:
    """Return the factory for what makes a loop, or for a policy that does."""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == _MAKE:
        assert isinstance(node.func, ast.Attribute)
        if found := of_policy(node.func.value, module, index):
            return replace(found, name="default") if found.is_default else found
    if found := of_policy(node, module, index):
        return found
    values = index.value(node, module) or _optional(node, module)
    if loops(values):
        return Factory("default", "", "asyncio.new_event_loop")
    if len(values) != 1 or not _is_bare_call(node):
        return None
    assert isinstance(node, ast.Call)
    (value,) = values
    match value:
        case Instance(External(name)) if name in _LOOPS:
            return Factory(_LOOPS[name], "", name)
        case External("uvloop.new_event_loop()" | "winloop.new_event_loop()"):
            name = value.name.removesuffix("()")
            return Factory(name.partition(".")[0], "", name)
        case Instance(Class() as owner) if _is_loop(owner, index):
            if _is_global(node.func, module):
                code = ast.unparse(node.func)
                return Factory(_short(code.rpartition(".")[2]), code)
    return None


_MAKE = "new_event_loop"
_LOOPS = {
    "asyncio.SelectorEventLoop": "selector",
    "asyncio.ProactorEventLoop": "proactor",
    "uvloop.Loop": "uvloop",
    "winloop.Loop": "winloop",
}


def _is_loop(owner: Class, index: Index) -> bool:
    """Whether a class is a loop of asyncio's, or of uvloop, with changes."""
    bases = [each for each in index.mro(owner) if isinstance(each, External)]
    return any(each.name in _LOOPS for each in bases) or any(
        each.name in ("asyncio.BaseEventLoop", "asyncio.AbstractEventLoop")
        for each in bases
    )


def _optional(node: ast.expr, module: Module) -> Values:
    """``uvloop.EventLoopPolicy()`` where uvloop is imported, or None."""
    package, _, rest = dotted(getattr(node, "func", node)).partition(".")
    owner = module.scope if package in module.scope.names else None
    bindings = owner.names[package] if owner else []
    imported = {each.target[1] for each in bindings if each.kind == "import"}
    others = [each for each in bindings if each.kind != "import"]
    if imported != {package} or not all(_is_none(each) for each in others):
        return frozenset()
    return frozenset({Instance(External(f"{package}.{rest}"))})


def _is_none(binding: Binding) -> bool:
    value = binding.value
    return isinstance(value, ast.Constant) and value.value is None


def _of_own(
    owner: Class, node: ast.expr, module: Module, index: Index
) -> Factory | None:
    """Return what stands for a policy class of the project: it only makes loops."""
    if not _is_plain_policy(owner, index):
        return None
    name = _short(owner.node.name)
    made = list(_makers(owner, index))
    if len(made) == 1 and owner.module is module:
        (maker,) = made
        code = ast.unparse(maker)
        return Factory(_short(code.rpartition(".")[2]), code, policy=owner)
    return Factory(name, f"{ast.unparse(node)}.new_event_loop")


def _is_plain_policy(owner: Class, index: Index) -> bool:
    if owner.node.decorator_list or owner.node.keywords:
        return False
    for base in index.mro(owner)[1:]:
        if not isinstance(base, External):
            return False
        if base.name not in _KNOWN and base.name != "builtins.object":
            return False
    for statement in owner.node.body:
        match statement:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case ast.FunctionDef(name="new_event_loop", decorator_list=[]):
                continue
            case ast.Assign(targets=[ast.Name(id="_loop_factory")]):
                continue
        return False
    return bool(owner.node.bases)


def _makers(owner: Class, index: Index) -> Iterator[ast.expr]:
    """Yield what a policy calls to make a loop, if that is all it does."""
    for statement in owner.node.body:
        match statement:
            case ast.Assign(value=value):
                if dotted(value) and _is_global(value, owner.module):
                    yield value
            case ast.FunctionDef(body=[*before, ast.Return(value=value)]):
                if any(not isinstance(each, ast.Expr) for each in before):
                    continue
                if any(
                    not isinstance(getattr(each, "value", None), ast.Constant)
                    for each in before
                ):
                    continue
                if value and _is_bare_call(value):
                    assert isinstance(value, ast.Call)
                    if _is_global(value.func, owner.module):
                        yield value.func


def _is_bare_call(node: ast.expr) -> bool:
    """``Policy()``, ``module.Policy()``: nothing is given, nothing else is done."""
    return (
        isinstance(node, ast.Call)
        and not node.args
        and not node.keywords
        and bool(dotted(node.func))
    )


def _is_global(node: ast.expr, module: Module) -> bool:
    """Whether all names of an expression are those of the module."""
    return all(
        module.at[each].find(each.id) is module.scope
        for each in ast.walk(node)
        if isinstance(each, ast.Name)
    )


def _short(name: str) -> str:
    """Return what to call the loops of a class: ``TracingLoop`` -> ``tracing``."""
    stem = _ENDS.sub("", name).strip("_") or name
    if stem == "new_event_loop":
        return "default"
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", stem).lower()


def is_harmless(node: ast.expr, module: Module, index: Index) -> bool:
    """Whether a condition can be asked at any time, and any number of times."""
    for each in ast.walk(node):
        if isinstance(each, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)):
            return False
        if isinstance(each, ast.Call):
            values = index.value(each.func, module)
            if not values or not all(map(_only_asks, values)):
                return False
    return True


def _only_asks(value: Value) -> bool:
    return isinstance(value, External) and value.name.startswith(_ASKING)


def takes_names(node: ast.AST) -> bool:
    """Whether a function means something else by the parameters of the hook."""
    return any(
        isinstance(each, ast.Name) and each.id in PARAMETERS for each in ast.walk(node)
    )


def is_there(
    factory: Factory, statement: ast.stmt, module: Module, index: Index
) -> bool:
    """Whether what an override names can be imported: nobody may have called it."""
    package = factory.external.partition(".")[0]
    if package in ("", "asyncio") or index.foreign.source(package) is not None:
        return True
    if isinstance(module.parents[statement], ast.If):
        return True  # it is asked first
    bindings = module.scope.names.get(package, [])
    return len(bindings) == 1 and module.parents[bindings[0].node] is module.tree
