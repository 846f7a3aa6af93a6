"""What may be of another plugin than pytest-asyncio stays as it is."""

from pathlib import Path

import pytest

from tests.settings.support import UNMARKED, install, settle

FIXTURE = """
    import pytest

    @pytest.fixture
    async def client():
        return 1

    def test_get(client):
        assert client == 1
"""
OTHER = """
    import pytest

    @pytest.mark.asyncio
    async def test_other():
        pass
"""
SYNC = """
    import asyncio

    def test_drives():
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(asyncio.sleep(0, 1)) == 1
        loop.close()
"""
STAYS = """
    import asyncio

    LOOP = asyncio.get_event_loop()

    def test_stays():
        loop = asyncio.get_event_loop()
        assert loop is LOOP
        assert loop.run_until_complete(asyncio.sleep(0, 1)) == 1
        assert not loop.is_running()
"""


@pytest.mark.parametrize("test", [UNMARKED, FIXTURE], ids=["test", "fixture"])
def test_nothing_says_that_the_project_uses_pytest_asyncio(tmp_path: Path, test: str):
    files = {"test_a.py": test, "requirements.txt": "pytest\naiomisc-pytest\n"}
    assert not settle(tmp_path, files).results


@pytest.mark.parametrize("test", [UNMARKED, FIXTURE], ids=["test", "fixture"])
@pytest.mark.parametrize("by", ["requirements", "another test", "setting"])
def test_something_says_so(tmp_path: Path, test: str, by: str):
    more = {
        "requirements": {"requirements.txt": "pytest-asyncio\n"},
        "another test": {"test_b.py": OTHER},
        "setting": {"pytest.ini": "[pytest]\nasyncio_mode = strict\n"},
    }
    done = settle(tmp_path, {"test_a.py": test, **more[by]})
    assert "test_a.py" in done.results


def test_it_is_installed(tmp_path: Path):
    install(tmp_path, pytest_asyncio="1.5.0")
    site = tmp_path / ".venv/lib/python3.12/site-packages"
    (site / "pytest_asyncio").mkdir()
    assert "test_a.py" in settle(tmp_path, {"test_a.py": UNMARKED}).results


def test_the_word_legacy_is_no_mode(tmp_path: Path):
    ini = "[pytest]\n# the legacy tests are in old/\nfilterwarnings = error\n"
    anyio = "import pytest\npytestmark = pytest.mark.anyio\nasync def test_a(): pass\n"
    assert not settle(tmp_path, {"pytest.ini": ini, "test_a.py": anyio}).changed


def test_conftest_files_of_other_folders_do_not_count(tmp_path: Path):
    wide = (
        'import pytest_asyncio\n\n@pytest_asyncio.fixture(scope="session")\n'
        "async def client():\n    return 1\n"
    )
    ini = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    files = {"one/pytest.ini": ini, "one/test_a.py": OTHER, "two/test_b.py": OTHER}
    rules = frozenset({"AW341"})
    assert not settle(tmp_path, {**files, "two/conftest.py": wide}, rules=rules).changed
    above = settle(tmp_path, {**files, "conftest.py": wide}, rules=rules)
    assert above.changed == {"one/pytest.ini"}


def test_what_is_raised_for_one_package_holds_for_the_others(tmp_path: Path):
    wide = (
        "import pytest\nimport pytest_asyncio\n\n"
        '@pytest_asyncio.fixture(scope="session")\nasync def client():\n    return 1\n'
        "\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
    )
    sync = "import asyncio\n\ndef test_f():\n    asyncio.run(asyncio.sleep(0))\n"
    files = {
        "pytest.ini": "[pytest]\n",
        "requirements.txt": "pytest\npytest-asyncio>=0.24\n",
        "test_a.py": wide + sync,
        "one/pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = function\n",
        "one/test_b.py": wide,
    }
    rules = frozenset({"AW101", "AW109", "AW341", "AW342"})
    done = settle(tmp_path, files, rules=rules)
    assert "pytest-asyncio>=1.5" in done.text("requirements.txt")
    assert done.text("one/pytest.ini").endswith("= fixture-scope\n")


@pytest.mark.parametrize(
    ("ini", "beside"),
    [
        (None, True),
        ("[pytest]\n", True),
        ("[pytest]\ntestpaths = .\n", True),
        ("[pytest]\ntestpaths = one two\n", True),
        ("[pytest]\ntestpaths = one\n", False),
    ],
)
def test_packages_that_one_run_has_are_beside_each_other(
    tmp_path: Path, ini: str | None, beside: bool
):
    files = {"one/test_a.py": SYNC, "two/test_b.py": STAYS}
    files |= {"one/pytest.ini": "[pytest]\n", "two/pytest.ini": "[pytest]\n"}
    if ini:
        files["pytest.ini"] = ini
    done = settle(tmp_path, files, rules=frozenset({"AW102", "AW109", "AW110"}))
    assert ("one/test_a.py" in done.results) is not beside
