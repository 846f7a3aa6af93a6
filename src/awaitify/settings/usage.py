"""What test code asks of pytest-asyncio: read from files, one at a time.

A search of bytes comes first: only files that mention what is looked for are
parsed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_HOOK = "pytest_asyncio_loop_factories"
_PLUGIN = re.compile(
    rb"mark\s*\.\s*asyncio\b|\bpytest_asyncio(_loop_factories)?\b|\bimport\s+mark\b"
)
_ASYNC_TEST = re.compile(rb"^[ \t]*async[ \t]+def[ \t]+test", re.MULTILINE)
_WITH_SCOPE = re.compile(
    rb"fixture\s*\([^)]*(?:scope|\*\*)|fixture\s*\(\s*[\"'\w.]+\s*[,)]"
    rb"|pytest_asyncio\.fixture\s*[,)]|\bfixture\s+as\b"
)
_OTHER_PLUGINS = re.compile(
    rb"\bmark\s*\.\s*(anyio|trio)\b|\b(anyio_backend|trio_mode)\b"
)
_MAKERS = (".fixture", ".yield_fixture")
_OWN = frozenset({"asyncio", "anyio", "trio", "gen_test", "asyncio_cooperative"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class AsyncFixture:
    """An async fixture."""

    path: str
    line: int
    name: str
    scope: str
    """``?`` where it is computed."""
    has_loop_scope: bool
    origin: str
    """The package whose decorator makes it."""

    @property
    def is_wide(self) -> bool:
        """Whether it outlives a test on a loop that is chosen for it."""
        return self.scope != "function" and not self.has_loop_scope

    @property
    def of_plugin(self) -> bool:
        """Whether it is pytest-asyncio's, whatever the mode."""
        return self.origin == "pytest_asyncio"

    def may_be_of_plugin(self, mode: str) -> bool:
        """Whether pytest-asyncio may set it up: a decorator may have been handed on."""
        return mode == "auto" or self.origin != "pytest"


@dataclass(frozen=True)
class Usage:
    """What one file asks for."""

    marks: bool = False
    """Whether it has asyncio marks or hooks, or uses `pytest_asyncio` itself."""
    unmarked: tuple[int, ...] = ()
    """The lines of async tests that no plugin's mark applies to."""
    fixtures: tuple[AsyncFixture, ...] = ()

    def of_plugin(self, mode: str) -> bool:
        """Say whether pytest-asyncio is what runs something of it."""
        if self.marks or any(each.of_plugin for each in self.fixtures):
            return True
        return mode == "auto" and bool(self.unmarked or self.fixtures)


@dataclass(eq=False)
class Usages:
    """Reads files when asked, each once."""

    files: Mapping[str, bytes]
    _read: dict[str, Usage] = field(default_factory=dict)

    def of(self, path: str) -> Usage:
        """Return what a file asks for."""
        if path not in self._read:
            source = self.files.get(path, b"")
            seen = _may_have_fixtures(source) or any(
                pattern.search(source) for pattern in (_PLUGIN, _ASYNC_TEST)
            )
            self._read[path] = read(path, source) if seen else Usage()
        return self._read[path]

    def uses_plugin(self, paths: Iterable[str], mode: str) -> bool:
        """Say whether pytest-asyncio runs something of any of some files."""
        for path in paths:
            # Async tests may be unittest's: in strict mode those need no parsing.
            source = self.files.get(path, b"")
            if mode == "auto" or _PLUGIN.search(source):
                if self.of(path).of_plugin(mode):
                    return True
        return False

    def wide(self, paths: Iterable[str], mode: str) -> list[AsyncFixture]:
        """Return the async fixtures of pytest-asyncio that outlive a test."""
        found = []
        for path in paths:
            source = self.files.get(path, b"")
            if _WITH_SCOPE.search(source) and _may_have_fixtures(source):
                found += [
                    fixture
                    for fixture in self.of(path).fixtures
                    if fixture.is_wide and fixture.may_be_of_plugin(mode)
                ]
        return found

    def unmarked(self, paths: Iterable[str]) -> str:
        """Return where an async test or fixture is that only auto mode runs."""
        for path in paths:
            usage = self.of(path)
            lines = [
                *usage.unmarked,
                *(f.line for f in usage.fixtures if not f.of_plugin),
            ]
            if lines:
                return f"{path}:{min(lines)}"
        return ""

    def others(self, paths: Iterable[str]) -> str:
        """Return a file whose tests are of another plugin, such as anyio's."""
        files = self.files
        return next((p for p in paths if _OTHER_PLUGINS.search(files.get(p, b""))), "")


def _may_have_fixtures(source: bytes) -> bool:
    return b"fixture" in source and (b"async def" in source or b"asyncio" in source)


def read(path: str, source: bytes) -> Usage:
    """Return what a file asks for; one that cannot be parsed asks for nothing."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return Usage()
    nodes = list(ast.walk(tree))
    names = _imported(nodes)
    marks = set(_assigned_marks(tree.body, names))
    fixtures = list(_fixtures(path, nodes, names))
    made = {fixture.line for fixture in fixtures}
    unmarked = [
        function.lineno
        for function, own in _functions(tree.body, names, marks)
        if isinstance(function, ast.AsyncFunctionDef)
        and function.name.startswith("test")
        and function.lineno not in made
        and not own & _OWN
    ]
    plugin = any(name.split(".")[0] == "pytest_asyncio" for name in names.values())
    marked = (node for node in nodes if getattr(node, "attr", "") == "asyncio")
    every = {_mark(node, names) for node in marked}
    hooked = any(isinstance(e, _Function) and e.name == _HOOK for e in tree.body)
    marks_it = plugin or hooked or "asyncio" in every
    return Usage(marks_it, tuple(unmarked), tuple(fixtures))


def _imported(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Return what the names that a file imports mean."""
    names: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for each in node.names:
                top = each.name.split(".")[0]
                names[each.asname or top] = each.name if each.asname else top
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for each in node.names:
                names[each.asname or each.name] = f"{node.module}.{each.name}"
    return names


def _dotted(node: ast.AST, names: Mapping[str, str]) -> str:
    if isinstance(node, ast.Call):
        return _dotted(node.func, names)
    if isinstance(node, ast.Attribute):
        above = _dotted(node.value, names)
        return f"{above}.{node.attr}" if above else ""
    return names.get(node.id, "") if isinstance(node, ast.Name) else ""


def _mark(node: ast.AST, names: Mapping[str, str]) -> str:
    dotted = _dotted(node, names)
    return dotted.removeprefix("pytest.mark.") if "pytest.mark." in dotted else ""


def _assigned_marks(body: list[ast.stmt], names: Mapping[str, str]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark"
            for target in statement.targets
        ):
            for node in ast.walk(statement.value):
                yield _mark(node, names)


def _functions(
    body: list[ast.stmt], names: Mapping[str, str], marks: set[str]
) -> Iterator[tuple[_Function, set[str]]]:
    """Yield the functions that pytest may collect, with the marks around them."""
    for statement in body:
        if isinstance(statement, _Function):
            own = {_mark(node, names) for node in statement.decorator_list}
            yield statement, marks | own
        elif isinstance(statement, ast.ClassDef) and not _is_case(statement):
            own = {_mark(node, names) for node in statement.decorator_list}
            inner = {*marks, *own, *_assigned_marks(statement.body, names)}
            if statement.name.startswith("Test"):
                yield from _functions(statement.body, names, inner)
        elif isinstance(statement, (ast.If, ast.Try)):
            yield from _functions([*statement.body, *statement.orelse], names, marks)


def _is_case(node: ast.ClassDef) -> bool:
    # unittest runs its classes itself; what a base of another name is, is not known.
    return any("Case" in ast.unparse(base) for base in node.bases)


def _fixtures(
    path: str, nodes: Iterable[ast.AST], names: Mapping[str, str]
) -> Iterator[AsyncFixture]:
    """Yield the async fixtures, and whatever may make one in another way."""
    decorating: set[ast.AST] = set()
    others: list[AsyncFixture] = []
    for node in nodes:
        if isinstance(node, _Function):
            for decorator in node.decorator_list:
                maker = decorator.func if isinstance(decorator, ast.Call) else decorator
                decorating.add(maker)
                dotted = _dotted(decorator, names)
                if dotted.endswith(_MAKERS) and _may_be_async(node, dotted):
                    scopes = _scopes(decorator)
                    origin = dotted.split(".")[0]
                    yield AsyncFixture(path, node.lineno, node.name, *scopes, origin)
        elif isinstance(node, (ast.Attribute, ast.Name)) and node not in decorating:
            dotted = _dotted(node, names)
            if dotted.endswith(_MAKERS):
                # session_fixture = partial(pytest_asyncio.fixture, scope="session")
                origin, name = dotted.split(".")[0], "made here"
                others.append(AsyncFixture(path, node.lineno, name, "?", False, origin))
    yield from others


def _may_be_async(function: _Function, dotted: str) -> bool:
    is_async = isinstance(function, ast.AsyncFunctionDef)
    return is_async or dotted.startswith("pytest_asyncio.")


def _scopes(decorator: ast.expr) -> tuple[str, bool]:
    if not isinstance(decorator, ast.Call):
        return "function", False
    given = {each.arg: each.value for each in decorator.keywords}
    if None in given:
        return "?", False
    scope = given.get("scope")
    if scope is None and decorator.args:
        scope = decorator.args[0]
    if scope is None:
        text = "function"
    else:
        text = str(scope.value) if isinstance(scope, ast.Constant) else "?"
    return text, "loop_scope" in given
