"""AW357: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check_taken
from tests.traps.support import cases, check, left

HEAD = "from tornado import ioloop\n\nfrom app import f\n\n\n"
DONE = "import pytest\n\nfrom app import f\n\n\n@pytest.mark.asyncio\n"
APP = {
    "app.py": "from tornado import gen\n\n\nasync def f(x=1):\n    return x\n\n\n"
    "def plain():\n    pass\n"
}

KEPT = {
    "a function": (
        "ioloop.IOLoop.current().run_sync(plain)",
        ["unresolved"],
    ),
    "what is not known": ("ioloop.IOLoop.current().run_sync(app.x)", ["unresolved"]),
    "what returns nothing": (
        "s = HTTPServer(f)\n    ioloop.IOLoop.current().run_sync(lambda: s.listen(1))",
        ["unresolved"],
    ),
    "a lambda of a list": (
        "ioloop.IOLoop.current().run_sync(lambda: [f()])",
        ["unresolved"],
    ),
    "a time-out": ("ioloop.IOLoop.current().run_sync(f, timeout=3)", ["run-boundary"]),
    "a time-out by place": ("ioloop.IOLoop.current().run_sync(f, 3)", ["run-boundary"]),
    "other uses": (
        "loop = ioloop.IOLoop()\n    loop.add_callback(plain)\n    loop.run_sync(f)",
        ["multi-loop"],
    ),
    "sockets": (
        "loop = ioloop.IOLoop()\n    loop.run_sync(f)\n    loop.close(all_fds=True)",
        ["loop-asserted"],
    ),
    "two loops": (
        "a = ioloop.IOLoop()\n    b = ioloop.IOLoop()\n    a.run_sync(f)\n"
        "    b.run_sync(f)",
        ["multi-loop", "multi-loop"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), cases(KEPT))
def test_what_stays(body, expected):
    head = HEAD.replace("import f", "import f, plain")
    imports = "from tornado.httpserver import HTTPServer\n"
    test = f"{imports}{head}def test_f():\n    {body}\n"
    assert left({"test_it.py": test, **APP}) == expected


def test_a_loop_of_the_module():
    loop = f"{HEAD}LOOP = ioloop.IOLoop.current()\n\n\n"
    test = f"{loop}def test_f():\n    assert LOOP.run_sync(f)\n"
    assert left({"test_it.py": test, **APP}) == ["loop-asserted"]


FIXTURE = (
    f"import pytest\n{HEAD}@pytest.fixture\ndef io_loop():\n"
    "    return ioloop.IOLoop()\n\n\ndef test_f(io_loop):\n"
)


def test_a_loop_of_a_fixture_with_other_uses():
    test = f"{FIXTURE}    io_loop.add_callback(f)\n    assert io_loop.run_sync(f)\n"
    assert left({"test_it.py": test, **APP}) == ["multi-loop"]


def test_a_fixture_that_only_gives_a_loop():
    check(
        {"test_it.py": f"{FIXTURE}    assert io_loop.run_sync(f)\n", **APP},
        {"test_it.py": f"{DONE}async def test_f():\n    assert await f()\n"},
    )


def test_a_loop_of_tornados_test_case():
    test = (
        "from tornado.testing import AsyncTestCase\n\nfrom app import f\n\n\n"
        "class Tests(AsyncTestCase):\n    def test_f(self):\n"
        "        assert self.io_loop.run_sync(f)\n"
    )
    assert left({"test_it.py": test, **APP}) == []


def test_anyio_has_a_function_of_that_name():
    test = (
        "import pytest\nfrom anyio import to_thread\n\nfrom app import f\n\n\n"
        "@pytest.mark.asyncio\nasync def test_f():\n"
        "    assert await to_thread.run_sync(f)\n    use(to_thread.run_sync)\n"
    )
    assert left({"test_it.py": test, **APP}) == []


AWAITED = {
    "in passing": ("ioloop.IOLoop.current().run_sync(f)", "await f()"),
    "made in passing": ("ioloop.IOLoop().run_sync(f)", "await f()"),
    "lambda": ("ioloop.IOLoop.current().run_sync(lambda: f(2))", "await f(2)"),
    "by name": ("ioloop.IOLoop.current().run_sync(func=f)", "await f()"),
}


@pytest.mark.parametrize(("before", "after"), cases(AWAITED))
def test_what_is_awaited(before, after):
    check(
        {"test_it.py": f"{HEAD}def test_f():\n    assert {before} == 1\n", **APP},
        {"test_it.py": f"{DONE}async def test_f():\n    assert {after} == 1\n"},
    )


def test_a_loop_goes_with_its_life_cycle():
    body = (
        "    loop = ioloop.IOLoop()\n    loop.make_current()\n    try:\n"
        "        assert loop.run_sync(f)\n    finally:\n"
        "        loop.close()\n"
    )
    check(
        {"test_it.py": f"{HEAD}def test_f():\n{body}", **APP},
        {"test_it.py": f"{DONE}async def test_f():\n    assert await f()\n"},
    )


def test_a_test_of_unittest():
    case = "class Tests(unittest.TestCase):\n    def test_f(self):\n"
    check(
        {
            "test_it.py": f"import unittest\n\n{HEAD}{case}"
            "        self.assertTrue(ioloop.IOLoop.current().run_sync(f))\n",
            **APP,
        },
        {
            "test_it.py": "import unittest\n\nfrom app import f\n\n\n"
            + case.replace("TestCase", "IsolatedAsyncioTestCase").replace(
                "def", "async def"
            )
            + "        self.assertTrue(await f())\n"
        },
    )


def test_the_tests_of_tornado_itself():
    test = f"{HEAD}def test_f():\n    assert ioloop.IOLoop.current().run_sync(f)\n"
    sources = {"tornado/__init__.py": "", "tornado/ioloop.py": "", "test_it.py": test}
    assert left(sources | APP) == ["loop-asserted"]


def test_what_it_takes():
    check_taken(
        "from tornado.ioloop import IOLoop\n\n\nasync def f():\n    return 1\n\n\n"
        "def test_f():\n    assert IOLoop.current().run_sync(f) == 1\n",
        "AW109",
        "AW357",
    )
