"""Traps around test cases of asynctest and aiounittest."""

import pytest

from awaitify_codemods import migrate
from awaitify_codemods.plan import NEWLY_RUNNING, REPORT
from tests.traps.support import check, left, reasons, run, sources, texts

HEAD = "import asyncio\n\nimport asynctest\n\nfrom app import f\n\n\n"
CASE = f"{HEAD}class FTests(asynctest.TestCase):\n"
TEST = "    async def test_f(self):\n        self.assertEqual(await f(), 1)\n"
BASE = f"{HEAD}class Base(asynctest.TestCase):\n"
AIO = "import asyncio\n\nimport aiounittest\n\nfrom app import f\n\n\n"


def case(body: str) -> str:
    """Return a module with one test case of asynctest."""
    return f"{CASE}{body}\n{TEST}"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "    @asyncio.coroutine\n    def test_g(self):\n        yield f()\n",
            "generator-test",
        ),
        ("    def test_g(self):\n        return f()\n", "unknown-value"),
        ("    test_g = f\n", "dynamic-call"),
        ("    setUp = f\n", "dynamic-call"),
        ("    @f\n    async def test_g(self):\n        pass\n", "injecting-decorator"),
        ("    @f\n    def test_g(self):\n        pass\n", "injecting-decorator"),
        ("    def run(self, result=None):\n        pass\n", "foreign-base"),
        ("    def _init_loop(self):\n        pass\n", "foreign-base"),
        ("    async def g(self):\n        await self.doCleanups()\n", "foreign-base"),
        (
            "    async def g(self):\n"
            "        await self.assertAsyncRaises(ValueError, f())\n",
            "foreign-base",
        ),
        (
            "    async def g(self):\n        await asynctest.exhaust_callbacks(f)\n",
            "foreign-base",
        ),
        (
            "    def g(self):\n        f(isinstance(self, asynctest.TestCase))\n",
            "dynamic-call",
        ),
        (
            "    def setUp(self):\n        asynctest.TestCase.setUp(self)\n",
            "dynamic-call",
        ),
    ],
)
def test_what_the_library_does_and_unittest_does_not(body, reason):
    assert set(left(case(body))) == {reason}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "    def g(self):\n        return self.loop.run_until_complete\n",
            "multi-loop",
        ),
        (
            "    async def g(self):\n        self.loop.run_until_complete(f())\n",
            "multi-loop",
        ),
        (
            "    def g(self, it):\n        return self.loop.run_until_complete(it)\n",
            "multi-loop",
        ),
        ("    def tearDown(self):\n        self.loop.close()\n", "multi-loop"),
        ("    def setUp(self):\n        self.loop = f()\n", "multi-loop"),
        ("    loop = f()\n", "multi-loop"),
        (
            "    def g(self):\n        f(lambda: self.loop.time())\n",
            "outside-coroutine",
        ),
        (
            "    async def g(self):\n        def h():\n            self.loop.time()\n"
            "        f(h)\n",
            "outside-coroutine",
        ),
        ("    def g(self):\n        return self.loop._ready\n", "loop-asserted"),
        ("    def g(self):\n        return getattr(self, 'loop')\n", "multi-loop"),
        (
            "    @classmethod\n    def setUpClass(self):\n        f(self.loop)\n",
            "setUpClass-drive",
        ),
        ("    use_default_loop = f()\n", "unknown-value"),
        ("    def g(self):\n        self.use_default_loop = True\n", "multi-loop"),
        ("    def g(self):\n        f(self.forbid_get_event_loop)\n", "loop-asserted"),
        (
            "    use_default_loop = True\n\n    @classmethod\n"
            "    def setUpClass(cls):\n        cls.value = f()\n",
            "setUpClass-drive",
        ),
        (
            "    @classmethod\n    def setUpClass(cls):\n"
            "        cls.f = asyncio.get_event_loop().create_future()\n",
            "setUpClass-drive",
        ),
    ],
)
def test_more_is_done_with_the_loop(body, reason):
    assert reason in left(case(body))


def test_tests_share_the_loop_that_the_code_under_test_asked_for_at_import():
    project = {
        "app.py": "import asyncio\n\nLOOP = asyncio.get_event_loop()\n",
        "test_it.py": case("    use_default_loop = True\n"),
    }
    assert "multi-loop" in left(project)


def test_who_gets_the_test_may_ask_it_for_its_loop():
    helper = "def make(case):\n    return case.loop.create_future()\n\n\n"
    body = "    async def g(self):\n        return make(self), self.loop\n"
    project = case(body).replace("class FTests", f"{helper}class FTests")
    assert left(project) == ["helper-escapes"]


@pytest.mark.parametrize(
    "body",
    [
        # The base's would run at all now, or at another time.
        "    async def setUp(self):\n        self.a = 1\n",
        "    async def setUp(self):\n        self.a = 1\n        super().setUp()\n",
        "    async def setUp(self):\n        if f:\n            super().setUp()\n",
    ],
)
def test_a_sync_base_set_up_would_have_another_turn(body):
    sync = "    def setUp(self):\n        self.events = []\n"
    project = f"{BASE}{sync}\n\nclass FTests(Base):\n{body}\n{TEST}"
    assert left(project) == ["super-order"]


def test_a_sync_set_up_in_place_of_an_async_one():
    base = "    async def setUp(self):\n        self.a = await f()\n"
    sync = "    def setUp(self):\n        self.a = 1\n"
    project = f"{BASE}{base}\n\nclass FTests(Base):\n{sync}\n{TEST}"
    assert left(project) == ["super-order"]


def test_a_tear_down_of_the_base_that_ran_first():
    sync = "    def tearDown(self):\n        self.events = []\n"
    own = (
        "    async def tearDown(self):\n        super().tearDown()\n        await f()\n"
    )
    project = f"{BASE}{sync}\n\nclass FTests(Base):\n{own}\n{TEST}"
    assert left(project) == ["super-order"]


def test_a_sync_base_set_up_that_has_the_first_turn_runs_by_itself():
    base = f"{BASE}    def setUp(self):\n        self.events = []\n\n\n"
    own = "        self.events.append(await f())\n\n"
    before = (
        f"{base}class FTests(Base):\n    async def setUp(self):\n"
        f"        super().setUp()\n{own}{TEST}"
    )
    after = f"{base}class FTests(Base):\n    async def asyncSetUp(self):\n{own}{TEST}"
    check(before, _isolated(after))


def test_a_method_has_the_new_name_already():
    body = (
        "    async def setUp(self):\n        await self.asyncSetUp()\n\n"
        "    async def asyncSetUp(self):\n        pass\n"
    )
    assert left(case(body)) == ["name-taken"]


def test_an_async_set_up_that_is_handed_on():
    body = (
        "    async def setUp(self):\n        pass\n\n"
        "    async def g(self):\n        f(self.setUp)\n"
    )
    assert left(case(body)) == ["helper-escapes"]


def test_an_async_set_up_that_is_called_again():
    before = case(
        "    async def setUp(self):\n        self.a = await f()\n\n"
        "    async def g(self):\n        await self.setUp()\n"
    )
    after = before.replace("setUp", "asyncSetUp")
    check(before, _isolated(after))


def _isolated(text: str) -> str:
    text = text.replace("\n\nimport asynctest", "\nimport unittest")
    return text.replace("asynctest.TestCase", "unittest.IsolatedAsyncioTestCase")


def test_one_class_holds_back_those_that_share_its_mixin_and_no_others():
    mixin = "class Mixin:\n    async def setUp(self):\n        self.a = await f()\n\n\n"
    one = f"class OneTests(Mixin, asynctest.TestCase):\n{TEST}\n\n"
    two = f"class TwoTests(Mixin, asynctest.TestCase):\n{TEST}    run = f\n"
    apart = f"\n\nclass Apart(asynctest.TestCase):\n{TEST}"
    assert left(f"{HEAD}{mixin}{one}{two}") == ["foreign-base"] * 2
    after = run(texts(f"{HEAD}{mixin}{one}{two}{apart}")).results["test_it.py"]
    assert after is not None
    assert b"class Apart(unittest.IsolatedAsyncioTestCase)" in after
    assert b"class OneTests(Mixin, asynctest.TestCase)" in after


def test_a_mixin_whose_set_up_another_kind_of_class_has_too():
    project = (
        f"{HEAD}class Mixin:\n"
        "    async def setUp(self):\n        self.a = await f()\n\n\n"
        f"class OneTests(Mixin, asynctest.TestCase):\n{TEST}\n\n"
        "class Clocked(Mixin, asynctest.ClockedTestCase):\n"
        "    async def test_f(self):\n        await self.advance(1)\n"
    )
    assert left(project) == ["foreign-base"]


def test_bases_in_other_modules_that_tests_alone_import():
    check(
        {
            "app.py": "async def f():\n    return 1\n",
            "base.py": (
                "import asynctest\n\n\nclass Base(asynctest.TestCase):\n"
                "    async def setUp(self):\n        self.a = 1\n"
            ),
            "test_it.py": f"from app import f\nfrom base import Base\n\n\n"
            f"class FTests(Base):\n{TEST}",
        },
        {
            "base.py": (
                "import unittest\n\n\n"
                "class Base(unittest.IsolatedAsyncioTestCase):\n"
                "    async def asyncSetUp(self):\n        self.a = 1\n"
            ),
        },
    )


def test_a_base_that_the_package_itself_offers():
    project = {
        "app.py": "from testcase import Base\n",
        "testcase.py": (
            "import asynctest\n\n\nclass Base(asynctest.TestCase):\n    pass\n"
        ),
        "test_it.py": f"from app import f\nfrom testcase import Base\n\n\n"
        f"class FTests(Base):\n{TEST}",
    }
    assert left(project) == []


def test_a_sync_test_elsewhere_that_has_to_stay_and_needs_the_current_loop():
    project = {
        "test_it.py": case(""),
        "test_other.py": "import asyncio\n\nimport pytest\n\n\n"
        "@pytest.fixture(scope='module')\ndef future():\n"
        "    return asyncio.get_event_loop().create_future()\n",
    }
    assert left(project) == ["multi-loop"]


def test_a_sync_test_of_the_class_has_its_loop():
    body = "    def test_g(self):\n        f(asyncio.get_event_loop())\n"
    check(case(body), _isolated(case(body)))


def test_mocks_stay_and_the_class_goes():
    mock = "import asynctest\nfrom asynctest import CoroutineMock\n"
    before = case("").replace("import asynctest\n", mock)
    before += "\n\nMOCK = CoroutineMock(return_value=asyncio.sleep(0))\n"
    assert reasons(before) == ["asynctest-mock"]
    after = run(texts(before)).results["test_it.py"] or b""
    assert b"FTests(unittest.IsolatedAsyncioTestCase)" in after
    assert b"from asynctest import CoroutineMock" in after


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    def get_event_loop(self):\n        return f()\n", "multi-loop"),
        (
            "    def get_event_loop(self):\n"
            "        self.own = asyncio.new_event_loop()\n        return self.own\n",
            "multi-loop",
        ),
        (
            "    async def close(self):\n        pass\n\n"
            "    def setUp(self):\n        self.addCleanup(self.close)\n",
            "foreign-base",
        ),
        (
            "    def __getattribute__(self, name):\n        return f(self, name)\n",
            "injecting-decorator",
        ),
    ],
)
def test_what_aiounittest_is_told(body, reason):
    project = f"{AIO}class FTests(aiounittest.AsyncTestCase):\n{body}\n{TEST}"
    assert left(project) == [reason]


def test_aiounittest_never_awaited_a_set_up():
    project = (
        f"{AIO}class FTests(aiounittest.AsyncTestCase):\n"
        f"    async def setUp(self):\n        self.a = 1\n\n{TEST}"
    )
    migrated = run(texts(project))
    assert b"async def setUp" in (migrated.results["test_it.py"] or b"")
    assert [f.rule for f in migrated.plan.findings if f.status == REPORT] == ["AW205"]


def test_aiounittest_awaits_tests_by_their_exact_prefix():
    project = f"{AIO}class FTests(aiounittest.AsyncTestCase):\n" + TEST.replace(
        "test_f", "testF"
    )
    found = run(texts(project)).plan.findings
    assert [f.test for f in found if f.status == NEWLY_RUNNING] == ["FTests::testF"]


def test_a_decorator_that_makes_a_coroutine_function_of_a_generator():
    timed = (
        "def timed(f):\n    async def wrapper(*args):\n"
        "        async for _ in f(*args):\n            pass\n    return wrapper\n\n\n"
    )
    test = "    @timed\n    async def test_f(self):\n        yield await f()\n"
    before = f"{HEAD}{timed}class FTests(asynctest.TestCase):\n{test}"
    check(before, _isolated(before))


def test_what_asynctest_hands_on_from_unittest():
    before = """
        from asynctest import TestCase, main, skipIf as skip_if

        from app import f


        class FTests(TestCase):
            @skip_if(f, "why")
            async def test_f(self):
                await f()


        if __name__ == "__main__":
            main()
        """
    after = """
        from unittest import IsolatedAsyncioTestCase, main, skipIf as skip_if

        from app import f


        class FTests(IsolatedAsyncioTestCase):
            @skip_if(f, "why")
            async def test_f(self):
                await f()


        if __name__ == "__main__":
            main()
        """
    check(before, after)


def test_a_comment_that_keeps_a_class_keeps_its_family():
    before = case("").replace("TestCase):", "TestCase):  # awaitify: ignore[AW351]")
    assert not run(texts(before)).results


def test_the_loop_in_an_assertion():
    body = "    async def test_g(self):\n        self.assertIs(f.loop, self.loop)\n"
    after = body.replace("self.loop", "asyncio.get_running_loop()")
    check(case(body), _isolated(case(after)))


def test_the_loop_in_a_sync_set_up_is_the_current_one():
    body = "    def setUp(self):\n        self.a = f(self.loop)\n"
    after = body.replace("self.loop", "asyncio.get_event_loop()")
    check(case(body), _isolated(case(after)))


def test_drives_of_the_loop_of_the_class_are_awaited():
    before = """
        import asynctest

        from app import f, start, stop


        class FTests(asynctest.TestCase):
            def setUp(self):
                self.server = self.loop.run_until_complete(start(self.loop))

            def tearDown(self):
                self.loop.run_until_complete(stop(self.server))

            def test_f(self):
                self.assertEqual(self.loop.run_until_complete(f()), 1)
                self.assertEqual(self.loop.run_until_complete(f()), 1)

            async def test_g(self):
                self.assertEqual(await f(), 1)
        """
    after = """
        import asyncio
        import unittest

        from app import f, start, stop


        class FTests(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self):
                self.server = await start(asyncio.get_running_loop())

            async def asyncTearDown(self):
                await stop(self.server)

            async def test_f(self):
                self.assertEqual(await f(), 1)
                self.assertEqual(await f(), 1)

            async def test_g(self):
                self.assertEqual(await f(), 1)
        """
    check(before, after)


def test_a_drive_that_stays_asks_for_the_current_loop():
    before = """
        import asynctest

        from app import f


        class FTests(asynctest.TestCase):
            def test_f(self):
                for coroutine in (run() for run in [f]):
                    yield_(lambda: coroutine)
                    self.loop.run_until_complete(self.loop.create_task(coroutine))

            def make(self):
                return [self.loop.run_until_complete(each()) for each in self.all]

            value = property(make)
        """
    after = run(texts(before)).results["test_it.py"] or b""
    assert b"asyncio.get_event_loop().run_until_complete(each())" in after


def test_tasks_that_were_scheduled_before_get_their_turns():
    before = f"{CASE}    def test_f(self):\n        self.loop.create_task(f())\n"
    before += "        self.loop.run_until_complete(f())\n"
    after = run(texts(before)).results["test_it.py"] or b""
    assert b"await asyncio.ensure_future(f())" in after


def test_a_loop_of_its_own_beside_that_of_the_class():
    body = (
        "    def test_g(self):\n        loop = asyncio.new_event_loop()\n"
        "        loop.run_until_complete(f())\n"
        "        self.loop.run_until_complete(f())\n"
    )
    after = run(texts(case(body))).results["test_it.py"] or b""
    assert b"        loop.run_until_complete(f())" in after
    assert b"asyncio.get_event_loop().run_until_complete(f())" in after


@pytest.mark.parametrize(
    "head",
    [
        "    def __init__(self, *args):\n        super().__init__(*args)\n",
        "    @pytest.fixture(autouse=True)\n    def server(self):\n",
        "    def setup_method(self, method):\n",
    ],
)
def test_what_runs_before_there_is_a_loop(head):
    project = case(f"{head}        self.server = f(self.loop)\n")
    project = project.replace("import asynctest", "import asynctest\nimport pytest")
    assert left(project) == ["multi-loop"]


def test_a_file_that_cannot_be_read_may_derive_from_the_class():
    project = {
        "test_it.py": case(""),
        "test_new.py": "from test_it import FTests\n\nclass X(FTests): !\n",
    }
    migrated = migrate(sources(texts(project)))
    assert not migrated.results


def test_a_sync_test_whose_coroutine_a_decorator_runs_on_the_current_loop():
    project = {
        "app.py": """
            import asyncio
            import functools


            def entrypoint(f):
                @functools.wraps(f)
                def wrapper(*args):
                    return asyncio.get_event_loop().run_until_complete(f(*args))

                return wrapper
            """,
        "test_it.py": case(""),
        "test_other.py": """
            from app import entrypoint


            def test_main():
                @entrypoint
                async def main():
                    return 1

                assert main() == 1
            """,
    }
    assert "multi-loop" in left(project)


def test_a_library_that_is_the_project_itself():
    project = {
        "asynctest/__init__.py": "from asynctest.case import TestCase\n",
        "asynctest/case.py": (
            "import unittest\n\n\nclass TestCase(unittest.TestCase):\n    pass\n"
        ),
        "test_it.py": case(
            "    @asynctest.skip('no')\n    def test_g(self):\n        f()\n"
        ),
    }
    assert left(project) == ["foreign-base"]


def test_another_self_in_an_inner_function():
    body = (
        "    async def test_g(self):\n        async def handler(self):\n"
        "            return self.loop\n\n        f(handler, self.loop)\n"
    )
    after = body.replace("handler, self.loop", "handler, asyncio.get_running_loop()")
    check(case(body), _isolated(case(after)))
