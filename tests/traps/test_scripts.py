"""P13: tests that are scripts, call each other, or are called by a harness."""

import pytest

from tests.traps.support import check, left

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
DONE = "import pytest\n\nfrom app import f\n\n"
TEST = "def test_a():\n    assert asyncio.run(f()) == 1\n"
ASYNC = "@pytest.mark.asyncio\nasync def test_a():\n    assert await f() == 1\n"

SCRIPTS = {
    "the test": "test_a()",
    "its result": "sys.exit(not test_a())",
    "with arguments": "test_a(*sys.argv)",
}


@pytest.mark.parametrize("line", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_block_drives_the_test(line):
    block = '\nif __name__ == "__main__":\n    import sys\n    {}\n'
    driven = line.replace("test_a(", "asyncio.run(test_a(").replace(")", "))", 1)
    if "sys.argv" in line:
        driven = "asyncio.run(test_a(*sys.argv))"
    check(HEAD + TEST + block.format(line), HEAD + ASYNC + block.format(driven))


def test_a_main_function_drives_its_tests():
    main = "\ndef main():\n    {}\n    print('ok')\n"
    check(
        HEAD + TEST + main.format("test_a()"),
        HEAD + ASYNC + main.format("asyncio.run(test_a())"),
    )


@pytest.mark.parametrize("line", ["pytest.main([__file__])", "unittest.main()"])
def test_blocks_that_only_start_a_runner_stay(line):
    block = f'\nif __name__ == "__main__":\n    {line}\n'
    start = "import unittest\n\n" if "unittest" in line else ""
    check(
        HEAD.replace("asyncio\n\n", f"asyncio\n{start}\n"[:-1], 1) + TEST + block
        if start
        else HEAD + TEST + block,
        start + DONE + ASYNC + block,
    )


def test_a_script_on_the_current_loop_stays():
    test = TEST.replace("asyncio.run(", "asyncio.get_event_loop().run_until_complete(")
    block = '\nif __name__ == "__main__":\n    test_a()\n'
    assert left(HEAD + test + block)


def test_tests_that_call_tests_await_them():
    check(
        HEAD + TEST + "\ndef test_b():\n    test_a()\n\n"
        "def test_all():\n    test_a(); test_b()\n",
        DONE + ASYNC + "\n@pytest.mark.asyncio\nasync def test_b():\n"
        "    await test_a()\n\n@pytest.mark.asyncio\nasync def test_all():\n"
        "    await test_a(); await test_b()\n",
    )


HARNESSES = {
    "a list": "TESTS = [test_a]\n\nfor test in TESTS: test()\n",
    "a dict": "TESTS = {'a': test_a}\n",
    "a loop": "def main():\n    for test in (test_a,):\n        test()\n",
    "a function": "def main():\n    check('a', test_a)\n",
    "a thread": "def main():\n    Thread(target=test_a).start()\n",
    "an alias": "test_b = test_a\n",
    "a class attribute": "class TestB:\n    test_b = test_a\n",
    "at import": "test_a()\n",
}


@pytest.mark.parametrize("harness", HARNESSES.values(), ids=HARNESSES)
def test_a_test_that_a_harness_calls_stays(harness):
    assert left(HEAD + TEST + "\n" + harness)


COMPUTED = {
    "globals": "def test_all():\n    for name in ['a']:\n"
    "        globals()['test_' + name]()\n",
    "items": "if __name__ == '__main__':\n    for name, t in list(globals().items()):\n"
    "        if name.startswith('test_'):\n            t()\n",
    "vars": "def main():\n    [t() for n, t in vars(sys.modules[__name__]).items()]\n",
}


@pytest.mark.parametrize("harness", COMPUTED.values(), ids=COMPUTED)
def test_a_test_that_is_called_under_a_computed_name_stays(harness):
    assert left(HEAD + TEST + "\n" + harness) == ["dynamic-call"]


def test_a_test_that_a_decorator_registers_stays():
    start = "TESTS = []\n\ndef registered(fn):\n    TESTS.append(fn)\n    return fn\n\n"
    assert left(
        HEAD + start + "@registered\n" + TEST + "\nfor test in TESTS: test()\n"
    ) == ["injecting-decorator"]


def test_a_test_made_by_a_factory_stays():
    assert left(
        HEAD + "def make(n):\n    def test():\n        assert asyncio.run(f()) == n\n"
        "    return test\n\ntest_1 = make(1)\n"
    ) == ["helper-escapes"]


def test_nested_functions_called_test_get_no_mark():
    check(
        HEAD + "def test_a():\n    async def test_inner():\n        assert await f()\n"
        "    asyncio.run(test_inner())\n",
        DONE + "@pytest.mark.asyncio\nasync def test_a():\n"
        "    async def test_inner():\n        assert await f()\n"
        "    await test_inner()\n",
    )


def test_a_coroutine_that_is_never_driven_stays():
    left(
        HEAD
        + "def test_a():\n    async def go():\n        assert await f()\n    go()\n"
    )


def test_a_test_that_another_test_module_imports():
    check(
        {
            "tests/test_a.py": HEAD + TEST,
            "tests/test_b.py": "import pytest\n\nfrom test_a import test_a\n\n"
            "def test_b():\n    test_a()\n",
        },
        {
            "tests/test_a.py": DONE + ASYNC,
            "tests/test_b.py": "import pytest\n\nfrom test_a import test_a\n\n"
            "@pytest.mark.asyncio\nasync def test_b():\n    await test_a()\n",
        },
    )


@pytest.mark.xfail(strict=True, reason="P13: marked, and reported as newly running")
def test_a_coroutine_test_that_only_its_script_ran_is_marked():
    block = '\nif __name__ == "__main__":\n    asyncio.run(test_a())\n'
    unmarked = ASYNC.partition("\n")[2]
    check(HEAD + unmarked + block, HEAD + ASYNC + block)
