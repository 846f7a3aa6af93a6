"""AW341: what async tests need of pytest's configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.support import (
    CASE,
    MARKED,
    SYNC,
    UNMARKED,
    WIDE,
    Settled,
    install,
    settle,
    text,
    write,
)

FIXTURES = "asyncio_default_fixture_loop_scope"
INI = "[pytest]\n"


def told(settled: Settled, status: str) -> list[str]:
    return settled.told(status, "AW341")


def test_what_is_unset_is_set(tmp_path: Path):
    done = settle(tmp_path, {"pytest.ini": INI, "test_a.py": SYNC})
    assert done.text("pytest.ini") == f"{INI}{FIXTURES} = function\n"
    (line,) = told(done, "migrate")
    assert line.startswith(f"pytest.ini:1 AW341 {FIXTURES} is not set: function")


@pytest.mark.parametrize("test", [MARKED, SYNC], ids=["async before", "migrated"])
def test_it_does_not_matter_which_tests_were_migrated(tmp_path: Path, test: str):
    done = settle(tmp_path, {"pytest.ini": INI, "test_a.py": test})
    assert done.changed == {"pytest.ini"}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"test_a.py": "def test(): pass"}, id="no async test"),
        pytest.param({"test_a.py": CASE}, id="only unittest"),
        pytest.param({"app.py": MARKED}, id="no test file"),
    ],
)
def test_nothing_is_set_for(tmp_path: Path, files: dict[str, str]):
    assert not settle(tmp_path, {"pytest.ini": INI, **files}).changed


def test_nothing_is_set_for_tests_that_nobody_runs(tmp_path: Path):
    files = {"pytest.ini": INI, "test_a.py": UNMARKED}
    assert not settle(tmp_path, files, rules=frozenset({"AW341"})).changed


def test_no_configuration_is_made(tmp_path: Path):
    done = settle(tmp_path, {"pyproject.toml": "[tool.black]\n", "test_a.py": SYNC})
    assert not done.changed


@pytest.mark.parametrize("value", ["function", "session", "fixture-scope"])
def test_what_is_set_stays(tmp_path: Path, value: str):
    ini = f"{INI}asyncio_mode = auto\n{FIXTURES} = {value}\n"
    assert not settle(tmp_path, {"pytest.ini": ini, "test_a.py": UNMARKED}).changed


def test_what_addopts_set_stays(tmp_path: Path):
    ini = f"{INI}addopts = -o {FIXTURES}=session\n"
    assert not settle(tmp_path, {"pytest.ini": ini, "test_a.py": MARKED}).changed


@pytest.mark.parametrize("value", ["", "'function'", "tests"])
def test_what_pytest_asyncio_refuses_is_replaced(tmp_path: Path, value: str):
    ini = f"{INI}{FIXTURES} = {value}\n"
    done = settle(tmp_path, {"pytest.ini": ini, "test_a.py": MARKED})
    assert done.text("pytest.ini") == f"{INI}{FIXTURES} = function\n"


# Fixtures that outlive a test.


def test_a_wide_fixture_keeps_its_loop(tmp_path: Path):
    files = {"pytest.ini": INI, "test_a.py": MARKED, "conftest.py": WIDE}
    done = settle(tmp_path, files)
    assert done.text("pytest.ini") == f"{INI}{FIXTURES} = fixture-scope\n"
    assert "cache of scope module (conftest.py:4)" in told(done, "migrate")[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"module"', '"function"', id="not wide"),
        pytest.param('"module"', '"module", loop_scope="module"', id="of its own"),
        pytest.param("pytest_asyncio.fix", "pytest.fix", id="not of the plugin"),
    ],
)
def test_a_fixture_that_needs_nothing(tmp_path: Path, old: str, new: str):
    conftest = WIDE.replace(old, new).replace(
        "import pytest_", "import pytest, pytest_"
    )
    files = {"pytest.ini": INI, "test_a.py": MARKED, "conftest.py": conftest}
    assert settle(tmp_path, files).text("pytest.ini").endswith("= function\n")


@pytest.mark.parametrize(
    "conftest",
    [
        pytest.param(WIDE.replace('"module"', "SCOPE"), id="computed scope"),
        pytest.param(
            WIDE.replace('scope="module"', "**KEYWORDS"), id="computed arguments"
        ),
        pytest.param(WIDE.replace("async def", "def"), id="sync, on a loop"),
        pytest.param(
            WIDE.replace(
                "import pytest_asyncio", "from pytest_asyncio import fixture as f"
            ).replace("pytest_asyncio.fixture", "f"),
            id="another name",
        ),
        pytest.param(
            WIDE.replace('@pytest_asyncio.fixture(scope="module")', "@made").replace(
                "asyncio\n\n",
                "asyncio\n    from functools import partial\n"
                "    made = partial(pytest_asyncio.fixture, scope='module')\n\n",
            ),
            id="made elsewhere",
        ),
        pytest.param(
            "import pytest_asyncio\n\nclass Base:\n"
            "    @pytest_asyncio.fixture(scope='class')\n    async def a(self): ...\n",
            id="in a base class",
        ),
    ],
)
def test_a_fixture_that_may_be_wide(tmp_path: Path, conftest: str):
    files = {"pytest.ini": INI, "test_a.py": MARKED, "conftest.py": conftest}
    assert settle(tmp_path, files).text("pytest.ini").endswith("= fixture-scope\n")


def test_a_plain_fixture_counts_in_auto_mode(tmp_path: Path):
    conftest = WIDE.replace("pytest_asyncio", "pytest")
    ini = f"{INI}asyncio_mode = auto\n"
    files = {"pytest.ini": ini, "test_a.py": UNMARKED, "conftest.py": conftest}
    assert settle(tmp_path, files).text("pytest.ini").endswith("= fixture-scope\n")


def test_a_wide_fixture_in_a_shared_module_counts(tmp_path: Path):
    files = {"pkg/pytest.ini": INI, "pkg/test_a.py": MARKED, "shared.py": WIDE}
    done = settle(tmp_path, files)
    assert done.text("pkg/pytest.ini").endswith("= fixture-scope\n")


def test_a_wide_fixture_of_another_package_does_not_count(tmp_path: Path):
    files = {"a/pytest.ini": INI, "a/test_a.py": MARKED}
    other = {"b/pytest.ini": INI, "b/test_b.py": MARKED, "b/conftest.py": WIDE}
    done = settle(tmp_path, {**files, **other})
    assert done.text("a/pytest.ini").endswith("= function\n")
    assert done.text("b/pytest.ini").endswith("= fixture-scope\n")


def test_function_breaks_wide_fixtures_and_is_replaced(tmp_path: Path):
    ini = f"{INI}{FIXTURES} = function\n"
    files = {"pytest.ini": ini, "test_a.py": MARKED, "conftest.py": WIDE}
    done = settle(tmp_path, files, rules=frozenset({"AW341"}))
    assert done.text("pytest.ini") == f"{INI}{FIXTURES} = fixture-scope\n"
    assert "ScopeMismatch" in told(done, "migrate")[0]


# Versions.


@pytest.mark.parametrize("declared", ["==0.23.8", "<0.24", "~=0.21.0"])
def test_a_plugin_that_is_too_old_is_told(tmp_path: Path, declared: str):
    requirements = f"pytest\npytest-asyncio{declared}\n"
    files = {"pytest.ini": INI, "test_a.py": SYNC, "requirements.txt": requirements}
    done = settle(tmp_path, files)
    assert not done.changed
    assert "needs pytest-asyncio 0.24" in told(done, "report")[0]


def test_an_installed_plugin_that_is_too_old(tmp_path: Path):
    install(tmp_path, pytest_asyncio="0.21.1", pytest="7.4.0")
    done = settle(tmp_path, {"pytest.ini": INI, "test_a.py": MARKED})
    assert not done.changed
    assert "the project supports 0.21" in told(done, "report")[0]


def test_fixture_scope_needs_a_new_plugin(tmp_path: Path):
    install(tmp_path, pytest_asyncio="1.4.0")
    files = {"pytest.ini": INI, "test_a.py": MARKED, "conftest.py": WIDE}
    done = settle(tmp_path, files)
    assert not done.changed
    assert "needs pytest-asyncio 1.5; the project supports 1.4" in done.told()[0]


def test_fixture_scope_needs_a_new_python(tmp_path: Path):
    pyproject = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\n'
    files = {"pytest.ini": INI, "test_a.py": MARKED, "conftest.py": WIDE}
    done = settle(tmp_path, {**files, "pyproject.toml": pyproject})
    assert not done.changed


def test_the_user_says_which_plugin(tmp_path: Path):
    files = {"pytest.ini": INI, "test_a.py": MARKED}
    assert not settle(tmp_path, files, pytest_asyncio="0.23").changed
    assert settle(tmp_path, files, pytest_asyncio="0.24").changed


def test_a_floor_is_raised_where_something_was_migrated(tmp_path: Path):
    requirements = "pytest\npytest-asyncio>=0.21\n"
    files = {"pytest.ini": INI, "requirements.txt": requirements}
    done = settle(tmp_path, {**files, "test_a.py": SYNC})
    assert done.text("pytest.ini").endswith(f"{FIXTURES} = function\n")
    assert done.text("requirements.txt") == "pytest\npytest-asyncio>=0.24\n"


def test_no_floor_is_raised_for_a_setting_alone(tmp_path: Path):
    requirements = "pytest\npytest-asyncio>=0.21\n"
    files = {"pytest.ini": INI, "requirements.txt": requirements}
    done = settle(tmp_path, {**files, "test_a.py": MARKED})
    assert not done.changed


# asyncio_mode = legacy.


def test_legacy_is_strict_where_all_is_marked(tmp_path: Path):
    ini = f"{INI}{FIXTURES} = function\nasyncio_mode = legacy\n"
    done = settle(tmp_path, {"pytest.ini": ini, "test_a.py": MARKED})
    assert done.text("pytest.ini") == ini.replace("legacy", "strict")


@pytest.mark.parametrize(
    "conftest",
    [UNMARKED, "import pytest\n\n@pytest.fixture\nasync def thing():\n    yield 1\n"],
    ids=["a test", "a fixture"],
)
def test_legacy_is_auto_where_something_is_unmarked(tmp_path: Path, conftest: str):
    ini = f"{INI}{FIXTURES} = function\nasyncio_mode = legacy\n"
    files = {"pytest.ini": ini, "test_a.py": MARKED, "test_b.py": conftest}
    if "fixture" in conftest:
        files["conftest.py"] = files.pop("test_b.py")
    done = settle(tmp_path, files)
    assert done.text("pytest.ini") == ini.replace("legacy", "auto")


def test_legacy_is_strict_beside_another_plugin(tmp_path: Path):
    ini = f"{INI}{FIXTURES} = function\nasyncio_mode = legacy\n"
    anyio = MARKED.replace("asyncio", "anyio")
    files = {"test_a.py": MARKED, "test_b.py": anyio, "test_c.py": UNMARKED}
    done = settle(tmp_path, {"pytest.ini": ini, **files})
    assert done.text("pytest.ini") == ini.replace("legacy", "strict")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("-q --asyncio-mode=legacy", "-q --asyncio-mode=strict"),
        ("--asyncio-mode legacy -q", "--asyncio-mode strict -q"),
        (
            "-q\n    --asyncio-mode=legacy\n    -x",
            "-q\n    --asyncio-mode=strict\n    -x",
        ),
    ],
)
def test_legacy_in_addopts(tmp_path: Path, before: str, after: str):
    ini = f"{INI}{FIXTURES} = function\naddopts = {before}\n"
    done = settle(tmp_path, {"pytest.ini": ini, "test_a.py": MARKED})
    assert done.text("pytest.ini") == ini.replace(before, after)


# Options that pytest-asyncio does not know.


def test_unknown_options_go(tmp_path: Path):
    ini = f"{INI}# mode\nasyncio_mode = strict\nasyncio_test_timeout = 5\n# scope\n{FIXTURES} = function\n"
    done = settle(tmp_path, {"pytest.ini": ini, "test_a.py": MARKED})
    assert done.text("pytest.ini") == ini.replace("asyncio_test_timeout = 5\n", "")
    assert told(done, "migrate")[0].startswith("pytest.ini:4 ")


def test_an_option_of_the_project_stays(tmp_path: Path):
    ini = f"{INI}asyncio_own = 5\n{FIXTURES} = function\n"
    conftest = "def pytest_addoption(parser):\n    parser.addini('asyncio_own', '')\n"
    files = {"pytest.ini": ini, "test_a.py": MARKED, "conftest.py": conftest}
    done = settle(tmp_path, files)
    assert not done.changed
    assert told(done, "report") == [
        "pytest.ini:2 AW341 asyncio_own is an option of conftest.py"
    ]


def test_an_option_of_a_later_version_stays(tmp_path: Path):
    ini = f"{INI}asyncio_debug = true\nasyncio_new = 1\n{FIXTURES} = function\n"
    files = {"pytest.ini": ini, "test_a.py": MARKED}
    done = settle(tmp_path, files, pytest_asyncio="2.1")
    assert not done.changed
    assert "may be an option of pytest-asyncio 2.1" in told(done, "report")[0]
    done = settle(tmp_path, files, pytest_asyncio="1.1")
    assert done.text("pytest.ini") == ini.replace("asyncio_new = 1\n", "")
    assert "asyncio_debug came with pytest-asyncio 1.2" in told(done, "report")[0]


# Which file decides, and what is chosen.


def test_only_the_file_that_wins_is_edited(tmp_path: Path):
    files = {
        "pytest.ini": INI,
        "pyproject.toml": "[tool.pytest.ini_options]\n",
        "tox.ini": INI,
        "setup.cfg": "[tool:pytest]\n",
        "test_a.py": MARKED,
    }
    assert settle(tmp_path, files).changed == {"pytest.ini"}


def test_an_empty_pytest_ini_wins(tmp_path: Path):
    files = {"pytest.ini": "", "tox.ini": INI, "test_a.py": MARKED}
    done = settle(tmp_path, files)
    assert done.text("pytest.ini") == f"[pytest]\n{FIXTURES} = function\n"
    assert done.changed == {"pytest.ini"}


def test_each_package_has_its_own(tmp_path: Path):
    files = {"pytest.ini": INI, "test_a.py": MARKED, "b/tox.ini": INI}
    (tmp_path / ".git").mkdir()
    done = settle(tmp_path, {**files, "b/test_b.py": MARKED}, start="b")
    assert done.changed == {"b/tox.ini"}


def test_a_rule_that_was_not_chosen_does_nothing(tmp_path: Path):
    files = {"pytest.ini": INI, "test_a.py": MARKED}
    assert not settle(tmp_path, files, rules=frozenset({"AW101", "AW342"})).changed
    assert settle(tmp_path, files, rules=frozenset({"AW341"})).changed


def test_a_file_that_says_something_twice_is_left(tmp_path: Path):
    ini = f"{INI}asyncio_mode = auto\n{INI}addopts = -q\n"
    done = settle(tmp_path, {"pytest.ini": ini, "test_a.py": UNMARKED})
    assert not done.changed
    assert "it is left as it is: it cannot be read" in told(done, "report")[0]


def test_a_link_is_left(tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "shared.ini").write_text(INI)
    (tmp_path / "pytest.ini").symlink_to(other / "shared.ini")
    assert not settle(tmp_path, {"test_a.py": MARKED}).changed


def test_an_ignored_file_is_left(tmp_path: Path):
    files = {".gitignore": "pytest.ini\n", "pytest.ini": INI, "test_a.py": MARKED}
    assert not settle(tmp_path, files).changed


DIALECTS = {
    "pytest.toml": ('[pytest]\naddopts = ["-q"]\n', f'{FIXTURES} = "function"\n'),
    ".pytest.toml": ("[pytest]\n", f'{FIXTURES} = "function"\n'),
    ".pytest.ini": ("[pytest]\naddopts=-q\n", f"{FIXTURES}=function\n"),
    "pyproject.toml": (
        '[tool.pytest]\naddopts = ["-q"]\n',
        f'{FIXTURES} = "function"\n',
    ),
    "tox.ini": (
        "[tox]\nenvlist = py\n[pytest]\naddopts = -q\n",
        f"{FIXTURES} = function\n",
    ),
    "setup.cfg": ("[tool:pytest]\naddopts = -q\n", f"{FIXTURES} = function\n"),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect(tmp_path: Path, name: str):
    before, line = DIALECTS[name]
    done = settle(tmp_path, {name: before, "test_a.py": MARKED})
    assert done.text(name) == before + line


def test_windows_lines_and_a_mark_stay(tmp_path: Path):
    before = b"\xef\xbb\xbf[pytest]\r\n# mode\r\nasyncio_mode = legacy\r\n"
    done = settle(tmp_path, {"pytest.ini": before, "test_a.py": MARKED})
    after = before.replace(b"legacy", b"strict")
    assert done.bytes("pytest.ini") == after + f"{FIXTURES} = function\r\n".encode()


def test_comments_and_order_stay(tmp_path: Path):
    before = text(
        """
        # top
        [tool.pytest.ini_options]  # pytest
        # where
        testpaths = ["."]

        # how
        "asyncio_mode" = 'legacy' # old
        addopts = \"\"\"
          -q
          -x\"\"\"

        [tool.ruff]  # next
        """
    )
    done = settle(tmp_path, {"pyproject.toml": before, "test_a.py": MARKED})
    expected = before.replace(
        "\"asyncio_mode\" = 'legacy' # old\n",
        f'"asyncio_mode" = \'strict\' # old\n{FIXTURES} = "function"\n',
    )
    assert done.text("pyproject.toml") == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", '[project]\nname = "x"\nrequires-python = ">=3.7"\n'),
        ("requirements.txt", "pytest==7.4.0\n"),
    ],
)
def test_an_installed_plugin_is_not_the_oldest_in_use(
    tmp_path: Path, name: str, content: str
):
    install(tmp_path, pytest_asyncio="1.5.0")
    files = {"pytest.ini": INI, "test_a.py": MARKED, name: content}
    done = settle(tmp_path, files)
    assert not done.changed
    assert done.told("report")[0].endswith(("Python 3.7", "pytest==7.4.0"))


def test_a_wide_fixture_of_an_installed_plugin_counts(tmp_path: Path):
    site = tmp_path / ".venv/lib/python3.12/site-packages"
    plugin = text(WIDE).encode()
    write(tmp_path, {})
    (site / "pytest_db-1.0.dist-info").mkdir()
    entry = "[pytest11]\ndb = pytest_db.plugin\n"
    (site / "pytest_db-1.0.dist-info/entry_points.txt").write_text(entry)
    (site / "pytest_db").mkdir()
    (site / "pytest_db/plugin.py").write_bytes(plugin)
    done = settle(tmp_path, {"pytest.ini": INI, "test_a.py": MARKED})
    assert done.text("pytest.ini").endswith("= fixture-scope\n")
    assert "(pytest_db.plugin:4)" in told(done, "migrate")[0]


@pytest.mark.parametrize("plugin", ["asyncio", "pytest_asyncio"])
def test_nothing_is_set_for_a_plugin_that_is_off(tmp_path: Path, plugin: str):
    ini = f"{INI}addopts = -p no:{plugin}\n"
    assert not settle(tmp_path, {"pytest.ini": ini, "test_a.py": MARKED}).changed
