"""Comments, blank lines and line breaks: the result reads as if written by hand."""

import pytest

from tests.traps.support import cases, check, run, sources

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import Client, cleanup, f\n\n\n"
DONE = "import pytest\n\nfrom app import Client, cleanup, f\n\n\n"


def body(before: str, after: str, *, keeps: bool = False) -> None:
    """Assert what becomes of the body of a test."""
    old, new = (
        "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())
        for text in (before.strip("\n"), after.strip("\n"))
    )
    check(
        f"{HEAD}def test_f():\n{old}",
        f"{HEAD if keeps else DONE}@pytest.mark.asyncio\nasync def test_f():\n{new}",
    )


# Comments


def test_comments_beside_a_drive_stay():
    body(
        "# above\nx = asyncio.run(f())  # beside\n# below\nassert x",
        "# above\nx = await f()  # beside\n# below\nassert x",
    )


def test_comments_above_a_removed_statement_move_down():
    body(
        "# a loop of its own\nloop = asyncio.new_event_loop()\n"
        "# then drive\nassert loop.run_until_complete(f())\n# and close\nloop.close()",
        "# a loop of its own\n# then drive\nassert await f()\n# and close",
    )


def test_comments_in_a_try_that_goes_stay():
    body(
        "loop = asyncio.new_event_loop()\n# first\ntry:\n    # second\n"
        "    assert loop.run_until_complete(f())  # third\n    # fourth\n"
        "finally:\n    # fifth\n    loop.close()\n# sixth",
        "# first\n# second\nassert await f()  # third\n# fourth\n# fifth\n# sixth",
    )


def test_comments_in_the_brackets_of_a_driver_stay():
    body(
        "x = asyncio.run(\n    # why\n    f()  # what\n)\nassert x",
        "x = await (\n    # why\n    f()  # what\n)\nassert x",
    )


def test_comments_between_arguments_stay():
    body(
        "x = asyncio.run(f(\n    1,  # one\n    2,  # two\n))\nassert x",
        "x = await f(\n    1,  # one\n    2,  # two\n)\nassert x",
    )


def test_comments_in_a_removed_helper_go_and_those_around_stay():
    check(
        "import asyncio\n\nfrom app import f\n\n# Section\n\n\n# The runner.\n"
        "def run(c):\n    # inside\n    return asyncio.run(c)\n\n\n# Tests.\n\n\n"
        "def test_f():\n    run(f())\n",
        "import pytest\n\nfrom app import f\n\n# Section\n\n\n# The runner.\n"
        "\n\n# Tests.\n\n\n@pytest.mark.asyncio\nasync def test_f():\n    await f()\n",
    )


def test_comments_above_an_import_that_goes_stay():
    check(
        "# License\n# More.\n\n# io\nimport asyncio\nimport pytest\n\nfrom app import f"
        "\n\n\ndef test_f():\n    asyncio.run(f())\n",
        "# License\n# More.\n\n# io\nimport pytest\n\nfrom app import f"
        "\n\n\n@pytest.mark.asyncio\nasync def test_f():\n    await f()\n",
    )


@pytest.mark.parametrize(
    "comment", ["# noqa: E402", "# type: ignore[import]", "# pragma: no cover"]
)
def test_a_comment_beside_an_import_that_goes_goes_with_it(comment):
    check(
        f"import asyncio  {comment}\nimport os\n\nimport pytest\n\nfrom app import f\n"
        "\n\ndef test_f():\n    asyncio.run(f(os))\n",
        "import os\n\nimport pytest\n\nfrom app import f\n"
        "\n\n@pytest.mark.asyncio\nasync def test_f():\n    await f(os)\n",
    )


def test_comments_stay_above_what_they_stood_above():
    check(
        f"{HEAD}# about the test\n@pytest.mark.slow  # why\n# about the def\n"
        "def test_f():  # beside\n    asyncio.run(f())\n",
        f"{DONE}# about the test\n@pytest.mark.slow  # why\n"
        "@pytest.mark.asyncio\n# about the def\n"
        "async def test_f():  # beside\n    await f()\n",
    )


def test_comments_about_loops_are_not_rewritten():
    body(
        '"""asyncio.run(f()) works."""\n# asyncio.run(f()) fails\nasyncio.run(f())',
        '"""asyncio.run(f()) works."""\n# asyncio.run(f()) fails\nawait f()',
    )


# Blank lines


def test_blank_lines_of_what_goes_do_not_pile_up():
    body(
        "loop = asyncio.new_event_loop()\n\nclient = Client()\n\n"
        "loop.run_until_complete(f(client))\n\nloop.close()\n\nassert client",
        "client = Client()\n\nawait f(client)\n\nassert client",
    )


def test_a_docstring_keeps_its_blank_line():
    body(
        '"""Do it."""\n\nloop = asyncio.new_event_loop()\n\n'
        "assert loop.run_until_complete(f())",
        '"""Do it."""\n\nassert await f()',
    )


def test_two_blank_lines_between_definitions_stay_two():
    check(
        f"{HEAD}def run(c):\n    return asyncio.run(c)\n\n\nX = 1\n\n\n"
        "def test_f():\n    run(f())\n\n\ndef test_g():\n    assert X\n",
        f"{DONE}X = 1\n\n\n@pytest.mark.asyncio\nasync def test_f():\n    await f()\n"
        "\n\ndef test_g():\n    assert X\n",
    )


def test_a_helper_at_the_end_leaves_no_blank_lines():
    check(
        f"{HEAD}def test_f():\n    run(f())\n\n\ndef run(c):\n"
        "    return asyncio.run(c)\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n    await f()\n",
    )


def test_a_method_that_goes_leaves_one_blank_line_between_the_others():
    check(
        f"{HEAD}class TestF:\n    x = 1\n\n    def run(self, c):\n"
        "        return asyncio.run(c)\n\n    def test_f(self):\n"
        "        self.run(f())\n",
        f"{DONE}class TestF:\n    x = 1\n\n    @pytest.mark.asyncio\n"
        "    async def test_f(self):\n        await f()\n",
    )


def test_a_class_of_which_nothing_is_left_has_a_body():
    check(
        f"{HEAD}class Runs:\n    def run(self, c):\n        return asyncio.run(c)\n\n\n"
        "class TestF(Runs):\n    def test_f(self):\n        self.run(f())\n",
        f"{DONE}class Runs:\n    pass\n\n\n"
        "class TestF(Runs):\n    @pytest.mark.asyncio\n"
        "    async def test_f(self):\n        await f()\n",
    )


def test_a_test_of_which_nothing_is_left_but_life_cycle():
    body(
        "loop = asyncio.new_event_loop()\nif Client:\n"
        "    loop.run_until_complete(f())\nelse:\n    loop.close()",
        "if Client:\n    await f()\nelse:\n    pass",
    )


# Line breaks

CALLS = {
    "hanging": (
        "x = asyncio.run(\n    f(1, 2)\n)\nassert x",
        "x = await f(1, 2)\nassert x",
    ),
    "hanging, several lines": (
        "x = asyncio.run(\n    f(\n        1,\n        2,\n    )\n)\nassert x",
        "x = await f(\n    1,\n    2,\n)\nassert x",
    ),
    "aligned": (
        "x = asyncio.run(f(1,\n                  2))\nassert x",
        "x = await f(1,\n            2)\nassert x",
    ),
    "hugging": (
        "x = asyncio.run(f(\n    1,\n))\nassert x",
        "x = await f(\n    1,\n)\nassert x",
    ),
    "trailing comma": (
        "x = asyncio.run(\n    f(),\n)\nassert x",
        "x = await f()\nassert x",
    ),
    "a chain": (
        "x = asyncio.run(\n    Client()\n    .get()\n)\nassert x",
        "x = await (\n    Client()\n    .get()\n)\nassert x",
    ),
    "an operator": (
        "x = asyncio.run(\n    f()\n    or f(2)\n)\nassert x",
        "x = await (\n    f()\n    or f(2)\n)\nassert x",
    ),
    "in brackets": (
        "assert (\n    asyncio.run(f())\n    == asyncio.run(f(2))\n)",
        "assert (\n    await f()\n    == await f(2)\n)",
    ),
    "a multi-line string": (
        'x = asyncio.run(f("""\na\n  b\n"""))\nassert x',
        'x = await f("""\na\n  b\n""")\nassert x',
    ),
    "a backslash": (
        "x = \\\n    asyncio.run(f())\nassert x",
        "x = \\\n    await f()\nassert x",
    ),
    "semicolons": (
        "x = asyncio.run(f()); y = asyncio.run(f(x)); assert y",
        "x = await f(); y = await f(x); assert y",
    ),
    "odd spaces": (
        "x  =  asyncio . run ( f( ) )\nassert x",
        "x  =  await f( )\nassert x",
    ),
}


@pytest.mark.parametrize(("before", "after"), cases(CALLS))
def test_calls_over_several_lines(before, after):
    lines = before.count("\n") and '"""' in before
    if lines:
        # The lines of a string stand where they stood.
        check(
            f"{HEAD}def test_f():\n    " + before.replace("\nassert", "\n    assert"),
            f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n    "
            + after.replace("\nassert", "\n    assert"),
        )
    else:
        body(before, after)


def test_a_parenthesis_that_is_not_needed_goes():
    body(
        "x = (asyncio.run(f()))\ny = asyncio.run((f()))\nassert x == y",
        "x = await f()\ny = await (f())\nassert x == y",
    )


def test_one_line_suites_keep_their_line():
    body(
        "if Client: asyncio.run(f())\nelse: cleanup()\nwith Client(): asyncio.run(f())",
        "if Client: await f()\nelse: cleanup()\nwith Client(): await f()",
    )


def test_a_one_line_test_keeps_its_line():
    check(
        f"{HEAD}def test_f(): assert asyncio.run(f()) == 1\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f(): assert await f() == 1\n",
    )


def test_a_signature_over_several_lines():
    check(
        f"{HEAD}def test_f(\n    a,  # one\n    b,\n) -> None:\n"
        "    asyncio.run(f(a, b))\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f(\n    a,  # one\n    b,\n"
        ") -> None:\n    await f(a, b)\n",
    )


@pytest.mark.parametrize("indent", ["  ", "\t", "        "])
def test_indentation_is_the_files_own(indent):
    check(
        f"{HEAD}def test_f():\n{indent}loop = asyncio.new_event_loop()\n{indent}try:\n"
        f"{indent * 2}loop.run_until_complete(f())\n{indent}finally:\n"
        f"{indent * 2}loop.close()\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n{indent}await f()\n",
    )


# Bytes


def result(source: bytes) -> bytes:
    """Return the bytes of a module after a migration."""
    from awaitify_codemods import migrate

    project = sources({})
    project = type(project)(
        {"test_it.py": source}, frozenset({"test_it.py"}), frozenset({"test_it.py"})
    )
    migrated = migrate(project)
    assert not migrated.errors and not migrated.bugs
    after = migrated.results["test_it.py"]
    assert after is not None
    return after


SOURCE = (
    b"import asyncio\n\nimport pytest\n\nfrom app import f\n\n\n"
    b"def run(c):\n    return asyncio.run(c)\n\n\n"
    b"def test_f():\n    assert asyncio.run(f()) == run(f())\n"
)


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"", b"newline"])
def test_bytes_outside_the_edits_stay(newline, mark, end):
    text = SOURCE
    expected = (
        b"import pytest\n\nfrom app import f\n\n\n@pytest.mark.asyncio\n"
        b"async def test_f():\n    assert await f() == await f()\n"
    )
    if not end:
        text, expected = text.rstrip(b"\n"), expected.rstrip(b"\n")
    source = mark + text.replace(b"\n", newline)
    assert result(source) == mark + expected.replace(b"\n", newline)


def test_an_encoding_of_its_own_stays():
    head = b"# -*- coding: latin-1 -*-\n"
    name = b'NAME = "\xe9"\n\n\n'
    before = (
        head + b"import asyncio\n\nimport pytest\n\nfrom app import f\n\n" + name
    ) + b"def test_f():\n    asyncio.run(f(NAME))  # \xfc\n"
    after = (head + b"\nimport pytest\n\nfrom app import f\n\n" + name) + (
        b"@pytest.mark.asyncio\nasync def test_f():\n    await f(NAME)  # \xfc\n"
    )
    assert result(before) == after


def test_a_form_feed_stays():
    before = SOURCE + b"\n\x0c\ndef test_g():\n    assert f\n"
    assert b"\x0c" in result(before)


def test_a_file_that_cannot_be_read_as_python_changes_nothing_else():
    files = {
        "test_it.py": HEAD + "def test_f():\n    asyncio.run(f())\n",
        "test_broken.py": "import asyncio\n\ndef test_g(:\n    asyncio.run(f())\n",
    }
    from awaitify_codemods import migrate

    migrated = migrate(sources(files))
    assert [error.path for error in migrated.errors] == ["test_broken.py"]
    assert set(migrated.results) == {"test_it.py"}


def test_a_second_run_changes_nothing():
    again = {"test_it.py": result(SOURCE).decode()}
    assert not run(again).results
