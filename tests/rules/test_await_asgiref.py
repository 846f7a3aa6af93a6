"""AW355: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged
from tests.traps.support import cases, left, reasons
from tests.traps.support import check as check_project

HEAD = "from asgiref.sync import async_to_sync\n\nfrom app import f\n\n\n"
DONE = "import pytest\n\nfrom app import f\n\n\n@pytest.mark.asyncio\n"

KEPT = {
    "kept": "go = async_to_sync(f)\n    assert go(1)\n",
    "handed on": "call(async_to_sync(f))\n",
    "an option": "assert async_to_sync(f, force_new_loop=True)(1)\n",
    "in a lambda": "assert call(lambda: async_to_sync(f)(1))\n",
    "given to an assertion": "pytest.raises(ValueError, async_to_sync(f), 1)\n",
    "not written out": "assert async_to_sync(*f)(1)\n",
}


@pytest.mark.parametrize("body", cases(KEPT))
def test_what_stays(body):
    assert check_unchanged(f"{HEAD}def test_f():\n    {body}")


@pytest.mark.parametrize(
    "line",
    [
        "assert threading.current_thread() in x",
        "go = sync_to_async(f, thread_sensitive=False)",
    ],
)
def test_a_test_about_threads(line):
    # asgiref runs the loop in another thread, and sync code in the test's own.
    source = f"{HEAD}def test_f(x=()):\n    {line}\n    assert async_to_sync(f)(1)\n"
    assert check_unchanged(source) == ["thread-loop"]


@pytest.mark.parametrize("bound", ["scoped_session(make)", "threading.local()"])
def test_code_under_test_that_changes_threads(bound):
    app = (
        f"x = {bound}\n\nasync def f(n):\n"
        "    return await sync_to_async(lambda: x.get(n))()\n"
    )
    test = f"{HEAD}def test_f():\n    assert async_to_sync(f)(1)\n"
    assert left({"app.py": app, "test_it.py": test}) == ["thread-loop"]


def test_the_tests_of_asgiref_itself():
    sources = {
        "asgiref/__init__.py": "",
        "asgiref/sync.py": "def async_to_sync(f): ...\n",
        "tests/test_it.py": f"{HEAD}def test_f():\n    assert async_to_sync(f)(1)\n\n\n"
        "@async_to_sync\nasync def go():\n    pass\n\n\ndef test_g():\n    go()\n",
    }
    assert left(sources) == []


def test_a_function_of_that_name():
    own = "def async_to_sync(f):\n    return f\n\n\n"
    source = (
        f"from app import f\n\n\n{own}def test_f():\n    assert async_to_sync(f)(1)\n"
    )
    assert check_unchanged(source) == []


@pytest.mark.parametrize("where", ["function", "method"])
def test_what_pytest_did_not_collect(where):
    test = "@async_to_sync\nasync def test_f():\n    assert await f()\n"
    if where == "method":
        test = (
            "class TestIt:\n    @async_to_sync\n    async def test_f(self):\n"
            "        assert await f()\n"
        )
    assert check_unchanged(HEAD + test) == ["injecting-decorator"]


AWAITED = {
    "arguments": ("async_to_sync(f)(1, *x, k=2)", "await f(1, *x, k=2)"),
    "attribute": ("async_to_sync(f.connect)()", "await f.connect()"),
    "lambda": ("async_to_sync(lambda: f(1))()", "await (lambda: f(1))()"),
    "partial": ("async_to_sync(partial(f, 1))(2)", "await partial(f, 1)(2)"),
    "of a result": ("async_to_sync(f)(1).x", "(await f(1)).x"),
}


@pytest.mark.parametrize(("before", "after"), cases(AWAITED))
def test_what_is_awaited(before, after):
    check(
        f"{HEAD}def test_f(x=()):\n    assert {before} == 1\n",
        f"{DONE}async def test_f(x=()):\n    assert {after} == 1\n",
    )


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("import asgiref.sync", "asgiref.sync.async_to_sync"),
        ("from asgiref import sync", "sync.async_to_sync"),
        ("from asgiref.sync import async_to_sync as a2s", "a2s"),
    ],
)
def test_other_spellings(imports, call):
    check(
        f"{imports}\n\nfrom app import f\n\n\ndef test_f():\n    assert {call}(f)(1)\n",
        f"{DONE}async def test_f():\n    assert await f(1)\n",
    )


def test_in_an_assertion_that_it_raises():
    check(
        f"import pytest\n{HEAD}def test_f():\n    with pytest.raises(ValueError):\n"
        "        async_to_sync(f)(1)\n",
        f"{DONE}async def test_f():\n    with pytest.raises(ValueError):\n"
        "        await f(1)\n",
    )


def test_a_helper_that_runs_what_it_is_given():
    helper = "def run(g, *args):\n    return async_to_sync(g)(*args)\n\n\n"
    done = "async def run(g, *args):\n    return await g(*args)\n\n\n"
    mark = "@pytest.mark.asyncio\n"
    check(
        f"{HEAD}{helper}def test_f():\n    assert run(f, 1)\n",
        f"{DONE.removesuffix(mark)}{done}{mark}async def test_f():\n"
        "    assert await run(f, 1)\n",
    )


def test_a_helper_that_the_decorator_drove():
    helper = "async def go():\n    return await f()\n\n\n"
    mark = "@pytest.mark.asyncio\n"
    check(
        f"{HEAD}@async_to_sync\n{helper}def test_f():\n    assert go()\n",
        f"{DONE.removesuffix(mark)}{helper}{mark}async def test_f():\n"
        "    assert await go()\n",
    )


def test_a_test_of_unittest():
    case = "class Tests(unittest.TestCase):\n"
    test = "    async def test_f(self):\n        assert await f()\n"
    check(
        f"import unittest\n\n{HEAD}{case}    @async_to_sync\n{test}",
        f"import unittest\n\nfrom app import f\n\n\n"
        f"{case.replace('TestCase', 'IsolatedAsyncioTestCase')}{test}",
    )


def test_code_under_test_that_uses_it_starts_a_loop():
    app = (
        "from asgiref.sync import async_to_sync\n\nasync def f():\n    return 1\n\n"
        "def view():\n    return async_to_sync(f)()\n"
    )
    test = (
        HEAD.replace("import f", "import f, view")
        + "def test_f():\n    assert view()\n"
        "    assert async_to_sync(f)()\n"
    )
    assert left({"app.py": app, "test_it.py": test}) == ["inner-loop"]


def test_what_it_takes():
    check_taken(
        f"{HEAD}def test_f():\n    assert async_to_sync(f)(1)\n", "AW109", "AW355"
    )


# Django

ORM = {
    "a manager": "User.objects.create()",
    "a factory": "UserFactory()",
    "the test client": "client.get('/')",
}


@pytest.mark.parametrize("line", cases(ORM))
def test_a_test_that_talks_to_django_itself(line):
    imports = "from django.contrib.auth.models import User\n"
    source = (
        f"{imports}from factories import UserFactory\n{HEAD}def test_f(client):\n"
        f"    {line}\n    assert async_to_sync(f)(1)\n"
    )
    assert reasons(source) == ["orm-in-test"]
    check_project(source, source)
