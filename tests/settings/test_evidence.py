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
