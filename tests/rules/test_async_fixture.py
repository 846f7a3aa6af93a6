"""AW301: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check_taken, reported
from tests.traps.support import check, left

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import Client, f\n\n"
DONE = "import pytest\nimport pytest_asyncio\n\nfrom app import Client, f\n\n"
FIXTURE = "@pytest.fixture\ndef thing():\n    return asyncio.run(f())\n\n"
AWAITS = "@pytest_asyncio.fixture\nasync def thing():\n    return await f()\n\n"
TEST = "def test_f(thing):\n    assert asyncio.run(f()) == thing\n"
MARKED = (
    "@pytest.mark.asyncio\nasync def test_f(thing):\n    assert await f() == thing\n"
)
SYNC = "def test_g(thing):\n    assert thing\n"
CURRENT = (
    "@pytest.fixture\ndef thing():\n"
    "    return asyncio.get_event_loop().run_until_complete(f())\n\n"
)

STAYS = {
    "a test that asks about loops": (
        "def test_f(thing):\n    asyncio.get_event_loop().run_until_complete(f())\n"
        "    assert not asyncio.get_event_loop().is_closed()\n",
        "loop-asserted",
    ),
    "unittest asks for it": (
        'import unittest\n\n@pytest.mark.usefixtures("thing")\n'
        "class FTests(unittest.TestCase):\n    def test_f(self):\n"
        "        self.assertTrue(f)\n",
        "foreign-base",
    ),
    "Hypothesis shares it": (
        "from hypothesis import given\n\n@given(...)\ndef test_f(thing, x):\n"
        "    assert thing\n",
        "run-boundary",
    ),
    "anyio runs the test": (
        "@pytest.mark.anyio\nasync def test_f(thing):\n    assert thing\n",
        "anyio-or-trio",
    ),
    "a helper asks for it by name": (
        'def get(request):\n    return request.getfixturevalue("thing")\n\n'
        "def test_f(request):\n    assert get(request)\n",
        "dynamic-call",
    ),
    "a helper asks by a computed name": (
        "def get(request, name):\n    return request.getfixturevalue(name)\n\n"
        "def test_f(request):\n    assert get(request, 'thi' + 'ng')\n",
        "dynamic-call",
    ),
    "a coroutine asks for it by name": (
        "@pytest.mark.asyncio\nasync def test_f(request):\n"
        '    assert request.getfixturevalue("thing")\n',
        "dynamic-call",
    ),
    "somebody calls it": ("def test_f():\n    assert thing()\n", "helper-escapes"),
    "it is handed on": ("THING = thing\n\n" + SYNC, "helper-escapes"),
}


@pytest.mark.parametrize(("tests", "reason"), STAYS.values(), ids=STAYS)
def test_what_its_tests_do_keeps_a_fixture_sync(tests, reason):
    assert reason in left(HEAD + CURRENT + tests)


FORMS = {
    "an unknown scope": ("@pytest.fixture(scope=SCOPE)", "unknown-value"),
    "an unknown name": ('@pytest.fixture(name="th" + "ing")', "unknown-value"),
    "options": ("@pytest.fixture(**OPTIONS)", "unknown-value"),
    "a decorator below": ("@pytest.fixture\n@cached", "injecting-decorator"),
}


@pytest.mark.parametrize(("decorator", "reason"), FORMS.values(), ids=FORMS)
def test_a_declaration_that_cannot_be_read_stays(decorator, reason):
    fixture = CURRENT.replace("@pytest.fixture", decorator)
    assert reason in left(HEAD + "from app import cached\n\n" + fixture + SYNC)


BODIES = {
    "yields from another": (
        "    yield from make(asyncio.run(f()))\n",
        "generator-test",
    ),
    "returns from a generator": (
        "    yield asyncio.run(f())\n    return 1\n",
        "generator-test",
    ),
    "sets a context variable": (
        "    VAR.set(1)\n    yield asyncio.run(f())\n",
        "run-boundary",
    ),
    "a finalizer before what may fail": (
        "    request.addfinalizer(lambda: asyncio.run(f()))\n    return make()\n",
        "drive-in-lambda",
    ),
    "a finalizer of a generator": (
        "    request.addfinalizer(lambda: asyncio.run(f()))\n    yield make\n",
        "drive-in-lambda",
    ),
    "a factory": (
        "    def create(n):\n        return make(asyncio.run(f()), n)\n"
        "    return create\n",
        "helper-escapes",
    ),
}


@pytest.mark.parametrize(("body", "reason"), BODIES.values(), ids=BODIES)
def test_a_body_that_cannot_be_awaited_stays(body, reason):
    head = "from contextvars import ContextVar\n\nfrom app import make\n\n"
    head += 'VAR = ContextVar("VAR")\n\n'
    fixture = f"@pytest.fixture\ndef thing(request):\n{body}\n"
    assert reason in left(HEAD + head + fixture + SYNC)


def test_a_type_in_quotes_stays():
    fixture = FIXTURE.replace("thing()", 'thing() -> "Iterator[int]"')
    fixture = fixture.replace("return", "yield")
    assert left(f"{HEAD}from typing import Iterator\n\n{fixture}{SYNC}") == [
        "name-taken"
    ]


def test_code_under_test_that_starts_a_loop_beside_it():
    app = "import asyncio\n\nasync def f():\n    pass\n\n"
    app += "def main(x):\n    return asyncio.run(f())\n"
    test = "from app import main\n\ndef test_f(thing):\n    assert main(thing)\n"
    assert left({"app.py": app, "test_it.py": HEAD + CURRENT + test}) == ["multi-loop"]


def test_what_a_run_ends_does_not_live_on_in_the_test():
    app = "import asyncio\n\nasync def f():\n    asyncio.create_task(g())\n\n"
    app += "async def g():\n    await asyncio.sleep(9)\n"
    files = {"app.py": app, "test_it.py": HEAD + FIXTURE + SYNC}
    assert left(files) == ["run-boundary"]


def test_an_override_that_stays_sync_and_asks_for_it():
    files = {
        "conftest.py": HEAD + CURRENT,
        "tests/conftest.py": (
            "import pytest\n\n@pytest.fixture\ndef thing(thing):\n    return [thing]\n"
        ),
        "tests/test_it.py": SYNC,
    }
    assert left(files) == ["helper-escapes"]


def test_a_test_that_is_async_already_has_a_loop_that_is_too_narrow():
    fixture = CURRENT.replace("fixture", 'fixture(scope="session")')
    assert left(HEAD + fixture + MARKED) == ["multi-loop"]


def test_tasks_that_a_test_leaves_behind_do_not_go_on_in_the_next():
    app = "import asyncio\n\nasync def spawn():\n    asyncio.create_task(f())\n\n"
    app += "async def f():\n    await asyncio.sleep(9)\n"
    fixture = CURRENT.replace("fixture", 'fixture(scope="session")')
    test = "def test_f(thing):\n    asyncio.run(spawn())\n"
    files = {
        "app.py": app,
        "test_it.py": HEAD + "from app import spawn\n\n" + fixture + test,
    }
    assert "run-boundary" in left(files)


# What changes


def test_sync_tests_go_on_using_it():
    check(HEAD + FIXTURE + TEST + "\n" + SYNC, DONE + AWAITS + MARKED + "\n" + SYNC)


def test_no_test_of_its_own_need_be_async():
    done = DONE.replace("import pytest\n", "")
    check(HEAD + FIXTURE + SYNC, done + AWAITS + SYNC)


def test_a_test_that_is_async_already_is_untouched():
    check(HEAD + FIXTURE + MARKED, DONE + AWAITS + MARKED)


SPELLINGS = {
    "called": ("import pytest", "@pytest.fixture()", "@pytest_asyncio.fixture()"),
    "renamed": (
        "import pytest as pt",
        '@pt.fixture(name="thing", ids=str, params=[1, 2])',
        '@pytest_asyncio.fixture(name="thing", ids=str, params=[1, 2])',
    ),
    "old": (
        "import pytest",
        "@pytest.yield_fixture(autouse=True)",
        "@pytest_asyncio.fixture(autouse=True)",
    ),
    "an alias": ("import pytest\n\nfixed = pytest.fixture", "@fixed", ""),
}


@pytest.mark.parametrize(
    ("imports", "before", "after"), SPELLINGS.values(), ids=SPELLINGS
)
def test_arguments_are_kept_however_it_is_spelled(imports, before, after):
    body = "\ndef thing():\n    return asyncio.run(f())\n"
    awaits = "\nasync def thing():\n    return await f()\n"
    start = f"import asyncio\n\n{imports}\n\nfrom app import f\n\n"
    alias = "\n\nfixed" in imports
    kept = f"{imports}\n" if alias else ""
    done = f"{kept}import pytest_asyncio\n\nfrom app import f\n\n"
    if alias:
        done = (
            "import pytest\nimport pytest_asyncio\n\nfixed = pytest.fixture\n\n"
            "from app import f\n\n"
        )
    check(
        f"{start}{before}{body}\n{SYNC}",
        f"{done}{after or '@pytest_asyncio.fixture'}{awaits}\n{SYNC}",
    )


def test_fixture_by_name_stays_for_the_others():
    other = "@fixture\ndef other():\n    return 1\n\n"
    head = "import asyncio\n\nfrom pytest import fixture\n\nfrom app import f\n\n"
    check(
        head + FIXTURE.replace("pytest.", "") + other + SYNC,
        "import pytest_asyncio\nfrom pytest import fixture\n\nfrom app import f\n\n"
        + AWAITS
        + other
        + SYNC,
    )


def test_in_auto_mode_the_decorator_stays():
    check(
        HEAD + FIXTURE + TEST,
        HEAD.replace("import asyncio\n\n", "")
        + FIXTURE.replace("def", "async def").replace("asyncio.run(f())", "await f()")
        + MARKED.partition("\n")[2],
        modes={"": "auto"},
    )


WIDE = FIXTURE.replace("fixture", 'fixture(scope="module")')


def test_in_auto_mode_a_wider_loop_is_that_of_the_fixture():
    mark = 'pytestmark = pytest.mark.asyncio(loop_scope="module")\n\n\n'
    check(
        HEAD + WIDE + TEST,
        HEAD.replace("import asyncio\n\n", "")
        + mark
        + WIDE.replace("def", "async def").replace("asyncio.run(f())", "await f()")
        + MARKED.partition("\n")[2],
        modes={"": "auto"},
    )


@pytest.mark.parametrize("default", ["module", "session"])
def test_what_is_configured_need_not_be_said(default):
    check(
        HEAD + WIDE + TEST,
        DONE + AWAITS.replace("fixture", 'fixture(scope="module")') + MARKED,
        loop_scopes={"": (default, default)},
    )


def test_a_default_that_is_too_narrow_is_overruled():
    wide = AWAITS.replace("fixture", 'fixture(scope="module", loop_scope="module")')
    check(
        HEAD + WIDE + TEST + "\n" + SYNC,
        DONE
        + wide
        + MARKED.replace("asyncio\n", 'asyncio(loop_scope="module")\n')
        + "\n"
        + SYNC,
        loop_scopes={"": ("function", "function")},
    )


def test_a_narrow_fixture_beside_a_wide_one_runs_on_its_loop():
    other = "@pytest.fixture\ndef other(thing):\n    return asyncio.run(f(thing))\n\n"
    test = "def test_f(other):\n    assert asyncio.run(f()) == other\n"
    check(
        HEAD + WIDE + other + test + "\n" + SYNC,
        DONE
        + AWAITS.replace("fixture", 'fixture(scope="module", loop_scope="module")')
        + '@pytest_asyncio.fixture(loop_scope="module")\nasync def other(thing):\n'
        "    return await f(thing)\n\n"
        '@pytest.mark.asyncio(loop_scope="module")\nasync def test_f(other):\n'
        "    assert await f() == other\n\n" + SYNC,
    )


def test_a_mark_that_is_there_is_widened():
    test = f"@pytest.mark.slow\n@pytest.mark.asyncio\n{TEST}"
    done = MARKED.replace("asyncio\n", 'asyncio(loop_scope="module")\n')
    check(
        HEAD + WIDE + test + "\n" + SYNC,
        DONE
        + AWAITS.replace("fixture", 'fixture(scope="module", loop_scope="module")')
        + f"@pytest.mark.slow\n{done}\n{SYNC}",
    )


def test_through_conftests_and_overrides():
    asks = "@pytest.fixture\ndef thing(thing):\n    return asyncio.run(f(thing))\n"
    awaits = (
        "@pytest_asyncio.fixture\nasync def thing(thing):\n    return await f(thing)\n"
    )
    top = "import pytest_asyncio\n\nfrom app import Client, f\n\n"
    check(
        {
            "conftest.py": HEAD + FIXTURE,
            "tests/conftest.py": HEAD + asks,
            "tests/test_it.py": HEAD + TEST,
            "test_top.py": SYNC,
        },
        {
            "conftest.py": top + AWAITS,
            "tests/conftest.py": top + awaits,
            "tests/test_it.py": HEAD.replace("import asyncio\n\n", "") + MARKED,
        },
    )


@pytest.mark.parametrize(
    ("fixture", "test"),
    [
        ("@pytest.fixture(autouse=True)", ""),
        ("@pytest.fixture", '@pytest.mark.usefixtures("thing")\n'),
    ],
)
def test_however_tests_get_it(fixture, test):
    uses = f"{test}def test_f():\n    asyncio.run(f())\n"
    awaited = f"{test}@pytest.mark.asyncio\nasync def test_f():\n    await f()\n"
    check(
        HEAD + FIXTURE.replace("@pytest.fixture", fixture) + uses,
        DONE
        + AWAITS.replace(
            "@pytest_asyncio.fixture", fixture.replace("pytest.", "pytest_asyncio.")
        )
        + awaited,
    )


TYPES = [
    (
        "from typing import Generator",
        "Generator[int, None, None]",
        "AsyncGenerator[int, None]",
    ),
    ("from typing import Iterator", "Iterator[int]", "AsyncIterator[int]"),
    ("from collections.abc import Iterable", "Iterable", "AsyncIterable"),
    ("import typing", "typing.Iterator[int]", "typing.AsyncIterator[int]"),
    (
        "import collections.abc as cabc",
        "cabc.Generator[dict[str, int], None, None]",
        "cabc.AsyncGenerator[dict[str, int], None]",
    ),
]


@pytest.mark.parametrize(("imports", "before", "after"), TYPES)
def test_annotations_follow(imports, before, after):
    plain = after.partition("[")[0]
    done = imports.replace(before.partition("[")[0], plain)
    start = f"import asyncio\n{imports}\n\nimport pytest\n\nfrom app import f\n\n"
    check(
        f"{start}@pytest.fixture\ndef thing() -> {before}:\n"
        f"    yield asyncio.run(f())\n\n{SYNC}",
        f"{done}\n\nimport pytest_asyncio\n\nfrom app import f\n\n"
        f"@pytest_asyncio.fixture\nasync def thing() -> {after}:\n"
        f"    yield await f()\n\n{SYNC}",
    )


def test_what_is_returned_is_annotated_as_before():
    check(
        HEAD + FIXTURE.replace("thing()", "thing() -> Client") + SYNC,
        DONE.replace("import pytest\n", "")
        + AWAITS.replace("thing()", "thing() -> Client")
        + SYNC,
    )


def test_finalizers_run_in_reverse_below_the_yield():
    body = (
        "    client = asyncio.run(f())\n"
        "    request.addfinalizer(lambda: asyncio.run(client.close()))  # why\n"
        "    request.addfinalizer(client.stop)\n"
        "    return client  # given\n\n"
    )
    check(
        f"{HEAD}@pytest.fixture\ndef thing(request):\n{body}{SYNC}",
        DONE.replace("import pytest\n", "")
        + "@pytest_asyncio.fixture\nasync def thing():\n    client = await f()\n"
        "    yield client  # given\n    client.stop()\n    await client.close()\n\n"
        + SYNC,
    )


def test_a_finalizer_that_is_a_function_is_awaited():
    body = (
        "    client = asyncio.run(f())\n"
        "    def close():\n        asyncio.run(client.close(request.node))\n"
        "    request.addfinalizer(close)\n\n"
    )
    check(
        f"{HEAD}@pytest.fixture\ndef thing(request):\n{body}{SYNC}",
        DONE.replace("import pytest\n", "")
        + "@pytest_asyncio.fixture\nasync def thing(request):\n    client = await f()\n"
        "    async def close():\n        await client.close(request.node)\n"
        "    yield\n    await close()\n\n" + SYNC,
    )


def test_a_sync_finalizer_is_left_to_pytest():
    body = "    request.addfinalizer(f)\n    return asyncio.run(f())\n\n"
    done = "    request.addfinalizer(f)\n    return await f()\n\n"
    check(
        f"{HEAD}@pytest.fixture\ndef thing(request):\n{body}{SYNC}",
        DONE.replace("import pytest\n", "")
        + f"@pytest_asyncio.fixture\nasync def thing(request):\n{done}{SYNC}",
    )


def test_what_is_asked_for_by_name_becomes_a_parameter():
    test = (
        "def test_f(request):\n    x = request.getfixturevalue('thing')\n"
        "    assert asyncio.run(f()) == x\n"
    )
    check(
        HEAD + FIXTURE + test,
        DONE
        + AWAITS
        + "@pytest.mark.asyncio\nasync def test_f(thing):\n    x = thing\n"
        "    assert await f() == x\n",
    )


def test_what_is_asked_for_late_keeps_all_sync():
    test = (
        "def test_f(request):\n    asyncio.get_event_loop().run_until_complete(f())\n"
        "    assert request.getfixturevalue('thing')\n"
    )
    assert set(left(HEAD + CURRENT + test)) == {"dynamic-call", "multi-loop"}


def test_a_sync_test_may_ask_by_name():
    test = "def test_f(request):\n    assert request.getfixturevalue('thing')\n"
    check(HEAD + FIXTURE + test, DONE.replace("import pytest\n", "") + AWAITS + test)


def test_it_takes_the_drive_too():
    check_taken(HEAD + FIXTURE + SYNC, "AW101", "AW301")


def test_every_site_is_reported():
    assert reported(HEAD + FIXTURE + SYNC) == [
        "8:1 AW301 migrate",
        "9:12 AW101 migrate",
    ]
