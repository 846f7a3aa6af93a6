"""AW531: what the examples in the rule itself are too plain to show."""

from textwrap import indent

import pytest

from awaitify_codemods import SUITE, apply
from tests.support import check, check_unchanged, reported, source
from tests.traps.support import check as check_project
from tests.traps.support import left, reasons

HEAD = "import asyncio\nimport types\n\nfrom app import load\n\nA = asyncio, types\n\n"
GO = "@asyncio.coroutine\ndef go():\n    return (yield from load())\n"


def module(*parts: str) -> str:
    """Return a module of some definitions."""
    return HEAD + "\n\n".join(source(each) for each in parts)


@pytest.mark.parametrize(
    "use",
    [
        "def test_it():\n    for each in go():\n        pass\n",
        "def test_it():\n    assert [each for each in go()]\n",
        "def test_it():\n    assert list(go()) == []\n",
        "def test_it():\n    assert [*go()] == []\n",
        "def test_it():\n    go().send(None)\n",
        "def numbers():\n    yield 1\n    yield from go()\n",
        "def test_it():\n    run(lambda: (yield from go()))\n",
        "class A:\n    def __await__(self):\n        return (yield from go())\n",
        "def test_it():\n    made = go()\n    print(made.gi_frame, 1)\n",
        "def test_it():\n    task = make(go())\n    print(task.coro.gi_code, 1)\n",
    ],
)
def test_what_is_used_as_a_generator(use):
    assert check_unchanged(module(GO, use)) == ["mixed-use"]


@pytest.mark.parametrize(
    "use",
    [
        "go()",
        "made = go()\n    asyncio.run(made)\n    asyncio.run(made)",
        "made = go()\n    for _ in range(2):\n        asyncio.run(made)",
        "made = go()\n    async def more():\n        await made\n    run(more)",
    ],
)
def test_coroutines_that_are_dropped_or_awaited_twice(use):
    # What drives it may be awaited all the same.
    assert "mixed-use" in reasons(module(GO, f"def test_it():\n    {use}\n"))


@pytest.mark.parametrize(
    "question",
    [
        "inspect.isgeneratorfunction(go)",
        "inspect.iscoroutinefunction(go)",
        "inspect.isgenerator(go())",
        "isinstance(go(), types.GeneratorType)",
    ],
)
def test_code_that_asks_what_it_is(question):
    use = f"import inspect\n\ndef test_it():\n    assert {question}\n"
    assert check_unchanged(module(GO, use)) == ["mixed-use"]


@pytest.mark.parametrize(
    "body",
    [
        "yield 1",
        "x = yield load()",
        "yield from range(3)",
        "yield from [load()]",
        "yield from (x for x in ())",
        "yield from itertools.chain()",
        "items = [1]\n    yield from items",
        "yield from Numbers()",
        "yield from numbers()",
        "yield from counted()",
        "with (yield from asyncio.Lock()), open('x'):\n        pass",
        "with (yield from asyncio.Lock()) as lock:\n        pass",
        "yield from asyncio.Lock()",
    ],
)
def test_what_cannot_be_awaited(body):
    others = """
        import itertools

        class Numbers:
            def __iter__(self):
                return iter([])

        def numbers():
            yield 1

        def counted():
            return numbers()
    """
    go = f"@asyncio.coroutine\ndef go():\n    {body}\n"
    assert check_unchanged(module(others, go)) == ["generator-test"]


@pytest.mark.parametrize(
    "body",
    ["yield", "return load()", "yield from load()", "yield from switch()"],
)
def test_generators_that_others_than_asyncio_may_run(body):
    code = f"@types.coroutine\ndef go():\n    {body}\n"
    assert check_unchanged(module(code)) == ["generator-test"]


def test_objects_of_the_project_that_are_yielded_from():
    answer = """
        class Answer:
            def __iter__(self):
                return (yield from self.future)
    """
    go = "@asyncio.coroutine\ndef go(client):\n    yield from client.call()\n"
    assert check_unchanged(module(answer, go)) == ["generator-test"]
    both = answer.rstrip() + "\n\n            __await__ = __iter__\n"
    assert reasons(module(both, go)) == []


@pytest.mark.parametrize(
    "value", ["argument", "load()", "self.value", "make(argument)", "asyncio.Event"]
)
def test_results_that_may_be_awaited(value):
    code = f"""
        def make(value):
            return value

        @asyncio.coroutine
        def go(argument):
            return {value}
    """
    assert check_unchanged(module(code)) == ["unknown-value"]


@pytest.mark.parametrize(
    "decorator",
    ["@patch('app.load')", "@wrapped", "@app.route('/')", "@pytest.fixture"],
)
def test_other_decorators(decorator):
    head = (
        "import pytest\nfrom unittest.mock import patch\nfrom app import app, wrapped\n"
    )
    assert check_unchanged(module(head, f"{decorator}\n{GO}")) == [
        "injecting-decorator"
    ]


@pytest.mark.parametrize(
    "warned",
    [
        "pytest.warns(DeprecationWarning)",
        "pytest.deprecated_call()",
        "self.assertWarns(DeprecationWarning)",
        "warnings.catch_warnings(record=True)",
    ],
)
def test_its_warning_is_expected(warned):
    go = indent(GO, "        ")
    code = f"import pytest, warnings\n\ndef test_it(self):\n    with {warned}:\n{go}"
    assert check_unchanged(module(code)) == ["mixed-use"]


@pytest.mark.parametrize("name", ["__iter__", "__await__", "__enter__"])
def test_methods_that_python_calls(name):
    code = f"class A:\n{indent(GO.replace('go()', f'{name}(self)'), '    ')}"
    assert check_unchanged(module(code)) == ["helper-escapes"]


def test_a_method_that_is_a_generator_in_another_class():
    code = """
        class Base:
            @asyncio.coroutine
            def read(self):
                yield from load()

            @asyncio.coroutine
            def all(self):
                yield from self.read()

        class Below(Base):
            def read(self):
                yield 1
    """
    done = code.replace("@asyncio.coroutine\n            def read", "async def read")
    done = done.replace("yield from load()", "await load()")
    check(module(code), module(done))
    assert reasons(module(code)) == ["generator-test"]


@pytest.mark.parametrize(
    "use",
    [
        "def test_it():\n    assert list(go()) == []\n",
        "def test_it():\n    make(go())\n",
        "def test_it():\n    make(go)\n",
        "def test_it():\n    pass\n",
    ],
)
def test_a_plain_generator_that_nothing_certainly_drives(use):
    go = "def go():\n    yield from load()\n"
    assert check_unchanged(module(go, use)) == []


@pytest.mark.parametrize(
    "use",
    [
        "def test_it():\n    kept = go()\n    asyncio.run(kept)\n",
        "def test_it():\n    asyncio.run(go())\n    assert list(go())\n",
        "def test_it():\n    pytest.raises(E, asyncio.run, go())\n    list(go())\n",
    ],
)
def test_a_plain_generator_that_stays_is_not_awaited(use):
    go = "import pytest\n\ndef go():\n    yield from load()\n"
    assert check_unchanged(module(go, use)) == ["generator-test"]


def test_a_case_that_tells_generators_apart():
    code = """
        import inspect
        import unittest

        class Case(unittest.TestCase):
            def run(self, result=None):
                method = getattr(self, self._testMethodName)
                if inspect.isgeneratorfunction(method):
                    asyncio.run(method())

            @asyncio.coroutine
            def test_it(self):
                yield from load()
    """
    assert check_unchanged(module(code)) == ["foreign-base", "branch-on-kind"]


def test_a_mock_of_a_generator_is_no_coroutine_function():
    code = """
        from unittest.mock import patch

        def go():
            yield from load()

        def test_it():
            asyncio.run(go())

        def test_more():
            with patch("test_module.go"):
                print()
    """
    assert check_unchanged(module(code)) == ["generator-test"]


def test_coroutines_of_tornado():
    code = """
        from tornado import gen

        @gen.coroutine
        def go():
            yield from load()
    """
    assert check_unchanged(module(code)) == []


def test_a_comment_keeps_the_file():
    project = {"test_it.py": module("# awaitify: skip-file", GO)}
    assert left(project) == []


def test_code_that_is_no_test_code():
    project = {"app.py": module(GO), "test_it.py": "import app\n"}
    assert left(project, selected=frozenset({"app.py", "test_it.py"})) == []


def test_a_rule_that_was_not_chosen():
    assert left(module(GO), rules=frozenset({"AW101", "AW551"})) == []


@pytest.mark.parametrize(
    "before, after",
    [
        ("yield from load()", "await load()"),
        ("return (yield from load())", "return await load()"),
        ("return (yield from load()).x", "return (await load()).x"),
        ("x = (yield from load())['x']", "x = (await load())['x']"),
        ("x = yield from load", "x = await load"),
        ("x = yield from a or b", "x = await (a or b)"),
        ("load((yield from load()))", "load(await load())"),
        ("load(x=(yield from load()))", "load(x=await load())"),
        ("x = -(yield from load())", "x = -(await load())"),
        ("x = [*(yield from load())]", "x = [*(await load())]"),
        ("x = (yield from load())()", "x = (await load())()"),
        ("x = f'{(yield from load())}'", "x = f'{(await load())}'"),
        ("assert (yield from load()) == 1", "assert await load() == 1"),
        ("for x in (yield from load()): pass", "for x in await load(): pass"),
        ("with (yield from load()) as x: pass", "with await load() as x: pass"),
        ("yield", "await asyncio.sleep(0)"),
        ("x = yield None", "x = await asyncio.sleep(0)"),
        ("return 5", "return 5"),
        ("return Response(5)", "return Response(5)"),
        ("raise Response(5)", "raise Response(5)"),
        ("return asyncio.sleep(1)", "return await asyncio.sleep(1)"),
    ],
)
def test_the_forms(before, after):
    head = "from app import Response, a, b"
    go = f"@asyncio.coroutine\ndef go():\n    {before}\n"
    done = f"async def go():\n    {after}\n"
    check(module(head, go), module(head, done))


def test_a_lock_is_entered():
    before = """
        @asyncio.coroutine
        def go(self):
            lock = asyncio.Lock()
            with (yield from lock):  # one at a time
                yield from load()
            yield from load()
    """
    after = """
        async def go(self):
            lock = asyncio.Lock()
            async with lock:  # one at a time
                await load()
            await load()
    """
    check(module(before), module(after))


def test_its_own_frame_only():
    before = """
        @asyncio.coroutine
        def go():
            def numbers():
                yield from range(3)

            async def other():
                await load()

            yield from load(numbers(), other())
    """
    after = """
        async def go():
            def numbers():
                yield from range(3)

            async def other():
                await load()

            await load(numbers(), other())
    """
    check(module(before), module(after))


def test_names_and_imports():
    before = """
        import asyncio as aio
        from asyncio import coroutine as co, sleep

        class Case:
            @staticmethod
            @co
            def go():
                yield from sleep(0)
                yield

            @aio.coroutine  # of old
            def gone(self):
                '''Say it.'''
                # As it is.
                yield from self.go()
    """
    after = """
        import asyncio as aio
        from asyncio import sleep

        class Case:
            @staticmethod
            async def go():
                await sleep(0)
                await aio.sleep(0)

            async def gone(self):
                '''Say it.'''
                # As it is.
                await self.go()
    """
    check(before, after)


def test_a_test_that_drives_it_through_a_helper_elsewhere():
    before = {
        "tests/common.py": """
            import asyncio

            @asyncio.coroutine
            def make(n):
                yield from asyncio.sleep(0)
                return n

            def run(coroutine):
                loop = asyncio.new_event_loop()
                return loop.run_until_complete(coroutine)
        """,
        "tests/test_it.py": """
            import pytest

            from common import make, run

            def test_it():
                def go():
                    assert (yield from make(1)) == 1
                    return 2

                assert run(go()) == 2
                with pytest.raises(KeyError):
                    run(make(3))
        """,
    }
    after = {
        "tests/common.py": """
            import asyncio

            async def make(n):
                await asyncio.sleep(0)
                return n
        """,
        "tests/test_it.py": """
            import pytest

            from common import make

            @pytest.mark.asyncio
            async def test_it():
                async def go():
                    assert await make(1) == 1
                    return 2

                assert await go() == 2
                with pytest.raises(KeyError):
                    await make(3)
        """,
    }
    check_project(before, after)


def test_a_test_that_stays_has_its_handlers():
    before = """
        import asyncio

        from app import serve

        def test_it():
            @asyncio.coroutine
            def handler(request):
                return (yield from request.text())

            with serve(handler) as server:
                assert server.get() == "text"
    """
    after = """
        from app import serve

        def test_it():
            async def handler(request):
                return await request.text()

            with serve(handler) as server:
                assert server.get() == "text"
    """
    check_project(before, after)


def test_tests_that_nothing_ran():
    before = """
        import asyncio

        import pytest

        from app import load

        @pytest.mark.asyncio
        @asyncio.coroutine
        def test_one():
            assert (yield from load())

        @asyncio.coroutine
        def test_two():
            assert (yield from load())

        @pytest.mark.asyncio
        def test_three():
            assert (yield from load())
    """
    after = """
        import pytest

        from app import load

        @pytest.mark.asyncio
        async def test_one():
            assert await load()

        @pytest.mark.asyncio
        async def test_two():
            assert await load()

        @pytest.mark.asyncio
        async def test_three():
            assert await load()
    """
    check_project(before, after)
    found = [each for each in reported(before) if "newly-running" in each]
    assert found == [
        "9:1 AW531 newly-running",
        "13:1 AW316 newly-running",
        "13:1 AW531 newly-running",
        "17:1 AW531 newly-running",
    ]


def test_tests_that_a_library_ran():
    code = """
        import asyncio

        from app import load, Case

        class LoadTest(Case):
            @asyncio.coroutine
            def test_load(self):
                yield from load()
    """
    assert "newly-running" not in " ".join(reported(code))


def test_cases_of_unittest():
    before = """
        import asyncio
        import unittest

        from app import load

        class LoadTest(unittest.TestCase):
            def setUp(self):
                self.loop = asyncio.new_event_loop()
                asyncio.set_event_loop(None)

            def tearDown(self):
                self.loop.close()

            def test_load(self):
                @asyncio.coroutine
                def go():
                    self.assertEqual((yield from load()), 1)

                self.loop.run_until_complete(go())
    """
    after = """
        import unittest

        from app import load

        class LoadTest(unittest.IsolatedAsyncioTestCase):
            async def test_load(self):
                async def go():
                    self.assertEqual(await load(), 1)

                await go()
    """
    check_project(before, after)


def test_plain_generators_go_with_what_awaits_them():
    before = """
        import asyncio

        from app import load

        class Client:
            def get(self):
                return (yield from load())

            @asyncio.coroutine
            def all(self):
                return [(yield from self.get()), (yield from self.get())]

        @asyncio.coroutine
        def go(client):
            return (yield from client.all())
    """
    after = """
        from app import load

        class Client:
            async def get(self):
                return await load()

            async def all(self):
                return [await self.get(), await self.get()]

        async def go(client):
            return await client.all()
    """
    check_project(before, after)


def test_what_yields_from_a_generator_that_stays_stays():
    code = """
        def numbers():
            yield from load()

        @asyncio.coroutine
        def go():
            yield from numbers()

        def test_it():
            assert list(numbers()) == []
    """
    assert check_unchanged(module(code)) == ["generator-test"]
    assert reasons(module(code)) == ["generator-test"]


def test_a_runner_of_the_project_that_makes_coroutines_itself():
    before = """
        import asyncio
        import unittest

        from app import load

        def async_test(f):
            def wrapper(*args, **kwargs):
                coro = asyncio.coroutine(f)
                future = coro(*args, **kwargs)
                loop = asyncio.get_event_loop()
                loop.run_until_complete(future)
            return wrapper

        class LoadTest(unittest.TestCase):
            @async_test
            def test_load(self):
                self.assertEqual((yield from load()), 1)

            @async_test
            @asyncio.coroutine
            def test_more(self):
                self.assertEqual((yield from load()), 1)
    """
    after = """
        import unittest

        from app import load

        class LoadTest(unittest.IsolatedAsyncioTestCase):
            async def test_load(self):
                self.assertEqual(await load(), 1)

            async def test_more(self):
                self.assertEqual(await load(), 1)
    """
    check_project(before, after)


def test_a_decorator_that_does_nothing():
    before = """
        import asyncio

        import pytest

        from app import load

        @pytest.mark.asyncio
        @asyncio.coroutine
        async def test_it():
            await load()

        @asyncio.coroutine
        async def numbers():
            yield 1
    """
    after = """
        import asyncio

        import pytest

        from app import load

        @pytest.mark.asyncio
        async def test_it():
            await load()

        @asyncio.coroutine
        async def numbers():
            yield 1
    """
    check_project(before, after)
    assert "newly-running" not in " ".join(reported(before))


def test_other_ends_of_lines():
    text = module(GO).replace("\n", "\r\n")
    done = module(GO.replace("@asyncio.coroutine\ndef", "async def"))
    done = done.replace("(yield from load())", "await load()").replace("\n", "\r\n")
    assert apply(SUITE, text.encode()).source == done.encode()
