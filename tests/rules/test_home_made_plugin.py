"""AW331: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods import Choice, Settings, migrate
from awaitify_codemods.plan import MIGRATE, NEWLY_RUNNING
from tests.traps.support import check, left, run, sources, texts

HEAD = "import asyncio\nimport inspect\n\n\n"
HOOK = """
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        args = {a: pyfuncitem.funcargs[a] for a in pyfuncitem._fixtureinfo.argnames}
        asyncio.run(pyfuncitem.obj(**args))
        return True
""".lstrip()
TEST = (
    "import pytest\n\nimport app\n\n\n{above}async def test_f({given}):\n    {body}\n"
)
MARK = "@pytest.mark.asyncio\n"
APP = "async def f():\n    return 1\n"


def project(
    hook: str = HOOK,
    *,
    above: str = "",
    given: str = "",
    body: str = "assert await app.f() == 1",
    head: str = HEAD,
    rest: str = "",
) -> dict[str, str]:
    """Return a project with a hook and a test that it runs."""
    test = TEST.format(above=above, given=given, body=body)
    return {"app.py": APP, "conftest.py": head + hook + rest, "test_it.py": test}


def kept(files: dict[str, str], **how: object) -> list[str]:
    """Assert that a hook stays; return the reasons for that."""
    assert not run(texts(files), **how).results
    plan = migrate(sources(texts(files), **how)).plan
    return [each.reason for each in plan.findings if each.rule == "AW331"]


RUN = "asyncio.run(pyfuncitem.obj(**args))"
ASKS = "inspect.iscoroutinefunction(pyfuncitem.obj)"
BODIES = {
    "more than running": (RUN, f"prepare()\n        {RUN}"),
    "a limit": (RUN, "asyncio.run(asyncio.wait_for(pyfuncitem.obj(**args), 3))"),
    "arguments of its own": ("(**args)", "(**args, extra=1)"),
    "changed arguments": (RUN, f'args["x"] = 1\n        {RUN}'),
    "awaited arguments": ("pyfuncitem.funcargs[a]", "made(pyfuncitem.funcargs[a])"),
    "debug": ("(**args))", "(**args), debug=True)"),
    "it tells nobody": ("        return True\n", ""),
    "whatever is called": (ASKS, "True"),
    "a question of its own": (ASKS, "is_async(pyfuncitem)"),
    "or else": (ASKS, f"{ASKS} or pyfuncitem.x"),
    "generators, too": (ASKS, f"{ASKS} or {ASKS.replace('coroutine', 'asyncgen')}"),
    "a wrapper": ("def ", "@pytest.hookimpl(hookwrapper=True)\ndef "),
    "uvloop": ("asyncio.run", "uvloop.run"),
    "its loop": ("asyncio.run", "uvloop.new_event_loop().run_until_complete"),
    "errors are caught": (
        f"        {RUN}",
        f"        try:\n            {RUN}\n        except ValueError:\n            1",
    ),
    "several runs": (RUN, f"{RUN}\n        {RUN}"),
    "otherwise": ("return True\n", "return True\n    else:\n        prepare()\n"),
    "the loop of a fixture": (
        "asyncio.run",
        'pyfuncitem.funcargs["loop"].run_until_complete',
    ),
}


@pytest.mark.parametrize("old, new", BODIES.values(), ids=BODIES)
def test_a_hook_that_does_more_is_not_known(old, new):
    hook = HOOK.replace(old, new, 1)
    assert hook != HOOK
    assert kept(project(hook)) == []


FIXTURE = "\n\nimport pytest\n\n\n@pytest.fixture\n"
REGIONS = {
    "a decorator": ("injecting-decorator", {"above": "@spying\n"}),
    "another library": ("anyio-or-trio", {"above": "@pytest.mark.anyio\n"}),
    "a coroutine for a fixture": (
        "mixed-use",
        {
            "given": "x",
            "body": "assert await x",
            "rest": FIXTURE + "async def x():\n    return 1\n",
        },
    ),
    "a fixture with a loop": (
        "multi-loop",
        {
            "given": "x",
            "rest": FIXTURE + "def x():\n    loop = asyncio.new_event_loop()\n"
            "    asyncio.set_event_loop(loop)\n    yield loop\n    loop.close()\n",
        },
    ),
    "the loop that was": ("multi-loop", {"given": "event_loop"}),
    "another hook": (
        "unresolved",
        {
            "rest": "\n\ndef pytest_fixture_setup(fixturedef, request):\n"
            "    if inspect.iscoroutinefunction(fixturedef.func):\n        pass\n"
        },
    ),
}


@pytest.mark.parametrize("reason, how", REGIONS.values(), ids=REGIONS)
def test_a_test_that_cannot_be_marked_keeps_it(reason, how):
    assert kept(project(**how)) == [reason]


BESIDE = {
    "a base that is not known": "from base import Base\n\n\nclass TestX(Base):\n"
    "    async def test_x(self):\n        pass\n",
    "what a base has": "from base import Base\n\n\nclass TestX(Base):\n    x = 1\n",
    "a decorated one": "import asyncio\n\n\n@asyncio.coroutine\ndef test_x():\n"
    "    yield f()\n",
    "a wrapper at home": "def deco(f):\n    async def wrapper():\n        f()\n"
    "    return wrapper\n\n\n@deco\ndef test_x():\n    assert 1\n",
    "a class of another name": "class Check:\n    async def test_x(self): pass\n",
    "a function of another name": "async def check_x():\n    pass\n",
    "a name that is assigned": "from app import make\n\ntest_x = make()\n",
    "a star": "from elsewhere import *\n",
    "a test from elsewhere": "from app import f as test_f\n",
    "what makes names": "for n in range(3):\n    globals()[f'test_{n}'] = make(n)\n",
    "what cannot be read": "def broken(:\n",
}


@pytest.mark.parametrize("text", BESIDE.values(), ids=BESIDE)
def test_what_is_not_written_out_keeps_it(text):
    files = project() | {"test_more.py": text}
    migrated = migrate(sources(texts(files)))
    assert not migrated.results
    found = [each for each in migrated.plan.findings if each.rule == "AW331"]
    assert [each.status for each in found] == ["left"]


def test_tests_that_are_found_under_another_name_keep_it():
    files = project() | {"tests.py": "async def test_x():\n    assert 1\n"}
    assert kept(files) == ["unresolved"]


def test_who_uses_the_hook_keeps_it():
    files = project() | {"sub/conftest.py": "from conftest import pytest_pyfunc_call\n"}
    assert kept(files) == ["helper-escapes"]


def test_a_test_that_is_not_chosen_keeps_it():
    files = project()
    chosen = frozenset({"conftest.py"})
    assert kept(files, selected=chosen) == ["outside-selection"]
    rules = frozenset({"AW101", "AW316"})
    assert not run(texts(files), rules=rules).results


def test_a_comment_keeps_it():
    files = project(above="# awaitify: ignore -- as it is\n")
    assert not run(texts(files)).results


def test_a_hook_of_a_folder_for_all_items_keeps_it():
    hook = WRAPPING.format(head=HEAD)
    files = {
        "app.py": APP,
        "a/conftest.py": hook,
        "b/test_it.py": project()["test_it.py"],
    }
    assert kept(files) == ["outside-selection"]


@pytest.mark.parametrize("mode", ["anyio", "trio"])
def test_other_modes_keep_it(mode):
    assert kept(project(), modes={"": mode}) == ["anyio-or-trio"]


def test_it_stays_where_pytest_asyncio_cannot_be_had():
    files = sources(texts(project()))
    lacking = type(files)(
        **{**vars(files), "lacking": {"": frozenset({"pytest-asyncio"})}}
    )
    assert not migrate(lacking).results


def test_a_loop_that_sync_tests_need_keeps_it():
    shared = HOOK.replace("asyncio.run", "asyncio.get_event_loop().run_until_complete")
    sync = "import asyncio\n\n\ndef test_sync():\n    assert asyncio.get_event_loop()\n"
    assert kept(project(shared) | {"test_sync.py": sync}) == ["multi-loop"]
    other = sync.replace("assert asyncio", "assert not asyncio")
    assert kept(project(shared) | {"test_sync.py": other}) == ["multi-loop"]


@pytest.mark.parametrize("loop", ["LOOP", "asyncio.get_event_loop()"])
def test_a_loop_that_sync_tests_drive_keeps_it(loop):
    drive = f"{loop}.run_until_complete"
    hook = f"LOOP = asyncio.new_event_loop()\n\n{HOOK}".replace("asyncio.run", drive)
    files = project(hook)
    sync = f"def test_sync():\n    assert {drive}(app.f())\n"
    head = "import asyncio\nfrom conftest import LOOP\nimport app\n\n\n"
    plan = migrate(sources(texts(files | {"test_sync.py": head + sync}))).plan
    found = [each for each in plan.findings if each.rule == "AW331"]
    assert [each.reason for each in found] == ["multi-loop"]
    assert "conftest.py" not in {each.path for each in plan.files}


WRAPPING = """{head}
def wrapped(f):
    def wrapper(*args, **kwargs):
        return asyncio.run(f(*args, **kwargs))
    return wrapper


def pytest_collection_modifyitems(items):
    for item in items:
        if inspect.iscoroutinefunction(item.obj):
            item.obj = wrapped(item.obj)
"""

CALLS = """
def pytest_pyfunc_call(pyfuncitem):
    if {question}:
        {call}
        return True
"""
QUESTION = ASKS

RUNS = {
    "as it is": HOOK,
    "first": "@pytest.hookimpl(tryfirst=True)\n" + HOOK,
    "first, the old way": "@pytest.mark.tryfirst\n" + HOOK,
    "no arguments": CALLS.format(
        question=QUESTION, call="asyncio.run(pyfuncitem.obj())"
    ),
    "all arguments": CALLS.format(
        question=QUESTION.replace("obj", "function"),
        call="asyncio.run(pyfuncitem.function(**pyfuncitem.funcargs))",
    ),
    "the other way round": "def pytest_pyfunc_call(pyfuncitem):\n"
    "    if not inspect.iscoroutinefunction(pyfuncitem.obj):\n        return None\n"
    "    asyncio.run(pyfuncitem.obj(**pyfuncitem.funcargs))\n    return True\n",
    "names for everything": "def pytest_pyfunc_call(pyfuncitem):\n"
    "    function = pyfuncitem.obj\n    funcargs = pyfuncitem.funcargs\n"
    "    if inspect.iscoroutinefunction(function):\n"
    "        names = pyfuncitem._fixtureinfo.argnames\n"
    "        args = {n: funcargs[n] for n in names}\n        coro = function(**args)\n"
    "        asyncio.run(coro)\n        return True\n    return None\n",
    "a loop for each": "def pytest_pyfunc_call(pyfuncitem):\n"
    f"    if {QUESTION}:\n        loop = asyncio.new_event_loop()\n        try:\n"
    "            loop.run_until_complete(pyfuncitem.obj(**pyfuncitem.funcargs))\n"
    "        finally:\n            loop.close()\n        return True\n",
    "a runner": "def pytest_pyfunc_call(pyfuncitem):\n"
    f"    if {QUESTION}:\n        with asyncio.Runner() as runner:\n"
    "            runner.run(pyfuncitem.obj())\n        return True\n",
    "a helper": "def run(coro):\n    return asyncio.run(coro)\n\n\n"
    + HOOK.replace("asyncio.run", "run"),
    "items": WRAPPING.format(head="").lstrip(),
}


@pytest.mark.parametrize("hook", RUNS.values(), ids=RUNS)
def test_its_tests_are_marked(hook):
    rest = '\n\ndef pytest_configure(config):\n    config.addinivalue_line("x", "y")\n'
    before = project(hook, rest=rest)
    after = project(above=MARK)["test_it.py"]
    check(before, {"conftest.py": rest.lstrip(), "test_it.py": after})


@pytest.mark.parametrize(
    "loop",
    [
        "asyncio.get_event_loop()",
        "asyncio.get_event_loop_policy().get_event_loop()",
        "LOOP",
    ],
)
def test_tests_that_shared_a_loop_share_one(loop):
    hook = CALLS.format(
        question=QUESTION, call=f"{loop}.run_until_complete(pyfuncitem.obj())"
    )
    if loop == "LOOP":
        hook = f"LOOP = asyncio.new_event_loop()\n\n{hook}"
    before = project(hook)
    if "policy" in loop:
        assert kept(before) == []
        return
    mark = '@pytest.mark.asyncio(loop_scope="session")\n'
    check(before, {**project(above=mark), "conftest.py": None})


@pytest.mark.parametrize(
    "question",
    [
        '"run_loop" in pyfuncitem.keywords',
        'pyfuncitem.get_closest_marker("run_loop")',
        f'pyfuncitem.get_closest_marker("run_loop") is not None and {QUESTION}',
    ],
)
def test_what_its_marker_did_not_ask_for_is_newly_running(question):
    call = "asyncio.run(pyfuncitem.obj(**pyfuncitem.funcargs))"
    hook = CALLS.format(question=question, call=call)
    both = "@pytest.mark.run_loop\nasync def test_f(): 1\n\n\n{}async def test_g(): 1\n"
    head = HEAD if "inspect" in question else "import asyncio\n\n\n"
    before = {
        "conftest.py": head + hook,
        "test_it.py": f"import pytest\n\n\n{both.format('')}",
    }
    marked = both.replace("\nasync def test_f", f"\n{MARK}async def test_f").format(
        MARK
    )
    check(before, {"conftest.py": None, "test_it.py": f"import pytest\n\n\n{marked}"})
    found = run(texts(before)).plan.findings
    assert [each.status for each in found if each.path == "test_it.py"] == [
        MIGRATE,
        NEWLY_RUNNING,
    ]


def test_what_is_marked_stays():
    check(project(above=MARK), {"conftest.py": None})


def test_in_auto_mode_it_goes_alone():
    check(project(), {"conftest.py": None}, modes={"": "auto"})


def test_classes_bases_and_folders():
    test = "    {}async def test_{}(self):\n        pass\n"
    base = "class Base:\n{}"
    files = {
        "tests/__init__.py": "",
        "tests/conftest.py": HEAD + HOOK,
        "tests/base.py": base.format(test.format("", "a")),
        "tests/sub/__init__.py": "",
        "tests/sub/test_x.py": "from tests.base import Base\n\n\nclass TestX(Base):\n"
        + test.format("", "b"),
        "other/test_y.py": "async def test_y():\n    pass\n",
    }
    mark = MARK.replace("\n", "\n    ")
    after = {
        path: "import pytest\n\n\n" + text.replace("    async", f"    {mark}async")
        for path, text in files.items()
        if "class" in text
    }
    after["tests/sub/test_x.py"] = after["tests/sub/test_x.py"].replace(
        "import pytest\n\n\n", "import pytest\n\n"
    )
    migrated = run(texts(files))
    for path, text in after.items():
        assert (migrated.results[path] or b"").decode() == text, path
    assert not (migrated.results["tests/conftest.py"] or b"").strip()
    # Outside its folder nothing ran them: that is AW316's.
    assert b"mark.asyncio" in (migrated.results["other/test_y.py"] or b"")


def test_a_choice_without_it_keeps_it():
    settings = Settings(Choice(frozenset({"AW101", "AW109"})))
    assert not migrate(sources(texts(project())), settings).results
    assert left(project(), rules=frozenset({"AW101"})) == ["outside-selection"]
