"""AW107: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
DONE = "import pytest\n\nfrom app import f\n\n"


@pytest.mark.parametrize(
    "assertion",
    [
        "print(pytest.raises(ValueError, asyncio.run, f()))",
        "assert pytest.raises(ValueError, asyncio.run, f())",
        "e, *_ = [pytest.raises(ValueError, asyncio.run, f())]",
    ],
)
def test_an_assertion_inside_something_else(assertion):
    assert check_unchanged(f"{HEAD}def test_f():\n    {assertion}\n") == [
        "drive-in-callback"
    ]


@pytest.mark.xfail(strict=True, reason="a generator in a lambda counts as consumed")
def test_a_generator_that_something_else_consumes():
    assert check_unchanged(
        f"{HEAD}def test_f(use):\n"
        "    pytest.raises(ValueError, lambda: use(asyncio.run(x) for x in f()))\n"
    )


def test_the_result_keeps_its_name():
    check(
        f"{HEAD}def test_f():\n"
        "    info = pytest.raises(ValueError, asyncio.run, f(1, x=2))\n"
        '    assert "no" in str(info.value)\n',
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n"
        "    with pytest.raises(ValueError) as info:\n        await f(1, x=2)\n"
        '    assert "no" in str(info.value)\n',
    )


def test_only_a_statement_of_the_lambda_is_awaited():
    check(
        f"{HEAD}def test_f():\n"
        "    pytest.raises(KeyError, lambda: asyncio.run(f())[asyncio.run(f(2))])\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n"
        "    with pytest.raises(KeyError):\n        (await f())[await f(2)]\n",
    )


def test_a_generator_in_the_lambda_becomes_a_list():
    check(
        f"{HEAD}def test_f():\n"
        "    pytest.raises(ValueError, lambda: list(asyncio.run(x) for x in f()))\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n"
        "    with pytest.raises(ValueError):\n        list([await x for x in f()])\n",
    )


def test_a_helper_in_place_of_the_runner():
    check(
        f"{HEAD}def run(c):\n    return asyncio.run(c)\n\n"
        "def test_f():\n    pytest.raises(ValueError, run, f())\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n"
        "    with pytest.raises(ValueError):\n        await f()\n",
    )


def test_comments_stay():
    check(
        f"{HEAD}def test_f():\n    # above\n"
        "    pytest.raises(ValueError, asyncio.run, f())  # beside\n    # below\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n    # above\n"
        "    with pytest.raises(ValueError):  # beside\n        await f()\n"
        "    # below\n",
    )


@pytest.mark.parametrize(
    ("assertion", "awaited"),
    [
        ("pytest.raises(ValueError, asyncio.run, f())", "await f()"),
        ("pytest.raises(ValueError, lambda: asyncio.run(f()))", "await f()"),
        ("pytest.raises(ValueError, lambda: [asyncio.run(f()), 1])", "[await f(), 1]"),
    ],
)
def test_spellings(assertion, awaited):
    check(
        f"{HEAD}def test_f():\n    {assertion}\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n"
        f"    with pytest.raises(ValueError):\n        {awaited}\n",
    )


@pytest.mark.parametrize(
    ("assertion", "reason"),
    [
        ("pytest.raises(ValueError, func=asyncio.run, main=f())", "drive-in-callback"),
        ("pytest.raises(ValueError, asyncio.run, f(), debug=1)", "drive-in-callback"),
        ("pytest.raises(ValueError, asyncio.run, f()).match('')", "drive-in-callback"),
        ("pytest.raises(ValueError, lambda x: asyncio.run(x), f())", "drive-in-lambda"),
        ("pytest.raises(ValueError, func=lambda: asyncio.run(f()))", "drive-in-lambda"),
        ("pytest.warns(UserWarning, asyncio.run, f())", "drive-in-callback"),
    ],
)
def test_refusals(assertion, reason):
    assert check_unchanged(f"{HEAD}def test_f():\n    {assertion}\n") == [reason]


def test_it_takes_the_drive_and_the_marker_too():
    assertion = "pytest.raises(ValueError, lambda: asyncio.run(f()))"
    source = f"{HEAD}def test_f():\n    {assertion}\n"
    check_taken(source, "AW101", "AW107", "AW109")


def test_every_site_is_reported():
    source = f"{HEAD}def test_f():\n    pytest.raises(ValueError, {{}})\n"
    assert reported(source.format("lambda: asyncio.run(f())")) == [
        "8:5 AW107 migrate",
        "8:39 AW101 migrate",
    ]
    assert reported(source.format("asyncio.run, f()")) == ["8:5 AW101 migrate"]
    assert reported(source.format("func=asyncio.run")) == [
        "8:36 AW101 left drive-in-callback"
    ]
