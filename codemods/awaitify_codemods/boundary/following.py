"""What a test does after a drive, and what stands around it."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Drive
from awaitify_codemods.facts.tree import walk

_RAISING = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
_EXITS = frozenset({"SystemExit", "KeyboardInterrupt", "BaseException"})


def following(module: Module, node: ast.AST, function: ast.AST) -> list[ast.stmt]:
    """Return what may run after a drive, its own statement included if it goes on."""
    found: list[ast.stmt] = []
    whole = module.statement(node)
    if not isinstance(whole, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)):
        found.append(whole)
    statement: ast.AST = whole
    for outer in module.enclosing(statement):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(outer, name, None)
            if isinstance(block, list) and statement in block:
                found += block[block.index(statement) + 1 :]
        if isinstance(outer, (ast.For, ast.While, ast.AsyncFor)):
            found.append(outer)
        if isinstance(outer, ast.Try):
            found += outer.finalbody
        if outer is function:
            break
        statement = outer
    return found


def looks_at_result(drive: Drive) -> bool:
    """Whether a result is kept, and not awaited before anything else happens."""
    module = drive.module
    match module.parents[drive.node]:
        case ast.Assign(targets=[ast.Name(id=name)]):
            follows = following(module, drive.node, drive.scope.node)
        case ast.Assign():
            return True
        case _:
            return False
    return bool(follows) and not any(
        isinstance(argument, ast.Name) and argument.id == name
        for each in ast.walk(follows[0])
        if isinstance(each, ast.Call)
        for argument in each.args
    )


def is_last(drive: Drive) -> bool:
    """Whether nothing of the test itself runs after its last drive."""
    function = drive.scope.node
    if not getattr(function, "name", "").startswith("test"):
        return False
    for outer in drive.module.enclosing(drive.node):
        if outer is function:
            break
        if isinstance(outer, (ast.Try, ast.AsyncWith)):
            return False
        if isinstance(outer, ast.With) and not all(map(_is_raising, outer.items)):
            return False
    return not _has_fixtures(function)


def _is_raising(item: ast.withitem) -> bool:
    call = item.context_expr
    name = getattr(call, "func", call)
    return getattr(name, "attr", getattr(name, "id", "")) in _RAISING


def _has_fixtures(function: ast.AST) -> bool:
    """Whether a test has parameters that no ``@patch`` gives."""
    assert isinstance(function, ast.FunctionDef)
    given = [each.arg for each in function.args.args if each.arg != "self"]
    patches = [each for each in function.decorator_list if "patch" in ast.dump(each)]
    return len(given) > len(patches)


def expects_exit(module: Module, node: ast.AST) -> bool:
    """Whether a drive stands in ``with raises(SystemExit)`` or the like."""
    for outer in module.enclosing(node):
        if isinstance(outer, (ast.With, ast.Try)):
            heads: list[ast.AST] = []
            if isinstance(outer, ast.With):
                heads += outer.items
            else:
                heads += [each.type for each in outer.handlers if each.type]
            for head in heads:
                for each in walk(head):
                    if getattr(each, "id", getattr(each, "attr", "")) in _EXITS:
                        return True
    return False


def class_of(drive: Drive) -> ast.ClassDef | None:
    """Return the class in which a drive stands."""
    for outer in drive.module.enclosing(drive.node):
        if isinstance(outer, ast.ClassDef):
            return outer
    return None


def is_own(drive: Drive) -> bool:
    """Whether a function runs a loop that it has made itself."""
    loop = drive.runner.loop
    return loop is not None and loop.kind == "new" and loop.scope is drive.scope
