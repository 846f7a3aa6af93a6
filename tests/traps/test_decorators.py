"""P08, P09, P16: decorators that drive, that keep, and that do neither."""

import pytest

from tests.traps.support import check, left, reasons

WRAPS = """
def async_test(coro):
    @functools.wraps(coro)
    def wrapper(*args, **kwargs):
        return asyncio.run(coro(*args, **kwargs))
    return wrapper
"""
PLAIN = WRAPS.replace("    @functools.wraps(coro)\n", "")


def legacy(decorator: str, tests: str) -> str:
    """Return a module with a decorator of its own."""
    head = "import asyncio\nimport functools\n\nimport pytest\n\nfrom app import f\n"
    return f"{head}{decorator}\n{tests}"


def modern(tests: str) -> str:
    """Return the module without it."""
    return f"import pytest\n\nfrom app import f\n\n{tests}"


@pytest.mark.parametrize("decorator", [WRAPS, PLAIN], ids=["wraps", "plain"])
def test_a_decorator_that_only_drives_goes(decorator):
    check(
        legacy(
            decorator,
            "@async_test\nasync def test_f():\n    assert await f() == 1\n\n"
            "class TestF:\n    @async_test\n    async def test_f(self):\n"
            "        assert await f() == 1\n",
        ),
        modern(
            "@pytest.mark.asyncio\nasync def test_f():\n    assert await f() == 1\n\n"
            "class TestF:\n    @pytest.mark.asyncio\n    async def test_f(self):\n"
            "        assert await f() == 1\n"
        ).replace("import pytest", "import functools\n\nimport pytest", 1)
        if decorator is PLAIN
        else modern(
            "@pytest.mark.asyncio\nasync def test_f():\n    assert await f() == 1\n\n"
            "class TestF:\n    @pytest.mark.asyncio\n    async def test_f(self):\n"
            "        assert await f() == 1\n"
        ),
    )


@pytest.mark.parametrize(
    "test",
    [
        "@async_test\nasync def test_f(thing=None):\n    await f()\n",
        "@async_test\nasync def test_f(tmp_path):\n    await f()\n",
        "@async_test\n@pytest.mark.skip\nasync def test_f():\n    await f()\n",
        '@async_test\n@pytest.mark.parametrize("x", [1])\n'
        "async def test_f(x=1):\n    await f()\n",
    ],
)
def test_without_wraps_parameters_and_marks_were_hidden(test):
    assert "injecting-decorator" in left(legacy(PLAIN, test))


def test_with_wraps_parameters_and_marks_were_seen():
    check(
        legacy(
            WRAPS,
            '@async_test\n@pytest.mark.parametrize("x", [1])\n'
            "async def test_f(x, tmp_path):\n    assert await f() == x\n",
        ),
        modern(
            '@pytest.mark.parametrize("x", [1])\n@pytest.mark.asyncio\n'
            "async def test_f(x, tmp_path):\n    assert await f() == x\n"
        ),
    )


MORE = {
    "skips": "        if not f:\n            pytest.skip()\n",
    "prepares": "        f.reset()\n",
    "retries": "        for _ in range(3):\n            f()\n",
}


@pytest.mark.parametrize("line", MORE.values(), ids=MORE)
def test_a_decorator_that_does_more_stays(line):
    decorator = WRAPS.replace("        return", f"{line}        return")
    assert left(legacy(decorator, "@async_test\nasync def test_f():\n    await f()\n"))


OTHERS = {
    "injects": WRAPS.replace("coro(*args", "coro(f, *args"),
    "drops arguments": WRAPS.replace("coro(*args, **kwargs)", "coro()"),
    "limits": WRAPS.replace(
        "coro(*args, **kwargs)", "asyncio.wait_for(coro(*args, **kwargs), 5)"
    ),
    "returns more": WRAPS.replace("kwargs))", "kwargs)), 1"),
    "catches": WRAPS.replace(
        "        return asyncio.run(coro(*args, **kwargs))",
        "        try:\n            return asyncio.run(coro(*args, **kwargs))\n"
        "        except ValueError:\n            pytest.skip()",
    ),
    "returns another": WRAPS.replace("return wrapper", "return register(wrapper)"),
    "marks": WRAPS.replace("return wrapper", "wrapper.slow = 1\n    return wrapper"),
    "wraps in more": WRAPS.replace("@functools.wraps(coro)", "@other"),
    "takes arguments": (
        "def async_test(coro, timeout=5):\n"
        "    @functools.wraps(coro)\n"
        "    def wrapper(*args, **kwargs):\n"
        "        return asyncio.run(coro(*args, timeout, **kwargs))\n"
        "    return wrapper\n"
    ),
}


@pytest.mark.parametrize("decorator", OTHERS.values(), ids=OTHERS)
def test_a_decorator_that_is_no_pure_runner_stays(decorator):
    assert left(legacy(decorator, "@async_test\nasync def test_f():\n    await f()\n"))


def test_a_sync_function_below_the_decorator_stays():
    test = "@async_test\ndef test_f():\n    return f()\n"
    assert "injecting-decorator" in left(legacy(WRAPS, test))


@pytest.mark.parametrize(
    "use",
    [
        "async def go():\n    assert await f() == 1\n\ntest_go = async_test(go)\n",
        "test_go = async_test(f)\n",
    ],
)
def test_a_decorator_that_is_called_stays(use):
    assert left(legacy(WRAPS, use))


def test_setup_methods_are_not_awaited():
    found = reasons(
        legacy(
            WRAPS,
            "class TestF:\n    @async_test\n    async def setup_method(self):\n"
            "        self.x = await f()\n",
        )
    )
    assert "helper-escapes" in found


def test_a_fixture_below_a_decorator_is_run_by_pytest_asyncio():
    test = "def test_f(thing):\n    assert thing\n"
    check(
        legacy(
            WRAPS,
            "@pytest.fixture\n@async_test\nasync def thing():\n    return await f()\n\n"
            f"{test}",
        ),
        "import pytest_asyncio\n\nfrom app import f\n\n"
        f"@pytest_asyncio.fixture\nasync def thing():\n    return await f()\n\n{test}",
    )


def test_a_helper_below_a_decorator_becomes_a_coroutine_function():
    check(
        legacy(
            WRAPS,
            "@async_test\nasync def make():\n    return await f()\n\n"
            "def test_f():\n    assert make() == asyncio.run(f())\n",
        ),
        modern(
            "async def make():\n    return await f()\n\n"
            "@pytest.mark.asyncio\nasync def test_f():\n"
            "    assert await make() == await f()\n"
        ),
    )


@pytest.mark.parametrize(
    "other",
    [
        "def test_other():\n    assert call(make) == 1\n",
        "class C:\n    x = make()\n",
        '@pytest.mark.parametrize("x", [make()])\ndef test_other(x): ...\n',
        "@pytest.fixture\ndef thing():\n    return call(lambda: make)\n",
    ],
)
def test_who_calls_a_decorated_helper_that_stays_stays(other):
    assert left(
        legacy(
            WRAPS,
            "@async_test\nasync def make():\n    return await f()\n\n"
            f"{other}\n"
            "def test_f():\n    assert make() == asyncio.run(f())\n",
        )
    )


TEST = "def test_f():\n    assert asyncio.run(f()) == 1\n"
ASYNC = "@pytest.mark.asyncio\nasync def test_f():\n    assert await f() == 1\n"


def decorated(lines: str, imports: str = "") -> tuple[str, str]:
    """Return a decorated test before and after."""
    head = f"import pytest\n{imports}\nfrom app import f\n\n{lines}\n"
    return f"import asyncio\n\n{head}{TEST}", f"{head}{ASYNC}"


SAFE = {
    "patch": ('@mock.patch("app.g")', "from unittest import mock\n"),
    "patch.object": ('@patch.object(f, "x")', "from unittest.mock import patch\n"),
    "patch.dict": ('@patch.dict("os.environ")', "from unittest.mock import patch\n"),
    "backport": ('@mock.patch("app.g")', "import mock\n"),
    "freeze_time": (
        '@freeze_time("2020-01-01")',
        "from freezegun import freeze_time\n",
    ),
    "travel": ("@time_machine.travel(0)", "import time_machine\n"),
    "responses": ("@responses.activate", "import responses\n"),
    "respx": ("@respx.mock", "import respx\n"),
    "given": ("@given(st.just(1))", "from hypothesis import given, strategies as st\n"),
    "skipIf": ('@unittest.skipIf(True, "x")', "import unittest\n"),
    "marks": ("@pytest.mark.slow\n@pytest.mark.timeout(5)", ""),
    "usefixtures": ('@pytest.mark.usefixtures("tmp_path")', ""),
}


@pytest.mark.parametrize(("lines", "imports"), SAFE.values(), ids=SAFE)
def test_decorators_that_keep_coroutine_functions(lines, imports):
    check(*decorated(lines, imports))


UNSAFE = {
    "requests_mock": ("@requests_mock.Mocker()", "import requests_mock\n"),
    "httpretty": ("@httpretty.activate", "import httpretty\n"),
    "patchfs": ("@patchfs", "from pyfakefs.fake_filesystem_unittest import patchfs\n"),
    "log_capture": ("@log_capture()", "from testfixtures import log_capture\n"),
    "replace": ('@replace("app.x", 1)', "from testfixtures import replace\n"),
    "lru_cache": ("@lru_cache", "from functools import lru_cache\n"),
    "gen_cluster": (
        "@gen_cluster(client=True)",
        "from distributed.utils_test import gen_cluster\n",
    ),
    "inlineCallbacks": (
        "@inlineCallbacks",
        "from twisted.internet.defer import inlineCallbacks\n",
    ),
    "unknown": ("@something", "from somewhere import something\n"),
}


@pytest.mark.parametrize(("lines", "imports"), UNSAFE.values(), ids=UNSAFE)
def test_decorators_that_return_sync_wrappers(lines, imports):
    assert left(decorated(lines, imports)[0]) == ["injecting-decorator"]


@pytest.mark.parametrize("name", ["requests_mock", "httpretty", "unknown"])
def test_decorators_of_a_class_that_return_sync_wrappers(name):
    lines, imports = UNSAFE[name]
    head = f"import asyncio\n\n{imports}\nfrom app import f\n\n{lines}\nclass TestF:\n"
    test = "    def test_f(self):\n        assert asyncio.run(f()) == 1\n"
    assert left(head + test) == ["injecting-decorator"]


@pytest.mark.parametrize("mark", ["slow", 'usefixtures("tmp_path")', "asyncio"])
def test_marks_of_a_class_are_kept(mark):
    own = "" if mark == "asyncio" else "    @pytest.mark.asyncio\n"
    check(
        "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
        f"@pytest.mark.{mark}\nclass TestF:\n"
        "    def test_f(self):\n        assert asyncio.run(f()) == 1\n",
        "import pytest\n\nfrom app import f\n\n"
        f"@pytest.mark.{mark}\nclass TestF:\n{own}"
        "    async def test_f(self):\n        assert await f() == 1\n",
    )


def test_a_local_decorator_that_returns_the_function_keeps_it():
    deco = "def deco(fn):\n    fn.tag = 1\n    return fn\n\n@deco"
    check(*decorated(deco))
    deco = (
        "def deco(x):\n    def tag(fn):\n        return fn\n    return tag\n\n@deco(1)"
    )
    check(*decorated(deco))


@pytest.mark.parametrize(
    "deco",
    [
        "def deco(fn):\n    def inner(*a):\n        return fn(*a)\n    return inner\n",
        "def deco(fn):\n    return lambda *a: fn(*a)\n",
        "def deco(fn):\n    return call(fn)\n",
        "def deco(fn):\n    if fn.slow:\n        return None\n    return fn\n",
        "class deco:\n    def __init__(self, fn):\n        self.fn = fn\n",
    ],
)
def test_a_local_decorator_that_wraps_stays(deco):
    assert left(decorated(f"{deco}\n@deco")[0]) == ["injecting-decorator"]


@pytest.mark.parametrize("mark", ["trio", "anyio", "twisted", "gen_test", "run_loop"])
@pytest.mark.parametrize("place", ["@", "pytestmark = ", "pytestmark = ["])
def test_marks_of_other_runners_stay(mark, place):
    close = "]\n" if place.endswith("[") else "\n" if place.startswith("p") else ""
    assert left(decorated(f"{place}pytest.mark.{mark}{close}")[0]) == ["anyio-or-trio"]


@pytest.mark.parametrize(
    "mark",
    [
        "@pytest.mark.asyncio",
        "@mark.asyncio",
        "@pt.mark.asyncio",
        '@pytest.mark.asyncio(loop_scope="module")',
        "pytestmark = pytest.mark.asyncio\n",
        "pytestmark = [pytest.mark.slow, pytest.mark.asyncio]\n",
        "pytestmark = (pytest.mark.asyncio,)\n",
    ],
)
def test_a_mark_that_is_there_is_enough(mark):
    imports = "import pytest as pt\nfrom pytest import mark\n"
    before, after = decorated(mark, imports)
    check(before, after.replace(f"\n{ASYNC}", "\n" + ASYNC.partition("\n")[2]))


def test_auto_mode_needs_no_mark():
    check(
        "import asyncio\n\nfrom app import f\n\n" + TEST,
        "from app import f\n\n" + ASYNC.partition("\n")[2],
        modes={"": "auto"},
    )


def test_auto_mode_of_one_folder():
    test = "import asyncio\n\nfrom app import f\n\n" + TEST
    check(
        {"a/test_a.py": test, "b/test_b.py": test},
        {
            "a/test_a.py": "from app import f\n\n" + ASYNC.partition("\n")[2],
            "b/test_b.py": "import pytest\n\nfrom app import f\n\n" + ASYNC,
        },
        modes={"": "strict", "a": "auto"},
    )


def test_an_alias_of_a_mark_is_a_mark():
    check(*decorated("slow = pytest.mark.skipif(True, reason='x')\n\n@slow"))
