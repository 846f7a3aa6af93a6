"""Home-made mocks for Pythons without AsyncMock: what chooses between the two."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awaitify_codemods.mocks.home_made import HomeMade

_MISSING = frozenset({"ImportError", "ModuleNotFoundError"})


@dataclass(frozen=True)
class Fallback:
    """A definition that is never used, with the statement around it."""

    made: HomeMade
    choice: ast.Try | ast.If
    op: str
    """What leaves the import alone: unwrap, keep-body or keep-orelse."""
    gone: tuple[ast.AST, ...]
    """The parts that go."""


def is_conditional(made: HomeMade) -> bool:
    """Whether something else may be meant by the name of a definition."""
    node = made.definition.node
    return len(made.module.at[node].names.get(made.name, ())) > 1


def fallback(made: HomeMade) -> Fallback | None:
    """Return what chooses a definition only where `unittest.mock` has no AsyncMock."""
    node, module = made.definition.node, made.module
    outer = module.parents[node]
    above = module.parents.get(outer)
    if isinstance(outer, ast.ExceptHandler) and isinstance(above, ast.Try):
        if above.handlers != [outer] or above.orelse or above.finalbody:
            return None
        if not _is_missing(outer.type) or not _imports(above.body, made.name):
            return None
        if _only_defines(outer.body, node):
            return Fallback(made, above, "unwrap", (outer,))
    if isinstance(outer, ast.If) and module.parents[outer] is not outer:
        is_new = _is_new(outer.test)
        chosen, other = outer.body, outer.orelse
        if is_new is False:
            chosen, other = other, chosen
        if is_new is None or not _imports(chosen, made.name):
            return None
        if _only_defines(other, node):
            op = "keep-body" if is_new else "keep-orelse"
            return Fallback(made, outer, op, (outer.test, *other))
    return None


def _is_missing(node: ast.expr | None) -> bool:
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(each, ast.Name) and each.id in _MISSING for each in names)


def _imports(body: Sequence[ast.stmt], name: str) -> bool:
    """Whether all that statements do is to import AsyncMock by some name."""
    match list(body):
        case [ast.ImportFrom(module="unittest.mock", level=0, names=names)]:
            return any(
                each.name == "AsyncMock" and (each.asname or each.name) == name
                for each in names
            )
    return False


def _only_defines(body: Sequence[ast.stmt], node: ast.AST) -> bool:
    """Whether statements do nothing else but to define something, and to import."""
    return node in body and all(
        each is node or isinstance(each, (ast.Import, ast.ImportFrom)) for each in body
    )


def _is_new(test: ast.expr) -> bool | None:
    """Read ``sys.version_info >= (3, 8)``: whether it holds; None for anything else."""
    match test:
        case ast.Compare(
            left=ast.Attribute(value=ast.Name(id="sys"), attr="version_info"),
            ops=[ast.GtE() | ast.Lt() as operator],
            comparators=[ast.Tuple(elts=elements)],
        ):
            version = [getattr(each, "value", None) for each in elements]
            if version[:2] in _WITHOUT and len(version) == 2:
                return isinstance(operator, ast.GtE)
    return None


_WITHOUT = ([3, 5], [3, 6], [3, 7], [3, 8])


def fallbacks(made: Sequence[HomeMade]) -> Iterator[Fallback]:
    """Yield the definitions that are never used."""
    for each in made:
        if is_conditional(each) and (found := fallback(each)):
            if not _has_comments(found):
                yield found


def _has_comments(found: Fallback) -> bool:
    """Whether something is said beside the definition, which would have to go."""
    lines = found.made.module.source.splitlines()
    node = found.made.definition.node
    own = range(node.lineno, (node.end_lineno or 0) + 1)
    last = found.choice.end_lineno or 0
    return any(
        b"#" in lines[number - 1]
        for number in range(found.choice.lineno, last + 1)
        if number not in own
    )
