"""Where home-made mocks are mentioned, and what each mention has to do with a mock."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.values import Function
from awaitify_codemods.mocks.home_made import HomeMade

CALL = "call"
FACTORY = "factory"
ALIAS = "alias"
BARE = "bare"


@dataclass(frozen=True, eq=False)
class Mention:
    """One mention of a home-made mock outside its definition."""

    made: HomeMade
    module: Module
    node: ast.Name | ast.Attribute
    kind: str
    """call; factory, which is given to `patch`; alias, another name for it; bare."""
    site: ast.Call | None = None
    """The call that makes a mock of it."""
    alias: ast.Assign | None = None
    """The assignment of the other name by which the definition is known there."""


def mentions(made: HomeMade, index: Index, references: References) -> list[Mention]:
    """Return all mentions of a home-made mock."""
    found: list[Mention] = []
    for module, node in _uses(made, index, references):
        if made.definition.node in module.enclosing(node):
            continue  # super(AsyncMock, self)
        mention = _read(made, module, node)
        if mention.kind != ALIAS:
            found.append(mention)
            continue
        behind = list(_by_alias(mention, index))
        found += [mention, *behind] if behind else [_bare(mention)]
    return found


def _uses(
    made: HomeMade, index: Index, references: References
) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
    definition = made.definition
    if isinstance(definition, Function):
        for each in references.to(definition):
            yield each.module, each.node
        return
    is_local = definition.module.at[definition.node].frame.kind == "function"
    home = definition.module
    for module in (home,) if is_local else index.carriers(made.name, home):
        names = {made.name} | {
            alias.asname
            for statement in module.imports
            for alias in statement.names
            if alias.name == made.name and alias.asname
        }
        for name in sorted(names):
            for use in module.uses.get(name, ()):
                if definition in index.value(use, module):
                    yield module, use


def _read(made: HomeMade, module: Module, node: ast.Name | ast.Attribute) -> Mention:
    parent = module.parents[node]
    match parent:
        case ast.Call(func=func) if func is node:
            return Mention(made, module, node, CALL, parent)
        case ast.keyword(arg="new_callable"):
            call = module.parents[parent]
            if isinstance(call, ast.Call):
                return Mention(made, module, node, FACTORY, call)
        case ast.Assign(targets=[ast.Name()]):
            return Mention(made, module, node, ALIAS, None, parent)
    return Mention(made, module, node, BARE)


def _bare(mention: Mention) -> Mention:
    return Mention(mention.made, mention.module, mention.node, BARE)


def _by_alias(mention: Mention, index: Index) -> Iterator[Mention]:
    """Yield the mentions by another name; none where it may be used elsewhere."""
    assert mention.alias is not None
    module, made = mention.module, mention.made
    (target,) = mention.alias.targets
    assert isinstance(target, ast.Name)
    scope = module.at[target].find(target.id)
    if scope is None or len(scope.names[target.id]) != 1 or scope.kind == "class":
        return
    if scope.kind == "module":
        others = index.words.carriers(target.id, module.path)
        if others != [module.path] or module.strings_naming(target.id):
            return
    for use in module.references(scope, target.id):
        read = _read(made, module, use)
        kind = BARE if read.kind == ALIAS else read.kind
        yield Mention(made, module, use, kind, read.site, mention.alias)


def is_in_class_body(module: Module, node: ast.AST) -> bool:
    """Whether code runs when a class is made, and what it makes is bound to it."""
    for outer in module.enclosing(node):
        if isinstance(outer, (*FUNCTIONS, ast.Lambda)):
            return False
        if isinstance(outer, ast.ClassDef):
            return not any(
                node is each or node in ast.walk(each) for each in outer.decorator_list
            )
    return False
