"""What else may run coroutine tests and fixtures: other plugins, home-made hooks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Protocol

from awaitify_codemods.facts.fixtures import Fixtures, marks_of
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function

_MARKS = frozenset(
    "anyio trio twisted gen_test asyncio_cooperative asyncio_event_loop tornado curio "
    "gevent run_in_pyodide run_loop inline_callbacks ensure_deferred".split()
)
_PLUGINS = (
    "pytest_tornasync",
    "pytest_tornado",
    "pytest_asyncio_cooperative",
    "alt_pytest_asyncio",
    "pytest_async",
    "pytest_twisted",
    "pytest_curio",
)
_FIXTURES = frozenset(
    "anyio_backend nursery autojump_clock mock_clock io_loop http_client http_server "
    "aiohttp_client aiohttp_server aiohttp_raw_server test_client test_server".split()
)
# Hooks by which a conftest may run a coroutine, and what they then mention.
_RUNNING = frozenset({"pytest_pyfunc_call", "pytest_runtest_call"})
_PREPARING = frozenset(
    "pytest_collection_modifyitems pytest_itemcollected pytest_pycollect_makeitem "
    "pytest_runtest_setup pytest_fixture_setup pytest_generate_tests".split()
)
_ASYNC = (b"asyncio", b"corout", b"iscoro", b"run_until", b"isawaitable", b".obj")


class Known(Protocol):
    """What has to be known of a project."""

    @property
    def index(self) -> Index:
        """Its files."""

    @property
    def fixtures(self) -> Fixtures:
        """Which fixtures tests get."""


def of_project(work: Known) -> Refusal | None:
    """Return the plugin that runs the coroutine tests of a whole project."""
    for name in _PLUGINS:
        if work.index.foreign.source(name) is not None:
            return Refusal("anyio-or-trio", f"{name} may run it: it is installed")
    for path in work.index.words.files_like((b"aiohttp.pytest_plugin",), ()):
        return Refusal("anyio-or-trio", f"aiohttp's own plugin may run it ({path})")
    return None


def of_module(module: Module, work: Known) -> Refusal | None:
    """Return what may run the coroutines of a file: another library, or a hook."""
    if found := of_library(module):
        return found
    for hook in hooks(module, work):
        where = f"{hook.module.path}:{hook.node.lineno}"
        message = f"a hook may run it ({hook.node.name}, {where})"
        return Refusal("unresolved", message)
    return None


def of_library(module: Module) -> Refusal | None:
    """Return the library beside asyncio that may run the coroutines of a file."""
    if any(word in module.source for word in (b"anyio_backend", b"trio", b"curio")):
        return Refusal("anyio-or-trio", "another library may run it")
    return None


def of_test(test: Function, work: Known) -> Refusal | None:
    """Return what may run a test: by its marks, and by its fixtures."""
    marks = [*marks_of(test)]
    for base in work.index.mro(Class(test.module, test.owner)) if test.owner else ():
        if isinstance(base, Class):
            marks += base.node.decorator_list
    for mark in marks:
        for value in work.index.value(mark, test.module):
            if isinstance(value, External):
                name = value.name.removeprefix("pytest.mark.").removesuffix("()")
                if value.name.startswith("pytest.mark.") and name in _MARKS:
                    return Refusal("anyio-or-trio", f"it is marked {name}")
    for name in sorted(work.fixtures.missing(test) & _FIXTURES):
        return Refusal("anyio-or-trio", f"the fixture {name!r} is of another plugin")
    return None


def hooks(module: Module, work: Known) -> Iterator[Function]:
    """Yield the hooks around a file that may run coroutines."""
    for each in _around(module, work):
        for node in each.tree.body:
            if isinstance(node, FUNCTIONS):
                preparing = node.name in _PREPARING
                if node.name in _RUNNING or (
                    preparing and _is_about_coroutines(node, each)
                ):
                    yield Function(each, node)
    # This one is called for all that is collected, wherever its conftest is.
    name = "pytest_collection_modifyitems"
    for path in work.index.words.files_with(name):
        other = work.index.module(path) if path.endswith("conftest.py") else None
        for node in other.tree.body if other else ():
            if isinstance(node, FUNCTIONS) and node.name == name:
                if other and _replaces_objects(node):
                    yield Function(other, node)


def marks_only(hook: Function) -> bool:
    """Whether all that a hook does about coroutines is to mark them."""
    lines = hook.module.source.splitlines()
    node = hook.node
    body = b"\n".join(lines[node.lineno - 1 : node.end_lineno])
    return (
        node.name in _PREPARING
        and b"mark.asyncio" in body
        and not _replaces_objects(node)
    )


def _replaces_objects(hook: ast.stmt) -> bool:
    """Whether a hook puts something in the place of test functions."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "obj"
        and isinstance(node.ctx, ast.Store)
        for node in ast.walk(hook)
    )


def _is_about_coroutines(node: ast.stmt, module: Module) -> bool:
    lines = module.source.splitlines()[node.lineno - 1 : node.end_lineno]
    return any(word in line for line in lines for word in _ASYNC)


def _around(module: Module, work: Known) -> Iterator[Module]:
    """Yield the conftest files that concern a file, and what they plug in."""
    folders = module.path.split("/")[:-1]
    paths = [
        "/".join([*folders[:depth], "conftest.py"]) for depth in range(len(folders) + 1)
    ]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        found = work.index.module(path) if path in work.index.files else None
        if found is None or path in seen:
            continue
        seen.add(path)
        yield found
        for binding in found.scope.names.get("pytest_plugins", ()):
            for node in ast.walk(binding.value) if binding.value else ():
                if isinstance(node, ast.Constant):
                    plugin = work.index.locate(str(node.value), path)
                    paths += [plugin] if plugin else []
