"""What a generator is annotated with, and with what as an async generator."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import spelled
from awaitify_codemods.facts.values import External, Function

_HOMES = ("typing", "collections.abc", "typing_extensions")
_ASYNC = {
    "Generator": "AsyncGenerator",
    "Iterator": "AsyncIterator",
    "Iterable": "AsyncIterable",
}


@dataclass(frozen=True)
class Annotation:
    """A return annotation; the text is empty if it stays."""

    text: str = ""
    node: ast.expr | None = None
    """The mention of the type that goes."""
    name: str = ""
    """The name of the file that the text says, if it says one."""
    imports: tuple[str, ...] = ()


def awaited_annotation(function: Function, index: Index) -> Annotation | None:
    """Return the annotation of a generator once it is async; None if it has none."""
    returns = function.node.returns
    if returns is None or ast.Yield not in function.module.kinds(function.node):
        return Annotation()
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        return _quoted(returns.value, function, index)
    found = _read(returns, function, index)
    if found is None:
        return Annotation()
    home, kind, base = found
    name = _ASYNC[kind]
    if isinstance(base, ast.Attribute):
        text = f"{ast.unparse(base.value)}.{name}"
        said = spelled(base).partition(".")[0]
        return Annotation(text + _arguments(returns, function), base, said)
    bound = function.module.scope.names.get(name)
    text = name + _arguments(returns, function)
    if bound is None:
        return Annotation(text, base, "", (f"from {home} import {name}",))
    known = index.bound(function.module.scope, name, function.module)
    if known <= {External(f"{each}.{name}") for each in _HOMES} and known:
        return Annotation(text, base, name)
    return None


def _read(
    node: ast.expr, function: Function, index: Index
) -> tuple[str, str, ast.expr] | None:
    """Return where a generator's type comes from, which it is, and its mention."""
    base = node.value if isinstance(node, ast.Subscript) else node
    if not isinstance(base, (ast.Name, ast.Attribute)):
        return None
    for value in index.value(base, function.module):
        if isinstance(value, External):
            home, _, kind = value.name.rpartition(".")
            if home in _HOMES and kind in _ASYNC:
                return home, kind, base
    return None


def _arguments(node: ast.expr, function: Function) -> str:
    """Return ``[X, None]`` for ``[X, None, None]``."""
    if not isinstance(node, ast.Subscript):
        return ""
    source = function.module.source.decode("utf-8", "replace")
    given = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    texts = [_source(each, source) for each in given]
    return f"[{', '.join(texts[:2])}]"


def _source(node: ast.expr, source: str) -> str:
    text = ast.get_source_segment(source, node) or ast.unparse(node)
    return text if "\n" not in text else ast.unparse(node)


def _quoted(text: str, function: Function, index: Index) -> Annotation | None:
    """Return the same for a type that is written in quotes."""
    kind = text.partition("[")[0].rpartition(".")[2].strip()
    return Annotation() if kind not in _ASYNC else None
