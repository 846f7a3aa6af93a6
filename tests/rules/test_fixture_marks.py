"""AW313: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged, reported
from tests.traps.support import check as check_project

HEAD = "import pytest\n\n\n"
BODY = "def key():\n    return 1\n"


@pytest.mark.parametrize(
    "code",
    [
        f"@pytest.fixture\n{BODY}",
        f"@pytest.fixture(params=[pytest.param(1, marks=pytest.mark.x)])\n{BODY}",
        f"@pytest.yield_fixture(*options)\n{BODY}",
        f"@own.yield_fixture\n{BODY}",
        f"@own.mark\n@pytest.fixture\n{BODY}",
    ],
)
def test_what_is_right_or_not_known(code):
    assert check_unchanged(HEAD + code) == []


@pytest.mark.parametrize("mark", ["slow", 'usefixtures("db")', "xfail()"])
def test_other_marks_are_reported(mark):
    source = f"{HEAD}@pytest.fixture\n@pytest.mark.{mark}\n{BODY}"
    check_unchanged(source)
    assert reported(source) == ["5:2 AW313 report"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_marker_above_and_below(order):
    lines = ["@pytest.mark.asyncio(scope='module')\n", "@pytest.fixture()\n"]
    above = "".join(lines[each] for each in order)
    check(HEAD + above + BODY, f"{HEAD}@pytest.fixture()\n{BODY}")


def test_an_async_one_gets_its_decorator_too():
    body = "async def key():\n    return 1\n"
    check(
        f"{HEAD}@pytest.mark.asyncio\n@pytest.yield_fixture\n{body}",
        f"import pytest_asyncio\n\n\n@pytest_asyncio.fixture\n{body}",
    )


def test_an_async_one_in_auto_mode():
    body = "async def key():\n    yield 1\n"
    check_project(
        {"test_it.py": f"{HEAD}@pytest.mark.asyncio\n@pytest.yield_fixture\n{body}"},
        {"test_it.py": f"{HEAD}@pytest.fixture\n{body}"},
        modes={"": "auto"},
    )


def test_yield_fixture_by_name():
    source = (
        f"from pytest import yield_fixture\n\n\n@yield_fixture(scope='class')\n{BODY}"
    )
    check(source, f"{HEAD}@pytest.fixture(scope='class')\n{BODY}")


def test_comments_stay():
    check(
        f"{HEAD}# One.\n@pytest.mark.asyncio\n# Two.\n@pytest.fixture\n{BODY}",
        f"{HEAD}# One.\n# Two.\n@pytest.fixture\n{BODY}",
    )


def test_what_is_reported():
    source = f"{HEAD}@pytest.mark.asyncio\n@pytest.yield_fixture\n{BODY}"
    assert reported(source) == ["6:1 AW313 migrate", "6:1 AW313 migrate"]


def test_a_comment_keeps_it():
    source = f"{HEAD}# awaitify: ignore[AW313]\n@pytest.yield_fixture\n{BODY}"
    assert check_unchanged(source) == []
