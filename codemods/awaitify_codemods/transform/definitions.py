"""Edits of functions, classes and the values of statements."""

from __future__ import annotations

from typing import Any

import libcst as cst

from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.awaiting import Arguments
from awaitify_codemods.transform.bodies import leading, with_leading
from awaitify_codemods.transform.keywords import with_arguments
from awaitify_codemods.transform.spacing import COMMA
from awaitify_codemods.transform.tree import expression

NO_SPACE = cst.SimpleWhitespace("")


def make_async(node: cst.FunctionDef, arguments: Arguments) -> cst.FunctionDef:
    """``def`` -> ``async def``."""
    if node.asynchronous:
        return node
    return node.with_changes(asynchronous=cst.Asynchronous())


def rename_function(node: cst.FunctionDef, arguments: Arguments) -> cst.FunctionDef:
    """Give a function another name."""
    return node.with_changes(name=cst.Name(str(arguments["to"])))


def drop_decorator(node: cst.FunctionDef, arguments: Arguments) -> cst.FunctionDef:
    """Take a decorator away; comments above it stay above what follows."""
    index = _index(arguments["index"], node.decorators)
    decorators = list(node.decorators)
    above = [line for line in decorators.pop(index).leading_lines if line.comment]
    if not above:
        return node.with_changes(decorators=decorators)
    if index == len(decorators):
        lines = [*above, *node.lines_after_decorators]
        return node.with_changes(decorators=decorators, lines_after_decorators=lines)
    below = decorators[index]
    lines = [*above, *below.leading_lines]
    decorators[index] = below.with_changes(leading_lines=lines)
    return node.with_changes(decorators=decorators)


def add_decorator(node: cst.FunctionDef, arguments: Arguments) -> cst.FunctionDef:
    """Add a decorator nearest the ``def``, or above all others."""
    decorator = cst.Decorator(expression(str(arguments["code"]).strip().lstrip("@")))
    if arguments.get("first"):
        return node.with_changes(decorators=[decorator, *node.decorators])
    return node.with_changes(decorators=[*node.decorators, decorator])


def set_fixture_decorator(
    node: cst.FunctionDef, arguments: Arguments
) -> cst.FunctionDef:
    """Say otherwise what makes a function a fixture, and with which keywords."""
    index = _index(arguments["index"], node.decorators)
    decorators = list(node.decorators)
    old = decorators[index].decorator
    callee = old.func if isinstance(old, cst.Call) else old
    if arguments["to"]:
        callee = expression(str(arguments["to"]))
    keywords = [
        cst.Arg(
            expression(code),
            keyword=cst.Name(name),
            equal=cst.AssignEqual(NO_SPACE, NO_SPACE),
        )
        for name, code in arguments["keywords"]
    ]
    new: cst.BaseExpression = callee
    if isinstance(old, cst.Call):
        new = old.with_changes(func=callee, args=with_arguments(old, keywords))
    elif keywords:
        new = cst.Call(callee, keywords)
    decorators[index] = decorators[index].with_changes(decorator=new)
    return node.with_changes(decorators=decorators)


def drop_arguments(call: cst.Call, arguments: Arguments) -> cst.Call:
    """Take positional arguments away."""
    gone = set(arguments["indexes"])
    kept = [arg for number, arg in enumerate(call.args) if number not in gone]
    if kept and kept[-1] is not call.args[-1]:
        kept[-1] = kept[-1].with_changes(comma=call.args[-1].comma)
    return call.with_changes(args=kept)


def to_name(call: cst.Call, arguments: Arguments) -> cst.BaseExpression:
    """``request.getfixturevalue("x")`` -> ``x``."""
    return cst.Name(str(arguments["to"]), lpar=call.lpar, rpar=call.rpar)


def swap_base(node: cst.ClassDef, arguments: Arguments) -> cst.ClassDef:
    """Put another class in the place of a base."""
    index = _index(arguments["index"], node.bases)
    bases = list(node.bases)
    bases[index] = bases[index].with_changes(value=expression(str(arguments["code"])))
    return node.with_changes(bases=bases)


def add_base(node: cst.ClassDef, arguments: Arguments) -> cst.ClassDef:
    """Insert a base at a position."""
    position = int(str(arguments.get("position", 0)))
    base = cst.Arg(expression(str(arguments["code"])))
    bases = list(node.bases)
    followed = position < len(bases) or node.keywords
    if position >= len(bases) and bases:
        last = bases[-1]
        base = base.with_changes(comma=last.comma)
        bases[-1] = last.with_changes(comma=COMMA)
    elif followed:
        base = base.with_changes(comma=COMMA)
    bases.insert(position, base)
    return node.with_changes(
        bases=bases,
        lpar=node.lpar if isinstance(node.lpar, cst.LeftParen) else cst.LeftParen(),
        rpar=node.rpar if isinstance(node.rpar, cst.RightParen) else cst.RightParen(),
    )


def set_value(node: Any, arguments: Arguments) -> Any:
    """Replace the value of an assignment or of another simple statement."""
    if not hasattr(node, "value"):
        raise TransformError(f"{type(node).__name__} has no value")
    return node.with_changes(value=expression(str(arguments["code"])))


def drop_element(node: cst.List | cst.Tuple, arguments: Arguments) -> Any:
    """Take an element of a list or a tuple away; the layout of the rest is kept."""
    elements = list(node.elements)
    index = _index(arguments["index"], elements)
    gone = elements.pop(index)
    if elements and index == len(elements):
        elements[-1] = elements[-1].with_changes(comma=gone.comma)
    return node.with_changes(elements=elements)


def _index(index: object, items: Any) -> int:
    if isinstance(index, int) and 0 <= index < len(items):
        return index
    raise TransformError(f"no item {index}")


def bound_body(node: cst.FunctionDef, arguments: Arguments) -> cst.FunctionDef:
    """Put the body of a coroutine function, below its docstring, into a block."""
    suite = node.body
    if isinstance(suite, cst.SimpleStatementSuite):
        line = cst.SimpleStatementLine(
            suite.body, trailing_whitespace=suite.trailing_whitespace
        )
        suite = cst.IndentedBlock([line])
    assert isinstance(suite, cst.IndentedBlock)
    start = 1 if node.get_docstring() is not None and len(suite.body) > 1 else 0
    first: Any = suite.body[start]
    above = leading(first)
    inner = suite.with_changes(
        body=[with_leading(first, ()), *suite.body[start + 1 :]],
        header=cst.TrailingWhitespace(),
    )
    item = cst.WithItem(expression(str(arguments["code"])))
    block = cst.With(
        [item], inner, asynchronous=cst.Asynchronous(), leading_lines=above
    )
    body = [*suite.body[:start], block]
    return node.with_changes(body=suite.with_changes(body=body, footer=()))
