"""Edits of TOML keep every other byte."""

from __future__ import annotations

import pytest

from awaitify.settings import toml_text
from awaitify.settings.text import NotEditable

TABLE = ("tool", "pytest", "ini_options")
HEADER = "[tool.pytest.ini_options]\n"

FORMS = {
    "a comment behind it": (
        HEADER + "asyncio_mode = 'legacy'  # old\n",
        HEADER + "asyncio_mode = 'auto'  # old\n",
    ),
    "dotted keys": (
        'tool.pytest.ini_options.asyncio_mode = "legacy"\n',
        'tool.pytest.ini_options.asyncio_mode = "auto"\n',
    ),
    "half dotted": (
        '[tool.pytest]\nini_options.asyncio_mode = "legacy"',
        '[tool.pytest]\nini_options.asyncio_mode = "auto"',
    ),
    "inline tables": (
        '[tool]\npytest = { ini_options = { asyncio_mode = "legacy", x = true } }\n',
        '[tool]\npytest = { ini_options = { asyncio_mode = "auto", x = true } }\n',
    ),
    "quoted keys": (
        '["tool".pytest.\'ini_options\']\n"asyncio_mode"="legacy"\n',
        '["tool".pytest.\'ini_options\']\n"asyncio_mode"="auto"\n',
    ),
    "tables out of order": (
        '[tool.a]\nx=1\n\n[tool.pytest.ini_options]\nasyncio_mode = "legacy"\n'
        "[build]\ny = 1\n[tool.b]\nz = 2\n[[tool.c]]\n",
        '[tool.a]\nx=1\n\n[tool.pytest.ini_options]\nasyncio_mode = "auto"\n'
        "[build]\ny = 1\n[tool.b]\nz = 2\n[[tool.c]]\n",
    ),
    "the same text elsewhere": (
        '[tool.other]\nasyncio_mode = "legacy"\n'
        + HEADER
        + 'asyncio_mode = "legacy"\n',
        '[tool.other]\nasyncio_mode = "legacy"\n' + HEADER + 'asyncio_mode = "auto"\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), FORMS.values(), ids=FORMS)
def test_a_value_is_replaced(before: str, after: str):
    new = toml_text.replace_value(before, (*TABLE, "asyncio_mode"), '"auto"')
    assert new == after


ADDED = {
    "behind its neighbour": (
        HEADER + "a = 1  # one\n\n# about b\nb = 2\n",
        HEADER + 'a = 1  # one\nnew = "x"\n\n# about b\nb = 2\n',
    ),
    "behind an array": (
        HEADER + 'a = [\n    "x",  # y\n    # z\n]\nb = 2\n',
        HEADER + 'a = [\n    "x",  # y\n    # z\n]\nnew = "x"\nb = 2\n',
    ),
    "behind a string of several lines": (
        HEADER + 'a = """\n-q\n-x\n"""\n[tool.b]\n',
        HEADER + 'a = """\n-q\n-x\n"""\nnew = "x"\n[tool.b]\n',
    ),
    "without a last line end": (HEADER + "a=1", HEADER + 'a=1\nnew="x"'),
    "indented": (
        HEADER + "  a = 1\n  b = 2\n",
        HEADER + '  a = 1\n  new = "x"\n  b = 2\n',
    ),
    "dotted": (
        "tool.pytest.ini_options.a = 1\n",
        'tool.pytest.ini_options.a = 1\ntool.pytest.ini_options.new = "x"\n',
    ),
    "inline": (
        "tool = {pytest = {ini_options = {a = 1}}}\n",
        'tool = {pytest = {ini_options = {a = 1, new = "x"}}}\n',
    ),
    "quoted": (HEADER + '"a" = 1\n', HEADER + '"a" = 1\nnew = "x"\n'),
}


@pytest.mark.parametrize(("before", "after"), ADDED.values(), ids=ADDED)
def test_a_key_is_added(before: str, after: str):
    assert toml_text.add_key(before, TABLE, "new", '"x"', "a") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEADER, HEADER + "new = 1\n"),
        (
            "[tool.pytest.ini_options] # here",
            "[tool.pytest.ini_options] # here\nnew = 1",
        ),
        (
            '[ tool . "pytest".ini_options ]\n\n[x]\n',
            '[ tool . "pytest".ini_options ]\nnew = 1\n\n[x]\n',
        ),
    ],
)
def test_a_first_key(before: str, after: str):
    assert toml_text.add_first_key(before, TABLE, "new", "1") == after


def test_no_header_to_put_a_first_key_below():
    with pytest.raises(NotEditable, match="no header"):
        toml_text.add_first_key("tool = {pytest = {ini_options = {}}}", TABLE, "n", "1")


ARRAYS = {
    '["pytest"]': ('["pytest", "NEW"]', "[]"),
    '["pytest",]': ('["pytest", "NEW",]', "[]"),
    '["a","pytest","z"]': ('["a","pytest","NEW","z"]', '["a","z"]'),
    '[ "pytest", "z" ]': ('[ "pytest", "NEW", "z" ]', '[ "z" ]'),
    '["a", "pytest"]': ('["a", "pytest", "NEW"]', '["a"]'),
    '[\n  "pytest",  # c\n  "z"  # d\n]': (
        '[\n  "pytest",  # c\n  "NEW",\n  "z"  # d\n]',
        '[\n  "z"  # d\n]',
    ),
    '[\n  "a",\n  "pytest"  # last\n]': (
        '[\n  "a",\n  "pytest",  # last\n  "NEW"\n]',
        '[\n  "a"\n]',
    ),
    '[\n\t"a", # "pytest",\n\t# [\n\t"pytest[testing]>=7; python_version>\'3\'",\n]': (
        '[\n\t"a", # "pytest",\n\t# [\n\t"pytest[testing]>=7; python_version>\'3\'",\n\t"NEW",\n]',
        '[\n\t"a", # "pytest",\n\t# [\n]',
    ),
    '[\n  {include-group = "x"},\n  "pytest",\n]': (
        '[\n  {include-group = "x"},\n  "pytest",\n  "NEW",\n]',
        '[\n  {include-group = "x"},\n]',
    ),
    '["a",\n "pytest"]': ('["a",\n "pytest",\n "NEW"]', '["a"]'),
}


@pytest.mark.parametrize("array", ARRAYS)
def test_items_of_arrays(array: str):
    added, removed = ARRAYS[array]
    items = toml_text.parse(f"x = {array}")["x"]
    number = next(n for n, item in enumerate(items) if "pytest" in item)
    place = ("d", "test")

    def content(text: str) -> str:
        return f"[d]\ntest = {text}  # end\nx = 1\n"

    new = toml_text.add_item(content(array), place, '"NEW"', number)
    assert new == content(added)
    assert toml_text.parse(new)["d"]["test"] == [
        *items[: number + 1],
        "NEW",
        *items[number + 1 :],
    ]
    new = toml_text.remove_item(content(array), place, number)
    assert toml_text.parse(new)["d"]["test"] == [*items[:number], *items[number + 1 :]]
    if array != '["a",\n "pytest"]':
        assert new == content(removed)


def test_an_array_within_an_array_is_left():
    with pytest.raises(NotEditable):
        toml_text.add_item('a = [["pytest"]]\n', ("a",), '"x"', 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEADER + "a = 1 # one\nb = 2\n", HEADER + "b = 2\n"),
        (HEADER + "# above\na = [\n 1,\n]\n\nb = 2\n", HEADER + "# above\n\nb = 2\n"),
        (
            "tool = {pytest = {ini_options = {a = 1, b = 2}}}",
            "tool = {pytest = {ini_options = {b = 2}}}",
        ),
        (
            "tool = {pytest = {ini_options = {b = 2, a = 1}}}",
            "tool = {pytest = {ini_options = {b = 2}}}",
        ),
        ("tool.pytest.ini_options.a = true\n", ""),
    ],
)
def test_a_key_is_removed(before: str, after: str):
    assert toml_text.remove_key(before, (*TABLE, "a")) == after


@pytest.mark.parametrize("content", ["a = ", "[a]\n[a]\n", "a = 1\na = 2\n"])
def test_what_is_no_toml_is_left(content: str):
    with pytest.raises(NotEditable):
        toml_text.replace_value(content, ("a",), "2")


def test_what_is_not_there_is_left():
    with pytest.raises(NotEditable):
        toml_text.replace_value("a = 1\n", ("b", "c"), "2")
