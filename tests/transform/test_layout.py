"""Indentation of continuation lines, as pure text."""

from __future__ import annotations

import pytest

from awaitify_codemods.transform.layout import breaks_outside_brackets, continued_lines

CASES = {
    "hanging": ("x = f(\n    1,\n)", "x = gg(\n    1,\n)", {1: "    ", 2: ""}),
    "aligned": ("x = f(1,\n      2)", "x = ggg(1,\n      2)", {1: " " * 8}),
    "aligned, back": ("x = fff(1,\n        2)", "x = g(1,\n        2)", {1: " " * 6}),
    "beyond the bracket": ("f(1,\n     2)", "gg(1,\n     2)", {1: " " * 6}),
    "short of the bracket": ("fff(1,\n  2)", "g(1,\n  2)", {1: "  "}),
    "bracket with a comment": ("f(  # 1\n  2)", "ggg(  # 1\n  2)", {1: "  "}),
    "nested": (
        "f(a(1,\n    2),\n  3)",
        "ff(aa(1,\n    2),\n  3)",
        {1: " " * 6, 2: " " * 3},
    ),
    "hanging in aligned": (
        "f(a,\n  b(\n      1\n  ))",
        "fff(a,\n  b(\n      1\n  ))",
        {1: " " * 4, 2: " " * 8, 3: " " * 4},
    ),
    "hug": ("f(g({\n    1: 2,\n}))", "fff(g({\n    1: 2,\n}))", {1: "    ", 2: ""}),
    "tabs": ("\tx = f(\n\t\t1)", "\tx = ggg(\n\t\t1)", {1: "\t\t"}),
    "brackets in strings": ("f('(', 1,\n  2)", "gg('(', 1,\n  2)", {1: "   "}),
    "brackets in comments": ("f(1,  # (\n  2)", "gg(1,  # (\n  2)", {1: "   "}),
}


@pytest.mark.parametrize("name", CASES)
def test_continued_lines(name: str):
    before, after, margins = CASES[name]
    kept = {line: line for line in range(1, before.count("\n") + 1)}
    assert continued_lines(before, after, kept) == margins


def test_lines_of_strings_are_not_touched():
    before = 'f("""a\n  b""",\n  1)'
    assert continued_lines(before, "g" + before, {2: 2}) == {2: "   "}
    assert continued_lines(before, "g" + before, {1: 1}) == {}


def test_lines_that_are_gone_or_new_do_not_count():
    before = "run(\n    f(\n        1,\n    )\n)"
    after = "await f(\n        1,\n    )"
    assert continued_lines(before, after, {1: 2, 2: 3}) == {1: "    ", 2: ""}


@pytest.mark.parametrize(
    "text, breaks",
    [
        ("f()", False),
        ("f(\n)", False),
        ("f(\n  1\n)[\n  2]", False),
        ("f()\n.g()", True),
        ("f()\n    .g()\n  .h()", True),
        ("a\n+ b", True),
        ("f(\n)\n.g()", True),
        ("a \\\n  + b", False),
        ('"""a\nb"""', False),
        ("f()  # why\n", False),
    ],
)
def test_breaks_outside_brackets(text: str, breaks: bool):
    assert breaks_outside_brackets(text) is breaks
