"""P26 to P28 as far as tests go: what fixtures and set-ups do with loops, and give."""

import pytest

from tests.traps.support import cases, check, left, reasons

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import Client, f\n\n"
PLAIN = HEAD.replace("import asyncio\n\n", "")
TEST = "def test_f({}):\n    assert asyncio.run(f()) == 1\n"
ASYNC = "@pytest.mark.asyncio\nasync def test_f({}):\n    assert await f() == 1\n"
LOOP = "    loop = asyncio.new_event_loop()\n"


def stays(fixture: str, parameters: str = "thing") -> list[str]:
    """Assert that a test stays beside a fixture; return the reasons."""
    return left(f"{HEAD}{fixture}\n{TEST.format(parameters)}")


OWN = {
    "a run": ("    return asyncio.run(f())\n", "    return await f()\n"),
    "runs around": (
        "    asyncio.run(f())\n    yield 1\n    asyncio.run(f())\n",
        "    await f()\n    yield 1\n    await f()\n",
    ),
    "a loop of its own": (
        f"{LOOP}    value = loop.run_until_complete(f())\n    loop.close()\n"
        "    return value\n",
        "    value = await f()\n    return value\n",
    ),
    "a loop in passing": (
        "    return asyncio.new_event_loop().run_until_complete(f())\n",
        "    return await f()\n",
    ),
    "the current loop": (
        "    return asyncio.get_event_loop().run_until_complete(f())\n",
        "    return await f()\n",
    ),
    "a runner": (
        "    with asyncio.Runner() as runner:\n        yield runner.run(f())\n",
        "    yield await f()\n",
    ),
}
DONE = "import pytest\nimport pytest_asyncio\n\nfrom app import Client, f\n\n"


@pytest.mark.parametrize(("body", "done"), OWN.values(), ids=OWN)
@pytest.mark.parametrize("scope", ["", "module"])
def test_a_fixture_that_drives_becomes_async_with_its_tests(body, done, scope):
    given = f'(scope="{scope}")' if scope else ""
    wide = f', loop_scope="{scope}"' if scope else ""
    test = ASYNC.format("thing").partition("\n")[2] if scope else ASYNC.format("thing")
    mark = f'pytestmark = pytest.mark.asyncio(loop_scope="{scope}")\n\n\n'
    check(
        f"{HEAD}@pytest.fixture{given}\ndef thing():\n{body}\n{TEST.format('thing')}",
        f"{DONE}{mark if scope else ''}@pytest_asyncio.fixture{given[:-1]}{wide}"
        f"{')' if scope else ''}\nasync def thing():\n{done}\n{test}",
    )


def test_a_fixture_without_a_loop_stays():
    fixture = "@pytest.fixture\ndef thing():\n    return Client()\n"
    check(
        f"{HEAD}{fixture}\n{TEST.format('thing')}",
        f"{PLAIN}{fixture}\n{ASYNC.format('thing')}",
    )


def test_a_fixture_for_a_loop_that_nobody_uses_goes():
    fixture = f"@pytest.fixture\ndef thing():\n{LOOP}    yield loop\n    loop.close()\n"
    check(
        f"{HEAD}{fixture}\n{TEST.format('thing')}",
        HEAD.replace("import asyncio\n\n", "") + ASYNC.format(""),
    )


SHARED = {
    "a loop it installs": (
        f"{LOOP}    asyncio.set_event_loop(loop)\n    yield 1\n    loop.close()\n"
    ),
    "a loop it hands on": f"{LOOP}    return Client(loop)\n",
    "through a helper": "    return start()\n",
}
START = "def start():\n    loop = asyncio.get_event_loop()\n    return Client(loop)\n\n"


@pytest.mark.parametrize("body", SHARED.values(), ids=SHARED)
def test_a_fixture_with_a_loop_that_tests_may_share_keeps_them_sync(body):
    start = START if "start()" in body else ""
    assert "multi-loop" in stays(f"{start}@pytest.fixture\ndef thing():\n{body}")


@pytest.mark.parametrize(
    ("decorators", "parameters"),
    [
        ("@pytest.fixture(autouse=True)", ""),
        ('@pytest.fixture(name="other")', "other"),
    ],
)
def test_a_shared_loop_is_seen_however_the_fixture_is_asked_for(decorators, parameters):
    body = SHARED["a loop it installs"]
    assert stays(f"{decorators}\ndef thing():\n{body}", parameters) == ["multi-loop"]


@pytest.mark.parametrize("place", ["function", "class"])
def test_a_fixture_that_a_mark_asks_for_counts(place):
    fixture = f"@pytest.fixture\ndef thing():\n{SHARED['a loop it installs']}\n"
    mark = '@pytest.mark.usefixtures("thing")\n'
    tests = {
        "function": TEST.format(""),
        "class": "class TestF:\n    def test_f(self):\n        asyncio.run(f())\n",
    }
    assert left(HEAD + fixture + mark + tests[place]) == ["multi-loop"]


@pytest.mark.parametrize(
    "mark",
    [
        '[pytest.mark.usefixtures("thing")]',
        'pytest.mark.usefixtures("thing")',
        '[pytest.mark.slow, pytest.mark.usefixtures("other", "thing")]',
    ],
)
@pytest.mark.parametrize("place", ["module", "class"])
def test_a_fixture_that_pytestmark_asks_for_counts(mark, place):
    fixture = f"@pytest.fixture\ndef thing():\n{SHARED['a loop it installs']}\n"
    tests = {
        "class": (
            f"class TestF:\n    pytestmark = {mark}\n\n"
            "    def test_f(self):\n        asyncio.run(f())\n"
        ),
        "module": f"pytestmark = {mark}\n\n{TEST.format('')}",
    }
    assert left(HEAD + fixture + tests[place]) == ["multi-loop"]


def test_a_fixture_of_a_fixture_counts():
    body = SHARED["a loop it installs"]
    fixtures = f"@pytest.fixture\ndef inner():\n{body}\n"
    fixtures += "@pytest.fixture\ndef thing(inner):\n    return 1\n"
    assert stays(fixtures) == ["multi-loop"]


CONFTEST = "import asyncio\n\nimport pytest\n\n@pytest.fixture\ndef thing():\n{}"


@pytest.mark.parametrize("where", ["conftest.py", "tests/conftest.py"])
def test_a_fixture_of_a_conftest_counts(where):
    files = {
        where: CONFTEST.format(SHARED["a loop it installs"]),
        "tests/sub/test_it.py": HEAD + TEST.format("thing"),
    }
    assert left(files) == ["multi-loop"]


def test_a_nearer_fixture_overrides():
    files = {
        "conftest.py": CONFTEST.format(SHARED["a loop it installs"]),
        "tests/conftest.py": "import pytest\n\n@pytest.fixture\ndef thing(): ...\n",
        "tests/test_it.py": HEAD + TEST.format("thing"),
    }
    done = HEAD.replace("import asyncio\n\n", "")
    check(files, {"tests/test_it.py": done + ASYNC.format("thing")})


def test_a_fixture_that_overrides_uses_the_one_it_overrides():
    files = {
        "conftest.py": CONFTEST.format(SHARED["a loop it installs"]),
        "tests/conftest.py": (
            "import pytest\n\n@pytest.fixture\ndef thing(thing):\n    return thing\n"
        ),
        "tests/test_it.py": HEAD + TEST.format("thing"),
    }
    assert left(files) == ["multi-loop"]


def test_a_parametrized_name_overrides_a_fixture():
    body = SHARED["a loop it installs"]
    fixture = f"@pytest.fixture\ndef thing():\n{body}\n"
    mark = '@pytest.mark.parametrize("thing", [1])\n'
    files = f"{HEAD}{fixture}{mark}{TEST.format('thing')}"
    assert set(reasons(files)) <= {"multi-loop"}


# What fixtures give

API = (
    "class Api:\n    def __init__(self, client):\n        self.client = client\n\n"
    "    def call(self):\n        return asyncio.run(self.client.get())\n\n"
)
ASYNC_API = API.replace("def call", "async def call").replace(
    "asyncio.run(self.client.get())", "await self.client.get()"
)
GIVES = "@pytest.fixture\ndef api():\n    {} Api(Client())\n\n"
USES = "def test_f(api):\n    assert api.call() == 1\n"
AWAITS = (
    "@pytest.mark.asyncio\nasync def test_f(api):\n    assert await api.call() == 1\n"
)


@pytest.mark.parametrize("gives", ["return", "yield"])
def test_a_helper_object_that_a_fixture_gives_is_known(gives):
    done = HEAD.replace("import asyncio\n\n", "")
    check(
        HEAD + API + GIVES.format(gives) + USES,
        done + ASYNC_API + GIVES.format(gives) + AWAITS,
    )


def test_a_helper_object_that_a_conftest_gives_is_known():
    done = HEAD.replace("import asyncio\n\n", "")
    check(
        {
            "tests/conftest.py": HEAD + API + GIVES.format("return"),
            "tests/test_it.py": "import pytest\n\n" + USES,
        },
        {
            "tests/conftest.py": done + ASYNC_API + GIVES.format("return"),
            "tests/test_it.py": "import pytest\n\n" + AWAITS,
        },
    )


@pytest.mark.parametrize("folder", ["tests", "tests/sub"])
def test_a_test_far_from_the_class_is_not_forgotten(folder):
    done = HEAD.replace("import asyncio\n\n", "")
    start = "import pytest\n\nfrom conftest import Api\n\n"
    direct = "def test_g(client):\n    assert Api(client).call() == 1\n"
    check(
        {
            "tests/conftest.py": HEAD + API + GIVES.format("return"),
            f"{folder}/test_it.py": "import pytest\n\n" + USES,
            "tests/test_other.py": start + direct,
        },
        {
            "tests/conftest.py": done + ASYNC_API + GIVES.format("return"),
            f"{folder}/test_it.py": "import pytest\n\n" + AWAITS,
            "tests/test_other.py": start
            + "@pytest.mark.asyncio\nasync def test_g(client):\n"
            "    assert await Api(client).call() == 1\n",
        },
    )


GIVEN = {
    "a lambda": "return lambda: asyncio.run(f())",
    "a function": "return make",
    "an inner function": (
        "def inner():\n        return asyncio.run(f())\n    return inner"
    ),
    "a function, yielded": "yield make",
    "a partial": "return partial(make)",
    "a method": "return Maker().make",
}
IN_CONTAINERS = {
    "in a dict": 'return {"x": make}',
    "in a tuple": "return (make, 1)",
    "in a namespace": "return SimpleNamespace(x=make)",
    "a lambda in a namespace": "return SimpleNamespace(x=lambda: asyncio.run(f()))",
    "as an attribute": "client = Client()\n    client.x = make\n    return client",
    "as a side effect": "return Mock(side_effect=make)",
}
MAKE = (
    "def make():\n    return asyncio.run(f())\n\n"
    "class Maker:\n    def make(self):\n        return asyncio.run(f())\n\n"
)
IMPORTS = (
    "from functools import partial\nfrom types import SimpleNamespace\n"
    "from unittest.mock import Mock\n"
)


def given(body: str, use: str) -> str:
    """Return a module with a fixture that gives what drives, and a mixed test."""
    fixture = f"@pytest.fixture\ndef thing():\n    {body}\n\n"
    test = f"def test_f(thing):\n    assert {use} == asyncio.run(f())\n"
    return f"{IMPORTS}{HEAD}{MAKE}{fixture}{test}"


@pytest.mark.parametrize(
    "name", ["a function", "an inner function", "a function, yielded", "a method"]
)
def test_a_fixture_that_gives_a_function_that_drives_keeps_its_tests_sync(name):
    assert "inner-loop" in left(given(GIVEN[name], "thing()"))


@pytest.mark.parametrize("name", ["a lambda", "a partial"])
def test_a_fixture_that_gives_something_that_drives_keeps_its_tests_sync(name):
    assert "inner-loop" in left(given(GIVEN[name], "thing()"))


USED = {"in a dict": 'thing["x"]()', "in a tuple": "thing[0]()"}
USED |= {"as a side effect": "thing()"}


@pytest.mark.parametrize(
    "name",
    cases({name: name for name in IN_CONTAINERS}),
)
def test_a_fixture_that_gives_what_drives_in_something_keeps_its_tests_sync(name):
    assert left(given(IN_CONTAINERS[name], USED.get(name, "thing.x()")))


@pytest.mark.parametrize(
    "value",
    ["make", "lambda: asyncio.run(f())", "partial(asyncio.run, f())", "Maker().make"],
)
@pytest.mark.parametrize(
    "mark",
    [
        '@pytest.mark.parametrize("thing", [{}])',
        '@pytest.mark.parametrize("thing", [pytest.param({}, id="x")])',
        '@pytest.mark.parametrize(("n", "thing"), [(1, {})])',
    ],
)
def test_a_test_with_a_parameter_that_drives_stays(value, mark):
    parameters = "n, thing" if '"n"' in mark else "thing"
    assert left(
        f"{IMPORTS}{HEAD}{MAKE}{mark.format(value)}\n"
        f"def test_f({parameters}):\n    assert thing() == asyncio.run(f())\n"
    )


@pytest.mark.parametrize(
    "test",
    [
        "for thing in [make]:\n        assert thing() == asyncio.run(f())",
        "thing, _ = make, 1\n    assert thing() == asyncio.run(f())",
        "thing = [make][0]\n    assert thing() == asyncio.run(f())",
    ],
)
def test_a_test_that_takes_what_drives_from_a_collection_stays(test):
    assert left(f"{IMPORTS}{HEAD}{MAKE}def test_f():\n    {test}\n")


@pytest.mark.parametrize(
    "tests",
    [
        "@pytest.fixture(params=[make])\ndef thing(request):\n"
        "    return request.param\n\n"
        "def test_f(thing):\n    assert thing() == asyncio.run(f())\n",
        '@pytest.mark.parametrize("thing", [make])\nclass TestF:\n'
        "    def test_f(self, thing):\n        assert thing() == asyncio.run(f())\n",
        'pytestmark = pytest.mark.parametrize("thing", [make])\n\n'
        "def test_f(thing):\n    assert thing() == asyncio.run(f())\n",
        "CASES = [make]\n\n"
        '@pytest.mark.parametrize("thing", CASES)\n'
        "def test_f(thing):\n    assert thing() == asyncio.run(f())\n",
        "def pytest_generate_tests(metafunc):\n"
        '    metafunc.parametrize("thing", [make])\n\n'
        "def test_f(thing):\n    assert thing() == asyncio.run(f())\n",
        "def test_f(thing=make):\n    assert thing() == asyncio.run(f())\n",
    ],
)
def test_a_test_that_gets_what_drives_in_another_way_stays(tests):
    assert left(f"{IMPORTS}{HEAD}{MAKE}{tests}")


def test_a_runner_as_a_fixture_goes_with_its_last_use():
    fixture = "@pytest.fixture\ndef run():\n    return asyncio.run\n\n"
    check(
        HEAD + fixture + "def test_f(run):\n    assert run(f()) == 1\n",
        HEAD.replace("import asyncio\n\n", "") + ASYNC.format(""),
    )


# xunit set-ups


@pytest.mark.parametrize("name", ["setup_class", "teardown_class"])
@pytest.mark.parametrize("kind", ["own", "shared"])
def test_a_set_up_of_a_class(name, kind):
    bodies = {
        "own": "        asyncio.run(f())\n",
        "shared": "        asyncio.set_event_loop(asyncio.new_event_loop())\n",
    }
    decorator = "    @classmethod\n"
    start = f"class TestF:\n{decorator}    def {name}(self):\n{bodies[kind]}\n"
    test = "    def test_f(self):\n        assert asyncio.run(f()) == 1\n"
    if kind == "shared":
        assert left(HEAD + start + test) == ["multi-loop"]
    else:
        check(
            HEAD + start + test,
            HEAD + start + "    @pytest.mark.asyncio\n    async def test_f(self):\n"
            "        assert await f() == 1\n",
        )


@pytest.mark.parametrize("name", ["setup_module", "setup_function", "teardown_module"])
def test_a_set_up_of_a_module_that_installs_a_loop_keeps_its_tests_sync(name):
    start = f"def {name}():\n    asyncio.set_event_loop(asyncio.new_event_loop())\n\n"
    assert left(HEAD + start + TEST.format("")) == ["multi-loop"]


@pytest.mark.parametrize("name", ["setup_method", "teardown_method"])
def test_a_set_up_of_a_class_that_installs_a_loop_keeps_its_tests_sync(name):
    body = "        asyncio.set_event_loop(asyncio.new_event_loop())\n"
    start = f"class TestF:\n    def {name}(self):\n{body}\n"
    test = "    def test_f(self):\n        assert asyncio.run(f()) == 1\n"
    assert left(HEAD + start + test) == ["multi-loop"]


def test_a_set_up_of_a_base_counts():
    base = (
        "import asyncio\n\nclass Base:\n    def setup_method(self):\n"
        "        asyncio.set_event_loop(asyncio.new_event_loop())\n"
    )
    test = (
        "import asyncio\n\nfrom app import f\nfrom base import Base\n\n"
        "class TestF(Base):\n    def test_f(self):\n        asyncio.run(f())\n"
    )
    assert left({"tests/base.py": base, "tests/test_it.py": test}) == ["multi-loop"]


def test_a_fixture_in_a_class_counts():
    body = SHARED["a loop it installs"].replace("    ", "        ")
    assert left(
        f"{HEAD}class TestF:\n    @pytest.fixture(autouse=True)\n"
        f"    def thing(self):\n{body}\n"
        "    def test_f(self):\n        asyncio.run(f())\n"
    ) == ["multi-loop"]


def test_a_fixture_that_a_plugin_module_defines_counts():
    files = {
        "conftest.py": 'pytest_plugins = ["tests.plugin"]\n',
        "tests/__init__.py": "",
        "tests/plugin.py": CONFTEST.format(SHARED["a loop it installs"]),
        "tests/test_it.py": HEAD + TEST.format("thing"),
    }
    assert left(files) == ["multi-loop"]


def test_a_fixture_that_a_star_import_brings_counts():
    files = {
        "tests/plugin.py": CONFTEST.format(SHARED["a loop it installs"]),
        "tests/conftest.py": "from plugin import *\n",
        "tests/test_it.py": HEAD + TEST.format("thing"),
    }
    assert left(files) == ["multi-loop"]


def test_a_fixture_that_is_imported_counts():
    files = {
        "tests/plugin.py": CONFTEST.format(SHARED["a loop it installs"]),
        "tests/conftest.py": "from plugin import thing as thing\n",
        "tests/test_it.py": HEAD + TEST.format("thing"),
    }
    assert left(files) == ["multi-loop"]


@pytest.mark.parametrize(
    "call", ["thing = pytest.fixture(make)", "thing = fixed(make)"]
)
def test_a_fixture_made_by_a_call_counts(call):
    body = SHARED["a loop it installs"]
    source = (
        f"{HEAD}def make():\n{body}\nfixed = pytest.fixture\n\n{call}\n\n"
        f"{TEST.format('thing')}"
    )
    assert left(source) == ["multi-loop"]
