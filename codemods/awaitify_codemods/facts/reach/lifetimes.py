"""Objects that no test takes over from another: tests make them, each its own."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.fixture_decorators import fixture_decorator, scope_of
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Class, Function

_EACH_TIME = frozenset({"setUp", "asyncSetUp", "setup_method", "setup", "tearDown"})
_ONCE = ("setup", "teardown", "setUp", "tearDown", "pytest_")
_ASKING = frozenset({"isinstance", "issubclass"})


def is_of_one_test(owner: Class, index: Index, test_code: frozenset[str]) -> bool:
    """Whether the objects of a class are made by the code of tests alone."""
    return all(
        _is_made_by_tests(each, index, test_code)
        for each in (owner, *index.below(owner))
    )


def is_kept_on_class(name: str, owner: Class, index: Index) -> bool:
    """Whether an attribute is, or may be, the same for all objects of a class."""
    for base in index.mro(owner):
        if not isinstance(base, Class):
            continue
        for binding in base.module.scopes[base.node].names.get(name, ()):
            if not isinstance(binding.value, ast.Constant):
                return True
    for path in index.words.files_with(name):
        module = index.module(path)
        for store in module.stores.get(name, ()) if module else ():
            assert module is not None
            values = index.value(store.value, module)
            if any(isinstance(each, Class) for each in values):
                return True
            if isinstance(store.value, ast.Name) and store.value.id == "cls":
                return True
    return False


def _is_made_by_tests(owner: Class, index: Index, test_code: frozenset[str]) -> bool:
    name = owner.node.name
    for module in index.carriers(name, owner.module):
        if any(
            each.asname for s in module.imports for each in s.names if each.name == name
        ):
            return False
        for use in module.uses.get(name, ()):
            values = index.value(use, module)
            if values and owner not in values:
                continue
            if _is_told(use, module):
                continue
            if module.path not in test_code or not _is_each_time(use, module, index):
                return False
    return True


def _is_told(use: ast.AST, module: Module) -> bool:
    """Whether a mention makes nothing: an annotation, a base, ``isinstance``."""
    match module.parents.get(use):
        case ast.arg() | ast.ClassDef():
            return True
        case ast.AnnAssign(annotation=annotation):
            return annotation is use
        case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns):
            return returns is use
        case ast.Call(func=ast.Name(id=name)):
            return name in _ASKING
    return False


def _is_each_time(use: ast.AST, module: Module, index: Index) -> bool:
    """Whether code runs anew for each test, and keeps nothing for the next."""
    outer = [each for each in module.enclosing(use) if isinstance(each, FUNCTIONS)]
    if not outer:
        return False
    for node in outer:
        function = Function(module, node)
        if fixture_decorator(function, index):
            if scope_of(function, index) != "function":
                return False
        elif node.decorator_list and not node.name.startswith("test"):
            return False
        if node.name.startswith(_ONCE) and node.name not in _EACH_TIME:
            return False
    for each in walk(outer[-1]):
        if isinstance(each, (ast.Global, ast.Nonlocal)):
            return False
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
            values = index.value(each.value, module)
            if any(isinstance(value, Class) for value in values):
                return False
    return True
