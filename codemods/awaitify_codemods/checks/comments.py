"""Comments: they stay, but for those inside what is removed."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator

from awaitify_codemods.checks.edited import edits_of
from awaitify_codemods.facts.module import Module
from awaitify_codemods.plan import Edit, FilePlan


def check_comments(
    before: Module, after: Module, plan: FilePlan
) -> Iterator[tuple[str, str]]:
    """Comments stay, but for those inside what is removed."""
    if b"#" not in before.source:
        return
    edits = edits_of(before, plan)
    gone: list[tuple[int, int]] = []
    for node, each in edits.items():
        first = min(
            [getattr(node, "lineno", 0)]
            + [d.lineno for d in getattr(node, "decorator_list", ())]
        )
        if any(
            edit.op in ("remove", "drop-names", "drop-decorator", "to-with")
            for edit in each
        ):
            gone.append((first, getattr(node, "end_lineno", 0) or 0))
        gone += _lines_of_parameters(node, each)
        gone += _lines_of_keywords(node, each)
    kept = Counter(
        text
        for line, text in _comments(before.source)
        if not any(first <= line <= last for first, last in gone)
    )
    missing = kept - Counter(text for _, text in _comments(after.source))
    for text in missing:
        yield "comments", f"{text!r} is gone"
        return


def _lines_of_parameters(node: ast.AST, edits: list[Edit]) -> list[tuple[int, int]]:
    """Return where the parameters stand that a function loses."""
    names = {
        name
        for edit in edits
        if edit.op == "drop-parameters"
        for name in edit.arguments["names"]
    }
    return [
        (each.lineno, each.end_lineno or each.lineno)
        for each in (ast.walk(node) if names else ())
        if isinstance(each, ast.arg) and each.arg in names
    ]


def _lines_of_keywords(node: ast.AST, edits: list[Edit]) -> list[tuple[int, int]]:
    """Return the lines on which nothing stands but an argument that goes."""
    dropped = {e.arguments["name"] for e in edits if e.op == "drop-keyword"}
    if not dropped or not isinstance(node, ast.Call):
        return []
    found = []
    for keyword in node.keywords:
        first, last = keyword.lineno, keyword.end_lineno or keyword.lineno
        others: list[ast.expr | ast.keyword] = [node.func, *node.args, *node.keywords]
        alone = (node.end_lineno or 0) > last and not any(
            each is not keyword
            and each.lineno <= last
            and (each.end_lineno or each.lineno) >= first
            for each in others
        )
        if keyword.arg in dropped and alone:
            found.append((first, last))
    return found


def _comments(source: bytes) -> list[tuple[int, str]]:
    return [
        (token.start[0], token.string)
        for token in tokenize.tokenize(io.BytesIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
