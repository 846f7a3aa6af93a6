"""What is specific to LibCST's trees: the order of fields, names, templates."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from itertools import pairwise
from typing import Any

import libcst as cst

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement

# Fields that hold no statement or expression, or only plain names.
_TRIVIA = re.compile(
    r"whitespace|[lr](par|bracket|brace)$|comma$|semicolon$|leading_lines$"
    r"|lines_after|header$|footer$|indent$|trailing_|leading_|equal$|colon$"
    r"|first_colon$|second_colon$|dot$|operator$|asynchronous$|star$|attr$"
    r"|keyword$|start$|end$|conversion$|relative$|module$|names$|default_"
    r"|encoding$|has_|posonly_ind$|separator$|rest$|kwds$"
)

# Where LibCST declares its fields in another order than that of the source.
_SOURCE_ORDER: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.AsName: ("name",),
    cst.ClassDef: ("decorators", "type_parameters", "bases", "keywords", "body"),
    cst.ExceptHandler: ("type", "body"),
    cst.ExceptStarHandler: ("type", "body"),
    cst.FunctionDef: ("decorators", "type_parameters", "params", "returns", "body"),
    cst.IfExp: ("body", "test", "orelse"),
    cst.MatchCase: ("pattern", "guard", "body"),
    cst.MatchClass: ("cls", "patterns", "kwds"),
    cst.Parameters: (
        "posonly_params",
        "params",
        "star_arg",
        "kwonly_params",
        "star_kwarg",
    ),
    cst.TypeAlias: ("type_parameters", "value"),
}

LEAVES = frozenset(
    {
        type(None),
        str,
        bool,
        cst.MaybeSentinel,
        cst.Name,
        cst.Integer,
        cst.Float,
        cst.Imaginary,
        cst.SimpleString,
        cst.FormattedStringText,
        cst.ParamStar,
        cst.ImportStar,
    }
)
"""Types of field values below which nothing is counted."""


@cache
def child_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """Return the fields of `kind` that hold code, in the order of the source."""
    if kind in _SOURCE_ORDER:
        return _SOURCE_ORDER[kind]
    names = [field.name for field in fields(kind)]
    return tuple(name for name in names if name != "name" and not _TRIVIA.match(name))


def spelled(node: cst.CSTNode) -> str | None:
    """Return a dotted name as it stands, calls as ``()``; None if it is none."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        value = spelled(node.value)
        return value and f"{value}.{node.attr.value}"
    if isinstance(node, cst.Call):
        value = spelled(node.func)
        return value and f"{value}()"
    return None


@cache
def expression(code: str) -> cst.BaseExpression:
    """Parse an expression; dotted names, the common case, are built directly."""
    parts = code.split(".")
    if not all(part.isidentifier() for part in parts):
        return cst.parse_expression(code)
    node: cst.BaseExpression = cst.Name(parts[0])
    for part in parts[1:]:
        node = cst.Attribute(node, cst.Name(part))
    return node


@cache
def statements(code: str) -> tuple[Statement, ...]:
    """Parse statements given without indentation."""
    lines = code.splitlines(keepends=True)
    starts = [_first_line(node) for node in ast.parse(code).body]
    # Comments and blank lines between statements belong to the one below them.
    bounds = [0, *(_after(lines, start) for start in starts[1:]), len(lines)]
    chunks = pairwise(bounds)
    return tuple(cst.parse_statement("".join(lines[a:b])) for a, b in chunks)


def _first_line(node: ast.stmt) -> int:
    decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1


def _after(lines: Sequence[str], start: int) -> int:
    while start and lines[start - 1].strip()[:1] in ("", "#"):
        start -= 1
    return start


_PASS = cst.IndentedBlock(())


def head_of(node: cst.CSTNode) -> cst.CSTNode:
    """Return a statement without the comments above it and without its blocks."""
    changes: dict[str, object] = {}
    if isinstance(getattr(node, "body", None), cst.IndentedBlock):
        changes["body"] = _PASS
    if getattr(node, "orelse", None) is not None:
        changes["orelse"] = None
    if getattr(node, "leading_lines", ()):
        changes["leading_lines"] = ()
    return node.with_changes(**changes) if changes else node


def replaced(node: Any, new: Mapping[int, cst.CSTNode]) -> Any:
    """Replace nodes by identity, those in the blocks of a statement excepted.

    Unlike LibCST's visitors this keeps every other node the same object.
    """
    if id(node) in new:
        return new[id(node)]
    if isinstance(node, tuple | list):
        items = [replaced(item, new) for item in node]
        same = all(a is b for a, b in zip(node, items, strict=True))
        return node if same else items
    if not isinstance(node, cst.CSTNode) or isinstance(node, cst.IndentedBlock):
        return node
    values = {field.name: getattr(node, field.name) for field in fields(node)}
    results = {name: replaced(value, new) for name, value in values.items()}
    changes = {name: each for name, each in results.items() if each is not values[name]}
    return node.with_changes(**changes) if changes else node
