"""Names that the user lists: what they settle, and what the source settles first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_cli import make
from tests.test_cli import run as command
from tests.traps.support import check, left, run, texts

RUNNERS = ["pkg.testing.run_async"]
HEAD = "import pytest\n\nfrom pkg.testing import run_async\nfrom app import f\n\n"
DONE = "import pytest\n\nfrom app import f\n\n"
MARK = "@pytest.mark.asyncio\n"


def messages(project: object, **how: object) -> list[str]:
    """Return why sites are left."""
    found = run(texts(project), **how).plan.findings  # type: ignore[arg-type]
    return [each.message for each in found if each.status == "left"]


# Runners whose source is not there

CALLS = {
    "coroutine": ("assert run_async(f()) == 1", "assert await f() == 1"),
    "method": ("assert run_async(x.get()).a", "assert (await x.get()).a"),
    "gathered": ("run_async(asyncio.gather(f()))", "await asyncio.gather(f())"),
    "name of a call": ("c = f()\n    run_async(c)", "c = f()\n    await c"),
    "function": ("assert run_async(go, 1) == 1", "assert await go(1) == 1"),
    "function alone": ("assert run_async(go) == 1", "assert await go() == 1"),
    "assertion": (
        "pytest.raises(E, run_async, f())",
        "with pytest.raises(E):\n        await f()",
    ),
}


@pytest.mark.parametrize("call, awaited", CALLS.values(), ids=CALLS)
def test_a_call(call, awaited):
    go = "async def go(*args):\n    return 1\n\n"
    check(
        f"{HEAD}{go}def test():\n    {call}\n",
        f"{DONE}{go}{MARK}async def test():\n    {awaited}\n",
        runners=RUNNERS,
    )


def test_nothing_is_known_without_the_setting():
    assert left(HEAD + "def test():\n    run_async(f())\n") == []


@pytest.mark.parametrize(
    "head",
    [
        "import pkg.testing\n\nrun = pkg.testing.run_async\n",
        "from pkg import testing\n\nrun = testing.run_async\n",
        "from pkg.testing import run_async as run\n",
    ],
)
def test_another_spelling(head):
    text = f"import pytest\nfrom app import f\n{head}\ndef test():\n    run(f())\n"
    assert run(texts(text), runners=RUNNERS).results


def test_one_that_another_module_hands_on():
    files = {
        "tests/tools.py": "from pkg.testing import run_async\n",
        "tests/test_it.py": HEAD.replace("pkg.testing", "tools")
        + "def test():\n    run_async(f())\n",
    }
    assert "tests/test_it.py" in run(texts(files), runners=RUNNERS).results


def test_a_method_of_a_class_that_is_not_there():
    check(
        "import pytest\nfrom pkg import Harness\n\n"
        "def test():\n    harness = Harness()\n    harness.call(harness.get())\n",
        "import pytest\nfrom pkg import Harness\n\n"
        f"{MARK}async def test():\n    harness = Harness()\n    await harness.get()\n",
        runners=["pkg.Harness.call"],
    )


REFUSED = {
    "parameter": ("run_async(cb)", "unresolved"),
    "function of unknown kind": ("run_async(f, 1)", "unresolved"),
    "sync function": ("run_async(plain, 1)", "unresolved"),
    "generator": ("run_async(agen)", "unresolved"),
    "lambda": ("run_async(lambda: f())", "unresolved"),
    "partial": ("run_async(partial(f))", "unresolved"),
    "class": ("run_async(Job())", "unresolved"),
    "another argument": ("run_async(f(), 5)", "impure-runner"),
    "keyword": ("run_async(f(), timeout=5)", "unresolved"),
    "by keyword": ("run_async(coro=f())", "unresolved"),
    "spread": ("run_async(*cb)", "unresolved"),
    "called later": ("run_async(go)()", "unresolved"),
    "kept, called later": ("g = run_async(go)\n    g()", "unresolved"),
    "handed on": ("cb(run_async)", "drive-in-callback"),
    "in a lambda": ("cb(lambda: run_async(f()))", "drive-in-lambda"),
    "later": ("pytest.raises(E, run_async, f(), 1)", "impure-runner"),
}


@pytest.mark.parametrize("call, reason", REFUSED.values(), ids=REFUSED)
def test_a_call_that_is_not_certain(call, reason):
    text = (
        "from functools import partial\n" + HEAD + "async def go():\n    return 1\n\n"
        "def plain(x):\n    return x\n\nasync def agen():\n    yield 1\n\n"
        f"class Job:\n    pass\n\ndef test(cb):\n    {call}\n"
    )
    assert left(text, runners=RUNNERS) == [reason]


def test_tasks_that_are_left_behind():
    # asyncio.run ends them, run_until_complete does not: which it does is unknown.
    text = (
        "import asyncio\n" + HEAD + "async def go():\n"
        "    asyncio.create_task(f())\n\n"
        "def test():\n    run_async(go())\n    assert f.seen\n"
    )
    assert left(text, runners=RUNNERS) == ["run-boundary"]


def test_a_caller_that_stays_cannot_drive_a_helper_in_its_place():
    text = (
        HEAD + "def make():\n    return run_async(f())\n\n"
        "def test_a():\n    assert make()\n\n"
        "def test_b(cb):\n    assert make()\n    run_async(cb)\n"
    )
    assert set(left(text, runners=RUNNERS)) == {"unresolved"}


# Decorators


def test_a_decorator():
    check(
        HEAD + "@run_async\nasync def test():\n    await f()\n",
        f"{DONE}{MARK}async def test():\n    await f()\n",
        runners=RUNNERS,
    )


@pytest.mark.parametrize(
    "test",
    [
        "@run_async\nasync def test(tmp_path):\n    await f()\n",
        "@run_async\n@pytest.mark.x\nasync def test():\n    await f()\n",
        "@run_async(1)\nasync def test():\n    await f()\n",
    ],
    ids=["parameters", "marks", "arguments"],
)
def test_a_decorator_that_may_hide_or_inject(test):
    assert left(HEAD + test, runners=RUNNERS) == ["injecting-decorator"]


DECORATOR = (
    "import functools\n\nfrom lib import drive\n\ndef driven(fn):\n"
    "    @functools.wraps(fn)\n    def inner(*args, **kwargs):\n"
    "        log(fn)\n        return drive(fn({}))\n    return inner\n"
)
DRIVEN = "import pytest\n\nfrom tools import driven\nfrom app import f\n\n"


def test_a_decorator_whose_source_is_there():
    files = {
        "tests/tools.py": DECORATOR.format("*args, **kwargs"),
        "tests/test_it.py": DRIVEN
        + "@driven\nasync def test(tmp_path):\n    await f()\n",
    }
    after = f"{DONE}{MARK}async def test(tmp_path):\n    await f()\n"
    check(files, {"tests/test_it.py": after}, runners=["tools.driven"])


def test_a_decorator_whose_source_shows_that_it_injects():
    files = {
        "tests/tools.py": DECORATOR.format("1, *args, **kwargs"),
        "tests/test_it.py": DRIVEN + "@driven\nasync def test(x):\n    await f()\n",
    }
    assert left(files, runners=["tools.driven"]) == ["drive-in-callback"]


# Runners whose source is there

BODIES = {
    "prepares": "    prepare()\n    return lib.drive(coro)\n",
    "prepares a loop": "    loop = asyncio.new_event_loop()\n    prepare(loop)\n"
    "    try:\n        x = loop.run_until_complete(coro)\n        return x\n"
    "    finally:\n        loop.close()\n",
    "looks for a loop": "    try:\n        loop = asyncio.get_event_loop()\n"
    "    except RuntimeError:\n        loop = asyncio.new_event_loop()\n"
    "    prepare(loop)\n    return loop.run_until_complete(coro)\n",
}
TOOLS = "import asyncio\nimport lib\nfrom lib import prepare\n\ndef run_async(coro):\n"


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("name", ["tools.run_async", "tests.tools.run_async"])
def test_what_is_unknown_is_as_the_user_says(body, name):
    files = {
        "tests/tools.py": TOOLS + body,
        "tests/test_it.py": HEAD.replace("pkg.testing", "tools")
        + "def test():\n    assert run_async(f()) == 1\n",
    }
    migrated = run(texts(files), runners=[name])
    after = f"{DONE}{MARK}async def test():\n    assert await f() == 1\n"
    assert migrated.results["tests/test_it.py"] == after.encode()


HARM = {
    "thread": (
        "    t = threading.Thread(target=lib.drive, args=[coro])\n    t.start()\n",
        "thread-loop",
    ),
    "pool": ("    return pool.submit(asyncio.run, coro).result()\n", "thread-loop"),
    "handles": (
        "    try:\n        return lib.run(coro)\n    except ValueError:\n"
        "        return None\n",
        "impure-runner",
    ),
    "repeats": ("    while lib.run(coro):\n        lib.run(coro)\n", "impure-runner"),
    "patches": (
        "    with lib.patched():\n        return lib.run(coro)\n",
        "impure-runner",
    ),
    "another result": ("    return [lib.run(coro)]\n", "impure-runner"),
    "generator": ("    yield lib.run(coro)\n", "impure-runner"),
}


@pytest.mark.parametrize("body, reason", HARM.values(), ids=HARM)
def test_what_the_source_shows_is_not(body, reason):
    files = {
        "tests/tools.py": TOOLS + body,
        "tests/test_it.py": HEAD.replace("pkg.testing", "tools")
        + "def test():\n    assert run_async(f()) == 1\n",
    }
    migrated = run(texts(files), runners=["tools.run_async"])
    assert "tests/test_it.py" not in migrated.results
    [found] = [f for f in migrated.plan.findings if f.path == "tests/test_it.py"]
    assert found.reason == reason
    assert found.message.startswith("run_async is said to be a runner, and ")


def test_one_that_drops_its_result():
    files = {
        "tests/tools.py": TOOLS + "    lib.drive(coro)\n",
        "tests/test_it.py": HEAD.replace("pkg.testing", "tools")
        + "def test_a():\n    run_async(f())\n\n"
        "def test_b():\n    assert run_async(f()) is None\n",
    }
    migrated = run(texts(files), runners=["tools.run_async"])
    text = (migrated.results["tests/test_it.py"] or b"").decode()
    assert "async def test_a" in text and "\ndef test_b" in text


def test_an_override_that_the_user_does_not_name():
    text = (
        "import lib\nfrom app import f\n\nclass Base:\n    def call(self, coro):\n"
        "        return lib.drive(coro)\n\nclass TestA(Base):\n"
        "    def call(self, coro):\n        lib.other()\n\n"
        "    def test(self):\n        self.call(f())\n"
    )
    assert not run(texts(text), runners=["test_it.Base.call"]).results


# Names alike

ALIKE = {
    "another module's": "from other import run_async\n",
    "shadowed": "from pkg.testing import run_async\n\ndef run_async(x):\n    pass\n",
    "one of the project": "def run_async(x):\n    pass\n",
    "rebound": "from pkg.testing import run_async\nrun_async = print\n",
}


@pytest.mark.parametrize("head", ALIKE.values(), ids=ALIKE)
def test_a_name_that_means_something_else(head):
    text = f"from app import f\n{head}\ndef test():\n    run_async(f())\n"
    assert not run(texts(text), runners=RUNNERS).results


def test_a_parameter_of_the_same_name():
    # It may be the runner, and would drive inside of a loop.
    text = (
        "import asyncio\n" + HEAD + "def test(run_async):\n"
        "    asyncio.run(f())\n    run_async(f())\n"
    )
    assert left(text, runners=RUNNERS) == ["unresolved", "unresolved"]


def test_a_mention_of_another_module_s():
    text = (
        "import asyncio\nimport pytest\nimport other\nfrom app import f\n\n"
        "def test():\n    cb = other.run_async\n    asyncio.run(f(cb))\n"
    )
    assert run(texts(text), runners=RUNNERS).results


# Coroutine functions

TASKS = (
    "import asyncio\n\nimport pytest\n\nfrom lib import fetch\n\n"
    "async def go():\n    pass\n\n"
)


@pytest.mark.parametrize(
    "names, call",
    [
        ([], "ensure_future"),
        (["lib.fetch"], "create_task"),
        (["app.fetch"], "ensure_future"),
    ],
)
def test_what_a_task_is_made_of(names, call):
    loop = "loop = asyncio.get_event_loop()"
    text = TASKS + (
        f"def test():\n    {loop}\n    task = loop.create_task(go())\n"
        "    loop.run_until_complete(fetch())\n    assert task\n"
    )
    migrated = run(texts(text), coroutines=names)
    assert f"await asyncio.{call}(fetch())".encode() in migrated.results["test_it.py"]


def test_a_function_that_is_said_to_be_one():
    how = {"runners": RUNNERS, "coroutines": ["app.f"]}
    text = HEAD + "def test():\n    assert run_async(f, 1) == 1\n"
    after = f"{DONE}{MARK}async def test():\n    assert await f(1) == 1\n"
    check(text, after, **how)


def test_a_function_that_the_source_shows_to_be_none():
    how = {"runners": RUNNERS, "coroutines": ["app.f"]}
    files = {
        "app.py": "def f(x):\n    return x\n",
        "test_it.py": HEAD + "def test():\n    assert run_async(f, 1) == 1\n",
    }
    assert left(files, **how) == ["unresolved"]


# The command


def test_by_configuration(tmp_path: Path):
    text = HEAD + "def test():\n    run_async(f())\n"
    root = make(tmp_path / "p", test_it=text)
    (root / "pyproject.toml").write_text(
        '[tool.awaitify]\nrunners = ["pkg.testing.run_async", "pkg.gone"]\n'
        'coroutines = ["lib.never"]\n'
    )
    done = command(root, "check", "-v")
    assert "AW105 run_async() becomes await" in done.stdout
    assert "runners: pkg.gone is mentioned nowhere\n" in done.stderr
    assert "coroutines: lib.never is mentioned nowhere\n" in done.stderr
    assert "mentioned nowhere" not in command(root, "check").stderr
