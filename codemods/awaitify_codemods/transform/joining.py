"""A function that becomes the end of another one of its block, below a ``yield``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import libcst as cst

from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.bodies import leading, with_leading
from awaitify_codemods.transform.tree import statements

if TYPE_CHECKING:
    from awaitify_codemods.transform.blocks import Child


def joined(children: Sequence[Child]) -> Sequence[Child]:
    """Return the statements of a block with the functions joined that ask for it."""
    asking = [each for each in children if _into(each)]
    if not asking:
        return children
    found = list(children)
    for each in asking:
        place = _place(_into(each), found, each)
        into = found[place]
        found[place] = replace(into, node=_together(into.node, each.node))
        removal = replace(
            each,
            node=with_leading(each.node, _without_comments(each.node)),
            requests=((replace(each.requests[0][0], op="remove"),),),
        )
        found[found.index(each)] = removal
    return found


def _into(child: Child) -> str:
    for requests in child.requests:
        for request in requests:
            if request.op == "join":
                return str(request.arguments["to"])
    return ""


def _place(name: str, children: Sequence[Child], but: Child) -> int:
    for number, each in enumerate(children):
        if each is not but and isinstance(each.node, cst.FunctionDef):
            if each.node.name.value == name:
                return number
    raise TransformError(f"no function {name} to join")


def _together(first: cst.FunctionDef, last: cst.FunctionDef) -> cst.FunctionDef:
    comments = [line for line in last.leading_lines if line.comment]
    (pause,) = statements("yield\n")
    body = [*_body(first), with_leading(pause, comments), *_body(last)]
    below = [*_footer(last)]
    suite = first.body
    if isinstance(suite, cst.IndentedBlock):
        block = suite.with_changes(body=body, footer=below or suite.footer)
    else:
        block = cst.IndentedBlock(body, footer=below)
    return first.with_changes(body=block)


def _body(function: cst.FunctionDef) -> Sequence[Any]:
    suite = function.body
    if isinstance(suite, cst.IndentedBlock):
        return suite.body
    assert isinstance(suite, cst.SimpleStatementSuite)
    return [
        cst.SimpleStatementLine(
            suite.body, trailing_whitespace=suite.trailing_whitespace
        )
    ]


def _footer(function: cst.FunctionDef) -> Sequence[cst.EmptyLine]:
    suite = function.body
    return suite.footer if isinstance(suite, cst.IndentedBlock) else ()


def _without_comments(node: Any) -> list[cst.EmptyLine]:
    return [line for line in leading(node) if not line.comment]
