"""AW354: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged, reported
from tests.traps.support import cases, reasons
from tests.traps.support import check as check_project

HEAD = (
    "from tornado import gen\n"
    "from tornado.testing import AsyncTestCase, gen_test\n\nfrom app import f\n\n\n"
    "class Tests(AsyncTestCase):\n    @gen_test\n"
)
BARE = HEAD.replace("from tornado import gen\n", "")
NOW = HEAD.replace("from tornado", "import asyncio\n\nfrom tornado", 1)
TEST = "    def test_f(self):\n"
DONE = "    async def test_f(self):\n"

KEPT = {
    "no generator": ("        assert f\n", []),
    "a coroutine function": ("", []),
    "yield from": ("        yield from f()\n", ["generator-test"]),
    # None, a list, or a future of a thread: tornado takes them all.
    "what is not known": ("        yield f()\n", ["generator-test"]),
    "a method of what is not known": ("        yield self.x.f()\n", ["generator-test"]),
    "a choice": ("        yield f() or f()\n", ["generator-test"]),
    "a list by name": ("        yield list(f)\n", ["generator-test"]),
    "a thread": ("        yield self.executor.submit(f)\n", ["generator-test"]),
    "a callback": ("        yield self.io_loop.add_callback(f)\n", ["generator-test"]),
    "what fetches": ("        yield self.x.fetch(f)\n", ["generator-test"]),
    # They return None, for which tornado only gives a turn of the loop.
    "what ends": (
        "        c = AsyncHTTPClient()\n        yield c.close()\n",
        ["generator-test"],
    ),
    "of a loop": (
        "        for x in f():\n            yield x\n",
        ["generator-test"],
    ),
    "of a block": (
        "        with gen.sleep(0) as x:\n            yield x\n",
        ["generator-test"],
    ),
    "bound twice": (
        "        x = gen.sleep(0)\n        x = None\n        yield x\n",
        ["generator-test"],
    ),
    "a tuple": ("        yield f(), f()\n", ["generator-test"]),
    "a return that is caught": (
        "        try:\n            yield gen.sleep(0)\n"
        "            raise gen.Return(1)\n"
        "        except Exception:\n            pass\n",
        ["generator-test"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), cases(KEPT))
def test_what_stays(body, expected):
    test = TEST + body if body else DONE + "        await f()\n"
    imports = "from tornado.httpclient import AsyncHTTPClient\n"
    assert check_unchanged(imports + HEAD + test) == expected


def test_a_decorator_below():
    source = HEAD + "    @own\n" + TEST + "        yield f()\n"
    assert check_unchanged(source) == ["injecting-decorator"]


def test_another_meaning_of_gen():
    source = f"{HEAD.replace('from tornado import gen', 'gen = None')}{TEST}"
    assert check_unchanged(f"{source}        yield [f()]\n") == ["generator-test"]


def test_a_callback_test():
    source = (
        "from tornado.testing import AsyncTestCase\n\n\nclass Tests(AsyncTestCase):\n"
        "    def test_f(self):\n        f(self.stop)\n        assert self.wait()\n"
    )
    assert check_unchanged(source) == []


def test_a_sync_test_of_the_same_base():
    source = f"import asyncio\n\n{HEAD}".replace("    @gen_test\n", TEST)
    assert check_unchanged(f"{source}        asyncio.run(f())\n") == ["foreign-base"]


AWAITED = {
    "tornado's own": ("yield gen.sleep(0)", "await gen.sleep(0)"),
    "a client": (
        'x = yield self.http_client.fetch("/")',
        'x = await self.http_client.fetch("/")',
    ),
    "a client of a variable": (
        "c = AsyncHTTPClient()\n        yield c.fetch('/')",
        "c = AsyncHTTPClient()\n        await c.fetch('/')",
    ),
    "several": ("yield [f(), f()]", "await gen.multi([f(), f()])"),
    "a dict": ("x = yield {1: f()}", "x = await gen.multi({1: f()})"),
    "a client of an object": (
        "yield self.api_client.fetch('/')",
        "await self.api_client.fetch('/')",
    ),
    "a variable": (
        "x = gen.sleep(0)\n        yield x",
        "x = gen.sleep(0)\n        await x",
    ),
    "in an assertion": (
        "assert (yield gen.sleep(0)) is None",
        "assert (await gen.sleep(0)) is None",
    ),
    "of an attribute": (
        "assert (yield gen.sleep(0)).body",
        "assert (await gen.sleep(0)).body",
    ),
    "a block": (
        "with (yield gen.sleep(0)):\n            pass",
        "with (await gen.sleep(0)):\n            pass",
    ),
    "a return": (
        "yield gen.sleep(0)\n        raise gen.Return(1)",
        "await gen.sleep(0)\n        return 1",
    ),
    "a bare return": (
        "yield gen.sleep(0)\n        raise gen.Return",
        "await gen.sleep(0)\n        return",
    ),
}


@pytest.mark.parametrize(("before", "after"), cases(AWAITED))
def test_what_is_yielded(before, after):
    head = HEAD.replace(
        "from app", "from tornado.httpclient import AsyncHTTPClient\n\nfrom app"
    )
    check(f"{head}{TEST}        {before}\n", f"{head}{DONE}        {after}\n")


@pytest.mark.parametrize("moment", ["yield", "yield None", "yield gen.moment"])
def test_a_turn_of_the_loop(moment):
    body = "        yield gen.sleep(0)\n"
    check(
        f"{HEAD}{TEST}{body}        {moment}\n",
        f"{NOW}{DONE}{body.replace('yield', 'await')}        await asyncio.sleep(0)\n",
    )


def test_gen_is_imported_where_it_is_needed():
    check(
        f"{BARE}{TEST}        yield [f()]\n",
        f"{HEAD}{DONE}        await gen.multi([f()])\n",
    )


APP = {
    "app.py": "import asyncio\n\nfrom tornado import gen\n\n\nasync def f():\n"
    "    return 1\n\n\n@gen.coroutine\ndef g():\n    yield f()\n\n\n"
    "async def leave():\n    asyncio.ensure_future(f())\n"
}


@pytest.mark.parametrize(
    ("before", "after"),
    cases(
        {
            "coroutine": ("yield f()", "await f()"),
            "generator": ("yield g()", "await g()"),
            "method": ("yield self.h()", "await self.h()"),
            "method by its name": ("yield self.x.h()", "await self.x.h()"),
            # A task gives turns to what was scheduled before.
            "scheduled": (
                "self.io_loop.add_callback(g)\n        yield f()",
                "self.io_loop.add_callback(g)\n        await gen.convert_yielded(f())",
            ),
            "left behind": ("yield leave()", "await gen.convert_yielded(leave())"),
        }
    ),
)
def test_a_coroutine_of_the_code_under_test(before, after):
    head = HEAD.replace("import f", "import f, g, leave")
    helper = "\n    async def h(self):\n        return 1\n"
    check_project(
        {"test_it.py": f"{head}{TEST}        {before}\n{helper}", **APP},
        {"test_it.py": f"{head}{DONE}        {after}\n{helper}"},
    )


def test_a_part_that_is_kept_keeps_the_test():
    source = (
        f"{HEAD}{TEST}        yield gen.sleep(0)\n"
        "        yield gen.sleep(1)  # awaitify: ignore[AW354] -- a reason\n"
    )
    assert reasons(source) == ["outside-selection"]
    check_unchanged(source)


def test_the_tests_of_tornado_itself():
    sources = {
        "tornado/__init__.py": "",
        "tornado/testing.py": "def gen_test(f): ...\n",
        "tests/test_it.py": f"{HEAD}{TEST}        yield gen.sleep(0)\n",
    }
    check_project(sources, sources)


def test_one_report_for_a_test():
    source = f"{HEAD}{TEST}        yield gen.sleep(0)\n        yield gen.sleep(1)\n"
    assert reported(source) == ["9:5 AW354 migrate"]
