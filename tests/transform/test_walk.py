"""The walk meets the nodes of a kind in the order in which `ast` has them."""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from awaitify_codemods.transform.tree import LEAVES, child_fields, spelled

KINDS: dict[str, tuple[type[ast.AST], ...]] = {
    "AnnAssign": (ast.AnnAssign,),
    "Assert": (ast.Assert,),
    "Assign": (ast.Assign,),
    "AugAssign": (ast.AugAssign,),
    "Await": (ast.Await,),
    "Call": (ast.Call,),
    "ClassDef": (ast.ClassDef,),
    "Del": (ast.Delete,),
    "Expr": (ast.Expr,),
    "For": (ast.For, ast.AsyncFor),
    "FunctionDef": (ast.FunctionDef, ast.AsyncFunctionDef),
    "GeneratorExp": (ast.GeneratorExp,),
    "Global": (ast.Global,),
    "If": (ast.If,),
    "Import": (ast.Import,),
    "ImportFrom": (ast.ImportFrom,),
    "Lambda": (ast.Lambda,),
    "ListComp": (ast.ListComp,),
    "Nonlocal": (ast.Nonlocal,),
    "Pass": (ast.Pass,),
    "Raise": (ast.Raise,),
    "Return": (ast.Return,),
    "Try": (ast.Try,),
    "While": (ast.While,),
    "With": (ast.With, ast.AsyncWith),
}
STDLIB = Path(sysconfig.get_path("stdlib"))
FILES = sorted(
    file
    for folder in (".", "asyncio", "test", "unittest")
    for file in (STDLIB / folder).glob("*.py")
    if file.stat().st_size < 60_000
)


@pytest.mark.parametrize("file", FILES[:: len(FILES) // 30], ids=lambda file: file.name)
def test_order(file: Path):
    check_order(file.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_order_in_many_files(file: Path):
    check_order(file.read_bytes())


def test_order_where_fields_are_declared_otherwise():
    check_order(
        b"""
@d(f(1), x=g())
class T(a(), *b(), k=c(), **d()):
    @e()
    async def m(p=i(), /, q: j() = k(), *l: m(), n=o(), **p: q()) -> r():
        x = s() if t() else u()
        return {**v(), w(): x()}, [y() for _ in z() if a1() for b1 in c1()]

def f(a=lambda *, b=g(): h(), *, c: d(e) = f(), **g): pass
match f():
    case g.C(h=1) if i():
        j()
for a[f()] in g(): h()
else: i()
with a() as b[c()], d() as e: f()
try: a()
except b(): c()
else: d()
finally: e()
x: f() = g()
x[f()] += g()
assert f(), g()
raise f() from g()
"""
    )


def check_order(source: bytes) -> None:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        pytest.skip("not meant to be parsed")
    met: dict[str, list[str | None]] = {kind: [] for kind in KINDS}
    for node in walked(cst.parse_module(source)):
        kind = type(node).__name__
        if kind in met:
            met[kind].append(name_in_libcst(node))
    for kind, types in KINDS.items():
        nodes = [node for node in ast.walk(tree) if isinstance(node, types)]
        nodes.sort(key=position)
        assert [name_in_ast(node) for node in nodes] == met[kind], kind


def walked(node: Any) -> Iterator[Any]:
    yield node
    for name in child_fields(type(node)):
        child = getattr(node, name)
        if isinstance(child, tuple | list):
            for item in child:
                yield from walked(item)
        elif type(child) not in LEAVES:
            yield from walked(child)


def position(node: Any) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, -node.end_lineno, -node.end_col_offset


def name_in_ast(node: Any) -> str | None:
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return getattr(node, "name", None)


def dotted(node: ast.AST) -> str | None:
    match node:
        case ast.Name(name):
            return name
        case ast.Constant(True | False | None as value):
            return str(value)
        case ast.Attribute(value, name):
            return (head := dotted(value)) and f"{head}.{name}"
        case ast.Call(func):
            return (head := dotted(func)) and f"{head}()"
    return None


def name_in_libcst(node: Any) -> str | None:
    if isinstance(node, cst.Call):
        return spelled(node.func)
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        return node.name.value
    return None
