from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from awaitify.prove.outcome import Complaint, Definition, Frame
from tests.prove.suites import outcomes, ran, write

_ENDINGS = """
    import unittest
    import pytest

    @pytest.mark.parametrize("x", [1, 2])
    def test_parameters(x):
        assert x == 1

    class TestX(unittest.TestCase):
        def test_sub_tests(self):
            for number in range(3):
                with self.subTest(number=number):
                    assert number != 1

        @unittest.expectedFailure
        def test_expected(self):
            assert 0

    @pytest.fixture
    def falls():
        yield
        assert 0, "torn down"

    def test_torn_down(falls):
        pass

    def test_no_fixture(not_there):
        pass

    @pytest.mark.skip(reason="not now")
    def test_skipped():
        pass

    @pytest.mark.xfail(reason="not yet")
    def test_passes_all_the_same():
        pass
"""


def test_how_tests_end(tmp_path: Path):
    root = write(tmp_path, test_it=_ENDINGS, test_broken="import nothing_like_it")
    result = ran(root)
    assert (result.ended, result.status) == ("finished", 1), result.output
    # unittest's tests come where their class is.
    assert outcomes(result) == {
        "test_it.py::test_parameters[1]": "passed",
        "test_it.py::test_parameters[2]": "failed",
        "test_it.py::TestX::test_expected": "xfailed",
        "test_it.py::TestX::test_sub_tests": "failed",
        "test_it.py::test_torn_down": "error",
        "test_it.py::test_no_fixture": "error",
        "test_it.py::test_skipped": "skipped",
        "test_it.py::test_passes_all_the_same": "xpassed",
    }
    results = result.results
    failed = results["test_it.py::test_parameters[2]"]
    assert failed.message == "assert 2 == 1"
    assert failed.frames == (Frame("test_it.py", 7, "test_parameters"),)
    assert results["test_it.py::test_torn_down"].message.startswith("AssertionError")
    assert "'not_there'" in results["test_it.py::test_no_fixture"].message
    assert results["test_it.py::test_skipped"].message == "not now"
    assert result.collection == {
        "test_broken.py": "ModuleNotFoundError: No module named 'nothing_like_it'"
    }
    assert {"python", "pytest", "pytest-asyncio"} <= set(result.versions)


@pytest.mark.slow
def test_the_same_with_several_processes(tmp_path: Path):
    root = write(tmp_path, test_it=_ENDINGS, test_broken="import nothing_like_it")
    alone, shared = ran(root), ran(root, "-n", "2")
    assert outcomes(shared) == outcomes(alone)
    assert shared.collection == alone.collection
    assert [each.definition for each in shared.results.values()] == [
        each.definition for each in alone.results.values()
    ]


def test_definitions_behind_decorators_and_in_bases(tmp_path: Path):
    root = write(
        tmp_path,
        helpers="""
            import asyncio

            def run(function):
                def wrapper(*args):
                    return asyncio.run(function(*args))
                return wrapper

            class Base:
                def test_inherited(self):
                    pass
        """,
        test_it="""
            from unittest.mock import patch
            from helpers import Base, run

            @patch("os.getcwd")
            @run
            async def test_nothing_wrapped(getcwd):
                pass

            class TestX(Base):
                @patch("os.getcwd")
                def test_patched(self, getcwd):
                    pass
        """,
    )
    result = ran(root)
    found = {key: each.definition for key, each in result.results.items()}
    assert found == {
        "test_it.py::test_nothing_wrapped": Definition(
            "test_it.py", 5, "test_nothing_wrapped", is_async=True
        ),
        "test_it.py::TestX::test_inherited": Definition(
            "helpers.py", 10, "Base::test_inherited"
        ),
        "test_it.py::TestX::test_patched": Definition(
            "test_it.py", 11, "TestX::test_patched"
        ),
    }


def test_complaints_are_about_the_test_that_caused_them(tmp_path: Path):
    root = write(
        tmp_path,
        test_it="""
            import asyncio
            import unittest

            kept = []

            async def fetch():
                pass

            def test_dropped():
                fetch()

            def test_in_a_cycle():
                cycle = [fetch()]
                cycle.append(cycle)

            def test_later():
                async def own():
                    pass
                kept.append(own())

            def test_that_drops_it():
                kept.clear()

            def test_task():
                loop = asyncio.new_event_loop()
                task = loop.create_task(asyncio.sleep(1))
                loop.run_until_complete(asyncio.sleep(0))
                loop.close()

            def test_loop():
                asyncio.new_event_loop()

            class TestX(unittest.TestCase):
                async def test_vacuous(self):
                    pass
        """,
    )
    # Filters do not decide what is heard.
    result = ran(root, "-W", "ignore")
    loop = "_UnixSelectorEventLoop"
    assert set(outcomes(result).values()) == {"passed"}
    assert [each for each in result.complaints if each.name != loop] == [
        Complaint("never-awaited", "fetch", "test_it.py::test_dropped"),
        Complaint("never-awaited", "fetch", "test_it.py::test_in_a_cycle"),
        Complaint("never-awaited", "test_later.<locals>.own", "test_it.py::test_later"),
        Complaint("task-destroyed", "sleep", "test_it.py::test_task"),
        Complaint(
            "never-awaited", "TestX.test_vacuous", "test_it.py::TestX::test_vacuous"
        ),
    ]
    unclosed = [each for each in result.complaints if each.name == loop]
    assert [(each.kind, each.test) for each in unclosed] == [
        ("unclosed-loop", "test_it.py::test_loop")
    ]


def test_warnings_say_what_they_always_say(tmp_path: Path):
    root = write(
        tmp_path,
        test_it="""
            import asyncio, gc, warnings

            async def fetch():
                pass

            def test_text_and_place():
                for _ in range(2):
                    with warnings.catch_warnings(record=True) as seen:
                        warnings.simplefilter("always")
                        fetch()
                    (one,) = seen
                    text = "coroutine 'fetch' was never awaited"
                    assert str(one.message) == text
                    assert one.filename == __file__
                    assert one.lineno == 11

            def test_loops():
                loop = asyncio.new_event_loop()
                with warnings.catch_warnings(record=True) as seen:
                    warnings.simplefilter("always")
                    loop.__del__()
                (one,) = seen
                assert str(one.message) == f"unclosed event loop {loop!r}".replace(
                    "closed=True", "closed=False")
                assert one.filename == asyncio.base_events.__file__
                assert one.category is ResourceWarning and one.source is loop
        """,
    )
    (root / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings = error\naddopts = -p no:asyncio\n"
    )
    result = ran(root)
    assert set(outcomes(result).values()) == {"passed"}, result.output


def test_tests_do_not_see_the_probe(tmp_path: Path):
    names = ["AWAITIFY_NOTES", "AWAITIFY_ROOT", "AWAITIFY_PYTEST_CACHE"]
    root = write(
        tmp_path,
        test_it=f"""
            import os, subprocess, sys

            def test_environment():
                assert not [name for name in os.environ if name in {names}]
                assert os.environ.get("PYTEST_ADDOPTS") == "-p no:randomly"
                assert "PYTHONPATH" not in os.environ
                assert not [path for path in sys.path if "awaitify" in path]

            def test_children():
                code = "import sys; print([p for p in sys.path if 'awaitify' in p])"
                said = subprocess.check_output([sys.executable, "-c", code])
                assert said.strip() == b"[]"
        """,
    )
    for options in ([], ["-n", "1"]):
        result = ran(root, *options, environment={"PYTHONPATH": ""})
        assert set(outcomes(result).values()) == {"passed"}, result.output
    assert sorted(path.name for path in root.iterdir()) == ["test_it.py"]


@pytest.mark.slow
def test_the_probe_is_not_seen(tmp_path: Path):
    root = write(tmp_path, conftest="pytest_plugins = ['pytester']")
    shutil.copy(Path(__file__).parent / "unseen.py", root / "test_unseen.py")
    for options in ([], ["-n", "2"]):
        result = ran(root, *options, "-W", "ignore::DeprecationWarning")
        assert set(outcomes(result).values()) == {"passed"}, result.output
        assert len(result.results) == 18
