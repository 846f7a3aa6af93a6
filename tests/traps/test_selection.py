"""What the user did not choose stays, and so does all that hangs on it."""

import pytest

from awaitify_codemods import SUITE
from tests.traps.support import check, left

ALL = frozenset(rule.META.code for rule in SUITE)
HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
DONE = "import pytest\n\nfrom app import f\n\n"
ON_RUN = "def test_f():\n    assert asyncio.run(f()) == 1\n"
ASYNC = "@pytest.mark.asyncio\nasync def test_f():\n    assert await f() == 1\n"

KINDS = {
    "AW101": ON_RUN,
    "AW102": "def test_f():\n    loop = asyncio.new_event_loop()\n"
    "    assert loop.run_until_complete(f()) == 1\n",
    "AW103": "def test_f():\n    with asyncio.Runner() as runner:\n"
    "        assert runner.run(f()) == 1\n",
    "AW105": "def run(c):\n    return asyncio.run(c)\n\n"
    "def test_f():\n    assert run(f()) == 1\n",
    "AW106": "def driven(fn):\n    @functools.wraps(fn)\n    def inner(*a, **k):\n"
    "        return asyncio.run(fn(*a, **k))\n    return inner\n\n"
    "@driven\nasync def test_f():\n    assert await f() == 1\n",
    "AW107": "def test_f():\n    pytest.raises(ValueError, asyncio.run, f())\n",
    "AW108": "def make():\n    return asyncio.run(f())\n\n"
    "def test_f():\n    assert make() == 1\n",
    "AW109": ON_RUN,
    "AW110": "def test_f():\n    loop = asyncio.new_event_loop()\n"
    "    assert loop.run_until_complete(f()) == 1\n    loop.close()\n",
}


def source(tests: str) -> str:
    """Return a module."""
    imports = "import functools\n" if "functools" in tests else ""
    return HEAD.replace("import asyncio\n", f"import asyncio\n{imports}") + tests


@pytest.mark.parametrize("code", KINDS)
def test_nothing_changes_without_a_rule_that_it_takes(code):
    reasons = left(source(KINDS[code]), rules=ALL - {code})
    # A runner that is still used is a site of its own.
    assert {"outside-selection"} <= set(reasons)
    assert set(reasons) <= {"outside-selection", "helper-escapes"}


def test_anyio_needs_its_rule():
    text = source("def test_f():\n    assert anyio.run(f) == 1\n")
    text = text.replace("import asyncio", "import anyio")
    assert left(text, rules=ALL - {"AW104"}) == ["outside-selection"]


@pytest.mark.parametrize("code", ["AW102", "AW103", "AW104", "AW105", "AW106", "AW107"])
def test_rules_that_are_not_needed_are_not_missed(code):
    check(source(ON_RUN), DONE + ASYNC, rules=ALL - {code})


def test_a_call_of_what_was_not_chosen_says_so():
    files = {
        "tests/helpers.py": "import asyncio\n\nfrom app import f\n\n"
        "def make():\n    print()\n    return asyncio.run(f())\n",
        "tests/test_it.py": "import asyncio\n\nfrom helpers import make\n\n"
        "def test_f():\n    assert asyncio.run(make()) == make()\n",
    }
    chosen = frozenset({"tests/test_it.py"})
    assert left(files, selected=chosen) == ["outside-selection"]


def test_no_rule_changes_nothing():
    assert set(left(source(ON_RUN), rules=frozenset())) == {"outside-selection"}


def test_one_rule_that_is_left_out_keeps_its_tests_only():
    other = "\ndef test_g():\n    assert asyncio.Runner().run(f())\n"
    other = other.replace("Runner()", "new_event_loop()").replace(
        "run(", "run_until_complete("
    )
    check(
        source(ON_RUN + other),
        HEAD + ASYNC + other,
        rules=ALL - {"AW102"},
    )


def test_a_caller_on_a_rule_that_is_left_out_drives_the_helper_itself():
    tests = (
        "def make():\n    return asyncio.run(f())\n\n"
        "def test_f():\n    assert make() == 1\n\n"
        "def test_g():\n    loop = asyncio.new_event_loop()\n"
        "    assert loop.run_until_complete(f()) == make()\n"
    )
    after = (
        "async def make():\n    return await f()\n\n"
        "@pytest.mark.asyncio\nasync def test_f():\n    assert await make() == 1\n\n"
        "def test_g():\n    loop = asyncio.new_event_loop()\n"
        "    assert loop.run_until_complete(f()) == asyncio.run(make())\n"
    )
    check(source(tests), HEAD + after, rules=ALL - {"AW102"})


# Files

FILES = {
    "app.py": "async def f():\n    return 1\n",
    "tests/helpers.py": (
        "import asyncio\n\nfrom app import f\n\n"
        "def run(coro):\n    return asyncio.run(coro)\n\n"
        "def make():\n    return run(f())\n"
    ),
    "tests/test_a.py": (
        "import pytest\n\nfrom app import f\nfrom helpers import run\n\n"
        "def test_a():\n    assert run(f()) == 1\n"
    ),
    "tests/test_b.py": (
        "import pytest\n\nfrom helpers import make\n\n"
        "def test_b():\n    assert make() == 1\n"
    ),
}
TEST_A = (
    "import pytest\n\nfrom app import f\n\n@pytest.mark.asyncio\n"
    "async def test_a():\n    assert await f() == 1\n"
)
TEST_B = (
    "import pytest\n\nfrom helpers import make\n\n@pytest.mark.asyncio\n"
    "async def test_b():\n    assert await make() == 1\n"
)


def chosen(*names: str) -> frozenset[str]:
    """Return paths."""
    return frozenset(f"tests/{name}.py" for name in names)


def test_all_files_chosen():
    check(
        FILES,
        {
            "tests/helpers.py": (
                "from app import f\n\nasync def make():\n    return await f()\n"
            ),
            "tests/test_a.py": TEST_A,
            "tests/test_b.py": TEST_B,
        },
    )


def test_a_runner_stays_for_the_files_that_are_not_chosen():
    check(FILES, {"tests/test_a.py": TEST_A}, selected=chosen("test_a"))


def test_a_helper_in_a_file_that_is_not_chosen_keeps_its_tests_sync():
    assert left(FILES, selected=chosen("test_b")) == []


def test_a_helper_with_a_caller_that_is_not_chosen_stays():
    assert "outside-selection" in left(FILES, selected=chosen("helpers"))
    check(FILES, {"tests/test_a.py": TEST_A}, selected=chosen("helpers", "test_a"))


def test_a_file_that_is_not_chosen_is_not_deleted():
    files = {name: text for name, text in FILES.items() if "test_b" not in name}
    files["tests/helpers.py"] = (
        "import asyncio\n\ndef run(coro):\n    return asyncio.run(coro)\n"
    )
    check(files, {"tests/test_a.py": TEST_A}, selected=chosen("test_a"))


def test_an_import_in_a_file_that_is_not_chosen_holds_the_runner():
    files = FILES | {"tests/test_b.py": "from helpers import run as run\n"}
    files["tests/helpers.py"] = (
        "import asyncio\n\ndef run(coro):\n    return asyncio.run(coro)\n"
    )
    check(
        files,
        {"tests/test_a.py": TEST_A},
        selected=chosen("helpers", "test_a"),
    )


def test_a_base_in_a_file_that_is_not_chosen_keeps_its_overrides_sync():
    files = {
        "app.py": FILES["app.py"],
        "tests/base.py": (
            "import asyncio\n\nfrom app import f\n\nclass Base:\n"
            "    def test_f(self):\n        asyncio.run(f())\n"
        ),
        "tests/test_it.py": (
            "import asyncio\n\nfrom app import f\nfrom base import Base\n\n"
            "class TestF(Base):\n    def test_f(self):\n        asyncio.run(f())\n"
        ),
    }
    assert left(files, selected=chosen("test_it")) == ["outside-selection"]


def test_a_module_loop_with_a_test_that_is_not_chosen():
    files = {
        "app.py": FILES["app.py"],
        "tests/helpers.py": (
            "import asyncio\n\nLOOP = asyncio.new_event_loop()\n\n"
            "def make(coro):\n    print()\n    return LOOP.run_until_complete(coro)\n"
        ),
        "tests/test_a.py": FILES["tests/test_a.py"].replace("run", "make"),
        "tests/test_b.py": FILES["tests/test_a.py"]
        .replace("run", "make")
        .replace("test_a", "test_b"),
    }
    assert "outside-selection" in left(files, selected=chosen("helpers", "test_a"))


def test_only_what_is_chosen_is_reported():
    assert left(FILES, selected=frozenset()) == []


# Which files are tests


@pytest.mark.parametrize("path", ["checks.py", "checks/basic.py", "app/testing.py"])
def test_a_module_of_the_code_is_not_migrated(path):
    files = {"app.py": FILES["app.py"], path: source(ON_RUN), "test_x.py": "x = 1\n"}
    left(files)


def test_auto_mode_for_one_folder_only():
    files = {
        "unit/test_a.py": source(ON_RUN),
        "slow/test_b.py": source(ON_RUN),
    }
    check(
        files,
        {
            "unit/test_a.py": HEAD.replace("import asyncio\n\n", "")
            + ASYNC.partition("\n")[2],
            "slow/test_b.py": DONE + ASYNC,
        },
        modes={"": "strict", "unit": "auto"},
    )


def test_a_driven_coroutine_test_needs_no_mark_in_auto_mode():
    test = "async def test_f():\n    assert await f() == 1\n"
    check(
        source(KINDS["AW106"]),
        HEAD.replace("import asyncio\n\n", "") + test,
        modes={"": "auto"},
    )
