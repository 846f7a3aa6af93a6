"""The walk over a file that gathers its facts."""

from __future__ import annotations

import ast
from collections.abc import Callable

from awaitify_codemods.facts.module import (
    Binding,
    FunctionNode,
    Module,
    Scope,
    every_argument,
)
from awaitify_codemods.facts.parsing import deepest, parse, too_deep


def read(path: str, source: bytes) -> Module:
    """Read the facts of a file.

    Raises:
        SyntaxError: the running Python cannot parse it, or it is nested too deeply.

    """
    return read_tree(path, source, parse(path, source))


def read_tree(path: str, source: bytes, tree: ast.Module) -> Module:
    """Read the facts of a tree, which need not be quite that of the source."""
    module = Module(path, source, tree, Scope("module", tree, None))
    _Reader(module).run()
    return module


class _Reader:
    """The walk. Decorators, defaults and bases are evaluated outside their scope."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.parents = module.parents
        self.at = module.at
        self.depth = 0
        self.deepest = deepest()

    def run(self) -> None:
        module = self.module
        module.scopes[module.tree] = module.scope
        self.children(module.tree, module.scope)

    def children(self, node: ast.AST, scope: Scope) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item, node, scope)
            elif isinstance(value, ast.AST):
                self.visit(value, node, scope)

    def visit(self, node: ast.AST, parent: ast.AST, scope: Scope) -> None:
        handler = _HANDLERS.get(type(node))
        if handler is _SKIP:
            return
        self.parents[node] = parent
        self.depth += 1
        if self.depth > self.deepest:
            raise too_deep(self.module.path, node)
        if handler is None:
            self.children(node, scope)
        else:
            handler(self, node, scope)
        self.depth -= 1

    def bind(self, scope: Scope, name: str, binding: Binding) -> None:
        scope.names.setdefault(name, []).append(binding)

    def name(self, node: ast.Name, scope: Scope) -> None:
        self.at[node] = scope
        if isinstance(node.ctx, ast.Load):
            self.module.uses.setdefault(node.id, []).append(node)
            return
        owner = scope.frame if isinstance(self.parents[node], ast.NamedExpr) else scope
        kind, value, statement = _assigned(node, self.parents)
        self.bind(owner, node.id, Binding(kind, statement, owner, value))

    def attribute(self, node: ast.Attribute, scope: Scope) -> None:
        self.at[node] = scope
        mentions = (
            self.module.uses if isinstance(node.ctx, ast.Load) else self.module.stores
        )
        mentions.setdefault(node.attr, []).append(node)
        self.visit(node.value, node, scope)

    def return_(self, node: ast.Return, scope: Scope) -> None:
        self.module.returns.setdefault(scope.node, []).append(node)
        self.children(node, scope)

    def call(self, node: ast.Call, scope: Scope) -> None:
        self.at[node] = scope
        self.module.calls.append(node)
        scope.frame.calls.append(node)
        self.children(node, scope)

    def constant(self, node: ast.Constant, scope: Scope) -> None:
        if isinstance(node.value, str) and len(node.value) < 200:
            self.at[node] = scope
            self.module.strings.append(node)

    def import_(self, node: ast.Import, scope: Scope) -> None:
        self.module.imports.append(node)
        self.at[node] = scope
        for alias in node.names:
            top = alias.name.partition(".")[0]
            target = (0, alias.name if alias.asname else top, "")
            binding = Binding("import", node, scope, target=target)
            self.bind(scope, alias.asname or top, binding)

    def import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        self.module.imports.append(node)
        self.at[node] = scope
        for alias in node.names:
            if alias.name == "*":
                self.module.stars.append(node)
                continue
            target = (node.level, node.module or "", alias.name)
            binding = Binding("import", node, scope, target=target)
            self.bind(scope, alias.asname or alias.name, binding)

    def function(self, node: FunctionNode, scope: Scope) -> None:
        self.module.functions.append(node)
        self.at[node] = scope
        self.bind(scope, node.name, Binding("def", node, scope))
        for decorator in node.decorator_list:
            self.visit(decorator, node, scope)
        inner = Scope("function", node, scope)
        self.module.scopes[node] = inner
        self.arguments(node.args, node, scope, inner)
        if node.returns:
            self.visit(node.returns, node, scope)
        for statement in node.body:
            self.visit(statement, node, inner)

    def lambda_(self, node: ast.Lambda, scope: Scope) -> None:
        self.at[node] = scope
        inner = Scope("lambda", node, scope)
        self.module.scopes[node] = inner
        self.arguments(node.args, node, scope, inner)
        self.visit(node.body, node, inner)

    def arguments(
        self, node: ast.arguments, owner: ast.AST, outer: Scope, inner: Scope
    ) -> None:
        self.parents[node] = owner
        for argument in every_argument(node):
            self.parents[argument] = node
            self.bind(inner, argument.arg, Binding("param", argument, inner))
            if argument.annotation:
                self.visit(argument.annotation, argument, outer)
        for default in (*node.defaults, *node.kw_defaults):
            if default is not None:
                self.visit(default, node, outer)

    def class_(self, node: ast.ClassDef, scope: Scope) -> None:
        self.module.classes.append(node)
        self.at[node] = scope
        self.bind(scope, node.name, Binding("class", node, scope))
        for outside in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(outside, node, scope)
        inner = Scope("class", node, scope)
        self.module.scopes[node] = inner
        for statement in node.body:
            self.visit(statement, node, inner)

    def comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        scope: Scope,
    ) -> None:
        inner = Scope("comprehension", node, scope)
        self.module.scopes[node] = inner
        self.at[node] = scope
        for number, generator in enumerate(node.generators):
            self.parents[generator] = node
            self.visit(generator.target, generator, inner)
            # Only the first iterable is evaluated outside.
            self.visit(generator.iter, generator, inner if number else scope)
            for condition in generator.ifs:
                self.visit(condition, generator, inner)
        for name in ("key", "value", "elt"):
            if hasattr(node, name):
                self.visit(getattr(node, name), node, inner)

    def declared(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        kind = "global" if isinstance(node, ast.Global) else "nonlocal"
        for name in node.names:
            scope.elsewhere[name] = kind
            owner: Scope | None = scope.parent
            if kind == "global":
                while owner is not None and owner.parent is not None:
                    owner = owner.parent
            if owner is not None:
                self.bind(owner, name, Binding("other", node, owner))

    def named(self, node: ast.AST, scope: Scope) -> None:
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if name:
            self.bind(scope, name, Binding("other", node, scope))
        self.children(node, scope)


def _assigned(
    node: ast.Name, parents: dict[ast.AST, ast.AST]
) -> tuple[str, ast.expr | None, ast.AST]:
    parent = parents[node]
    match parent:
        case ast.Assign(targets, value) if node in targets:
            return "assign", value, parent
        case ast.AnnAssign(value=value) | ast.NamedExpr(value=value):
            return "assign", value, parent
        case ast.withitem(context_expr=value):
            return "with", value, parent
    return "other", None, parent


_SKIP: Callable[..., None] = lambda *_: None  # noqa: E731

_HANDLERS: dict[type, Callable[..., None]] = {
    ast.Load: _SKIP,
    ast.Store: _SKIP,
    ast.Del: _SKIP,
    ast.Name: _Reader.name,
    ast.Attribute: _Reader.attribute,
    ast.Call: _Reader.call,
    ast.Return: _Reader.return_,
    ast.Constant: _Reader.constant,
    ast.Import: _Reader.import_,
    ast.ImportFrom: _Reader.import_from,
    ast.FunctionDef: _Reader.function,
    ast.AsyncFunctionDef: _Reader.function,
    ast.Lambda: _Reader.lambda_,
    ast.ClassDef: _Reader.class_,
    ast.ListComp: _Reader.comprehension,
    ast.SetComp: _Reader.comprehension,
    ast.DictComp: _Reader.comprehension,
    ast.GeneratorExp: _Reader.comprehension,
    ast.Global: _Reader.declared,
    ast.Nonlocal: _Reader.declared,
    ast.ExceptHandler: _Reader.named,
    ast.MatchAs: _Reader.named,
    ast.MatchStar: _Reader.named,
    ast.MatchMapping: _Reader.named,
}
