"""The probe in environments of all eras: it changes nothing, and sees the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitify.prove.evidence import gathered
from awaitify.prove.outcome import FINISHED, NEVER_AWAITED
from tests.prove.environments import Environments, Era
from tests.prove.suites import outcomes, ran, write
from tests.suite_runs import run_pytest

pytestmark = pytest.mark.slow

_ERAS = [
    Era("3.8", ("pytest==6.2.5", "pytest-asyncio==0.16.0")),
    Era("3.8", ("pytest==8.3.5", "pytest-asyncio==0.24.0", "pytest-xdist==3.6.1")),
    Era("3.9", ("pytest==7.0.1", "pytest-asyncio==0.18.3", "pytest-xdist==2.5.0")),
    Era("3.9", ("pytest==8.4.2", "pytest-asyncio==1.2.0")),
    Era("3.10", ("pytest==7.4.4", "pytest-asyncio==0.21.2", "pytest-forked==1.6.0")),
    Era("3.10", ("pytest==7.1.3", "pytest-rerunfailures==11.0")),
    Era("3.11", ("pytest==8.3.5", "pytest-asyncio==0.23.8", "uvloop")),
    Era("3.12", ("pytest==8.4.2", "pytest-asyncio==1.0.0", "pytest-cov")),
    Era("3.12", ("pytest==9.0.2", "pytest-asyncio==1.3.0", "uvloop", "pytest-xdist")),
    Era("3.13", ("pytest==9.2.0", "pytest-asyncio==1.5.0", "pytest-xdist")),
    Era("3.13", ("pytest==9.2.0",)),
    Era("3.14", ("pytest==9.2.0", "pytest-asyncio==1.5.0")),
]

_SUITE = {
    "app__core": """
        import asyncio

        async def f():
            return 1

        def load():
            return asyncio.run(f())
    """,
    "test_it": """
        import asyncio, unittest, warnings
        from unittest.mock import AsyncMock, MagicMock
        import pytest
        from app.core import f, load

        def test_own():
            assert asyncio.run(f()) == 1

        def test_app():
            assert load() == 1

        def test_fails():
            assert asyncio.run(f()) == 2

        @pytest.mark.parametrize("x", [1, 2])
        def test_parameters(x):
            loop = asyncio.new_event_loop()
            try:
                assert loop.run_until_complete(f()) == x
            finally:
                loop.close()

        def test_dropped():
            f()

        def test_text():
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                f()
            assert [str(each.message) for each in seen] == [
                "coroutine 'f' was never awaited"]
            assert seen[0].filename == __file__

        def test_mock():
            async def use(client):
                await client.get()
            asyncio.run(use(MagicMock()))

        def test_async_mock():
            AsyncMock().get()

        class TestX(unittest.TestCase):
            def test_case(self):
                self.assertEqual(asyncio.run(f()), 1)

            async def test_never_ran(self):
                pass

        class TestY(unittest.IsolatedAsyncioTestCase):
            async def test_isolated(self):
                self.assertEqual(await f(), 1)

        @pytest.fixture
        def falls():
            yield
            raise ValueError

        def test_torn_down(falls):
            pass
    """,
}
_WITH_PLUGIN = """
    import pytest
    from app.core import f

    @pytest.mark.asyncio
    async def test_marked():
        assert await f() == 1
"""
_WITH_UVLOOP = """
    import asyncio
    import uvloop
    from app.core import f

    def test_uvloop():
        loop = uvloop.new_event_loop()
        try:
            assert loop.run_until_complete(f()) == 1
        finally:
            loop.close()
"""


def _has(era: Era, name: str) -> bool:
    return any(each.startswith(name) for each in era.packages)


def _runs(era: Era) -> list[tuple[str, ...]]:
    runs: list[tuple[str, ...]] = [(), ("-W", "error::RuntimeWarning")]
    if _has(era, "pytest-xdist"):
        runs.append(("-n", "2"))
    if _has(era, "pytest-forked"):
        runs.append(("--forked",))
    if _has(era, "pytest-rerunfailures"):
        runs.append(("--reruns", "1"))
    if _has(era, "pytest-cov"):
        runs.append(("--cov=app",))
    return runs


@pytest.mark.parametrize("era", _ERAS, ids=str)
def test_the_probe(era: Era, tmp_path: Path, environments: Environments) -> None:
    python = environments.python(era)
    root = write(tmp_path / "project", **_SUITE)
    if _has(era, "pytest-asyncio"):
        write(root, test_plugin=_WITH_PLUGIN)
    if _has(era, "uvloop"):
        write(root, test_uvloop=_WITH_UVLOOP)
    for options in _runs(era):
        given = ("-q", "-p", "no:cacheprovider", *options)
        plain = run_pytest(root, given, tmp_path / "record.json", python=python)
        probed = ran(root, *given, python=python, environment={})
        assert probed.ended == FINISHED, probed.output
        assert outcomes(probed) == plain.tests
        assert len(plain.tests) > 11
        files = {p.relative_to(root).as_posix(): b"" for p in root.rglob("*.py")}
        seen = gathered(probed, files)
        drives = {t: e.by for e in seen.drives for t in e.tests}
        assert drives["test_it.py::test_own"] == "test"
        assert drives["test_it.py::test_app"] == "app"
        assert not {"test_plugin.py::test_marked", "test_it.py::TestY"} & drives.keys()
        if _has(era, "uvloop"):
            assert drives["test_uvloop.py::test_uvloop"] == "test"
        assert {each.kind for each in seen.mocks} == {"MagicMock", "AsyncMock"}
        dropped = {c.test for c in probed.complaints if c.kind == NEVER_AWAITED}
        assert dropped >= {
            "test_it.py::test_dropped",
            "test_it.py::test_async_mock",
            "test_it.py::TestX::test_never_ran",
        }
        definitions = [each.definition for each in probed.results.values()]
        assert None not in definitions
