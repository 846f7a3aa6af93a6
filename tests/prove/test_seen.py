"""What the probe sees of loops and mocks, and the evidence that it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitify.prove.evidence import gathered
from awaitify.prove.outcome import OTHER_MOCK, SuiteRun
from awaitify_codemods.evidence import Evidence, Ran, SeenDrive, SeenMock
from awaitify_codemods.plan import digest
from tests.prove.suites import outcomes, ran, write

_APP = """
    import asyncio, threading

    async def f():
        return 1

    def load():
        return asyncio.run(f())

    def fail():
        return asyncio.run("no coroutine")

    def in_thread():
        thread = threading.Thread(target=load)
        thread.start()
        thread.join()

    def call(function):
        return function()

    async def use(client):
        return await client.get(1)
"""


def _evidence(root: Path, *arguments: str) -> tuple[SuiteRun, Evidence]:
    result = ran(root, *arguments)
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*.py")
    }
    return result, gathered(result, files)


def _drives(evidence: Evidence) -> dict[str, list[SeenDrive]]:
    found: dict[str, list[SeenDrive]] = {}
    for each in evidence.drives:
        for test in each.tests:
            found.setdefault(test.partition("::")[2], []).append(each)
    return found


_DRIVES = """
    import asyncio, unittest
    import pytest
    from app.core import call, f, fail, in_thread, load

    def run(coroutine):
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(coroutine)
        finally:
            loop.close()

    def test_own():
        run(f())
        run(f())

    def test_app():
        load()

    def test_attempt():
        with pytest.raises(ValueError):
            fail()

    def test_thread():
        in_thread()

    def test_callback():
        call(lambda: asyncio.run(f()))

    def test_pending():
        async def forever():
            await asyncio.sleep(100)
        async def begin():
            asyncio.ensure_future(forever())
        run(begin())

    @pytest.fixture
    def driven():
        return asyncio.run(f())

    def test_fixture(driven):
        pass

    def test_asks(request):
        request.getfixturevalue("driven")

    class TestX(unittest.IsolatedAsyncioTestCase):
        async def test_isolated(self):
            await f()

    @pytest.mark.asyncio
    async def test_plugin():
        await f()
"""


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_drives(tmp_path: Path, options: tuple[str, ...]):
    root = write(tmp_path, app__core=_APP, tests__test_it=_DRIVES)
    result, evidence = _evidence(root, *options)
    assert set(outcomes(result).values()) == {"passed"}, result.output
    found = _drives(evidence)
    test, app = "tests/test_it.py", "app/core.py"

    def told(name: str) -> list[object]:
        return [(e.by, e.at, e.api, e.functions) for e in found[name]]

    own = ("test", (test, 9), "run_until_complete", ((test, 6), (test, 13)))
    assert told("test_own") == [own]
    loaded = ("app", (app, 8), "run", ((app, 7), (test, 17)))
    assert told("test_app") == [loaded]
    assert told("test_attempt") == [("app", (app, 11), "run", ((app, 10), (test, 20)))]
    assert told("test_thread") == [("app", (app, 8), "run", ((app, 7),))]
    assert [each.in_main_thread for each in found["test_thread"]] == [False]
    called = ("callback", (test, 28), "run", ((app, 18), (test, 27)))
    assert told("test_callback") == [called]
    [pending] = found["test_pending"]
    assert pending.pending == ("test_pending.<locals>.forever",)
    assert told("test_fixture") == [("test", (test, 39), "run", ((test, 37),))]
    asked = ("test", (test, 39), "run", ((test, 37), (test, 44)))
    assert told("test_asks") == [asked]
    assert not {"TestX::test_isolated", "test_plugin"} & found.keys()
    assert not [each for each in evidence.drives if each.nested]
    assert evidence.tests["tests/test_it.py::test_own"] == Ran((test, 13), "passed")
    assert evidence.files.keys() == {app, test}
    assert evidence.files[app] == digest((root / app).read_bytes())


def test_loops_that_bring_their_own_methods_and_run_inside_others(tmp_path: Path):
    root = write(
        tmp_path,
        app__core=_APP,
        nest="""
            import asyncio, asyncio.events as events

            class Loop(asyncio.SelectorEventLoop):
                def run_until_complete(self, future):
                    outer = events._get_running_loop()
                    future = asyncio.ensure_future(future, loop=self)
                    events._set_running_loop(self)
                    try:
                        while not future.done():
                            self._run_once()
                    finally:
                        events._set_running_loop(outer)
                    return future.result()
        """,
        test_it="""
            from app.core import f
            from nest import Loop

            def test_nested():
                outer, inner = Loop(), Loop()
                async def go():
                    assert inner.run_until_complete(f()) == 1
                    return 2
                assert outer.run_until_complete(go()) == 2
                outer.close()
                inner.close()
        """,
    )
    result, evidence = _evidence(root)
    assert set(outcomes(result).values()) == {"passed"}, result.output
    told = [(each.by, each.at, each.nested, each.pending) for each in evidence.drives]
    assert told == [
        ("test", ("test_it.py", 10), False, ()),
        ("callback", ("test_it.py", 8), True, ()),
    ]


def test_what_is_installed_drives(tmp_path: Path):
    root = write(
        tmp_path,
        test_it="""
            import anyio

            async def f():
                return 1

            def test_any():
                assert anyio.run(f) == 1
        """,
    )
    _, evidence = _evidence(root)
    [drive] = [each for each in evidence.drives if each.tests]
    assert (drive.by, drive.at) == ("dependency", ("test_it.py", 8))
    assert (drive.package, drive.api) == ("anyio", "run")


def test_what_no_test_came_to_the_end_of_is_no_evidence_of_absence(tmp_path: Path):
    source = """
        import asyncio, os

        async def f():
            pass

        def test_one():
            asyncio.run(f())

        def test_two():
            os._exit(1)
    """
    _, evidence = _evidence(write(tmp_path, test_it=source))
    assert not evidence.tests
    assert [each.at for each in evidence.drives] == [("test_it.py", 8)]


def test_mocks(tmp_path: Path):
    root = write(
        tmp_path,
        app__core=_APP,
        test_it="""
            import asyncio
            from unittest.mock import AsyncMock, MagicMock
            from app.core import use

            def test_awaited():
                asyncio.run(use(MagicMock()))

            def test_value_awaited():
                client = MagicMock()
                client.get.return_value = {}
                asyncio.run(use(client))

            def test_never_awaited():
                client = AsyncMock()
                client.session.get(1)

            def test_other_mock():
                client = AsyncMock()
                client.get.mock.assert_not_called()
        """,
    )
    result, evidence = _evidence(root)
    assert list(outcomes(result).values()) == ["failed", "failed", "passed", "passed"]
    test, use = "test_it.py", ("app/core.py", 22)
    assert set(evidence.mocks) == {
        SeenMock(
            *("awaited", "MagicMock", "mock.get", (test, 7), use),
            ("test_it.py::test_awaited",),
        ),
        SeenMock(
            *("awaited", "MagicMock", "mock.get", (test, 10), use),
            ("test_it.py::test_value_awaited",),
        ),
        SeenMock(
            *("never-awaited", "AsyncMock", "mock.session.get", (test, 15), None),
            ("test_it.py::test_never_awaited",),
        ),
    }
    others = [each for each in result.complaints if each.kind == OTHER_MOCK]
    assert [(each.name, each.test) for each in others] == [
        ("mock.get.mock", "test_it.py::test_other_mock")
    ]


def test_mocks_are_what_they_always_are(tmp_path: Path):
    source = """
        import copy, inspect, pickle, weakref
        from unittest.mock import MagicMock, Mock, create_autospec, patch

        def test_seen_from_outside():
            mock = Mock(spec_set=["a"])
            assert dir(mock).count("_awaitify_created") == 0
            parameters = list(inspect.signature(Mock.__init__).parameters)
            assert parameters[:2] == ["self", "spec"]
            assert isinstance(create_autospec(MagicMock)(), MagicMock)

        def test_nothing_keeps_them():
            mock = MagicMock()
            gone = weakref.ref(mock)
            del mock
            import gc; gc.collect()
            assert gone() is None
    """
    result = ran(write(tmp_path, test_it=source))
    assert set(outcomes(result).values()) == {"passed"}, result.output
