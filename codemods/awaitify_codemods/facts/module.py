"""The facts of one file; they depend on its bytes alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from awaitify_codemods.facts.tree import children

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

_LIBCST_NAMES = {
    "AsyncFunctionDef": "FunctionDef",
    "AsyncWith": "With",
    "AsyncFor": "For",
    "Delete": "Del",
    "YieldFrom": "Yield",
}


@dataclass(eq=False)
class Binding:
    """One way in which a name of a scope gets its meaning."""

    kind: str
    """import, def, class, assign, with, param or other."""
    node: ast.AST
    """The statement, definition or parameter that binds the name."""
    scope: Scope
    value: ast.expr | None = None
    """What is assigned or entered, if the target is a plain name."""
    target: tuple[int, str, str] = (0, "", "")
    """Of an import: its level, the module, and the name ("" if none)."""


@dataclass(eq=False)
class Scope:
    """A namespace, and the frame in which code of it runs."""

    kind: str
    """module, class, function, lambda or comprehension."""
    node: ast.AST
    parent: Scope | None
    names: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Names declared global or nonlocal."""
    calls: list[ast.Call] = field(default_factory=list)
    """The calls that run in this frame (comprehensions belong to their frame)."""

    @property
    def frame(self) -> Scope:
        """The function, lambda, class or module in whose frame the code runs."""
        scope = self
        while scope.kind == "comprehension" and scope.parent:
            scope = scope.parent
        return scope

    def find(self, name: str) -> Scope | None:
        """Return the scope that binds `name` as seen from this one."""
        scope: Scope | None = self
        while scope is not None:
            declared = scope.elsewhere.get(name)
            if declared == "global":
                while scope.parent is not None:
                    scope = scope.parent
                return scope if name in scope.names else None
            # A class body's names are not visible in the functions below it.
            visible = scope.kind != "class" or scope is self
            if name in scope.names and visible and declared is None:
                return scope
            scope = scope.parent
        return None


@dataclass(eq=False)
class Module:
    """The facts of one file."""

    path: str
    source: bytes
    tree: ast.Module
    scope: Scope
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    """The scope a definition opens."""
    at: dict[ast.AST, Scope] = field(default_factory=dict)
    """The scope in which a name, attribute, call or definition is evaluated."""
    uses: dict[str, list[ast.Name | ast.Attribute]] = field(default_factory=dict)
    """Loads of a name or attribute, by its last identifier."""
    stores: dict[str, list[ast.Attribute]] = field(default_factory=dict)
    returns: dict[ast.AST, list[ast.Return]] = field(default_factory=dict)
    """The return statements of each function."""
    """Assignments to an attribute, by its name."""
    calls: list[ast.Call] = field(default_factory=list)
    functions: list[FunctionNode] = field(default_factory=list)
    classes: list[ast.ClassDef] = field(default_factory=list)
    imports: list[ast.Import | ast.ImportFrom] = field(default_factory=list)
    stars: list[ast.ImportFrom] = field(default_factory=list)
    strings: list[ast.Constant] = field(default_factory=list)
    """String constants that could name something."""
    raw: Module | None = None
    """The file as it is, where these are the facts of what it will be."""
    originals: dict[ast.AST, ast.AST] = field(default_factory=dict)
    """Nodes of the tree -> those of the tree of `raw` in whose place they stand."""
    _numbered: dict[str, dict[ast.AST, int]] = field(default_factory=dict)
    _references: dict[tuple[Scope, str], list[ast.Name]] | None = None
    _frames: dict[Scope, list[Scope]] | None = None
    _named: dict[str, list[ast.Constant]] | None = None
    _kinds: dict[ast.AST, frozenset[type[ast.AST]]] = field(default_factory=dict)

    def ordinal(self, node: ast.AST) -> tuple[str, int]:
        """Return the LibCST kind of a node and its number within that kind."""
        kind = libcst_kind(self.originals.get(node, node))
        return kind, self.numbered(kind)[node]

    def numbered(self, kind: str) -> dict[ast.AST, int]:
        """Return the nodes that are one kind to LibCST, in its order, with numbers."""
        if kind not in self._numbered and self.raw is not None:
            numbers = self.raw.numbered(kind)
            self._numbered[kind] = {
                node: numbers[original]
                for node, original in self.originals.items()
                if original in numbers
            }
        elif kind not in self._numbered:
            nodes: list[ast.AST] = [n for n in self.parents if libcst_kind(n) == kind]
            nodes.sort(key=_position)
            if kind == "Module":
                nodes = [self.tree]
            self._numbered[kind] = {node: number for number, node in enumerate(nodes)}
        return self._numbered[kind]

    def assertions(self) -> Iterator[ast.Assert | ast.Call]:
        """Yield the nodes that may be assertions: statements, and all calls."""
        for node in self.parents:
            if isinstance(node, ast.Assert):
                yield node
        yield from self.calls

    def references(self, scope: Scope, name: str) -> list[ast.Name]:
        """Return every load of `name` that means the binding in `scope`."""
        if self._references is None:
            found: dict[tuple[Scope, str], list[ast.Name]] = {}
            for uses in self.uses.values():
                for use in uses:
                    if isinstance(use, ast.Name):
                        owner = self.at[use].find(use.id)
                        if owner is not None:
                            found.setdefault((owner, use.id), []).append(use)
            self._references = found
        return self._references.get((scope, name), [])

    def frames_in(self, frame: Scope) -> list[Scope]:
        """Return the functions and lambdas that are defined in a frame."""
        if self._frames is None:
            self._frames = {}
            for inner in self.scopes.values():
                if inner.kind in ("function", "lambda") and inner.parent is not None:
                    self._frames.setdefault(inner.parent.frame, []).append(inner)
        return self._frames.get(frame, [])

    def strings_naming(self, name: str) -> list[ast.Constant]:
        """Return the strings that end with a name: ``"name"``, ``"x.name"``."""
        if self._named is None:
            self._named = {}
            for constant in self.strings:
                last = str(constant.value).rpartition(".")[2]
                self._named.setdefault(last, []).append(constant)
        return self._named.get(name, [])

    def kinds(self, function: FunctionNode) -> frozenset[type[ast.AST]]:
        """Return the kinds of the nodes in a function's own frame."""
        if function not in self._kinds:
            self._kinds[function] = frozenset(map(type, own_nodes(function)))
        return self._kinds[function]

    def enclosing(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the ancestors of a node, innermost first."""
        parents = self.parents
        while node in parents:
            node = parents[node]
            yield node

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the innermost statement that holds `node`, or `node` itself."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def qualified(self, node: ast.AST) -> str:
        """Return the definitions around a node, and it, as pytest names them."""
        names = [
            each.name
            for each in (node, *self.enclosing(node))
            if isinstance(each, (*FUNCTIONS, ast.ClassDef))
        ]
        return "::".join(reversed(names))

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the class in whose body a function is defined."""
        parent = self.parents.get(node)
        while isinstance(parent, (ast.If, ast.Try)):
            parent = self.parents.get(parent)
        return parent if isinstance(parent, ast.ClassDef) else None


def libcst_kind(node: ast.AST) -> str:
    """Return the name of the LibCST class that stands for a kind of `ast` node."""
    name = type(node).__name__
    return _LIBCST_NAMES.get(name, name)


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for a chain of names, "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def spelled(node: ast.AST) -> str:
    """Return a callee as it is spelled, calls in it as ``()``; "" if it is neither."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = spelled(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    if isinstance(node, ast.Call) and (owner := spelled(node.func)):
        return f"{owner}()"
    return ""


def _position(node: ast.AST) -> tuple[int, int, int, int]:
    # Outer before inner where both start at the same place: f(x)(y).
    assert isinstance(node, (ast.expr, ast.stmt))
    end_line, end_column = node.end_lineno or 0, node.end_col_offset or 0
    return node.lineno, node.col_offset, -end_line, -end_column


@lru_cache(maxsize=16)
def own_nodes(node: ast.AST) -> tuple[ast.AST, ...]:
    """Return the nodes of a frame; of definitions in it, the node only."""
    found: list[ast.AST] = []
    body = getattr(node, "body", [])
    pending: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while pending:
        each = pending.pop()
        found.append(each)
        if not isinstance(each, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            pending += children(each)
    return tuple(found)


def every_argument(node: ast.arguments) -> list[ast.arg]:
    """Return all parameters in order."""
    plain = [*node.posonlyargs, *node.args]
    starred = [node.vararg] if node.vararg else []
    last = [node.kwarg] if node.kwarg else []
    return [*plain, *starred, *node.kwonlyargs, *last]
