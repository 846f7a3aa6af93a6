"""AW314: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged, reported
from tests.traps.support import check as check_project

HEAD = "import pytest\n\n\n"
TEST = "async def test_f():\n    pass\n"


def marked(mark: str) -> str:
    """Return a test module with one marked test."""
    return f"{HEAD}@{mark}\n{TEST}"


@pytest.mark.parametrize(
    "arguments",
    [
        '"module", scope="module"',
        '*args, scope="module"',
        "scope='module', **more",
        'scope="module", loop_scope="class"',
    ],
)
def test_what_is_not_certain(arguments):
    source = marked(f"pytest.mark.asyncio({arguments})")
    assert check_unchanged(source) == ["unknown-value"]


@pytest.mark.parametrize(
    "mark",
    [
        'pytest.mark.asyncio(loop_scope="module")',
        "pytest.mark.asyncio",
        'own.asyncio(scope="module")\n@pytest.mark.asyncio',
        'pytest.mark.usefixtures("scope")\n@pytest.mark.asyncio',
    ],
)
def test_what_is_no_marker_or_right_already(mark):
    assert check_unchanged(marked(mark)) == []


def test_scopes_that_are_given_twice_and_alike():
    check(
        marked('pytest.mark.asyncio(scope="module", loop_scope="module")'),
        marked('pytest.mark.asyncio(loop_scope="module")'),
    )


def test_function_is_said_where_another_scope_is_the_default():
    mark = 'pytest.mark.asyncio({}="function")'
    check_project(
        {"test_it.py": marked(mark.format("scope"))},
        {"test_it.py": marked(mark.format("loop_scope"))},
        loop_scopes={"": ("", "session")},
    )


@pytest.mark.parametrize(
    "code",
    [
        'mark_it = pytest.mark.asyncio({}="session")\n\n\n@mark_it\n' + TEST,
        'pytestmark = pytest.mark.asyncio({}="session")\n\n\n' + TEST,
        'pytestmark = (pytest.mark.slow, pytest.mark.asyncio({}="module"))\n\n' + TEST,
        '@pytest.mark.asyncio({}="class")\nclass TestF:\n    async def test_f(self):\n'
        "        pass\n",
        "class TestF:\n    pytestmark = pytest.mark.asyncio({}=SCOPE)\n\n"
        "    async def test_f(self):\n        pass\n",
        'run = pytest.mark.asyncio\n\n\n@run({}="session")\n' + TEST,
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.asyncio('
        '{}="session"))])\nasync def test_f(x):\n    pass\n',
    ],
)
def test_every_place(code):
    check(HEAD + code.format("scope"), HEAD + code.format("loop_scope"))


def test_imported_mark():
    source = f'from pytest import mark\n\n\n@mark.asyncio({{}}="module")\n{TEST}'
    check(source.format("scope"), source.format("loop_scope"))


def test_a_hook_in_conftest():
    hook = (
        "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
        '    mark = pytest.mark.asyncio({}="session")\n    for item in items:\n'
        "        item.add_marker(mark, append=False)\n"
        '        item.add_marker(pytest.mark.asyncio({}="session"), append=False)\n'
    )
    check_project(
        {"tests/conftest.py": hook.format("scope", "scope")},
        {"tests/conftest.py": hook.format("loop_scope", "loop_scope")},
    )


def test_keywords_that_are_gone():
    check(
        marked('pytest.mark.asyncio(scope="class", accept_global_loop=False)'),
        marked('pytest.mark.asyncio(loop_scope="class")'),
    )


def test_comments_stay():
    check(
        f'{HEAD}@pytest.mark.asyncio(\n    scope="module",  # one loop\n)\n{TEST}',
        f'{HEAD}@pytest.mark.asyncio(\n    loop_scope="module",  # one loop\n)\n{TEST}',
    )


def test_what_is_reported():
    source = marked('pytest.mark.asyncio(scope="class", accept_global_loop=False)')
    assert reported(source) == ["4:2 AW314 migrate", "4:2 AW314 migrate"]


def test_a_comment_keeps_it():
    source = marked('pytest.mark.asyncio(scope="module")  # awaitify: ignore[AW314]')
    assert check_unchanged(source) == []
