"""AW321: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged, reported
from tests.traps.support import check as check_project
from tests.traps.support import left, reasons

HEAD = "import asyncio\n\nimport pytest\n\n\n"


def in_test(*body: str, parameters: str = "loop") -> str:
    """Return a module with one coroutine test."""
    lines = "".join(f"    {line}\n" for line in body)
    return f"{HEAD}@pytest.mark.asyncio\nasync def test_it({parameters}):\n{lines}"


@pytest.mark.parametrize(
    "call",
    [
        "asyncio.Future(loop=loop)",
        "asyncio.ensure_future(work(), loop=loop)",
        "asyncio.StreamReader(loop=loop)",
        "asyncio.run_coroutine_threadsafe(work(), loop=loop)",
        "asyncio.Queue(0, loop)",
        "asyncio.Queue(**dict(loop=loop))",
        "asyncio.Queue(loop=loop, **options)",
        "partial(asyncio.sleep, 1, loop=loop)",
        "dict(loop=loop)",
        "asyncio.sleep(1, loop=make_loop())",
        "asyncio.sleep(1, loop=mock_loop)",
        "own.sleep(1, loop=loop)",
        "own.makers()[0](loop=loop)",
        "own.maker()(loop=loop)",
        "(lambda: 1)(loop=loop)",
        "sleep.assert_called_with(1, loop=loop)",
    ],
)
def test_what_may_take_a_loop(call):
    head = "from functools import partial\n\nfrom app import make_loop, options, own\n"
    assert check_unchanged(head + in_test(f"assert {call}")) == []


def test_a_loop_that_is_a_mock():
    body = ["loop = Mock()", "await asyncio.sleep(1, loop=loop)"]
    source = "from unittest.mock import Mock\n" + in_test(*body, parameters="")
    assert check_unchanged(source) == []


@pytest.mark.parametrize(
    "body",
    [
        ["with pytest.raises(TypeError):", "    asyncio.Queue(loop=loop)"],
        ["with pytest.raises((KeyError, Exception)):", "    asyncio.Queue(loop=loop)"],
        ["with suppress(Exception):", "    asyncio.Queue(loop=loop)"],
        ["try:", "    asyncio.Queue(loop=loop)", "except TypeError:", "    pass"],
        ["try:", "    asyncio.Queue(loop=loop)", "except:", "    pass"],
        ["try:", "    asyncio.Queue(loop=loop)", "except error:", "    pass"],
    ],
)
def test_a_failure_that_is_expected(body):
    source = "from contextlib import suppress\n" + in_test(
        *body, parameters="error, loop"
    )
    assert check_unchanged(source) == ["loop-asserted"]


def test_a_test_that_is_expected_to_fail():
    source = in_test("asyncio.Queue(loop=loop)")
    marked = source.replace(
        "@pytest.mark.asyncio", "@pytest.mark.xfail(strict=True)\n@pytest.mark.asyncio"
    )
    assert check_unchanged(marked) == ["loop-asserted"]


@pytest.mark.parametrize("test", ["sys.version_info < (3, 10)", "not PY310"])
def test_a_branch_for_old_versions(test):
    body = [f"if {test}:", "    queue = asyncio.Queue(loop=loop)", "else:"]
    body += ["    queue = asyncio.Queue()"]
    source = "import sys\n\nfrom app import PY310\n" + in_test(*body)
    assert check_unchanged(source) == []


def test_a_function_that_the_test_replaces():
    body = [
        'with patch("asyncio.sleep") as sleep:',
        "    await asyncio.sleep(1, loop=loop)",
        "    sleep.assert_called_with(1, loop=loop)",
    ]
    source = "from unittest.mock import patch\n" + in_test(*body)
    assert check_unchanged(source) == ["runner-patched"]


def test_a_function_that_a_conftest_replaces():
    conftest = (
        "import app\nimport pytest\n\n\n@pytest.fixture(autouse=True)\n"
        "def fake():\n    with patch.multiple(app, make=print):\n        yield\n"
    )
    test = "import app\n" + in_test("assert app.make(loop=loop)")
    project = {"app.py": "def make(): ...\n", "conftest.py": conftest}
    assert left(project | {"test_it.py": test}) == ["runner-patched"]


def test_a_sync_function_may_have_another_loop():
    source = HEAD + "def make_queue(loop):\n    return asyncio.Queue(loop=loop)\n"
    assert check_unchanged(source) == ["outside-coroutine"]


TAKING = {
    "a parameter": "def make(loop=None): ...",
    "only by keyword": "def make(*, loop): ...",
    "options": "def make(**options): ...",
    "a decorator": "@wrapped\ndef make(): ...",
    "two definitions": "try:\n    from other import make\nexcept ImportError:\n"
    "    def make(): ...",
    "a class": "class make:\n    def __init__(self, loop): ...",
    "a class with options": "class make:\n    def __init__(self, **options): ...",
    "a base that is not known": "from other import Base\n\n\nclass make(Base): ...",
    "a base with a parameter": "class Base:\n    def __init__(self, loop): ...\n\n\n"
    "class make(Base): ...",
    "two bases": "class A: ...\n\n\nclass B:\n    def __init__(self, loop): ...\n\n\n"
    "class make(A, B): ...",
    "a dataclass": "@dataclass\nclass make:\n    loop: object",
    "a metaclass": "class make(metaclass=Meta):\n    def __init__(self): ...",
    "made by new": "class make:\n    def __new__(cls, **options): ...",
    "an exception": "class make(Exception): ...",
}


@pytest.mark.parametrize("code", TAKING.values(), ids=TAKING)
def test_what_takes_a_loop_or_may(code):
    test = in_test("assert make(loop=loop)")
    project = {"app.py": code + "\n", "test_it.py": f"from app import make\n{test}"}
    assert left(project) == []


def test_a_method_that_a_subclass_overrides():
    project = {
        "test_it.py": """
            class Base:
                def make(self):
                    return 1

                async def start(self, loop):
                    return self.make(loop=loop)

            class TestIt(Base):
                def make(self, loop):
                    return 2
        """
    }
    assert left(project) == []


def test_an_attribute_that_a_subclass_replaces():
    project = {
        "app.py": "class A: ...\n",
        "test_it.py": """
            from app import A

            class Base:
                factory = A

                async def start(self, loop):
                    return self.factory(loop=loop)
        """,
    }
    assert left(project) == []


def test_a_package_that_is_not_installed():
    source = "from client import Client\n" + in_test("assert Client(loop=loop)")
    assert check_unchanged(source) == []


@pytest.mark.parametrize(
    "before, after",
    [
        ("asyncio.sleep(0, loop=loop)", "asyncio.sleep(0)"),
        ("asyncio.gather(a(), b(), loop=loop)", "asyncio.gather(a(), b())"),
        ("asyncio.wait_for(a(), 1, loop=loop)", "asyncio.wait_for(a(), 1)"),
        ("asyncio.wait({t}, loop=loop, timeout=1)", "asyncio.wait({t}, timeout=1)"),
        ("asyncio.shield(a(), loop=self.loop)", "asyncio.shield(a())"),
        ("asyncio.open_connection(h, 1, loop=loop)", "asyncio.open_connection(h, 1)"),
        ("asyncio.sleep(1, loop=None)", "asyncio.sleep(1)"),
        (
            "asyncio.create_subprocess_exec('ls', loop=asyncio.get_running_loop())",
            "asyncio.create_subprocess_exec('ls')",
        ),
    ],
)
def test_asyncios_own(before, after):
    check(in_test(f"assert await {before}"), in_test(f"assert await {after}"))


@pytest.mark.parametrize("module", ["locks", "queues", "tasks"])
def test_the_modules_of_asyncio(module):
    name = {"locks": "Lock", "queues": "LifoQueue", "tasks": "shield"}[module]
    source = f"from asyncio.{module} import {name}\n{in_test('x = ' + name + '({})')}"
    check(source.format("loop=loop"), source.format(""))


def test_inside_an_assertion_and_around_an_error():
    head = "from app import errors\n"
    check(
        head
        + in_test(
            "assert await asyncio.wait_for(f(), 1, loop=loop) == 1",
            "with pytest.raises(asyncio.TimeoutError):",
            "    await asyncio.wait_for(f(), 0, loop=loop)",
            "with pytest.raises(errors.Own):",
            "    await asyncio.shield(f(), loop=loop)",
        ),
        head
        + in_test(
            "assert await asyncio.wait_for(f(), 1) == 1",
            "with pytest.raises(asyncio.TimeoutError):",
            "    await asyncio.wait_for(f(), 0)",
            "with pytest.raises(errors.Own):",
            "    await asyncio.shield(f())",
        ),
    )


def test_in_a_callback_of_a_coroutine():
    body = "connect(lambda: Protocol(asyncio.Queue({})))"
    check(in_test(body.format("loop=loop")), in_test(body.format("")))


LACKING = {
    "a function": "def make(): ...",
    "a coroutine function": "async def make(x=1): ...",
    "a class": "class make: ...",
    "a class with a set-up": "class make:\n    def __init__(self, x=1): ...",
    "a base": "class Base:\n    def __init__(self): ...\n\n\nclass make(Base): ...",
    "a protocol": "import asyncio\n\n\nclass make(asyncio.Protocol):\n"
    "    def __init__(self): ...",
    "either": "try:\n    import speedups\nexcept ImportError:\n    def make(): ...\n"
    "else:\n    def make(x=1): ...",
}


@pytest.mark.parametrize("code", LACKING.values(), ids=LACKING)
def test_what_takes_no_loop(code):
    test = "from app import make\n" + in_test("assert make({})")
    check_project(
        {"app.py": code + "\n", "test_it.py": test.format("loop=loop")},
        {"test_it.py": test.format("")},
    )


def test_what_is_installed_takes_no_loop():
    test = "import aiohttp\n" + in_test("s = aiohttp.ClientSession({})")
    check_project(
        {"test_it.py": test.format("loop=loop")},
        {"test_it.py": test.format("")},
        foreign={
            "aiohttp": "from .client import ClientSession",
            "aiohttp.__init__": "from .client import ClientSession",
            "aiohttp.client": """
                class ClientSession:
                    def __init__(self, base_url=None): ...
            """,
        },
    )


def test_a_loop_of_a_thread():
    body = ["other = asyncio.new_event_loop()", "assert asyncio.Queue(loop=other)"]
    assert check_unchanged(in_test(*body)) == []


def test_a_method_and_a_callback_that_use_the_loop_of_a_class():
    check(
        """
        import asyncio
        import unittest

        from app import Client, serve

        class ServeTests(unittest.TestCase):
            def setUp(self):
                self.loop = asyncio.new_event_loop()

            def tearDown(self):
                self.loop.close()

            async def served(self):
                return await serve(Client, loop=self.loop)

            def test_serve(self):
                def make():
                    return Client(loop=self.loop)

                async def go():
                    await asyncio.sleep(0, loop=self.loop)
                    return await serve(make)

                self.assertEqual(self.loop.run_until_complete(go()), 1)
                self.assertEqual(self.loop.run_until_complete(self.served()), 1)
        """,
        """
        import asyncio
        import unittest

        from app import Client, serve

        class ServeTests(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self):
                self.loop = asyncio.get_running_loop()

            async def served(self):
                return await serve(Client, loop=self.loop)

            async def test_serve(self):
                def make():
                    return Client(loop=self.loop)

                async def go():
                    await asyncio.sleep(0)
                    return await serve(make)

                self.assertEqual(await go(), 1)
                self.assertEqual(await self.served(), 1)
        """,
    )


def test_the_findings_say_what_takes_no_loop():
    assert reported(in_test("await asyncio.sleep(1, loop=loop)")) == [
        "8:11 AW321 migrate"
    ]


def test_another_file_replaces_it_for_its_own_tests():
    test = in_test("await asyncio.sleep(1, loop=loop)")
    patching = "def test_f(mocker):\n    mocker.patch('asyncio.sleep')\n"
    project = {"test_it.py": test, "test_other.py": patching}
    assert reasons(project) == []
    shared = {"test_it.py": test, "conftest.py": patching.replace("test_f", "f")}
    assert left(shared) == ["runner-patched"]


def test_a_loop_that_is_only_given_in_vain_goes():
    check(
        """
        import asyncio

        from app import work

        def test_work():
            loop = asyncio.new_event_loop()

            async def go():
                await asyncio.wait_for(work(), 1, loop=loop)

            loop.run_until_complete(go())
            loop.close()
        """,
        """
        import asyncio

        import pytest

        from app import work

        @pytest.mark.asyncio
        async def test_work():
            async def go():
                await asyncio.wait_for(work(), 1)

            await go()
        """,
    )


CLASS = """
import asyncio
import unittest

from app import work

class WorkTests(unittest.TestCase):
    def setUp(self):
        self.loop = asyncio.new_event_loop()

    def tearDown(self):
        self.loop.close()

    def test_work(self):
        async def go():
            await asyncio.wait_for(work(), 1, loop=self.loop)

        self.loop.run_until_complete(go())
"""


def test_a_loop_of_a_class_that_is_only_given_in_vain_goes():
    check(
        CLASS,
        """
        import asyncio
        import unittest

        from app import work

        class WorkTests(unittest.IsolatedAsyncioTestCase):
            async def test_work(self):
                async def go():
                    await asyncio.wait_for(work(), 1)

                await go()
        """,
    )


@pytest.mark.parametrize("comment", ["  # awaitify: ignore[AW321] -- old", ""])
def test_a_loop_that_has_to_be_given_stays(comment):
    source = CLASS.replace("loop=self.loop)\n", f"loop=self.loop){comment}\n", 1)
    taken = None if comment else frozenset({"AW102", "AW109", "AW201", "AW203"})
    found = left({"test_it.py": source}, rules=taken)
    assert set(found) == {"outside-selection"} if not comment else {"pinned"}


def test_a_loop_that_a_coroutine_method_gives_stays():
    source = CLASS.replace("def test_work", "def test_it").replace(
        "    def test_it",
        "    async def more(self):\n"
        "        await asyncio.wait_for(work(), 1, loop=self.loop)\n\n    def test_it",
    )
    check_project(
        {"test_it.py": source},
        {
            "test_it.py": """
            import asyncio
            import unittest

            from app import work

            class WorkTests(unittest.IsolatedAsyncioTestCase):
                async def asyncSetUp(self):
                    self.loop = asyncio.get_running_loop()

                async def more(self):
                    await asyncio.wait_for(work(), 1)

                async def test_it(self):
                    async def go():
                        await asyncio.wait_for(work(), 1)

                    await go()
            """
        },
    )


def test_a_runner_of_a_class_that_limits_the_time():
    check(
        """
        import asyncio
        import unittest

        from app import work

        class WorkTests(unittest.TestCase):
            def setUp(self):
                self.loop = asyncio.new_event_loop()

            def tearDown(self):
                self.loop.close()

            def run_it(self, coro):
                return self.loop.run_until_complete(
                    asyncio.wait_for(coro, 5, loop=self.loop)
                )

            def test_work(self):
                self.assertEqual(self.run_it(work()), 1)
        """,
        """
        import asyncio
        import unittest

        from app import work

        class WorkTests(unittest.IsolatedAsyncioTestCase):
            async def test_work(self):
                self.assertEqual(await asyncio.wait_for(work(), timeout=5), 1)
        """,
    )


def test_an_async_test_that_gives_its_event_loop_in_vain():
    body = "await asyncio.sleep(1, loop=event_loop)"
    before = in_test(body, parameters="event_loop")
    check(before, in_test("await asyncio.sleep(1)", parameters=""))
    kept = before.replace("loop)\n", "loop)  # awaitify: ignore[AW321] -- old\n")
    fetched = "event_loop = asyncio.get_running_loop()"
    after = in_test(fetched, f"{body}  # awaitify: ignore[AW321] -- old", parameters="")
    check_project({"test_it.py": kept}, {"test_it.py": after})
