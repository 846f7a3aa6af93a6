"""Our walk meets what that of `ast` meets, but for contexts and operators."""

import ast
import sysconfig
from pathlib import Path

import pytest

from awaitify_codemods.facts.tree import walk

LEAVES = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
LIBRARY = Path(sysconfig.get_path("stdlib"))
FILES = [
    "ast.py",
    "typing.py",
    "dataclasses.py",
    "asyncio/tasks.py",
    "test/test_patma.py",
]


@pytest.mark.parametrize("name", FILES)
def test_no_node_is_missed(name):
    file = LIBRARY / name
    if not file.exists():
        pytest.skip("the tests of the standard library are not installed")
    tree = ast.parse(file.read_bytes())
    expected = [each for each in ast.walk(tree) if not isinstance(each, LEAVES)]
    assert list(walk(tree)) == expected


def test_statements_of_every_kind():
    tree = ast.parse(
        "import a.b as c\nfrom . import d as e\nglobal f\n"
        "async def g(h, /, i: j = 1, *k, l, m=2, **n) -> o:\n"
        "    async with p as q, r:\n        return [s async for t in u if v]\n"
        "match w:\n    case {'x': 1, **y} | Z(a=2) | [*_] if b: pass\n"
        "try: pass\nexcept c as d: raise e from f\n"
        "g = f'{h!r:>{i}}' if j and not k < l else {m: n, **o}\n"
    )
    expected = [each for each in ast.walk(tree) if not isinstance(each, LEAVES)]
    assert list(walk(tree)) == expected
