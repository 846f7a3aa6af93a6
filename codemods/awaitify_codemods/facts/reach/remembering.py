"""Functions that may do once what they do, and remember it.

What such a function did not do in one test it did in an earlier one; run alone, the
test sees it happen. Only where the way through a function depends on what it is
given, it does the same each time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, own_nodes
from awaitify_codemods.facts.reach.lifetimes import is_kept_on_class, is_of_one_test
from awaitify_codemods.facts.reach.reaching import Reaching
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Anonymous, Class, External, File, Function

# Decorators that leave a function to be called each time.
_PLAIN = frozenset(
    "builtins.staticmethod builtins.classmethod builtins.property functools.wraps "
    "abc.abstractmethod contextlib.contextmanager typing.override typing.final".split()
)
# Names of those by which a command line or a server knows a function.
_REGISTERING = frozenset(
    "command callback group option argument route get post put delete register".split()
)
# What tells of a value, and of nothing beside it.
_TELLING = frozenset(
    "builtins.isinstance builtins.issubclass builtins.callable builtins.len "
    "builtins.bool builtins.any builtins.all builtins.type builtins.str "
    "builtins.range builtins.enumerate builtins.zip builtins.sorted "
    "inspect.iscoroutine inspect.iscoroutinefunction inspect.isawaitable "
    "asyncio.iscoroutine asyncio.iscoroutinefunction asyncio.isfuture".split()
)
_OF_TEXT = frozenset("startswith endswith lower upper strip split isdigit".split())
# Defaults that are there for all calls.
_MUTABLE = (ast.Dict, ast.List, ast.Set, ast.Call)
_SUPPRESSING = "contextlib.suppress"
_MAKING = frozenset({"__init__", "__new__", "__post_init__", "__attrs_post_init__"})
# Methods by which what holds others changes.
_CHANGING = frozenset(
    "add append clear discard extend get insert pop popitem put put_nowait remove "
    "setdefault update".split()
)


def may_remember(function: Function | Anonymous, reach: Reaching) -> bool:
    """Whether a function may take another way when it is called again alike."""
    module, node, index = function.module, function.node, reach.index
    for decorator in getattr(node, "decorator_list", ()):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Attribute) and called.attr in _REGISTERING:
            continue
        values = index.value(decorator, module)
        if not values or not all(
            isinstance(each, External) and each.name in _PLAIN for each in values
        ):
            return True
    defaults = (*node.args.defaults, *node.args.kw_defaults)
    if any(isinstance(each, _MUTABLE) for each in defaults):
        return True
    if any(_is_caught(each, module, index) for each in own_nodes(node)):
        return True
    return any(
        _is_state(each, module, reach, 0)
        for condition in _conditions(node)
        for each in walk(condition)
    )


def _conditions(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what decides which way a function takes."""
    for each in own_nodes(node):
        match each:
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
                yield each.test
            case ast.BoolOp(values=[*first, _]):
                yield from first
            case ast.For(iter=iterable) | ast.comprehension(iter=iterable, ifs=[]):
                yield iterable
            case ast.comprehension():
                yield each.iter
                yield from each.ifs
            case ast.Match(subject=subject):
                yield subject
            case ast.match_case(guard=ast.expr() as guard):
                yield guard


def _is_caught(node: ast.AST, module: Module, index: Index) -> bool:
    """Whether the way goes on where something fails: ``except KeyError: make()``."""
    match node:
        case ast.Try(handlers=handlers, orelse=orelse):
            after = [*handlers, *orelse]
            return any(isinstance(n, ast.Call) for each in after for n in walk(each))
        case ast.With(items=items):
            calls = (each.context_expr for each in items)
            return any(
                External(_SUPPRESSING) in index.value(each.func, module)
                for each in calls
                if isinstance(each, ast.Call)
            )
    return False


def _is_state(node: ast.AST, module: Module, reach: Reaching, depth: int) -> bool:
    """Whether a part of a condition may be another one the next time."""
    index = reach.index
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return _is_variable(name, node, module, reach, depth)
        case ast.Attribute(attr=name, ctx=ast.Load()):
            parent = module.parents.get(node)
            if isinstance(parent, ast.Call) and parent.func is node:
                return False  # judged as a call
            values = index.value(node.value, module)
            if values and all(isinstance(each, External) for each in values):
                return name == "environ"
            if any(isinstance(each, File) for each in values):
                return not index.value(node, module)
            owner = _owner(node.value, module)
            if owner and is_of_one_test(owner, index, reach.test_code):
                return is_kept_on_class(name, owner, index)
            return _is_changed(name, index)
        case ast.Call():
            return not _is_telling(node, module, index)
        case ast.NamedExpr() | ast.Await() | ast.Yield() | ast.YieldFrom():
            return True
    return False


def _is_variable(
    name: str, node: ast.Name, module: Module, reach: Reaching, depth: int
) -> bool:
    owner = module.at[node].find(name) if node in module.at else None
    if owner is None or owner.kind == "comprehension":
        return False  # built in; or what is looped over is judged
    bindings = owner.names[name]
    if owner.kind == "module":
        if all(each.kind in ("import", "def", "class") for each in bindings):
            return False
        return len(bindings) > 1 or not isinstance(bindings[0].value, ast.Constant)
    if all(each.kind == "param" for each in bindings):
        return False
    if depth > 3 or any(each.value is None for each in bindings):
        return True
    return any(
        _is_state(part, module, reach, depth + 1)
        for each in bindings
        if each.value is not None
        for part in walk(each.value)
    )


def _owner(node: ast.expr, module: Module) -> Class | None:
    """Return the class of whose method a name is the first parameter: ``self``."""
    scope = module.at[node].find(node.id) if isinstance(node, ast.Name) else None
    if scope is None or not isinstance(scope.node, ast.FunctionDef):
        return None
    function = Function(module, scope.node)
    first = next(iter(scope.node.args.args), None)
    if function.owner is None or first is None or scope.node.decorator_list:
        return None
    is_first = isinstance(node, ast.Name) and first.arg == node.id
    return Class(module, function.owner) if is_first else None


def _is_telling(call: ast.Call, module: Module, index: Index) -> bool:
    values = index.value(call.func, module)
    if values:
        return all(isinstance(v, External) and v.name in _TELLING for v in values)
    match call.func:
        case ast.Attribute(attr=name):
            return name in _OF_TEXT
    return False


def _is_changed(name: str, index: Index) -> bool:
    """Whether an attribute of this name is set, or what it holds changes, later."""
    for path in index.words.files_with(name):
        module = index.module(path)
        if module is None:
            return True
        if "setattr" in module.uses or "__dict__" in module.uses:
            return True
        if any(not _is_made(each, module) for each in module.stores.get(name, ())):
            return True
        if any(_changes(each, module) for each in module.uses.get(name, ())):
            return True
    return False


def _is_made(store: ast.AST, module: Module) -> bool:
    """Whether an attribute is set where its object is made."""
    for outer in module.enclosing(store):
        if isinstance(outer, FUNCTIONS):
            return outer.name in _MAKING
    return False


def _changes(use: ast.AST, module: Module) -> bool:
    """``self.cache[key] = x``, ``self.cache.get(key)``."""
    match module.parents.get(use):
        case ast.Subscript(ctx=ast.Store() | ast.Del()):
            return True
        case ast.Attribute(attr=name):
            return name in _CHANGING
    return False
