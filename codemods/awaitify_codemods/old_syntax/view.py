"""A file as it is once its generator coroutines are coroutine functions.

All other rules decide on this view: what they find is what is there when the edits
that lead to it are carried out with theirs. Its nodes have the positions, and the
numbers, of those in whose place they stand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from awaitify_codemods.facts.module import FunctionNode, Module, own_nodes
from awaitify_codemods.facts.reading import read_tree


@dataclass(frozen=True)
class Converted:
    """What becomes of one function."""

    node: FunctionNode
    decorators: tuple[int, ...] = ()
    """The numbers of the decorators that go."""
    awaited: tuple[ast.expr, ...] = ()
    """What it returns and `asyncio.coroutine` awaits."""
    locks: frozenset[ast.YieldFrom] = frozenset()
    """The locks that it enters: ``with (yield from lock):``."""


def view_of(module: Module, found: Sequence[Converted]) -> Module:
    """Return the facts of a file after some of its functions are converted."""
    copier = _Copier(found)
    tree = copier.copied(module.tree)
    assert isinstance(tree, ast.Module)
    view = read_tree(module.path, module.source, tree)
    view.raw, view.originals = module, copier.originals
    return view


class _Copier:
    """Copies a tree; what is converted gets other nodes."""

    def __init__(self, found: Sequence[Converted]) -> None:
        self.originals: dict[ast.AST, ast.AST] = {}
        self._functions = {each.node for each in found}
        self._awaited = {node for each in found for node in each.awaited}
        self._locks = {lock for each in found for lock in each.locks}
        self._yields = {
            node
            for each in found
            if isinstance(each.node, ast.FunctionDef)
            for node in own_nodes(each.node)
            if isinstance(node, (ast.Yield, ast.YieldFrom))
        }

    def copied(self, node: ast.AST) -> ast.AST:
        if node in self._locks:
            assert isinstance(node, ast.YieldFrom)
            return self.copied(node.value)
        if node in self._awaited:
            self._awaited.discard(node)
            inner = self.copied(node)
            assert isinstance(inner, ast.expr)
            return ast.copy_location(ast.Await(inner), node)
        kind = self._kind(node)
        new = kind(**{name: self._field(node, name) for name in node._fields})
        if kind is ast.Await and isinstance(node, ast.Yield):
            new = ast.Await(_turn(node))
        if "lineno" in node._attributes:
            ast.copy_location(new, node)
        self.originals[new] = node
        return new

    def _kind(self, node: ast.AST) -> type[ast.AST]:
        if node in self._functions:
            return ast.AsyncFunctionDef
        if node in self._yields:
            return ast.Await
        if isinstance(node, ast.With) and any(
            each.context_expr in self._locks for each in node.items
        ):
            return ast.AsyncWith
        return type(node)

    def _field(self, node: ast.AST, name: str) -> Any:
        value = getattr(node, name, None)
        if isinstance(value, list):
            return [
                self.copied(each) if isinstance(each, ast.AST) else each
                for each in value
            ]
        return self.copied(value) if isinstance(value, ast.AST) else value


def _turn(node: ast.Yield) -> ast.expr:
    """Return ``asyncio.sleep(0)``, for a bare ``yield``."""
    code = ast.parse("asyncio.sleep(0)", mode="eval").body
    for each in ast.walk(code):
        if isinstance(each, ast.expr):
            ast.copy_location(each, node)
    return code


def text_of_view(module: Module, found: Sequence[Converted]) -> bytes:
    """Return a text in which the words are those of the converted file."""
    lines = module.source.split(b"\n")
    for each in found:
        for number in each.decorators:
            _blank(lines, each.node.decorator_list[number])
    for line, column, old, new in sorted(_replacements(module), reverse=True):
        if line > len(lines):
            continue  # its lines do not end with line feeds
        text = lines[line - 1]
        start = text.find(old, column)
        if start >= 0:
            lines[line - 1] = text[:start] + new + text[start + len(old) :]
    return b"\n".join(lines)


def _blank(lines: list[bytes], node: ast.expr) -> None:
    """Leave blanks where a decorator stands."""
    for number in range(node.lineno - 1, node.end_lineno or node.lineno):
        if number >= len(lines):
            return
        text = lines[number]
        kept = text[: len(text) - len(text.lstrip())]
        lines[number] = kept + b"#"


def _replacements(module: Module) -> Iterator[tuple[int, int, bytes, bytes]]:
    for node, original in module.originals.items():
        if isinstance(node, ast.AsyncFunctionDef) and isinstance(
            original, ast.FunctionDef
        ):
            yield original.lineno, original.col_offset, b"def", b"async def"
        elif isinstance(node, ast.Await) and isinstance(original, ast.YieldFrom):
            yield original.lineno, original.col_offset, b"yield from", b"await"
