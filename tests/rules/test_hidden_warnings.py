"""AW332: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods import SUITE, apply
from awaitify_codemods.plan import MIGRATE, REPORT, REVIEW
from tests.support import check

HEAD = "import warnings\n\nimport pytest\n\nfrom app import fire\n\n\n"
OURS = '"ignore:coroutine.*was never awaited:RuntimeWarning"'
TEST = "def test_fire():\n    {}assert fire()\n"
FILTERS = "@pytest.mark.filterwarnings({})\n"
CALL = "warnings.filterwarnings({})\n    "


def found(text: str, unsafe: bool = False) -> list[str]:
    """Return what becomes of each filter."""
    outcome = apply(SUITE, text.encode(), unsafe=unsafe)
    return [each.status for each in outcome.findings if each.rule == "AW332"]


@pytest.mark.parametrize(
    "text",
    [
        FILTERS.format('"ignore::RuntimeWarning"') + TEST.format(""),
        FILTERS.format('"error:.*never awaited"') + TEST.format(""),
        FILTERS.format("NEVER") + TEST.format("") + "NEVER = 'never awaited'\n",
        f"@filterwarnings({OURS})\n" + TEST.format(""),
        TEST.format(CALL.format('"error", message=".*never awaited"')),
        TEST.format('warnings.simplefilter("ignore")  # never awaited\n    '),
        TEST.format('pytest.warns(RuntimeWarning, match="never awaited")\n    '),
    ],
)
def test_what_is_not_certain_is_not_mentioned(text):
    check(HEAD + text, HEAD + text, unsafe=True)
    assert found(HEAD + text, unsafe=True) == []


THEIRS = "\"ignore:coroutine 'pool.close' was never awaited\""


@pytest.mark.parametrize(
    "text",
    [
        FILTERS.format(THEIRS) + TEST.format(""),
        f"pytestmark = [*MARKS, pytest.mark.filterwarnings({THEIRS})]\n\n\n"
        + TEST.format(""),
        TEST.format("done = " + CALL.format('"ignore", ".*never awaited"')),
    ],
)
def test_what_may_not_go_is_reported(text):
    check(HEAD + text, HEAD + text, unsafe=True)
    assert found(HEAD + text) == found(HEAD + text, unsafe=True) == [REPORT]


def test_without_unsafe_it_stays():
    text = f"{HEAD}@pytest.mark.filterwarnings({OURS})\n{TEST.format('')}"
    check(text, text)
    assert found(text) == [REVIEW]
    assert found(text, unsafe=True) == [MIGRATE]


MARK = f"pytest.mark.filterwarnings({OURS})"
SLOW = "@pytest.mark.slow\n"
METHOD = "class TestFire:\n    {}def test_fire(self):\n        assert fire()\n"


@pytest.mark.parametrize(
    "before, after",
    [
        (f"@{MARK}\n{SLOW}{TEST.format('')}", f"{SLOW}{TEST.format('')}"),
        (
            f"@{MARK}\n{SLOW}{METHOD.format('')}",
            f"{SLOW}{METHOD.format('')}",
        ),
        (
            f"pytestmark = [pytest.mark.slow, {MARK}]\n\n\n{TEST.format('')}",
            f"pytestmark = [pytest.mark.slow]\n\n\n{TEST.format('')}",
        ),
        (
            f"pytestmark = ({MARK}, pytest.mark.slow)\n\n\n{TEST.format('')}",
            f"pytestmark = (pytest.mark.slow,)\n\n\n{TEST.format('')}",
        ),
        (
            f"{SLOW}{METHOD.format(f'pytestmark = [{MARK}]{chr(10)}{chr(10)}    ')}",
            f"{SLOW}{METHOD.format('')}",
        ),
        (
            "@pytest.fixture(autouse=True)\ndef quiet():\n"
            "    with warnings.catch_warnings():\n"
            '        warnings.filterwarnings("ignore", ".* was never awaited")\n'
            "        yield\n",
            "@pytest.fixture(autouse=True)\ndef quiet():\n"
            "    with warnings.catch_warnings():\n        yield\n",
        ),
        (
            "async def send(): pass\n\n\n@pytest.mark.filterwarnings("
            "\"ignore:coroutine 'send' was never awaited\")\n"
            f"{SLOW}{TEST.format('')}",
            f"async def send(): pass\n\n\n{SLOW}{TEST.format('')}",
        ),
    ],
    ids=["mark", "class", "list", "tuple", "of a class", "call", "our own"],
)
def test_wherever_it_stands(before, after):
    uses = "\n\nwarnings.warn('x')\n"
    check(HEAD + before + uses, HEAD + after + uses, unsafe=True)


def test_comments_keep_a_list():
    text = (
        f"{HEAD}pytestmark = [\n    {MARK},\n    # why it is slow\n"
        f"    pytest.mark.slow,\n]\n\n\n{TEST.format('')}"
    )
    check(text, text, unsafe=True)
    assert found(text, unsafe=True) == [REPORT]
