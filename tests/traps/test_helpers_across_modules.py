"""P06: runners in other modules, however they come here, and who else needs them."""

import pytest

from tests.traps.support import check, left, reasons

HELPERS = """
import asyncio

def {name}(coro):
    return asyncio.run(coro)
"""
APP = "async def f():\n    return 1\n"


def legacy(imports: str, call: str) -> str:
    """Return a test module that calls a helper."""
    return f"{imports}\n\nfrom app import f\n\ndef test_f():\n    assert {call} == 1\n"


MODERN = """
import pytest

from app import f

@pytest.mark.asyncio
async def test_f():
    assert await f() == 1
"""

IMPORTS = {
    "by name": ("from helpers import _run", "_run(f())"),
    "under a name": ("from helpers import _run as go", "go(f())"),
    "absolute": ("from tests.helpers import _run", "_run(f())"),
    "relative": ("from .helpers import _run", "_run(f())"),
    "the module": ("import helpers", "helpers._run(f())"),
    "the dotted module": ("import tests.helpers", "tests.helpers._run(f())"),
    "the module under a name": ("import tests.helpers as h", "h._run(f())"),
    "the module from its package": ("from . import helpers", "helpers._run(f())"),
    "the module from tests": ("from tests import helpers as h", "h._run(f())"),
}


@pytest.mark.parametrize(("imports", "call"), IMPORTS.values(), ids=IMPORTS)
def test_a_helper_is_found_and_goes_with_its_module(imports, call):
    check(
        {
            "app.py": APP,
            "tests/__init__.py": "",
            "tests/helpers.py": HELPERS.format(name="_run"),
            "tests/test_it.py": legacy(imports, call),
        },
        {"tests/helpers.py": None, "tests/test_it.py": MODERN},
    )


def test_a_helper_that_is_called_run_is_found():
    check(
        {
            "app.py": APP,
            "tests/helpers.py": HELPERS.format(name="run"),
            "tests/test_it.py": legacy("from helpers import run", "run(f())"),
        },
        {"tests/helpers.py": None, "tests/test_it.py": MODERN},
    )


def test_a_helper_above_the_test_is_found():
    check(
        {
            "app.py": APP,
            "tests/__init__.py": "",
            "tests/util.py": HELPERS.format(name="_run"),
            "tests/sub/__init__.py": "",
            "tests/sub/test_it.py": legacy("from ..util import _run as go", "go(f())"),
        },
        {"tests/util.py": None, "tests/sub/test_it.py": MODERN},
    )


def test_a_helper_in_the_packages_init():
    check(
        {
            "app.py": APP,
            "tests/__init__.py": HELPERS.format(name="async_run"),
            "tests/test_it.py": legacy("from tests import async_run", "async_run(f())"),
        },
        {"tests/__init__.py": "\n", "tests/test_it.py": MODERN},
    )


def test_what_a_package_hands_on_does_not_lose_its_source():
    check(
        {
            "app.py": APP,
            "tests/__init__.py": "from .util import _run\n",
            "tests/util.py": HELPERS.format(name="_run"),
            "tests/test_it.py": legacy("from .util import _run", "_run(f())"),
            "tests/test_other.py": legacy("from tests import _run", "_run(f())"),
        },
        {
            "tests/__init__.py": "\n",
            "tests/util.py": None,
            "tests/test_it.py": MODERN,
            "tests/test_other.py": MODERN,
        },
    )


REEXPORTS = {
    "same name": ("from .util import _run", "from tests import _run", "_run(f())"),
    "other name": ("from .util import _run as go", "from tests import go", "go(f())"),
    "star": ("from .util import *", "from tests import go", "go(f())"),
}


_NOT_FOUND = pytest.mark.xfail(strict=True, reason="an import of nothing is left")


@pytest.mark.parametrize(
    ("export", "imports", "call"),
    [
        pytest.param(*REEXPORTS["same name"], id="same name"),
        pytest.param(*REEXPORTS["other name"], id="other name"),
        pytest.param(*REEXPORTS["star"], id="star", marks=_NOT_FOUND),
    ],
)
def test_what_a_package_hands_on_is_found_and_goes(export, imports, call):
    name = "go" if "*" in export else "_run"
    check(
        {
            "app.py": APP,
            "tests/__init__.py": f"{export}\n\nVERSION = 1\n",
            "tests/util.py": HELPERS.format(name=name),
            "tests/test_it.py": legacy(imports, call),
        },
        {
            "tests/__init__.py": "VERSION = 1\n",
            "tests/util.py": None,
            "tests/test_it.py": MODERN,
        },
    )


def test_a_star_import_brings_helpers():
    check(
        {
            "app.py": APP,
            "tests/helpers.py": (
                "import asyncio\n\nVALUE = 1\n\n"
                "def _run(coro):\n    return asyncio.run(coro)\n\n"
                "def go(coro):\n    return _run(coro)\n"
            ),
            "tests/test_it.py": (
                "import pytest\n\nfrom app import f\nfrom helpers import *\n\n"
                "def test_f():\n    assert go(f()) == VALUE\n"
            ),
        },
        {
            "tests/helpers.py": "VALUE = 1\n",
            "tests/test_it.py": (
                "import pytest\n\nfrom app import f\nfrom helpers import *\n\n"
                "@pytest.mark.asyncio\nasync def test_f():\n"
                "    assert await f() == VALUE\n"
            ),
        },
    )


def test_a_helper_that_another_module_still_needs_stays():
    check(
        {
            "app.py": APP,
            "tests/helpers.py": HELPERS.format(name="_run"),
            "tests/test_it.py": legacy("from helpers import _run", "_run(f())"),
            "tests/test_other.py": (
                "from app import call, f\nfrom helpers import _run\n\n"
                "def test_other():\n    call(lambda: _run(f()))\n"
            ),
        },
        {"tests/test_it.py": MODERN},
    )


@pytest.mark.parametrize(
    "use",
    [
        'with patch("tests.helpers._run"): ...',
        'monkeypatch.setattr("helpers._run", print)',
    ],
)
def test_a_helper_that_a_string_names_elsewhere_stays(use):
    check(
        {
            "app.py": APP,
            "tests/helpers.py": HELPERS.format(name="_run"),
            "tests/test_it.py": legacy("from helpers import _run", "_run(f())"),
            "tests/test_other.py": f"import helpers\n\ndef test_other():\n    {use}\n",
        },
        {"tests/test_it.py": MODERN},
    )


@pytest.mark.parametrize(
    "definition",
    ["_run = asyncio.run", "_run = lambda coro: asyncio.run(coro)"],
    ids=["alias", "lambda"],
)
def test_a_runner_without_a_definition_is_found_where_nothing_else_drives(definition):
    check(
        {
            "app.py": APP,
            "tests/helpers.py": f"import asyncio\n\n{definition}\n",
            "tests/test_it.py": legacy("from helpers import _run", "_run(f())"),
        },
        {"tests/helpers.py": None, "tests/test_it.py": MODERN},
    )


@pytest.mark.parametrize("text", ["asyncio._run", "other._run", "er._run"])
def test_a_string_that_names_something_else_does_not_keep_a_helper(text):
    other = f"import helpers\n\ndef test_other():\n    assert helpers != {text!r}\n"
    check(
        {
            "app.py": APP,
            "tests/helpers.py": HELPERS.format(name="_run"),
            "tests/test_it.py": legacy("from helpers import _run", "_run(f())"),
            "tests/test_those.py": other,
        },
        {"tests/helpers.py": "\n", "tests/test_it.py": MODERN},
    )


@pytest.mark.parametrize(
    "use",
    [
        'getattr(sys.modules["helpers"], "_run")',
        'patch.object(helpers, "_run")',
        'monkeypatch.setattr(helpers, "_run", print)',
        'getattr(helpers, "_run")',
        "patch.multiple(helpers, _run=print)",
    ],
)
def test_a_helper_that_a_string_names_beside_its_module_stays(use):
    check(
        {
            "app.py": APP,
            "tests/helpers.py": HELPERS.format(name="_run"),
            "tests/test_it.py": legacy("from helpers import _run", "_run(f())"),
            "tests/test_other.py": (
                "import sys\n\nimport helpers\n\n"
                f"def test_other(monkeypatch):\n    {use}\n"
            ),
        },
        {"tests/test_it.py": MODERN},
    )


@pytest.mark.parametrize(
    "use",
    [
        'HELPERS = importlib.import_module("helpers")',
        'HELPERS = __import__("helpers")',
        'HELPERS = pytest.importorskip("helpers")',
        'pytest_plugins = ["helpers"]',
        'pytest_plugins = "tests.helpers"',
    ],
)
def test_a_module_that_is_imported_by_a_string_is_not_deleted(use):
    files = {
        "app.py": APP,
        "tests/helpers.py": HELPERS.format(name="_run"),
        "tests/test_it.py": legacy("from helpers import _run", "_run(f())"),
        "tests/conftest.py": f"import importlib\n\nimport pytest\n\n{use}\n",
    }
    check(files, {"tests/test_it.py": MODERN})


def test_a_module_that_does_more_loses_only_the_helper():
    check(
        {
            "app.py": APP,
            "tests/helpers.py": (
                "import asyncio\nimport os\n\n"
                "def _run(coro):\n    return asyncio.run(coro)\n\n\n"
                'os.environ["X"] = "1"\n'
            ),
            "tests/test_it.py": legacy("from helpers import _run", "_run(f())"),
        },
        {
            "tests/helpers.py": 'import os\n\n\nos.environ["X"] = "1"\n',
            "tests/test_it.py": MODERN,
        },
    )


@pytest.mark.parametrize("effect", ["import app.plugin", "import readline"])
def test_a_module_that_imports_for_effect_is_not_deleted(effect):
    check(
        {
            "app/__init__.py": APP,
            "app/plugin.py": "print('registered')\n",
            "tests/conftest.py": (
                f"import asyncio\n\n{effect}\n\n"
                "def _run(coro):\n    return asyncio.run(coro)\n"
            ),
            "tests/test_it.py": legacy("from conftest import _run", "_run(f())"),
        },
        {"tests/conftest.py": f"{effect}\n", "tests/test_it.py": MODERN},
    )


def test_a_conftest_that_imports_fixtures_is_not_deleted():
    check(
        {
            "app.py": APP,
            "tests/fixtures.py": (
                "import pytest\n\n@pytest.fixture\ndef thing():\n    return 1\n"
            ),
            "tests/conftest.py": (
                "import asyncio\n\nfrom fixtures import thing\n\n"
                "def _run(coro):\n    return asyncio.run(coro)\n"
            ),
            "tests/test_it.py": legacy("from conftest import _run", "_run(f())"),
        },
        {
            "tests/conftest.py": "from fixtures import thing\n",
            "tests/test_it.py": MODERN,
        },
    )


def test_a_conftest_above_the_tests_is_not_deleted():
    check(
        {
            "conftest.py": HELPERS.format(name="_run"),
            "app.py": APP,
            "tests/test_it.py": legacy("from conftest import _run", "_run(f())"),
        },
        {"conftest.py": "\n", "tests/test_it.py": MODERN},
    )


def test_the_same_name_in_two_modules():
    check(
        {
            "app.py": APP,
            "tests/a.py": HELPERS.format(name="_run"),
            "tests/b.py": "def _run(coro):\n    coro.close()\n    return 1\n",
            "tests/test_it.py": legacy("from a import _run", "_run(f())"),
            "tests/test_other.py": legacy("from b import _run", "_run(f())"),
        },
        {"tests/a.py": None, "tests/test_it.py": MODERN},
    )


@pytest.mark.parametrize(
    "imports", ["from plugin import _run", "from .nowhere import _run"]
)
def test_a_helper_that_is_not_found_stays(imports):
    left({"tests/test_it.py": legacy(imports, "_run(f())")})


def test_a_runner_of_the_code_under_test_is_what_is_tested():
    files = {
        "app/cli.py": HELPERS.format(name="run_async"),
        "tests/test_cli.py": (
            "import asyncio\n\nfrom app.cli import run_async\nfrom app import f\n\n"
            "def test_only():\n    assert run_async(f()) == 1\n\n"
            "def test_both():\n    assert run_async(f()) == asyncio.run(f())\n"
        ),
    }
    assert left(files) == ["inner-loop"]


def test_a_runner_beside_tests_that_the_code_uses_is_the_codes():
    left(
        {
            "util.py": HELPERS.format(name="_run"),
            "cli.py": "from util import _run\n",
            "test_it.py": legacy("from util import _run", "_run(f())"),
        }
    )


@pytest.mark.xfail(strict=True, reason="no blank line below the import that comes in")
def test_a_runner_beside_tests_that_only_tests_use_is_theirs():
    check(
        {
            "util.py": HELPERS.format(name="_run"),
            "test_it.py": legacy("import util", "util._run(f())"),
        },
        {"util.py": None, "test_it.py": MODERN},
    )


def test_helpers_that_call_runners_become_async_in_other_modules():
    check(
        {
            "tests/factory.py": (
                "import asyncio\n\nfrom app import create\n\n"
                "def make_user(name):\n    return asyncio.run(create(name))\n"
            ),
            "tests/more.py": (
                "from factory import make_user\n\n"
                "def make_admin():\n    return make_user('admin')\n"
            ),
            "tests/test_it.py": (
                "import pytest\n\nfrom more import make_admin\n\n"
                "def test_admin():\n    assert make_admin().name\n"
            ),
        },
        {
            "tests/factory.py": (
                "from app import create\n\n"
                "async def make_user(name):\n    return await create(name)\n"
            ),
            "tests/more.py": (
                "from factory import make_user\n\n"
                "async def make_admin():\n    return await make_user('admin')\n"
            ),
            "tests/test_it.py": (
                "import pytest\n\nfrom more import make_admin\n\n"
                "@pytest.mark.asyncio\nasync def test_admin():\n"
                "    assert (await make_admin()).name\n"
            ),
        },
    )


def test_a_helper_that_code_calls_stays():
    files = {
        "scripts/seed.py": "from tests.factory import make\n\nmake()\n",
        "tests/__init__.py": "",
        "tests/factory.py": (
            "import asyncio\n\nfrom app import f\n\n"
            "def make():\n    return asyncio.run(f())\n"
        ),
        "tests/test_it.py": (
            "from tests.factory import make\n\ndef test_f():\n    assert make()\n"
        ),
    }
    assert reasons(files) == ["drive-at-import"]
    left(files)


def test_a_helper_in_a_sync_fixture_of_a_conftest():
    files = {
        "tests/conftest.py": (
            "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
            "def make():\n    loop = asyncio.get_event_loop()\n"
            "    return loop.run_until_complete(f())\n\n"
            "@pytest.fixture\ndef user():\n    return make()\n\nUSER = user\n"
        ),
        "tests/test_it.py": (
            "from conftest import make\n\n"
            "def test_f(user):\n    assert make() == user\n"
        ),
    }
    assert left(files)
