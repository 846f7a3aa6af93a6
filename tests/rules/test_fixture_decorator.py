"""AW311: what the examples in the rule itself are too plain to show."""

import pytest

from awaitify_codemods.plan import LEFT, NEWLY_RUNNING
from tests.support import check, check_unchanged, reported
from tests.traps.support import check as check_project
from tests.traps.support import run

HEAD = "import pytest\n\nfrom app import connect\n\n\n"
DONE = "import pytest\nimport pytest_asyncio\n\nfrom app import connect\n\n\n"
FIXTURE = "@pytest.fixture\nasync def client():\n    return await connect()\n"
OWN = FIXTURE.replace("pytest.", "pytest_asyncio.")
USE = "\n\n@pytest.mark.asyncio\nasync def test_it(client):\n    assert client\n"
FOR_MODULE = FIXTURE.replace("fixture", 'fixture(scope="module")')
OWN_FOR_MODULE = OWN.replace("fixture", 'fixture(scope="module", loop_scope="module")')
USE_ON_MODULE = USE.replace("asyncio\n", 'asyncio(loop_scope="module")\n')


@pytest.mark.parametrize(
    "use",
    [
        "(await client).get()",
        "run(client)\n    asyncio.run(client)",
        "[each async for each in client]",
        "await client.__anext__()",
        "await asyncio.wait_for(client, 1)",
        "next(client)",
    ],
)
def test_who_awaits_what_it_gives(use):
    test = USE.replace("assert client", use)
    source = HEAD.replace("import", "import asyncio\nimport", 1) + FIXTURE + test
    assert "mixed-use" in check_unchanged(source)


def test_a_fixture_that_awaits_another():
    other = "\n\n@pytest.fixture\nasync def open_client(client):\n"
    other += "    return await (await client).open()\n"
    files = {"test_it.py": HEAD + FIXTURE + other}
    after = OWN.replace("client():", "open_client(client):").replace(
        "await connect()", "await (await client).open()"
    )
    check_project(files, {"test_it.py": f"{DONE}{FIXTURE}\n\n{after}"})


def test_a_test_that_asks_for_it_by_name():
    test = USE.replace("(client)", "(request)").replace(
        "assert client", 'request.getfixturevalue("client")'
    )
    assert check_unchanged(HEAD + FIXTURE + test) == ["dynamic-call"]


@pytest.mark.parametrize(
    "test",
    [
        "\n\n@pytest.mark.anyio\nasync def test_it(client):\n    pass\n",
        "\n\n@pytest.mark.trio\nasync def test_it(client):\n    pass\n",
        "\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n",
        "\n\n@pytest.mark.asyncio\nasync def test_it(client, aiohttp_client):\n    1\n",
    ],
    ids=["anyio", "trio", "backend", "aiohttp"],
)
def test_other_frameworks(test):
    assert check_unchanged(HEAD + FIXTURE + test) == []


@pytest.mark.parametrize(
    ("decorated", "reason"),
    [
        ("@pytest.fixture\n@asynccontextmanager\n", "injecting-decorator"),
        ("@wrapped\n@pytest.fixture\n", "injecting-decorator"),
        ("@pytest.fixture(*options)\n", "unknown-value"),
        ("@pytest.fixture(**options)\n", "unknown-value"),
        ('@pytest.fixture("module")\n', "unknown-value"),
        ("@pytest.fixture(scope=SCOPE)\n", "unknown-value"),
    ],
)
def test_odd_declarations(decorated, reason):
    source = HEAD + FIXTURE.replace("@pytest.fixture\n", decorated)
    assert check_unchanged(source) == [reason]


def test_a_name_that_is_taken():
    source = f"{HEAD}pytest_asyncio = connect()\n\n\n{FIXTURE}"
    assert check_unchanged(source) == ["name-taken"]


@pytest.mark.parametrize(
    "code",
    [
        "@pytest.fixture\ndef client():\n    async def make():\n        pass\n"
        "    return make\n",
        "async def client():\n    pass\n",
        "@own.fixture\nasync def client():\n    pass\n",
        "@pytest_asyncio_cooperative.fixture\nasync def client():\n    pass\n",
        "import pytest_asyncio\n\n\n@pytest_asyncio.fixture(scope='module')\n"
        "async def client():\n    pass\n",
    ],
    ids=["sync", "plain", "own", "cooperative", "right"],
)
def test_what_is_no_broken_fixture(code):
    assert check_unchanged(HEAD + code) == []


def test_auto_mode():
    files = {"test_it.py": HEAD + FIXTURE + USE}
    check_project(files, files, modes={"": "auto"})


def test_a_fixture_of_a_unittest_class():
    method = "    " + FIXTURE.replace("\n", "\n    ").strip().replace("()", "(self)")
    source = f"import unittest\n\n{HEAD}class FTests(unittest.TestCase):\n{method}\n"
    assert check_unchanged(source) == ["foreign-base"]


@pytest.mark.parametrize(
    "hook",
    [
        "def pytest_pyfunc_call(pyfuncitem):\n    run(pyfuncitem)\n",
        "def pytest_fixture_setup(fixturedef):\n    asyncio.run(fixturedef.func())\n",
    ],
)
def test_a_home_made_plugin(hook):
    files = {"conftest.py": hook, "tests/test_it.py": HEAD + FIXTURE + USE}
    check_project(files, files)


def test_code_that_is_no_test_code():
    files = {"src/plugin.py": HEAD + FIXTURE}
    check_project(files, files)


def test_arguments_stay():
    arguments = 'params=[1, 2],  # both\n    ids=str, name="client", autouse=True\n'
    source = FIXTURE.replace("fixture", f"fixture(\n    {arguments})")
    own = source.replace("pytest.", "pytest_asyncio.")
    check(HEAD + source + USE, DONE + own + USE)


def test_yield_fixture_and_a_generator():
    source = "@pytest.yield_fixture()\nasync def client():\n    yield connect()\n"
    own = source.replace("pytest.yield_fixture", "pytest_asyncio.fixture")
    check(HEAD + source + USE, DONE + own + USE)


def test_a_method():
    method = "class TestIt:\n    @pytest.fixture\n    async def client(self):\n"
    method += "        return await connect()\n"
    check(
        HEAD + method + USE, DONE + method.replace("pytest.", "pytest_asyncio.") + USE
    )


@pytest.mark.parametrize(
    ("head", "decorator", "after"),
    [
        ("from pytest import fixture\n", "fixture", "import pytest_asyncio\n"),
        (
            "import pytest\n\nfixture = pytest.fixture\n",
            "fixture",
            "import pytest\nimport pytest_asyncio\n\nfixture = pytest.fixture\n",
        ),
        ("import pytest as pt\n", "pt.fixture()", "import pytest_asyncio\n"),
    ],
)
def test_other_names(head, decorator, after):
    body = f"\n\n@{decorator}\nasync def client():\n    return 1\n"
    own = "pytest_asyncio.fixture" + "()" * decorator.endswith("()")
    check(head + body, after + body.replace(decorator, own, 1))


def test_a_name_that_pytest_asyncio_has():
    head = "import pytest\nimport pytest_asyncio as pa\n\n\n"
    fixed = FIXTURE.replace("pytest.", "pa.")
    after = "import pytest_asyncio as pa\n\n\n" + fixed
    check(head + FIXTURE, after)


def test_a_wider_one_in_conftest():
    conftest = HEAD + FOR_MODULE.replace("module", "session")
    done = "import pytest_asyncio\n\nfrom app import connect\n\n\n"
    tests = f"import pytest\n{USE}"
    check_project(
        {"tests/conftest.py": conftest, "tests/test_it.py": tests},
        {
            "tests/conftest.py": done + OWN_FOR_MODULE.replace('"module', '"session'),
            "tests/test_it.py": tests.replace(
                "asyncio\n", 'asyncio(loop_scope="session")\n'
            ),
        },
    )


def test_a_module_whose_tests_all_use_it():
    tests = "\n\nasync def test_it(client):\n    assert client\n"
    mark = "import pytest\n\npytestmark = pytest.mark.asyncio{}\n"
    done = "import pytest_asyncio\n\nfrom app import connect\n\n\n"
    check_project(
        {
            "tests/conftest.py": HEAD + FOR_MODULE,
            "tests/test_it.py": mark.format("") + tests,
        },
        {
            "tests/conftest.py": done + OWN_FOR_MODULE,
            "tests/test_it.py": mark.format('(loop_scope="module")') + tests,
        },
    )


def test_a_module_of_which_some_tests_use_it():
    head = HEAD.replace("connect\n\n", "connect\n\npytestmark = pytest.mark.asyncio\n")
    test = "\n\n{}async def test_it(client):\n    assert client\n"
    other = "\n\nasync def test_other():\n    assert connect\n"
    check(
        head + FOR_MODULE + test.format("") + other,
        head.replace("import pytest\n", "import pytest\nimport pytest_asyncio\n")
        + OWN_FOR_MODULE
        + test.format('@pytest.mark.asyncio(loop_scope="module")\n')
        + other,
    )


def test_a_test_on_another_loop():
    use = USE.replace("asyncio\n", 'asyncio(loop_scope="session")\n')
    own = OWN_FOR_MODULE.replace('loop_scope="module"', 'loop_scope="session"')
    check(HEAD + FOR_MODULE + use, DONE + own + use)


def test_tests_on_several_loops():
    use = USE.replace("asyncio\n", 'asyncio(loop_scope="{0}")\n').replace("it(", "{0}(")
    both = use.format("session") + use.format("class")
    assert check_unchanged(HEAD + FOR_MODULE + both) == ["multi-loop"]


def test_a_fixture_that_works_on_another_loop():
    other = "\n\n@pytest_asyncio.fixture\nasync def other():\n    return 1\n"
    use = USE.replace("(client)", "(client, other)")
    assert check_unchanged(DONE + FOR_MODULE + other + use) == ["multi-loop"]


def test_a_test_that_may_not_change():
    files = {
        "tests/conftest.py": HEAD + FOR_MODULE,
        "tests/test_it.py": f"import pytest\n{USE}",
    }
    check_project(files, files, selected=frozenset({"tests/conftest.py"}))


def test_a_test_that_a_comment_keeps():
    use = USE.replace("asyncio\n", "asyncio\n# awaitify: ignore[AW311]\n")
    assert "outside-selection" in check_unchanged(HEAD + FOR_MODULE + use)


def test_configured_loops():
    source = HEAD.replace("pytest", "pytest_asyncio") + OWN.replace(
        "fixture", 'fixture(scope="module")'
    )
    after = OWN_FOR_MODULE
    head = HEAD.replace("pytest", "pytest_asyncio")
    check_project(
        {"test_it.py": source},
        {"test_it.py": head + after},
        loop_scopes={"": ("function", "")},
    )
    for scopes in (("session", "session"), ("module", "module"), ("", "")):
        check_project(
            {"test_it.py": source},
            {"test_it.py": source},
            loop_scopes={"": scopes},
        )


def test_a_sync_test_may_use_it():
    use = "\n\ndef test_it(client):\n    assert client\n"
    check(
        HEAD + FOR_MODULE + use,
        DONE.replace("import pytest\n", "") + OWN_FOR_MODULE + use,
    )


def test_one_that_is_made_by_a_call_is_reported():
    source = f"{HEAD}async def make():\n    pass\n\n\nclient = pytest.fixture(make)\n"
    check_unchanged(source)
    assert reported(source) == ["10:10 AW311 report"]


def test_what_is_reported():
    assert reported(HEAD + FIXTURE + USE) == [
        "7:1 AW311 migrate",
        "12:1 AW311 newly-running",
    ]


def test_a_comment_keeps_it():
    source = HEAD + "# awaitify: ignore[AW311]\n" + FIXTURE + USE
    assert check_unchanged(source) == []


def test_a_test_that_becomes_async_gets_the_fixture_and_its_loop():
    files = {
        "test_it.py": "import asyncio\n" + HEAD + FOR_MODULE + "\n\n"
        "def test_it(client):\n    assert asyncio.run(client.get()) == 1\n"
    }
    migrated = run(files)
    assert not [each for each in migrated.plan.findings if each.status == LEFT]
    assert [each for each in migrated.plan.findings if each.status == NEWLY_RUNNING]


def test_a_fixture_whose_import_is_missing_runs_on_the_same_loop():
    late = "\n\n@pytest_asyncio.fixture{}\nasync def late(client):\n    return client\n"
    use = USE.replace("(client)", "(late)").replace("assert client", "assert late")
    scoped = use.replace("asyncio\n", 'asyncio(loop_scope="module")\n')
    check(
        HEAD + FOR_MODULE + late.format("") + use,
        DONE + OWN_FOR_MODULE + late.format('(loop_scope="module")') + scoped,
    )


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("import pytest_asyncio as pa\n", "pa.fixture"),
        ("from pytest_asyncio import fixture\n", "fixture"),
    ],
)
def test_a_fixture_that_is_imported_by_another_name_works(head, name):
    late = f"\n\n@{name}\nasync def late(client):\n    return client\n"
    use = USE.replace("(client)", "(late)").replace("assert client", "assert late")
    source = head + HEAD + FOR_MODULE + late + use
    assert check_unchanged(source) == ["multi-loop"]


def test_an_unused_fixture_beside_tests_of_anyio():
    head = "import pytest\n\npytestmark = pytest.mark.anyio\n\n\n"
    fixture = "@pytest.fixture\nasync def client():\n    return 1\n"
    assert check_unchanged(f"{head}{fixture}\n\nasync def test_f():\n    pass\n") == []
