"""What the project's pytest-asyncio does not have is not written."""

from pathlib import Path

import pytest

from awaitify import configuring, engine, project
from awaitify.settings.given import Wanted
from awaitify_codemods import Settings
from awaitify_codemods.plan import LEFT
from tests.settings.support import Settled, settle, write

MARKED = """
    import pytest

    @pytest.mark.asyncio(scope="module")
    async def test_one():
        assert True
"""
SHARED = """
    import asyncio

    import pytest

    from app import connect

    @pytest.fixture(scope="session")
    def client():
        return asyncio.run(connect())

    def test_get(client):
        assert asyncio.run(client.get()) == 1
"""
OWN = SHARED.replace('(scope="session")', "")
UNMARKED = """
    import pytest
    import pytest_asyncio

    @pytest_asyncio.fixture(scope="module")
    async def client():
        return 1

    async def test_get(client):
        assert client == 1
"""
PLAIN = UNMARKED.replace("pytest_asyncio", "pytest").replace(
    "    async def test", "    @pytest.mark.asyncio\n    async def test"
)


TOO_OLD = pytest.mark.parametrize("admitted", ["==0.23.8", "<0.24", "~=0.21.0"])


def left(settled: Settled) -> set[str]:
    return {f.reason for f in settled.findings if f.status == LEFT}


@pytest.mark.parametrize(
    "test", [MARKED, UNMARKED, PLAIN], ids=["marker", "unmarked", "plain fixture"]
)
@TOO_OLD
def test_a_plugin_before_loop_scopes(tmp_path: Path, test: str, admitted: str):
    files = {"test_a.py": test, "requirements.txt": f"pytest-asyncio{admitted}\n"}
    done = settle(tmp_path, files)
    assert not done.results
    assert left(done) == {"old-plugin"}


@TOO_OLD
@pytest.mark.parametrize("where", ["requirements.txt", "constraints.txt"])
def test_a_fixture_that_would_need_a_wider_loop(
    tmp_path: Path, admitted: str, where: str
):
    files = {"test_a.py": SHARED, "requirements.txt": "pytest\n"}
    done = settle(tmp_path, {**files, where: f"pytest-asyncio{admitted}\n"})
    assert left(done) == {"old-plugin"}
    assert b"return asyncio.run(connect())" in (done.results["test_a.py"] or b"")


def test_one_that_can_be_raised(tmp_path: Path):
    files = {"test_a.py": MARKED, "requirements.txt": "pytest\npytest-asyncio>=0.23\n"}
    done = settle(tmp_path, files)
    assert b'asyncio(loop_scope="module")' in (done.results["test_a.py"] or b"")
    assert done.text("requirements.txt") == "pytest\npytest-asyncio>=0.24\n"


def test_one_that_is_wanted(tmp_path: Path):
    files = {"test_a.py": MARKED, "requirements.txt": "pytest-asyncio>=0.23\n"}
    done = settle(tmp_path, files, pytest_asyncio="0.23")
    assert not done.results


def test_what_needs_no_scope_goes_on(tmp_path: Path):
    files = {"test_a.py": OWN, "requirements.txt": "pytest-asyncio==0.21.1\n"}
    assert b"await client.get()" in (
        settle(tmp_path, files).results["test_a.py"] or b""
    )


def test_each_package_has_its_own(tmp_path: Path):
    write(
        tmp_path,
        {
            "a/requirements.txt": "pytest-asyncio==0.21.1\n",
            "b/requirements.txt": "pytest-asyncio\n",
            "a/test_a.py": MARKED,
            "b/test_b.py": MARKED,
        },
    )
    found = project.load(project.locate([tmp_path]), python=str(tmp_path / ".venv"))
    lacking = engine.sources(found, configuring.given(found, Settings(), Wanted()))
    assert lacking.lacks("loop_scope", "a/test_a.py")
    assert not lacking.lacks("loop_scope", "b/test_b.py")


HOOKING = {
    "conftest.py": """
        import pytest
        import uvloop

        @pytest.fixture
        def event_loop_policy():
            return uvloop.EventLoopPolicy()
    """,
    "test_it.py": """
        import pytest

        @pytest.mark.asyncio
        async def test_one():
            assert True
    """,
}


@pytest.mark.parametrize("admitted", [">=0.23", ">=1.3", "==1.3.0"])
def test_a_hook_that_an_older_plugin_would_not_know(tmp_path: Path, admitted: str):
    files = {**HOOKING, "requirements.txt": f"pytest-asyncio{admitted}\n"}
    settled = settle(tmp_path, files)
    assert not settled.results
    assert left(settled) == {"old-plugin"}


@pytest.mark.parametrize("admitted", [">=1.4", "==1.5.0", ">=1.5,<2"])
def test_a_hook_that_the_plugin_knows(tmp_path: Path, admitted: str):
    files = {**HOOKING, "requirements.txt": f"pytest-asyncio{admitted}\n"}
    after = settle(tmp_path, files).results["conftest.py"]
    assert after and b"def pytest_asyncio_loop_factories" in after


def test_a_hook_raises_the_floor_where_the_user_says_what_is_used(tmp_path: Path):
    files = {**HOOKING, "requirements.txt": "pytest-asyncio>=0.23\n"}
    settled = settle(tmp_path, files, pytest_asyncio="1.5")
    assert settled.text("requirements.txt") == "pytest-asyncio>=1.4\n"
