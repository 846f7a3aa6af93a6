"""AW312: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged, reported
from tests.traps.support import check as check_project

FIXTURE = "@pytest_asyncio.fixture\nasync def client():\n    return 1\n"


@pytest.mark.parametrize(
    "head",
    [
        "from helpers import *\n",
        "import pytest_asyncio\n",
        "pytest_asyncio = None\n",
        "try:\n    import pytest_asyncio\nexcept ImportError:\n    pass\n",
        "if True:\n    import pytest_asyncio\n",
        "import pytest_asyncio.plugin\n",
        "import sys\n\nimport own\n\nsys.modules['pytest_asyncio'] = own\n"
        "import pytest_asyncio\n",
        "import sys\n\ntry:\n    import pytest_asyncio\nexcept ImportError:\n"
        "    pytest_asyncio = object()\n    sys.modules['pytest_asyncio'] = "
        "pytest_asyncio\n",
        "import sys\n\ntry:\n    import pytest_asyncio\nexcept ImportError:\n"
        "    pytest_asyncio = object()\nsys.modules['pytest_asyncio'] = "
        "pytest_asyncio\n",
    ],
)
def test_what_is_bound_in_some_way(head):
    assert check_unchanged(f"{head}\n\n{FIXTURE}") == []


def test_a_string_that_says_the_name():
    assert check_unchanged('pytest_plugins = ["pytest_asyncio"]\n') == []


def test_code_that_is_no_test_code():
    files = {"src/plugin.py": FIXTURE}
    check_project(files, files)


def test_a_module_without_imports():
    check(FIXTURE, f"import pytest_asyncio\n\n\n{FIXTURE}")


def test_beside_the_other_imports():
    head = '"""Tests."""\n\nfrom __future__ import annotations\n\nimport os\n\n'
    check(
        f"{head}import pytest\nfrom app import f\n\n\n{FIXTURE}",
        f"{head}import pytest\nimport pytest_asyncio\nfrom app import f\n\n\n{FIXTURE}",
    )


def test_a_helper_module_of_the_tests():
    files = {"tests/helpers.py": FIXTURE}
    check_project(files, {"tests/helpers.py": f"import pytest_asyncio\n\n\n{FIXTURE}"})


@pytest.mark.parametrize(
    "line",
    [
        'sys.modules["pytest_asyncio"] = pytest_asyncio\n',
        'sys.modules.setdefault("pytest_asyncio", pytest_asyncio)\n',
    ],
)
def test_a_module_that_is_put_where_it_is(line):
    rest = "\n\ndef pytest_configure():\n    print(pytest_asyncio)\n"
    check_project(
        {"conftest.py": f"import sys\n\nimport pytest_asyncio\n\n{line}{rest}"},
        {"conftest.py": f"import pytest_asyncio\n{rest}"},
    )


BUILTIN = "import builtins\n\nimport pytest_asyncio\n\n"
BUILTIN += "builtins.pytest_asyncio = pytest_asyncio\n\n\ndef f():\n    pass\n"


def test_a_name_for_all_modules():
    check_project(
        {"conftest.py": BUILTIN, "test_it.py": FIXTURE},
        {
            "conftest.py": "def f():\n    pass\n",
            "test_it.py": f"import pytest_asyncio\n\n\n{FIXTURE}",
        },
    )


def test_a_name_that_a_file_goes_on_to_need():
    files = {"conftest.py": BUILTIN, "test_it.py": FIXTURE}
    check_project(files, files, selected=frozenset({"conftest.py"}))


def test_what_is_reported():
    assert reported(FIXTURE) == ["1:2 AW312 migrate"]


def test_a_comment_keeps_it():
    source = f"# awaitify: ignore[AW312]\n{FIXTURE}"
    check_unchanged(source)
