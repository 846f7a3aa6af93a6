"""Laying results out anew: whatever does it may change no more than the layout."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from awaitify_codemods.facts.parsing import parse

Finish = Callable[[str, bytes], bytes | str]
"""A file's path and new bytes -> the same code in another layout, or a complaint."""


def finished(
    results: Mapping[str, bytes | None], finish: Finish
) -> tuple[dict[str, bytes | None], dict[str, str]]:
    """Return the results laid out anew, and for each that is not the reason."""
    laid_out: dict[str, bytes | None] = {}
    complaints: dict[str, str] = {}
    for path, source in sorted(results.items()):
        laid_out[path] = source
        if source is None:
            continue
        answer = finish(path, source)
        if isinstance(answer, str):
            complaints[path] = answer
        elif not is_same_code(source, answer):
            complaints[path] = "what the format command returned is not the same code"
        else:
            laid_out[path] = answer
    return laid_out, complaints


def is_same_code(before: bytes, after: bytes) -> bool:
    """Whether two files differ in layout only, which that of docstrings is part of."""
    if before == after:
        return True
    try:
        return _outline(before) == _outline(after)
    except SyntaxError:
        return False


def _outline(source: bytes) -> str:
    tree = parse("<result>", source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            # u"" and "" are the same.
            node.kind = None
    for docstring in _docstrings(tree):
        lines = str(docstring.value).expandtabs().splitlines()
        docstring.value = "\n".join(line.strip() for line in lines).strip()
    return ast.dump(tree)


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, owners) and node.body:
            match node.body[0]:
                case ast.Expr(value=ast.Constant(value=str()) as docstring):
                    yield docstring
