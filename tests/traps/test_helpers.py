"""P05: runner helpers are known by body, and nothing else is one."""

import pytest

from tests.traps.support import check, left

AFTER = """
import pytest

from app import f

@pytest.mark.asyncio
async def test_f():
    assert await f() == 1
"""


def one(helper: str, call: str = "run(f())", imports: str = "import asyncio") -> str:
    """Return a module with a helper and a test that calls it."""
    test = f"def test_f():\n    assert {call} == 1\n"
    return f"{imports}\n\nfrom app import f\n\n{helper}\n\n{test}"


PURE = {
    "run": "def run(coro):\n    return asyncio.run(coro)",
    "docstring and types": (
        'def run(coro: "Coroutine") -> object:\n    """Run it."""\n'
        "    return asyncio.run(coro)"
    ),
    "current loop": (
        "def run(coro):\n    return asyncio.get_event_loop().run_until_complete(coro)"
    ),
    "new loop in passing": (
        "def run(coro):\n    return asyncio.new_event_loop().run_until_complete(coro)"
    ),
    "loop of its own": (
        "def run(coro):\n"
        "    loop = asyncio.new_event_loop()\n"
        "    asyncio.set_event_loop(loop)\n"
        "    try:\n"
        "        return loop.run_until_complete(coro)\n"
        "    finally:\n"
        "        loop.run_until_complete(loop.shutdown_asyncgens())\n"
        "        loop.close()\n"
        "        asyncio.set_event_loop(None)"
    ),
    "result in a variable": (
        "def run(coro):\n"
        "    loop = asyncio.new_event_loop()\n"
        "    result = loop.run_until_complete(coro)\n"
        "    loop.close()\n"
        "    return result"
    ),
    "runner": (
        "def run(coro):\n"
        "    with asyncio.Runner() as runner:\n"
        "        return runner.run(coro)"
    ),
    "lambda": "run = lambda coro: asyncio.run(coro)",
    "alias": "run = asyncio.run",
    "helper of a helper": (
        "def _inner(c):\n    return asyncio.run(c)\n\n"
        "def run(coro):\n    return _inner(coro)"
    ),
}


@pytest.mark.parametrize("helper", PURE.values(), ids=PURE)
def test_a_pure_runner_is_an_await(helper):
    check(one(helper), AFTER)


VERSIONS = {
    "in the helper": (
        "def run(coro):\n"
        "    if sys.version_info >= (3, 7):\n"
        "        return asyncio.run(coro)\n"
        "    loop = asyncio.new_event_loop()\n"
        "    return loop.run_until_complete(coro)"
    ),
    "around the helper": (
        "if sys.version_info >= (3, 7):\n"
        "    run = asyncio.run\n"
        "else:\n"
        "    def run(coro):\n"
        "        return asyncio.get_event_loop().run_until_complete(coro)"
    ),
}


@pytest.mark.parametrize("helper", VERSIONS.values(), ids=VERSIONS)
def test_a_version_check_chooses_between_runners(helper):
    check(one(helper, imports="import asyncio\nimport sys"), AFTER)


def test_a_runner_falls_back_on_runtime_error():
    check(
        one(
            "def run(coro):\n"
            "    try:\n"
            "        loop = asyncio.get_event_loop()\n"
            "    except RuntimeError:\n"
            "        loop = asyncio.new_event_loop()\n"
            "        asyncio.set_event_loop(loop)\n"
            "    return loop.run_until_complete(coro)"
        ),
        AFTER,
    )


def test_function_and_arguments():
    check(
        one(
            "def run(fn, *args, **kw):\n    return asyncio.run(fn(*args, **kw))",
            "run(f, 1, *[2], x=3)",
        ),
        AFTER.replace("await f()", "await f(1, *[2], x=3)"),
    )


def test_a_factory():
    check(
        one(
            "def run(factory):\n    return asyncio.run(factory())",
            "run(f) == run(lambda: f(2))",
        ),
        AFTER.replace("await f()", "await f() == await f(2)"),
    )


def test_a_factory_given_by_keyword():
    check(
        one("def run(factory):\n    return asyncio.run(factory())", "run(factory=f)"),
        AFTER,
    )


def test_a_function_given_by_keyword_stays():
    helper = "def run(fn, *args):\n    return asyncio.run(fn(*args))"
    assert "unresolved" in left(one(helper, "run(fn=f)"))
    assert "unresolved" in left(one(helper, "run(*[f, 1])"))


@pytest.mark.xfail(strict=True, reason="the helper drops what the coroutine returns")
def test_a_result_that_the_helper_drops_is_not_returned():
    check(
        """
        import asyncio

        from app import f

        def run(coro):
            asyncio.run(coro)

        def test_f():
            assert run(f()) is None
        """,
        """
        import pytest

        from app import f

        async def run(coro):
            await coro

        @pytest.mark.asyncio
        async def test_f():
            assert await run(f()) is None
        """,
    )


def test_a_result_that_nobody_wants_may_be_dropped():
    check(
        """
        import asyncio

        from app import f

        def run(coro):
            asyncio.run(coro)

        def test_f():
            run(f())
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            await f()
        """,
    )


@pytest.mark.parametrize(
    "helper",
    [
        "def run(coro):\n    return asyncio.run(coro, debug=True)",
        "def run(coro):\n    return asyncio.run(coro, loop_factory=make)",
        "run = functools.partial(asyncio.run, debug=True)",
        "run = lambda coro: asyncio.run(coro, debug=True)",
        "def run(coro):\n    with asyncio.Runner(debug=True) as r:\n"
        "        return r.run(coro)",
    ],
)
def test_a_runner_that_configures_its_loop_stays(helper):
    assert left(one(helper, imports="import asyncio\nimport functools"))


IMPURE = {
    "logs": "def run(coro):\n    print('run')\n    return asyncio.run(coro)",
    "sleeps": "def run(coro):\n    time.sleep(0.1)\n    return asyncio.run(coro)",
    "catches": (
        "def run(coro):\n    try:\n        return asyncio.run(coro)\n"
        "    except ValueError:\n        return None"
    ),
    "opens": ("def run(coro):\n    with database():\n        return asyncio.run(coro)"),
    "asserts": "def run(coro):\n    result = asyncio.run(coro)\n"
    "    assert result\n    return result",
    "returns more": "def run(coro):\n    return asyncio.run(coro), 1",
}


@pytest.mark.parametrize("helper", IMPURE.values(), ids=IMPURE)
def test_an_impure_runner_becomes_a_coroutine_function(helper):
    expected = helper.replace("asyncio.run(coro)", "await coro")
    test = "@pytest.mark.asyncio\nasync def test_f():\n    assert await run(f()) == 1\n"
    check(
        one(helper),
        f"import pytest\n\nfrom app import f\n\nasync {expected}\n\n{test}",
    )


def test_a_runner_that_cancels_every_task_stays():
    assert "all-tasks" in left(
        one(
            "def run(coro):\n"
            "    loop = asyncio.new_event_loop()\n"
            "    try:\n"
            "        return loop.run_until_complete(coro)\n"
            "    finally:\n"
            "        for task in asyncio.all_tasks(loop):\n"
            "            task.cancel()\n"
            "        loop.close()"
        )
    )


def test_a_helper_that_asks_whether_the_loop_runs_stays():
    assert "loop-asserted" in left(
        one(
            "def run(coro):\n"
            "    loop = asyncio.get_event_loop()\n"
            "    if loop.is_running():\n"
            "        return asyncio.ensure_future(coro)\n"
            "    return loop.run_until_complete(coro)"
        )
    )


def test_callers_of_helpers_follow_transitively():
    check(
        """
        import asyncio

        from app import create

        def _run(c):
            return asyncio.run(c)

        def make_user(name):
            return _run(create(name))

        def make_admin(name):
            user = make_user(name)
            user.admin = True
            return user

        def test_admin():
            assert make_admin("x").admin
        """,
        """
        import pytest

        from app import create

        async def make_user(name):
            return await create(name)

        async def make_admin(name):
            user = await make_user(name)
            user.admin = True
            return user

        @pytest.mark.asyncio
        async def test_admin():
            assert (await make_admin("x")).admin
        """,
    )


USES = {
    "at import": "USER = make()",
    "in parametrize": '@pytest.mark.parametrize("x", [make()])\ndef test_x(x): ...',
    "in skipif": '@pytest.mark.skipif(make(), reason="x")\ndef test_x(): ...',
    "in a default": "def other(x=make()): ...",
    "in a class body": "class Config:\n    user = make()",
    "in a list": "MAKERS = [make]",
    "in a dict": "MAKERS = {'a': make}",
    "as parametrize value": '@pytest.mark.parametrize("m", [make])\ndef test_x(m): ...',
    "as ids": '@pytest.mark.parametrize("m", [1], ids=make)\ndef test_x(m): ...',
    "as side effect": "def test_x():\n    Mock(side_effect=make)()",
    "as callback": "def test_x():\n    on_event(make)",
    "as fixture": "fixed = pytest.fixture(make)",
    "as alias": "also = make",
    "as attribute": "on_event.callback = make",
    "partial": "also = partial(make)",
    "by getattr": 'def test_x():\n    getattr(sys.modules[__name__], "make")()',
    "by patch": 'def test_x():\n    with patch("test_it.make"): ...',
    "in a generator": "def test_x():\n    yield make()",
    "asked for its kind": "def test_x():\n    assert not iscoroutinefunction(make)",
    "in a coroutine": "async def other():\n    return make()",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_helper_that_is_also_used_where_nothing_awaits_stays(use):
    reasons = left(
        f"""
import asyncio
import sys
from functools import partial
from inspect import iscoroutinefunction
from unittest.mock import Mock, patch

import pytest

from app import f, on_event

def make():
    return asyncio.get_event_loop().run_until_complete(f())

{use}

def test_f():
    assert make() == 1
"""
    )
    assert reasons


def test_a_caller_that_stays_drives_the_helper_itself():
    check(
        """
        import asyncio

        import pytest

        from app import call, f

        def make():
            return asyncio.run(f())

        def test_stays():
            assert call(lambda: make()) == 1

        def test_f():
            assert make() == 1
        """,
        """
        import asyncio

        import pytest

        from app import call, f

        async def make():
            return await f()

        def test_stays():
            assert call(lambda: asyncio.run(make())) == 1

        @pytest.mark.asyncio
        async def test_f():
            assert await make() == 1
        """,
    )


DEFINITIONS = {
    "property": "class Helper:\n    @property\n    def made(self):\n"
    "        return asyncio.run(f())\n\nhelper = Helper()",
    "contextmanager": "@contextmanager\ndef made():\n    yield asyncio.run(f())",
    "lru_cache": "@lru_cache\ndef made():\n    return asyncio.run(f())",
    "generator": "def made():\n    yield asyncio.run(f())",
    "wrapped": "@wrapped\ndef made():\n    return asyncio.run(f())",
    "enter": "class made:\n    def __enter__(self):\n"
    "        return asyncio.run(f())\n    def __exit__(self, *a): ...",
    "init": "class made:\n    def __init__(self):\n        self.x = asyncio.run(f())",
    "call": "class Made:\n    def __call__(self):\n        print()\n"
    "        return asyncio.run(f())\n\nmade = Made()",
    "hook": "def __getattr__(name):\n    return asyncio.run(f())",
}


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_helper_that_something_else_calls_stays(definition):
    reasons = left(
        f"""
import asyncio
from contextlib import contextmanager
from functools import lru_cache

from app import f, use, wrapped

{definition}

def test_f():
    use(helper.made, made)
    assert made()
"""
    )
    assert set(reasons) <= {"helper-escapes", "generator-test", "injecting-decorator"}
    assert reasons


def test_a_test_that_drives_beside_such_a_helper_stays():
    reasons = left(
        """
        import asyncio

        from app import f

        class Thing:
            def __init__(self):
                self.x = asyncio.run(f())

        def test_f():
            assert Thing().x == asyncio.run(f())
        """
    )
    assert reasons == ["helper-escapes", "inner-loop"]


def test_a_helper_that_is_defined_twice_differently_stays():
    left(
        """
        import asyncio

        from app import f

        try:
            from asyncio import run
        except ImportError:
            def run(coro):
                raise NotImplementedError

        def test_f():
            assert run(f()) == 1
        """
    )


def test_a_helper_that_is_defined_twice_differently_has_a_reason():
    assert left(
        """
        import asyncio

        from app import f

        try:
            from asyncio import run
        except ImportError:
            def run(coro):
                raise NotImplementedError

        def test_f():
            assert run(f()) == 1
        """
    ) == ["unresolved"]


def test_a_helper_whose_name_is_bound_again_is_none():
    left(
        """
        import asyncio

        from app import f

        def run(coro):
            return asyncio.run(coro)

        run = print

        def test_f():
            run(f())
        """
    )


def test_a_local_function_of_the_same_name_is_meant():
    left(
        """
        import asyncio

        from app import f

        def run(coro):
            return asyncio.run(coro)

        def test_f(run):
            run(f())

        def test_g():
            def run(coro):
                coro.close()
            run(f())
        """
    )


@pytest.mark.parametrize("name", ["_run", "run"])
def test_a_helper_that_a_string_names_stays_for_it(name):
    check(
        f"""
        import asyncio

        import pytest

        from app import f

        __all__ = ["{name}"]

        def {name}(coro):
            return asyncio.run(coro)

        def test_f():
            assert {name}(f()) == 1
        """,
        f"""
        import asyncio

        import pytest

        from app import f

        __all__ = ["{name}"]

        def {name}(coro):
            return asyncio.run(coro)

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1
        """,
    )


@pytest.mark.parametrize(
    "patching",
    [
        'monkeypatch.setattr("test_it._run", fake)',
        'monkeypatch.setattr(sys.modules[__name__], "_run", fake)',
        'patch("test_it._run", fake).start()',
        'monkeypatch.setitem(globals(), "_run", fake)',
        'patch.dict(globals(), {"_run": fake}).start()',
    ],
)
def test_a_test_that_patches_its_runner_stays(patching):
    assert left(
        f"""
        import asyncio
        import sys
        from unittest.mock import patch

        from app import f, fake

        def _run(coro):
            return asyncio.run(coro)

        def test_f(monkeypatch):
            {patching}
            assert _run(f()) == 5
        """
    )


def test_a_helper_called_under_a_computed_name_stays():
    assert left(
        """
        import asyncio

        from app import f

        class TestUsers:
            def make_user(self):
                return asyncio.run(f())

            def test_all(self):
                for kind in ["user"]:
                    assert getattr(self, "make_" + kind)() == 1

            def test_user(self):
                assert self.make_user() == 1
        """
    ) == ["dynamic-call"]


def test_a_time_limit_stays():
    check(
        """
        import asyncio

        from app import f

        LIMIT = 5

        def run(coro, timeout=LIMIT):
            return asyncio.run(asyncio.wait_for(coro, timeout))

        def test_f(t):
            run(f())
            run(f(), 2)
            run(f(), timeout=t + 1)
            run(asyncio.wait_for(f(), 3))
        """,
        """
        import asyncio

        import pytest

        from app import f

        LIMIT = 5

        @pytest.mark.asyncio
        async def test_f(t):
            await asyncio.wait_for(f(), timeout=LIMIT)
            await asyncio.wait_for(f(), timeout=2)
            await asyncio.wait_for(f(), timeout=t + 1)
            await asyncio.wait_for(f(), 3)
        """,
    )


def test_a_time_limit_stays_inside_the_assertion():
    check(
        """
        import asyncio

        import pytest

        from app import f

        def run(coro):
            return asyncio.run(asyncio.wait_for(coro, 0.1))

        def test_f():
            with pytest.raises(asyncio.TimeoutError):
                run(f())
        """,
        """
        import asyncio

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(f(), timeout=0.1)
        """,
    )


def test_a_default_that_a_helper_makes_is_awaited_once_and_for_all():
    before = (
        "import asyncio as aio\n\nfrom app import f\n\ndef make(a):\n"
        "    if a > 100:\n        return None\n    return aio.run(f(a))\n\n"
        "def test_f():\n    def inner(value=make(1)):\n        return value\n\n"
        "    assert inner() == 1\n"
    )
    after = (
        "import pytest\n\nfrom app import f\n\nasync def make(a):\n"
        "    if a > 100:\n        return None\n    return await f(a)\n\n"
        "@pytest.mark.asyncio\nasync def test_f():\n"
        "    def inner(value=await make(1)):\n        return value\n\n"
        "    assert inner() == 1\n"
    )
    check({"tests/test_it.py": before}, {"tests/test_it.py": after})
