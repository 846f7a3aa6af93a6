"""What makes a function one of pytest's fixtures, and what its decorator says."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import spelled
from awaitify_codemods.facts.values import External, Function

FIXTURES = frozenset(
    {
        "pytest.fixture",
        "pytest.yield_fixture",
        "pytest_asyncio.fixture",
        "_pytest.fixtures.fixture",
    }
)
SCOPES = ("function", "class", "module", "package", "session")
"""From the narrowest to the widest."""


def wider(one: str, other: str) -> str:
    """Return the wider of two scopes."""
    return max(one, other, key=SCOPES.index)


def fixture_decorator(function: Function, index: Index) -> ast.expr | None:
    """Return the decorator that makes a function a fixture."""
    for decorator in function.node.decorator_list:
        if decorator_name(decorator, function, index):
            return decorator
    return None


def decorator_name(decorator: ast.expr, function: Function, index: Index) -> str:
    """Return what a decorator is called where it comes from; "" if it makes none."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    for value in index.value(node, function.module):
        if isinstance(value, External) and value.name in FIXTURES:
            return value.name
    if lacks_import(function) and spelled(node) == "pytest_asyncio.fixture":
        return "pytest_asyncio.fixture"
    return ""


def lacks_import(function: Function) -> bool:
    """Whether nothing gives ``pytest_asyncio`` a meaning where a function stands."""
    module = function.module
    return not module.stars and not module.at[function.node].find("pytest_asyncio")


def keyword(decorator: ast.expr, name: str) -> ast.expr | None:
    """Return a keyword argument of a decorator."""
    if isinstance(decorator, ast.Call):
        for each in decorator.keywords:
            if each.arg == name:
                return each.value
    return None


def written(decorator: ast.expr, name: str) -> str | None:
    """Return a keyword argument that is a text; "" if absent, None if not known."""
    match keyword(decorator, name):
        case None:
            # Others may stand in **options.
            hidden = isinstance(decorator, ast.Call) and any(
                each.arg is None for each in decorator.keywords
            )
            return None if hidden else ""
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=None):
            return ""
    return None


def fixture_name(function: Function, index: Index) -> str:
    """Return the name by which tests ask for a fixture."""
    decorator = fixture_decorator(function, index)
    name = written(decorator, "name") if decorator else None
    return name or function.node.name


def scope_of(function: Function, index: Index) -> str | None:
    """Return how long a fixture lives; None if that is not written out."""
    decorator = fixture_decorator(function, index)
    scope = written(decorator, "scope") if decorator else ""
    scope = "function" if scope == "" else scope
    return scope if scope in SCOPES else None


def is_autouse(function: Function, index: Index) -> bool:
    """Whether all tests that see a fixture use it."""
    decorator = fixture_decorator(function, index)
    given = keyword(decorator, "autouse") if decorator else None
    off = isinstance(given, ast.Constant) and not given.value
    return given is not None and not off


def requested_parameters(function: Function) -> list[str]:
    """Return the parameters that are fixtures to pytest: those without default."""
    arguments = function.node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    plain = plain[: len(plain) - len(arguments.defaults)]
    named = [
        argument
        for argument, default in zip(
            arguments.kwonlyargs, arguments.kw_defaults, strict=True
        )
        if default is None
    ]
    return [each.arg for each in (*plain, *named)]


def serves_tests(function: Function, index: Index) -> bool:
    """Whether pytest calls a function around tests: a fixture, or a set-up."""
    if function.node.name in ("setup_method", "teardown_method") and function.owner:
        return True
    return fixture_decorator(function, index) is not None
