"""Singletons and globals that remember an event loop: made once, and then kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, own_nodes
from awaitify_codemods.facts.values import Class, External, Function, Loop

_TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_SESSIONS = frozenset({"aiohttp.ClientSession"})


@dataclass(frozen=True)
class State:
    """A class attribute or a global that holds what remembers a loop."""

    module: Module
    owner: ast.ClassDef | None
    name: str
    setter: Function
    """What makes it, if it is not there yet."""
    statement: ast.Assign
    memory: str
    """What it remembers: a loop, a task."""

    @property
    def text(self) -> str:
        """Its name within its file."""
        return f"{self.owner.name}.{self.name}" if self.owner else self.name


def states(index: Index, paths: list[str]) -> Iterator[State]:
    """Yield the state of files that is made once, and nowhere taken back."""
    for path in paths:
        module = index.module(path)
        for node in module.functions if module else ():
            assert module is not None
            function = Function(module, node)
            for each in own_nodes(node):
                if isinstance(each, ast.Assign) and len(each.targets) == 1:
                    state = _state(each, function, index)
                    if state and not _is_reset(state, index):
                        yield state


def _state(node: ast.Assign, function: Function, index: Index) -> State | None:
    module, target = function.module, node.targets[0]
    memory = _memory(node.value, function, index)
    if not memory or not _is_guarded(node, target, function):
        return None
    match target:
        case ast.Attribute(value=ast.Name() as holder, attr=name):
            owner = _owner(holder, function, index)
            if owner is None or owner.module is not module:
                return None
            if not _starts_empty(owner.node.body, name):
                return None
            return State(module, owner.node, name, function, node, memory)
        case ast.Name(id=name):
            if function.scope.elsewhere.get(name) != "global":
                return None
            if not _starts_empty(module.tree.body, name):
                return None
            return State(module, None, name, function, node, memory)
    return None


def passed_on(owner: Class, index: Index) -> Iterator[tuple[Function, ast.Assign, str]]:
    """Yield where tests of a class keep what remembers a loop on the class.

    Returns:
        The test, the assignment, and what is remembered.

    """
    module = owner.module
    for node in owner.node.body:
        if isinstance(node, FUNCTIONS) and node.name.startswith("test"):
            function = Function(module, node)
            for each in node.body:
                match each:
                    case ast.Assign(targets=[ast.Attribute(value=holder)], value=value):
                        kept = _memory(value, function, index)
                        if kept and _is_class_itself(holder, owner):
                            yield function, each, kept


def _is_class_itself(holder: ast.expr, owner: Class) -> bool:
    """``TestX``, ``type(self)`` or ``self.__class__``."""
    return ast.unparse(holder) in (owner.node.name, "type(self)", "self.__class__")


def _owner(holder: ast.Name, function: Function, index: Index) -> Class | None:
    """Return the class that a name means: ``cls``, or its own."""
    if function.owner is not None and _is_first(holder, function):
        decorators = {getattr(d, "id", "") for d in function.node.decorator_list}
        if "classmethod" in decorators or function.node.name == "__new__":
            return Class(function.module, function.owner)
    values = index.value(holder, function.module)
    found = next(iter(values), None) if len(values) == 1 else None
    return found if isinstance(found, Class) else None


def _is_first(name: ast.Name, function: Function) -> bool:
    arguments = function.node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    return bool(plain) and plain[0].arg == name.id


def _memory(value: ast.expr, function: Function, index: Index) -> str:
    """Return what a value remembers for certain: a loop, or a task of it."""
    if found := _of_loop(value, function.module, index):
        return found
    match value:
        case ast.Call(func=ast.Name() as maker):
            owner = _owner(maker, function, index)
            return _made(owner, index) if owner else ""
    return ""


def _made(owner: Class, index: Index) -> str:
    """Return what an object of a class remembers from the moment it is made."""
    for base in index.mro(owner):
        if not isinstance(base, Class):
            continue
        for node in base.node.body:
            if isinstance(node, FUNCTIONS) and node.name == "__init__":
                for statement in node.body:
                    match statement:
                        case ast.Assign(
                            targets=[ast.Attribute(value=ast.Name(id="self"))],
                            value=value,
                        ):
                            if found := _of_loop(value, base.module, index):
                                return found
                return ""
    return ""


def _of_loop(value: ast.expr, module: Module, index: Index) -> str:
    if not isinstance(value, ast.Call):
        return ""
    values = index.value(value, module)
    if values and all(isinstance(v, Loop) and v.kind != "new" for v in values):
        return "the loop"
    callees = index.value(value.func, module)
    names = {each.name for each in callees if isinstance(each, External)}
    if names and names <= _TASKS:
        return "a task"
    return "the loop" if names and names <= _SESSIONS else ""


def _is_guarded(node: ast.Assign, target: ast.expr, function: Function) -> bool:
    """Whether an assignment is only for the first time: ``if x is None: x = X()``."""
    parent, text = function.module.parents[node], ast.unparse(target)
    match parent:
        case ast.If(test=test, body=body) if node in body:
            outer = function.module.parents[parent]
            return _is_unset(test, text) and outer is function.node
    return False


def _is_unset(test: ast.expr, text: str) -> bool:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ast.unparse(operand) == text
        case ast.Compare(
            left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]
        ):
            return ast.unparse(left) == text
    return False


def _starts_empty(body: list[ast.stmt], name: str) -> bool:
    """Whether a name is bound once, to None."""
    found = [
        getattr(each, "value", None)
        for each in body
        for target in (
            each.targets
            if isinstance(each, ast.Assign)
            else [each.target]
            if isinstance(each, ast.AnnAssign)
            else []
        )
        if isinstance(target, ast.Name) and target.id == name
    ]
    return len(found) == 1 and (
        isinstance(found[0], ast.Constant) and found[0].value is None
    )


def _is_reset(state: State, index: Index) -> bool:
    """Whether anything else may set it: in code, or by its name."""
    name = state.name
    if index.words.files_with("reload"):
        return True
    for path in index.words.files_with(name):
        module = index.module(path)
        if module is None:
            return True
        if any(
            each.value == name or str(each.value).endswith(f".{name}")
            for each in module.strings_naming(name)
        ):
            return True
        for store in module.stores.get(name, ()):
            if module.parents[store] is not state.statement:
                return True
        if state.owner is None and path == state.module.path:
            setting = [
                each
                for node in module.functions
                if module.scopes[node].elsewhere.get(name) == "global"
                for each in own_nodes(node)
                if isinstance(each, ast.Name)
                and each.id == name
                and not isinstance(each.ctx, ast.Load)
            ]
            if len(setting) != 1:
                return True
    return False
