"""What the tests do with one of asynctest's mocks, and what that asks of unittest's.

Children of a CoroutineMock are MagicMocks, and so is what it returns when nobody says
what; those of an AsyncMock are AsyncMocks. Where code calls such a child for a plain
value, the child is given, or what is returned is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, dotted
from awaitify_codemods.facts.values import External
from awaitify_codemods.mocks.facts import (
    AWAITED,
    BRANCH,
    CONTEXT,
    DROPPED,
    ESCAPED,
    ITERATED,
    LOOKED_AT,
    RESULT,
    USED,
    Findings,
    Node,
    Path,
    Site,
    Use,
)
from awaitify_codemods.mocks.foreign_names import ASYNC, TWINS, Part
from awaitify_codemods.mocks.names import API
from awaitify_codemods.mocks.values import FutureObject, Items, Mock, OneOf, Suspended

PLAIN = "MagicMock"
_ASYNC_NAMES = frozenset({"__aenter__", "__aexit__", "__anext__"})
_VALUES = (USED, LOOKED_AT, CONTEXT, ITERATED)
_ASYNC_KINDS = frozenset({ASYNC, "AsyncMock"})


@dataclass(frozen=True)
class Wanted:
    """What stands for one of asynctest's mocks.

    Args:
        twin: the class of `unittest.mock`.
        given: what is a MagicMock there and would not be here: children by name,
            `return_value`.
        doubt: where something would not be the same, and what; None if all is.
        dropped: the calls of which nobody awaits what they return.

    """

    twin: str
    given: tuple[str, ...] = ()
    doubt: tuple[ast.AST, str] | None = None
    dropped: tuple[Use, ...] = ()


@dataclass(frozen=True, eq=False)
class ForeignUse:
    """Looks at what becomes of the mocks of a file."""

    index: Index
    findings: Findings
    _known: dict[Part, Wanted] = field(default_factory=dict)

    def of(self, part: Part) -> Wanted:
        """Return what stands for the mock that a mention makes."""
        if part not in self._known:
            self._known[part] = self._wanted(part)
        return self._known[part]

    def _wanted(self, part: Part) -> Wanted:
        twin = TWINS.get(part.name, part.name)
        call = made_by(part)
        if call is not None and (later := _awaited_later(part)):
            message = "asynctest computes what is awaited at the call"
            return Wanted(twin, doubt=(later, message))
        site = self.findings.sites.get(call) if call else None
        touched = sorted(_touched(part)) if part.name == ASYNC else []
        if site is None or call is None or site.tests & self.findings.incomplete:
            return _by_text(twin, touched, call)
        if doubt := self._doubt(site) or _used_as_value(site, part):
            return Wanted(twin, doubt=(call, doubt))
        is_made = part.name == ASYNC and part.call is not None
        if is_made and _is_plain(site, part, touched):
            return Wanted(PLAIN)
        given = dict.fromkeys(_given(site))
        for name in touched:
            if name == "return_value" and not _is_configured(site, name):
                given[name] = None
        return Wanted(twin, tuple(given), None, tuple(_dropped(site, part)))

    def _doubt(self, site: Site) -> str:
        """Return what asynctest does with a mock, and unittest does not."""
        for node in site.nodes.values():
            if not node.kinds & _ASYNC_KINDS:
                continue
            for use in node.used(BRANCH):
                if self._is_inspected(use):
                    return f"inspect asks for its kind at {use.place}"
            for each in node.configured:
                if each.kind in ("return_value", "side_effect"):
                    if _holds_awaitable(each.value):
                        return "asynctest awaits what it is told to return"
            effects = [each for each in node.configured if each.kind == "side_effect"]
            if effects and any(True for _ in node.used(DROPPED)):
                return "its side effect runs only where its call is awaited"
        return ""

    def _is_inspected(self, use: Use) -> bool:
        node = use.node
        if not isinstance(node, ast.Call):
            return True
        names = {"inspect.iscoroutinefunction", "inspect.iscoroutine"}
        return any(
            isinstance(each, External) and each.name in names
            for each in self.index.value(node.func, use.module)
        )


def made_by(part: Part) -> ast.Call | None:
    """Return the call that makes the mock a mention is about: of the class, a patch."""
    module, parent = part.module, part.module.parents[part.node]
    if isinstance(parent, ast.keyword):
        call = module.parents[parent]
        is_patch = parent.arg == "new_callable" and isinstance(call, ast.Call)
        return call if is_patch and isinstance(call, ast.Call) else None
    node: ast.AST = part.node
    while part.name == "patch" and isinstance(module.parents[node], ast.Attribute):
        node = module.parents[node]
    call = module.parents[node]
    return call if isinstance(call, ast.Call) and call.func is node else None


def _is_effect(part: Part) -> bool:
    """Whether a mock is what another one calls, and awaits."""
    call = part.call
    outer = part.module.parents[call] if call else None
    return isinstance(outer, ast.keyword) and outer.arg in ("side_effect", "wraps")


def _by_text(twin: str, touched: list[str], call: ast.Call | None) -> Wanted:
    """Return the same of a mock that no test is seen to have."""
    children = [each for each in touched if each != "return_value"]
    if children and call is not None:
        message = f"{children[0]} is a MagicMock to asynctest, and may be called"
        return Wanted(twin, doubt=(call, message))
    return Wanted(twin, tuple(touched))


def _used(site: Site) -> Iterator[tuple[Node, Path | None]]:
    """Yield the mocks that are called, with the async mock above, if there is one."""
    for path, node in site.nodes.items():
        if node.uses:
            yield node, _below_async(path, site)


def _used_as_value(site: Site, part: Part) -> str:
    """Return what is called for a plain value, and cannot be made a plain mock."""
    for node, above in _used(site):
        if above is None:
            use = _misuse(node)
            fixed = not node.path and part.name == ASYNC and part.call is not None
            if use and not (fixed and not any(True for _ in node.used(*_VALUES))):
                return f"it gives a coroutine, which is used at {use.place}"
        elif any(use.kind != AWAITED for use in node.uses):
            name = _first(node.path)
            if above or not name.isidentifier() or name.startswith("__"):
                use = next(use for use in node.uses if use.kind != AWAITED)
                return f"what asynctest makes a MagicMock is used at {use.place}"
    return ""


def _is_plain(site: Site, part: Part, touched: list[str]) -> bool:
    """Whether a CoroutineMock is only dropped, or never called."""
    itself = site.nodes.get(())
    if itself is not None and itself.uses:
        return _misuse(itself) is not None
    return _is_object(site, touched) and not _is_named_as_called(part)


def _given(site: Site) -> Iterator[str]:
    """Yield what asynctest makes a MagicMock, and is used as one."""
    for node, above in _used(site):
        if above is not None and any(use.kind != AWAITED for use in node.uses):
            yield _first(node.path)


def _first(path: Path) -> str:
    return "return_value" if path[0] == RESULT else path[0]


def _dropped(site: Site, part: Part) -> Iterator[Use]:
    """Yield the calls of which nobody awaits the result."""
    for node, above in _used(site):
        if above is None and node.kinds & _ASYNC_KINDS and not _is_effect(part):
            yield from node.used(DROPPED)


def _misuse(node: Node) -> Use | None:
    """Return where the code under test certainly takes a coroutine for a value."""
    if not node.kinds or node.kinds - _ASYNC_KINDS:
        return None
    if node.real - {"sync"} or any(node.used(AWAITED, BRANCH, ESCAPED)):
        return None
    if any(each.kind == "" for each in node.configured):
        return None
    misused = list(node.used(DROPPED, *_VALUES))
    if any(use.in_test for use in misused):
        return None
    return next((use for use in misused if use.certain), None)


def _below_async(path: Path, site: Site) -> Path | None:
    """Return the async mock above one that asynctest makes a MagicMock."""
    for size in range(len(path)):
        if size and path[size - 1] in _ASYNC_NAMES:
            return path[:size]
        above = site.nodes.get(path[:size])
        if above is not None and above.kinds & _ASYNC_KINDS:
            return path[:size]
    return None


def _is_object(site: Site, touched: list[str]) -> bool:
    """Whether a mock that nobody calls is there for what it has."""
    return bool([each for each in touched if each != "return_value"]) or any(
        node.uses or any(isinstance(each.value, Mock) for each in node.configured)
        for path, node in site.nodes.items()
        if path and path[0] != RESULT and not path[0].startswith("__")
    )


def _is_configured(site: Site, kind: str) -> bool:
    node = site.nodes.get(())
    return node is not None and any(each.kind == kind for each in node.configured)


def _holds_awaitable(value: object, depth: int = 0) -> bool:
    """Whether an abstract value is a coroutine or a future, or a list with one."""
    if depth > 2:
        return False
    if isinstance(value, Suspended):
        return value.kind == "coroutine"
    if isinstance(value, FutureObject):
        return True
    if isinstance(value, OneOf):
        return any(_holds_awaitable(each, depth + 1) for each in value.values)
    return isinstance(value, Items) and any(
        _holds_awaitable(each, depth + 1) for each in value.items
    )


def _handles(part: Part) -> Iterator[str]:
    """Yield what the file says for the mock that a call makes: ``m``, ``self.m``."""
    call = part.call
    statement = part.module.parents[call] if call else None
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, (ast.Name, ast.Attribute)):
                yield ast.unparse(target)
    elif isinstance(statement, ast.AnnAssign):
        yield ast.unparse(statement.target)


def _mentions(part: Part) -> Iterator[ast.Attribute]:
    """Yield the attributes of that mock that its function or class says."""
    module = part.module
    around = [
        each
        for each in module.enclosing(part.node)
        if _is_function(each) or isinstance(each, ast.ClassDef)
    ]
    for handle in _handles(part):
        root: ast.AST = module.tree
        if around:
            root = around[-1] if "." in handle else around[0]
        for node in _attributes_of(module, handle):
            if any(each is root for each in module.enclosing(node)):
                yield node


def _attributes_of(module: Module, handle: str) -> Iterator[ast.Attribute]:
    """Yield the attributes that a file says of something: ``m.x`` for ``m``."""
    last = handle.rpartition(".")[2]
    owners = (*module.uses.get(last, ()), *module.stores.get(last, ()))
    for owner in owners:
        parent = module.parents[owner]
        if isinstance(parent, ast.Attribute) and ast.unparse(owner) == handle:
            yield parent


def _touched(part: Part) -> set[str]:
    """Return the children that the text takes for granted, and nobody gives."""
    found, stored = set(), set()
    for node in _mentions(part):
        if isinstance(node.ctx, ast.Store):
            stored.add(node.attr)
        elif node.attr == "return_value":
            outer = part.module.parents[node]
            if isinstance(outer, ast.Attribute) and outer.attr not in API:
                found.add(node.attr)
        elif node.attr not in API and node.attr not in ("side_effect", "mock"):
            if node.attr not in ("configure_mock", "attach_mock"):
                found.add(node.attr)
    given = {each.arg for each in part.call.keywords} if part.call else set()
    return found - stored - given


def _awaited_later(part: Part) -> ast.Call | None:
    """Return a call that is kept while the mock is told something else, or acts."""
    module, nodes = part.module, list(_mentions(part))
    around = [each for each in module.enclosing(part.node) if _is_function(each)]
    told = [
        each
        for each in nodes
        if isinstance(each.ctx, ast.Store)
        and each.attr in ("return_value", "side_effect")
    ]
    acts = any(each.attr == "side_effect" for each in told) or any(
        each.arg in ("side_effect", "wraps")
        for each in (part.call.keywords if part.call else ())
    )
    if not around or not (acts or told):
        return None
    handles = set(_handles(part))
    for call in module.calls:
        if dotted(call.func) not in handles:
            continue
        if around[0] not in module.enclosing(call):
            continue
        if isinstance(module.parents[call], (ast.Assign, ast.NamedExpr)):
            if acts or any(each.lineno > call.lineno for each in told):
                return call
    return None


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def _is_named_as_called(part: Part) -> bool:
    """Whether the text calls a mock, says what it returns, or asks for its calls."""
    about_calls = (API - {"mock_calls", "method_calls", "reset_mock"}) | {
        "return_value",
        "side_effect",
    }
    if any(
        each.arg in about_calls for each in (part.call.keywords if part.call else ())
    ):
        return True
    return any(each.attr in about_calls for each in _mentions(part))
