"""AW305: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from tests.support import reported
from tests.traps.support import check, left, reasons, run, texts

HEAD = "import asyncio\n\nimport pytest\nimport uvloop\n\n\n"
FIXTURE = (
    "@pytest.fixture\ndef event_loop_policy():\n    return uvloop.EventLoopPolicy()\n"
)
TEST = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
HOOK = (
    "import asyncio\n\nimport uvloop\n\n\n"
    "def pytest_asyncio_loop_factories(config, item):\n"
    '    return {"uvloop": uvloop.new_event_loop}\n'
)


def project(fixture: str = FIXTURE, test: str = TEST, **others: str) -> dict[str, str]:
    """Return a conftest with a fixture, beside a test module."""
    files = {"conftest.py": HEAD + fixture, "test_it.py": test}
    return files | {name.replace("__", "/") + ".py": t for name, t in others.items()}


def test_an_older_plugin_has_no_such_hook():
    assert left(project(), lacking=["loop_factories"]) == ["old-plugin"]


BODIES = {
    "several": "@pytest.fixture(params=[1, 2])\ndef event_loop_policy(request):\n"
    "    return uvloop.EventLoopPolicy()\n",
    "only params": "@pytest.fixture(params=[1])\ndef event_loop_policy():\n"
    "    return uvloop.EventLoopPolicy()\n",
    "asks for others": "@pytest.fixture\ndef event_loop_policy(tmp_path):\n"
    "    return uvloop.EventLoopPolicy()\n",
    "does more": "@pytest.fixture\ndef event_loop_policy():\n    print(1)\n"
    "    return uvloop.EventLoopPolicy()\n",
    "does more afterwards": "@pytest.fixture\ndef event_loop_policy():\n"
    "    yield uvloop.EventLoopPolicy()\n    print(1)\n",
    "skips": "@pytest.fixture\ndef event_loop_policy():\n"
    "    uv = pytest.importorskip('uvloop')\n    return uv.EventLoopPolicy()\n",
    "configures it": "@pytest.fixture\ndef event_loop_policy():\n"
    "    policy = uvloop.EventLoopPolicy()\n    policy.x = 1\n    return policy\n",
    "not in each case": "@pytest.fixture\ndef event_loop_policy():\n    if uvloop:\n"
    "        return uvloop.EventLoopPolicy()\n",
    "a condition that does something": "@pytest.fixture\ndef event_loop_policy():\n"
    "    if open('x').read():\n        return uvloop.EventLoopPolicy()\n"
    "    return asyncio.DefaultEventLoopPolicy()\n",
    "what is not known": "@pytest.fixture\ndef event_loop_policy():\n"
    "    return make_policy()\n",
    "given something": "@pytest.fixture\ndef event_loop_policy():\n"
    "    return uvloop.EventLoopPolicy(1)\n",
    "decorated": "@wrapped\n@pytest.fixture\ndef event_loop_policy():\n"
    "    return uvloop.EventLoopPolicy()\n",
    "defined twice": "if uvloop:\n    @pytest.fixture\n    def event_loop_policy():\n"
    "        return uvloop.EventLoopPolicy()\n",
}


@pytest.mark.parametrize("fixture", BODIES.values(), ids=BODIES)
def test_fixtures_that_do_more(fixture):
    assert left(project(fixture)) == ["loop-factory"]


POLICIES = {
    "other methods": "    def new_event_loop(self):\n        return Loop()\n\n"
    "    def get_child_watcher(self):\n        return None\n",
    "made with something": "    def __init__(self):\n        self.n = 0\n",
    "attributes": "    n = 0\n\n    def new_event_loop(self):\n        return Loop()\n",
}


@pytest.mark.parametrize("body", POLICIES.values(), ids=POLICIES)
def test_policies_that_do_more(body):
    fixture = (
        "class Loop(asyncio.SelectorEventLoop):\n    pass\n\n\n"
        f"class Policy(asyncio.DefaultEventLoopPolicy):\n{body}\n\n"
        "@pytest.fixture\ndef event_loop_policy():\n    return Policy()\n"
    )
    assert left(project(fixture)) == ["loop-factory"]


def test_a_policy_whose_base_is_not_known():
    fixture = (
        "from other import Base\n\n\n"
        "class Policy(Base):\n"
        "    def new_event_loop(self):\n        return Loop()\n\n\n"
        "@pytest.fixture\ndef event_loop_policy():\n    return Policy()\n"
    )
    assert left(project(fixture)) == ["loop-factory"]


def test_in_a_test_module_or_a_class_a_hook_has_no_effect():
    module = HEAD + FIXTURE + "\n\n" + TEST.partition("\n\n\n")[2]
    assert left({"test_it.py": module}) == ["loop-factory"]
    inner = "".join(f"    {line}\n" for line in FIXTURE.splitlines())
    module = HEAD + f"class TestIt:\n{inner}"
    assert left({"test_it.py": module}) == ["loop-factory"]


def test_a_plugin_is_not_a_conftest():
    files = {"tests/plugin.py": HEAD + FIXTURE, "tests/test_it.py": TEST}
    files["tests/conftest.py"] = 'pytest_plugins = ["tests.plugin"]\n'
    assert left(files) == ["loop-factory"]


def test_what_overrides_it_in_a_test_module_stays_in_force():
    inner = {"test_other.py": HEAD + FIXTURE + TEST.replace("import pytest\n", "")}
    assert left(project() | inner) == ["loop-factory", "loop-factory"]


def test_a_sync_test_that_uses_an_async_fixture():
    fixture = FIXTURE + (
        "\n\n@pytest_asyncio.fixture\nasync def client():\n    return 1\n"
    )
    fixture = "import pytest_asyncio\n\n\n" + fixture
    test = "def test_it(client):\n    assert client\n"
    assert left(project(fixture, test)) == ["loop-factory"]
    autouse = fixture.replace(
        "asyncio.fixture\nasync", "asyncio.fixture(autouse=True)\nasync"
    )
    assert left(project(autouse, "def test_it():\n    pass\n")) == ["loop-factory"]


def test_sync_tests_would_run_at_another_time():
    test = TEST.replace("asyncio", 'asyncio(loop_scope="module")')
    test += "\n\ndef test_sync():\n    pass\n"
    assert left(project(test=test)) == ["loop-factory"]
    test = TEST + "\n\ndef test_sync():\n    pass\n"
    scopes = {"": ("session", "session")}
    assert left(project(test=test), loop_scopes=scopes) == ["loop-factory"]


def test_loops_and_fixtures_that_other_folders_share():
    shared = TEST.replace("asyncio", 'asyncio(loop_scope="session")')
    files = {"a/conftest.py": HEAD + FIXTURE, "a/test_a.py": shared}
    assert left(files | {"b/test_b.py": TEST}) == ["loop-factory"]
    above = (
        "import pytest_asyncio\n\n\n"
        '@pytest_asyncio.fixture(scope="session", loop_scope="session")\n'
        "async def db():\n    return 1\n"
    )
    using = TEST.replace("test_it()", "test_it(db)")
    files = {"a/conftest.py": HEAD + FIXTURE, "a/test_a.py": using}
    files |= {"conftest.py": above, "b/test_b.py": TEST}
    assert left(files) == ["loop-factory"]


def test_the_policy_is_asked_for():
    test = TEST.replace("test_it()", "test_it(event_loop_policy)")
    assert left(project(test=test)) == ["loop-asserted"]
    test = TEST.replace("pass", "assert asyncio.get_event_loop_policy().uv")
    assert left(project(test="import asyncio\n" + test)) == ["loop-asserted"]
    app = "import asyncio\n\nFAST = bool(asyncio.get_event_loop_policy())\n"
    assert left(project(app=app)) == ["loop-asserted"]


def test_there_is_a_hook_already():
    hook = "\n\ndef pytest_asyncio_loop_factories(config, item):\n    return None\n"
    assert left(project(FIXTURE + hook)) == ["name-taken"]


def test_the_default_is_another_policy():
    default = FIXTURE.replace("uvloop.Event", "asyncio.DefaultEvent")
    install = "\n\nuvloop.install()\n"
    assert left(project(default + install)) == ["loop-factory"]


def test_what_is_installed_for_everybody_is_reported():
    source = """
        import asyncio
        import sys

        import uvloop

        if sys.platform == "win32":
            asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
        uvloop.install()
        asyncio.set_event_loop_policy(None)

        def test_it():
            asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    """
    assert reported(source) == ["7:5 AW305 report", "8:1 AW305 report"]


def test_uvloop():
    check(project(), {"conftest.py": HOOK})


@pytest.mark.parametrize(
    "declared",
    [
        "@pytest.fixture(scope='session', autouse=True)\ndef event_loop_policy():\n",
        "@pytest.fixture(name='event_loop_policy')\ndef policy():\n",
        "@pytest.fixture\ndef event_loop_policy() -> uvloop.EventLoopPolicy:\n",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        "    yield uvloop.EventLoopPolicy()\n",
        "    policy = uvloop.EventLoopPolicy()\n    return policy\n",
    ],
)
def test_ways_to_give_a_policy(declared, body):
    check(project(declared + body), {"conftest.py": HOOK})


def test_a_comment_and_a_docstring_stay():
    check(
        {
            "conftest.py": """
            import pytest
            import uvloop


            # fast
            @pytest.fixture(scope="session")
            def event_loop_policy():
                \"\"\"As in production.\"\"\"
                # since 2021
                return uvloop.EventLoopPolicy()  # not on Windows
            """,
            "test_it.py": TEST,
        },
        {
            "conftest.py": """
            import uvloop


            # fast
            def pytest_asyncio_loop_factories(config, item):
                \"\"\"As in production.\"\"\"
                # since 2021
                return {"uvloop": uvloop.new_event_loop}  # not on Windows
            """
        },
    )


def test_a_loop_for_windows():
    head = "import asyncio\nimport sys\n\nimport pytest\n\n\n"
    fixture = "@pytest.fixture\ndef event_loop_policy():\n"
    hook = "def pytest_asyncio_loop_factories(config, item):\n"
    body = (
        '    if sys.platform == "win32":\n        return {}\n    return {}\n',
        '    if sys.platform.startswith("win"):\n        return {}\n'
        "    else:\n        return {}\n",
        '    return {} if sys.platform == "win32" else {}\n',
    )
    selector = "asyncio.WindowsSelectorEventLoopPolicy()"
    default = "asyncio.DefaultEventLoopPolicy()"
    made = (
        '{"selector": asyncio.SelectorEventLoop}',
        '{"default": asyncio.new_event_loop}',
    )
    for each in body:
        before = each.replace("{}", selector, 1).replace("{}", default, 1)
        after = each.replace("{}", "A", 1).replace("{}", made[1]).replace("A", made[0])
        check(
            {"conftest.py": head + fixture + before, "test_it.py": TEST},
            {"conftest.py": head.replace("\nimport pytest\n", "") + hook + after},
        )


def test_uvloop_where_it_is_installed():
    before = """
        import asyncio

        import pytest

        try:
            import uvloop
        except ImportError:
            uvloop = None


        @pytest.fixture(scope="session")
        def event_loop_policy():
            if uvloop is not None:
                return uvloop.EventLoopPolicy()
            return asyncio.get_event_loop_policy()
    """
    after = """
        import asyncio

        try:
            import uvloop
        except ImportError:
            uvloop = None


        def pytest_asyncio_loop_factories(config, item):
            if uvloop is not None:
                return {"uvloop": uvloop.new_event_loop}
            return {"current": asyncio.new_event_loop}
    """
    files = {"conftest.py": before, "test_it.py": TEST}
    check(files, {"conftest.py": after})


OWN = """
import asyncio

import pytest


class TracingLoop(asyncio.SelectorEventLoop):
    traced = True


{policy}@pytest.fixture
def event_loop_policy():
    return Policy()
"""
OWN_HOOK = """
import asyncio


class TracingLoop(asyncio.SelectorEventLoop):
    traced = True


{policy}def pytest_asyncio_loop_factories(config, item):
    return {factory}
"""


@pytest.mark.parametrize(
    "body",
    [
        "    _loop_factory = TracingLoop\n",
        "    def new_event_loop(self):\n        return TracingLoop()\n",
        '    """For tests."""\n\n    def new_event_loop(self):\n        """Trace."""\n'
        "        return TracingLoop()\n",
    ],
)
def test_a_policy_class_that_only_makes_loops_goes(body):
    policy = f"class Policy(asyncio.DefaultEventLoopPolicy):\n{body}\n\n"
    after = OWN_HOOK.format(policy="", factory='{"tracing": TracingLoop}')
    files = {"conftest.py": OWN.format(policy=policy), "test_it.py": TEST}
    check(files, {"conftest.py": after})


def test_a_policy_class_with_another_use_stays():
    policy = (
        "class Policy(asyncio.DefaultEventLoopPolicy):\n"
        "    _loop_factory = TracingLoop\n\n\n"
        "OTHER = Policy()\n\n\n"
    )
    after = OWN_HOOK.format(policy=policy, factory='{"tracing": TracingLoop}')
    files = {"conftest.py": OWN.format(policy=policy), "test_it.py": TEST}
    check(files, {"conftest.py": after})


def test_a_policy_that_prepares_its_loops_makes_them_itself():
    policy = (
        "class Policy(asyncio.DefaultEventLoopPolicy):\n"
        "    def new_event_loop(self):\n"
        "        loop = super().new_event_loop()\n"
        "        loop.set_debug(True)\n"
        "        return loop\n\n\n"
    )
    after = OWN_HOOK.format(
        policy=policy, factory='{"policy": Policy().new_event_loop}'
    )
    files = {"conftest.py": OWN.format(policy=policy), "test_it.py": TEST}
    check(files, {"conftest.py": after})


def test_a_folder_of_its_own():
    files = {"a/conftest.py": HEAD + FIXTURE, "a/test_a.py": TEST}
    files |= {"b/test_b.py": TEST + "\n\ndef test_sync():\n    pass\n"}
    check(files, {"a/conftest.py": HOOK})


def test_a_conftest_that_overrides_another():
    files = {"conftest.py": HEAD + FIXTURE, "test_b.py": TEST}
    files |= {"a/conftest.py": HEAD + FIXTURE, "a/test_a.py": TEST}
    check(files, {"conftest.py": HOOK, "a/conftest.py": HOOK})


def test_async_tests_and_fixtures_that_share_a_wide_loop():
    fixture = (
        "import pytest_asyncio\n\n\n"
        + FIXTURE
        + (
            '\n\n@pytest_asyncio.fixture(scope="session", loop_scope="session")\n'
            "async def db():\n    return 1\n"
        )
    )
    test = TEST.replace("asyncio", 'asyncio(loop_scope="session")')
    assert reasons(project(fixture, test.replace("test_it()", "test_it(db)"))) == []


LOOPS = """
import asyncio
import sys

import pytest
import uvloop


class TracingLoop(asyncio.SelectorEventLoop):
    traced = True


"""


def looped(body: str, declared: str = "@pytest.fixture") -> dict[str, str]:
    """Return a conftest with an ``event_loop``, beside a test module."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    fixture = f"{declared}\ndef event_loop():\n{lines}"
    return {"conftest.py": LOOPS + fixture, "test_it.py": TEST}


ODD_LOOPS = {
    "told something": "loop = uvloop.Loop()\nloop.set_debug(True)\nyield loop",
    "given something": "loop = TracingLoop(1)\nyield loop\nloop.close()",
    "in one case": "if sys.platform:\n    loop = TracingLoop()\nyield loop",
    "patched": "loop = TracingLoop()\nloop.x = 1\nyield loop",
    "prepared": "prepare()\nloop = TracingLoop()\nyield loop",
    "watched": "loop = TracingLoop()\nyield loop\nassert not loop.is_closed()",
    "not known": "loop = make_loop()\nyield loop\nloop.close()",
    "in a block": "with TracingLoop() as loop:\n    yield loop",
}


@pytest.mark.parametrize("body", ODD_LOOPS.values(), ids=ODD_LOOPS)
def test_loops_that_are_more_than_of_another_kind(body):
    assert set(left(looped(body))) <= {"loop-factory", "mixed-use"}


PLAIN = "loop = uvloop.new_event_loop()\nyield loop\nloop.close()"


def test_a_loop_in_a_test_module():
    files = looped(PLAIN)
    whole = files["conftest.py"] + "\n\n" + TEST.partition("\n\n\n")[2]
    assert left({"test_it.py": whole}) == ["loop-factory"]


def test_an_older_plugin_has_no_hook_for_loops():
    assert left(looped(PLAIN), lacking=["loop_factories"]) == ["old-plugin"]


def test_a_sync_test_that_asks_for_such_a_loop():
    test = "def test_it(event_loop):\n    assert not event_loop.is_running()\n"
    assert "multi-loop" in left(looped(PLAIN) | {"test_it.py": test})


def test_sync_tests_beside_a_loop_of_the_session():
    files = looped(PLAIN, '@pytest.fixture(scope="session")')
    files["test_it.py"] += "\n\ndef test_sync():\n    pass\n"
    assert left(files) == ["loop-factory"]


def test_a_policy_decides_as_well():
    files = looped(PLAIN)
    files["conftest.py"] += "\n\n" + FIXTURE
    assert reasons(files) == ["loop-factory"]


def test_another_override_below():
    plain = "import asyncio\n\n" + TEST.replace(
        "\n\n\n",
        "\n\n\n@pytest.fixture\ndef event_loop():\n"
        "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n",
        1,
    )
    assert left(looped(PLAIN) | {"a/test_a.py": plain}) == ["loop-factory"] * 2


HOOKED = "def pytest_asyncio_loop_factories(config, item):\n"
WIN = 'sys.platform == "win32"'


@pytest.mark.parametrize(
    "body, hook",
    [
        (PLAIN, 'return {"uvloop": uvloop.new_event_loop}'),
        ("return uvloop.Loop()", 'return {"uvloop": uvloop.Loop}'),
        ("yield TracingLoop()", 'return {"tracing": TracingLoop}'),
        (
            "loop = asyncio.SelectorEventLoop()\nasyncio.set_event_loop(loop)\n"
            "try:\n    yield loop\nfinally:\n"
            "    loop.run_until_complete(loop.shutdown_asyncgens())\n"
            "    loop.close()",
            'return {"selector": asyncio.SelectorEventLoop}',
        ),
        (
            "asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())\n"
            "loop = asyncio.get_event_loop_policy().new_event_loop()\n"
            "yield loop\nloop.close()",
            'return {"uvloop": uvloop.new_event_loop}',
        ),
        (
            f"if {WIN}:\n    loop = asyncio.ProactorEventLoop()\nelse:\n"
            "    loop = asyncio.new_event_loop()\nyield loop\nloop.close()",
            f'if {WIN}:\n        return {{"proactor": asyncio.ProactorEventLoop}}\n'
            '    else:\n        return {"default": asyncio.new_event_loop}',
        ),
        (
            f"if {WIN}:\n    asyncio.set_event_loop_policy("
            "asyncio.WindowsSelectorEventLoopPolicy())\n"
            "loop = asyncio.new_event_loop()\nyield loop\nloop.close()",
            f'if {WIN}:\n        return {{"selector": asyncio.SelectorEventLoop}}\n'
            '    return {"default": asyncio.new_event_loop}',
        ),
        (
            "policy = uvloop.EventLoopPolicy()\nloop = policy.new_event_loop()\n"
            "yield loop\nloop.close()",
            'return {"uvloop": uvloop.new_event_loop}',
        ),
    ],
)
def test_a_loop_of_another_kind(body, hook):
    files = looped(body)
    after = run(texts(files)).results["conftest.py"].decode()
    assert after.partition("def pytest")[2] == (HOOKED + f"    {hook}\n")[10:]
    check(files | {"conftest.py": after}, {})


def test_the_scope_of_such_a_loop_stays():
    before = looped(PLAIN, '@pytest.fixture(scope="session")')
    after = {
        "conftest.py": LOOPS.replace("import pytest\n", "")
        + HOOKED
        + '    return {"uvloop": uvloop.new_event_loop}\n',
        "test_it.py": TEST.replace("asyncio", 'asyncio(loop_scope="session")'),
    }
    after["conftest.py"] = after["conftest.py"].lstrip("\n")
    check(before, after)


def test_a_sync_test_that_drives_such_a_loop():
    files = looped(PLAIN)
    files["test_it.py"] = (
        "from app import f\n\n\ndef test_it(event_loop):\n"
        "    assert event_loop.run_until_complete(f()) == 1\n"
    )
    found = run(texts(files)).results
    assert b"return {" in found["conftest.py"]
    assert b"async def test_it():\n    assert await f() == 1\n" in found["test_it.py"]


def test_an_async_test_that_asks_for_such_a_loop():
    files = looped(PLAIN)
    files["test_it.py"] = TEST.replace("test_it()", "test_it(event_loop)").replace(
        "pass", "assert event_loop.time()"
    )
    after = run(texts(files)).results["test_it.py"].decode()
    assert "event_loop = asyncio.get_running_loop()" in after


@pytest.mark.parametrize("name", ["config", "item"])
def test_a_condition_on_what_the_hook_calls_its_parameters(name):
    condition = f"if {name}.fast:\n    "
    body = condition + "loop = uvloop.Loop()\nelse:\n    loop = TracingLoop()\n"
    files = looped(body + "yield loop\nloop.close()")
    assert left(files) == ["name-taken"]
    policy = (
        f"@pytest.fixture\ndef event_loop_policy():\n    if {name}.fast:\n"
        "        return uvloop.EventLoopPolicy()\n"
        "    return asyncio.DefaultEventLoopPolicy()\n"
    )
    assert left(project(policy)) == ["name-taken"]


def test_a_fixture_that_is_imported():
    other = {"a/test_a.py": "from conftest import event_loop_policy\n" + TEST}
    assert left(project() | other) == ["import-shared"]


def test_tests_of_unittest_beside_a_wide_loop():
    test = TEST.replace("asyncio", 'asyncio(loop_scope="module")')
    test += (
        "\n\nclass CaseTests(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_it(self):\n        pass\n"
    )
    assert left(project(test="import unittest\n" + test)) == ["loop-factory"]


@pytest.mark.parametrize(
    "imported",
    ["try:\n    import uvloop\nexcept ImportError:\n    uvloop = None\n", ""],
)
def test_a_package_that_may_not_be_there(imported):
    files = looped(("" if imported else "import uvloop\n") + PLAIN)
    conftest = files["conftest.py"].replace("import uvloop\n\n\n", imported + "\n\n")
    assert set(left(files | {"conftest.py": conftest})) <= {"loop-factory", "mixed-use"}
